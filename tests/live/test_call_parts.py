"""Parts of a call that need no network: pictures on a pipe, how late they are, a voice."""

from __future__ import annotations

import io

import numpy as np
import pytest

from mien.live.calls.lag import Lag
from mien.live.calls.pace import Pace
from mien.live.calls.wire import Planes, halved, planes_of, receive, send
from mien.live.doubt import Doubt
from mien.live.errors import Errors


def picture(height, width):
    rows, columns = np.mgrid[:height, :width]
    return np.stack([rows % 256, columns % 256, (rows + columns) % 256], axis=-1).astype(np.uint8)


@pytest.mark.parametrize("doubt", [None, *Doubt])
def test_a_picture_comes_out_of_the_pipe_as_it_went_in(doubt):
    stream = io.BytesIO()
    sent = planes_of(picture(47, 65), 1234567890123, doubt)
    send(stream, sent)
    stream.seek(0)
    got = receive(stream)
    assert got == sent or (got.data, got.pts, got.came) == (sent.data, sent.pts, sent.came)
    assert (got.height, got.width, got.doubt) == (46, 64, doubt)
    assert receive(stream) is None


def test_colours_survive():
    flat = np.full((32, 32, 3), (180, 90, 40), np.uint8)
    assert np.abs(planes_of(flat, 0, None).rgb().astype(int) - flat).max() <= 3


@pytest.mark.parametrize("cut", [1, 20, 200])
def test_half_a_picture_is_none(cut):
    stream = io.BytesIO()
    send(stream, planes_of(picture(32, 32), 0, None))
    assert receive(io.BytesIO(stream.getvalue()[:-cut])) is None


def test_what_is_no_picture_is_none():
    head = io.BytesIO()
    send(head, Planes(b"", 0, 0, 0, 0.0))
    assert receive(io.BytesIO(head.getvalue())) is None
    assert receive(io.BytesIO(b"\xff" * 10_000)) is None


def test_half_the_size_shows_the_same():
    flat = np.full((48, 64, 3), (180, 90, 40), np.uint8)
    rows = halved(planes_of(flat, 0, None).rows())
    assert rows.shape == (36, 32)
    small = Planes(rows.tobytes(), 32, 24, 0, 0.0).rgb()
    assert np.abs(small.astype(int) - (180, 90, 40)).max() <= 3
    odd = planes_of(picture(46, 62), 0, None).rows()
    assert halved(odd) is odd


def test_lag_is_what_a_picture_took_longer_than_the_quickest():
    lag = Lag()
    apart = 1e6  # of the two clocks
    took = [0.05, 0.04, 0.3, 0.04, 0.6]
    found = [lag.of(n / 30, apart + n / 30 + delay) for n, delay in enumerate(took)]
    assert found == pytest.approx([0, 0, 0.26, 0, 0.56], abs=1e-6)


def test_clocks_that_drift_apart_make_nothing_late():
    lag = Lag()
    found = [lag.of(t, 1.0001 * t) for t in np.arange(0, 3600, 0.5)]
    assert max(found) < 0.01


@pytest.mark.parametrize(("done", "asked"), [(2, 8), (12, 15), (20, 25), (29, 30)])
def test_a_quarter_more_pictures_are_asked_for_than_are_worked_on(done, asked):
    pace = Pace()
    for tick in range(5 * 12):
        pace.count(tick / 12)
    for tick in range(5 * done):
        pace.count(10 + tick / done)
    assert pace.asked(15.0) == asked


def test_as_many_as_may_be_are_asked_for_until_some_were_worked_on_and_after_none_were():
    pace = Pace()
    assert pace.asked(0.0) == 30
    for tick in range(40):
        pace.count(tick / 10)
    assert pace.asked(4.0) < 30 == pace.asked(60.0)


def test_the_page_sends_as_many_as_it_is_asked_for_in_the_end():
    """Where there is room for more, each answer asks for more; where there is none, it stays."""
    for able, settled in ((100, 30), (14, 18)):
        pace, now, sent = Pace(), 0.0, 8
        for _ in range(30):
            done = min(able, sent)
            for tick in range(4 * done):
                pace.count(now + tick / done)
            now += 4
            sent = pace.asked(now)
        assert abs(sent - settled) <= 1


def test_a_voice_that_cannot_be_changed_is_not_heard(monkeypatch):
    pytest.importorskip("aiortc", reason="aiortc is not installed: make live")
    from mien.live.calls.voice import Voice, VoiceMode
    from mien.voice.mcadams import Changer

    def failing(self, samples):
        raise ValueError("no")

    errors = Errors()
    voice = Voice(VoiceMode.CHANGED, errors)
    sound = (8000 * np.sin(np.arange(960))).astype(np.int16)
    assert sum(len(voice.change(sound)) for _ in range(20)) >= 15 * 960
    monkeypatch.setattr(Changer, "push", failing)
    assert len(voice.change(sound)) == 0 == len(voice.change(sound))
    assert errors.as_list() == [{"stage": "voice", "error": "ValueError: no", "times": 1}]
