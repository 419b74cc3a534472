"""One part of a picture stays as it was, and nothing is left of the other."""

from __future__ import annotations

import numpy as np
import pytest

from mien.errors import ParameterError
from mien.face.topology import FACE_OVAL
from mien.recognition.parts import PARTS, only


def a_face() -> tuple[np.ndarray, np.ndarray]:
    """Noise, and landmarks on a circle of 40 pixels about (60, 50)."""
    picture = np.random.default_rng(1).integers(0, 256, (100, 120, 3)).astype(np.uint8)
    landmarks = np.full((478, 3), [60.0, 50.0, 0.0])
    angle = np.linspace(0, 2 * np.pi, len(FACE_OVAL), endpoint=False)
    landmarks[FACE_OVAL, :2] += 40 * np.stack([np.cos(angle), np.sin(angle)], 1)
    return picture, landmarks


@pytest.mark.parametrize("part", PARTS)
def test_what_is_left_is_as_it_was_and_the_rest_tells_nothing(part):
    picture, landmarks = a_face()
    before = picture.copy()
    found = only(picture, landmarks, part)
    rows, columns = np.mgrid[:100, :120]
    apart = np.hypot(columns - 60, rows - 50)
    inside, outside = apart < 37, apart > 42
    left, gone = (inside, outside) if part == "inner" else (outside, inside)
    assert (found[left] == picture[left]).all()
    assert np.ptp(found[gone]) == 0
    assert (picture == before).all()


def test_a_face_that_leaves_the_picture_is_no_trouble():
    picture, landmarks = a_face()
    landmarks[:, 0] -= 70
    for part in PARTS:
        assert only(picture, landmarks, part).shape == picture.shape


def test_another_part_is_refused():
    with pytest.raises(ParameterError, match="ears"):
        only(*a_face(), "ears")
