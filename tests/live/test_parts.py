"""The gate, the queue of one, and what is counted."""

from __future__ import annotations

from threading import Thread

import numpy as np
import pytest
from calls import solid

from mien.errors import ParameterError
from mien.live.covered import covered
from mien.live.doubt import Doubt
from mien.live.gate import Gate, Verdict
from mien.live.latest import Closed, Latest
from mien.live.settings import LiveSettings
from mien.live.tally import Durations


def test_a_gate_opens_after_enough_good_pictures():
    gate = Gate(3)
    assert [gate.judge(None) for _ in range(4)] == [Verdict.COVER] * 2 + [Verdict.SHOW] * 2


@pytest.mark.parametrize("doubt", list(Doubt))
def test_a_gate_shows_nothing_in_doubt_and_covers_within_two(doubt):
    gate = Gate(1)
    gate.judge(None)
    first, second = gate.judge(doubt), gate.judge(doubt)
    assert first is not Verdict.SHOW and second is Verdict.COVER
    assert (first is Verdict.DROP) == (doubt in (Doubt.NO_FACE, Doubt.FROZEN))
    assert gate.reason is doubt and doubt.words


def test_one_picture_without_a_face_is_dropped_only_once_in_a_row():
    gate = Gate(2)
    found = [gate.judge(d) for d in (None, None, Doubt.NO_FACE, Doubt.FROZEN, None, None)]
    assert [v.value for v in found] == ["cover", "show", "drop", "cover", "cover", "show"]


def test_a_queue_of_one_gives_the_newest_and_counts_the_others():
    queue: Latest[int] = Latest()
    for number in range(5):
        queue.put(number)
    assert queue.get() == 4 and queue.dropped == 4
    assert queue.get(timeout=0) is None
    queue.put(5)
    queue.close()
    assert queue.get() == 5
    with pytest.raises(Closed):
        queue.get()
    with pytest.raises(Closed):
        queue.put(6)


def test_a_queue_that_waits_drops_nothing():
    queue: Latest[int] = Latest(waits=True)

    def fill():
        for number in range(20):
            queue.put(number)
        queue.close()

    Thread(target=fill).start()
    taken = []
    with pytest.raises(Closed):
        while True:
            taken.append(queue.get())
    assert taken == list(range(20)) and queue.dropped == 0


def test_what_ended_a_stage_reaches_the_next():
    queue: Latest[int] = Latest()
    queue.put(1)
    queue.close(ValueError("dead"))
    with pytest.raises(ValueError, match="dead"):
        queue.get()


def test_durations_take_no_more_room_the_longer_a_call():
    durations = Durations()
    for ms in range(1, 101):
        durations.add(ms / 1000)
    found = durations.as_dict()
    assert found["p50"] == pytest.approx(50, abs=0.6)
    assert found["p95"] == pytest.approx(95, abs=0.6)
    assert Durations().as_dict() is None


@pytest.mark.parametrize("shape", [(480, 640, 3), (90, 60, 3)])
def test_a_covered_picture_is_solid_but_for_its_words(shape):
    for doubt in (None, *Doubt):
        picture = covered(shape, doubt)
        assert solid(picture)
        assert (np.ptp(picture) > 0) == (doubt is not None)


def test_wrong_settings_are_refused():
    for wrong in ({"engine": "motion"}, {"match": "x"}, {"calibrate_s": 0}, {"check_s": 0}):
        with pytest.raises(ParameterError):
            LiveSettings(**wrong)
