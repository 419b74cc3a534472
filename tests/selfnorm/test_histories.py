"""What came before a snapshot is of the same recording, at one pace, and not from before a gap."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from courses import course

from mien.selfnorm.histories import history, step_of


def test_what_came_before_is_of_the_same_recording_whatever_the_order_of_the_rows():
    made = course(3, 8)
    mixed = made.take(np.random.default_rng(1).permutation(len(made)))
    rows = history(mixed, 3, 0.1)
    assert np.array_equal(rows[:, -1], np.arange(len(mixed)))
    kind = mixed.recordings()
    assert (kind[rows] == kind[:, None]).all()
    steps = np.diff(mixed.times[rows], axis=1)
    early = mixed.times < 0.15  # the first snapshot stands in for those before it
    assert np.allclose(steps[~early], 0.1) and (steps >= 0).all()


@pytest.mark.parametrize(("every", "step"), [(1, 0.2), (2, 0.1)])
def test_the_pace_is_the_networks_not_the_recordings(every, step):
    made = course(1, 40).take(slice(0, 40, every))
    back = made.times[:, None] - made.times[history(made, 4, step)]
    late = made.times >= 3 * step
    wanted = step * np.arange(3, -1, -1)
    off = (back - wanted)[late][:, :-1]  # the last one before the middle of its step
    assert (off >= -step / 2 - 1e-9).all() and (off < every / 10 - step / 2 + 1e-9).all()


def test_a_gap_begins_a_sequence_anew_and_a_lost_snapshot_does_not():
    made = course(1, 20).take(slice(0, 20))
    gap = replace(made, times=made.times + np.where(made.times > 0.95, 2.0, 0.0))
    assert history(gap, 3, 0.1)[10].tolist() == [10, 10, 10]
    lost = made.take(np.delete(np.arange(20), 9))
    assert history(lost, 3, 0.1)[9].tolist() == [8, 8, 9]


def test_the_pace_of_a_study_is_found():
    assert step_of(course(2, 10)) == pytest.approx(0.1)
    alone = course(2, 1)
    assert step_of(alone) == pytest.approx(1 / 30)
