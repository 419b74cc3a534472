"""Faces that are seen and cannot be measured: what is covered for them, and for how long."""

from __future__ import annotations

import numpy as np
import pytest

from mien.models.sighting import Sighting
from mien.tracking.suspects import VOICES, Suspects


class Seen:
    """A detector that sees a face moving right, in some frames."""

    def __init__(self, frames: set[int]) -> None:
        self.frames = frames

    def see_again(self, image: np.ndarray, sighting: Sighting) -> Sighting | None:
        frame = int(image[0, 0, 0])
        return at(frame) if frame in self.frames else None


def at(frame: int) -> Sighting:
    return Sighting(100 + 2 * frame, 80, 40, 0.9, "somebody")


def picture(frame: int) -> np.ndarray:
    return np.full((4, 4, 3), frame, np.uint8)


def covered(frames: set[int], first: int, voices: int, count: int = 40, cuts=()) -> dict:
    suspects = Suspects(Seen(frames))  # type: ignore[arg-type]
    before = [(k, picture(k)) for k in range(first - 1, -1, -1)]
    suspects.note(first, at(first), voices, before)
    for frame in range(first + 1, count):
        suspects.update(frame, picture(frame), 10)
    return suspects.boxes(count, cuts)


def holds(box: np.ndarray, sighting: Sighting) -> bool:
    return bool((box[:2] <= sighting.box[:2]).all() and (box[2:] >= sighting.box[2:]).all())


def test_it_is_covered_wherever_it_was_in_between():
    frames = set(range(12, 25)) - {16, 17, 18}
    boxes = covered(frames, 15, VOICES)
    assert set(range(12, 25)) <= set(boxes) <= set(range(6, 31))
    for frame in range(12, 25):
        assert any(holds(box, at(frame)) for box in boxes[frame])


@pytest.mark.parametrize(("voices", "frames"), [(VOICES, 0), (VOICES + 1, 13)])
def test_what_is_seen_once_has_to_be_seen_by_all(voices, frames):
    assert len(covered(set(), 20, voices)) == frames


def test_nothing_is_covered_across_a_cut():
    boxes = covered(set(range(12, 25)), 15, VOICES, cuts=(10, 26))
    assert set(boxes) == set(range(10, 26))


def test_whoever_is_measured_is_no_longer_followed():
    suspects = Suspects(Seen(set(range(40))))  # type: ignore[arg-type]
    suspects.note(3, at(3), VOICES + 1)
    suspects.forget(at(4))
    assert suspects.update(5, picture(5), 10) == []


def test_where_a_face_was_presumed_it_is_covered():
    suspects = Suspects(Seen(set()))  # type: ignore[arg-type]
    suspects.presume(range(4, 8), at(8))
    assert set(range(4, 8)) <= set(suspects.boxes(20))


def test_where_a_face_was_presumed_in_no_frame_nothing_is_covered():
    suspects = Suspects(Seen(set()))  # type: ignore[arg-type]
    suspects.presume([], at(8))
    assert suspects.boxes(20) == {}
