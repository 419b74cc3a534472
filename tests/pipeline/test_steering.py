"""Several recognisers choose together: each by its own threshold, who lacks most first."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from mien.pipeline.steering import Room, Steer, away

ROOM = Room(nearest=0.1, mean=0.3)


def steer(name: str, threshold: float, *originals: tuple[float, float]) -> Steer:
    return Steer(SimpleNamespace(name=name, threshold=threshold), np.array(originals))


class Plane:
    """Modes that move a descriptor along its own two axes, for one recogniser each."""

    def away(self, descriptor, others, recogniser, *, legible):
        axis = {"across": [1.0, 0.0], "down": [0.0, 1.0]}[recogniser]
        return np.array(axis)


def test_distances_are_counted_in_thresholds():
    for threshold in (0.5, 2.0):
        who = steer("across", threshold, (0.0, 0.0), (9.0, 0.0))
        apart = who.apart(np.array([[3.0 * threshold, 0.0], [9.0 - threshold, 0.0]]))
        np.testing.assert_allclose(apart, [min(3.0, 9 / threshold - 3.0), 1.0])


@pytest.mark.parametrize(
    ("apart", "short"),
    [([1.3, 1.3], 0.0), ([1.1, 1.5], 0.0), ([1.0, 1.6], 0.1), ([1.2, 1.2], 0.1), ([0.5, 1.1], 0.6)],
)
def test_what_is_missing_is_the_larger_of_both(apart, short):
    who = steer("across", 1.0, (0.0, 0.0))
    assert who.short(np.array(apart), ROOM) == pytest.approx(short)


def test_nobody_moves_a_face_that_all_are_satisfied_with():
    who = [steer("across", 1.0, (0.0, 0.0)), steer("down", 2.0, (0.0, 0.0))]
    far = [np.array([[2.0, 0.0]]), np.array([[4.0, 0.0]])]
    assert away(who, far, ROOM, Plane()) is None


def test_whoever_is_satisfied_has_no_say_and_who_lacks_most_has_most():
    who = [steer("across", 1.0, (0.0, 0.0)), steer("down", 2.0, (0.0, 0.0))]
    one = away(who, [np.array([[2.0, 0.0]]), np.array([[1.0, 0.0]])], ROOM, Plane())
    np.testing.assert_allclose(one, [0, 1])
    both = away(who, [np.array([[1.0, 0.0]]), np.array([[1.0, 0.0]])], ROOM, Plane())
    assert np.linalg.norm(both) == pytest.approx(1)
    assert both[1] > both[0] > 0  # half a threshold away lacks more than a whole one
