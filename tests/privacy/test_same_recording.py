"""Two clips of one recording are told from two of different ones, whatever was done to a face."""

from __future__ import annotations

from fractions import Fraction

import cv2
import numpy as np
import pytest

from mien.errors import ParameterError
from mien.privacy.same_recording import check_same_recording, share_alike
from mien.video import VideoInfo, Writer


def room(seed: int, side: int = 160) -> np.ndarray:
    """A room with furniture of its own, RGB."""
    coarse = np.random.default_rng(seed).integers(30, 220, (20, 20, 3), np.uint8)
    return cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC)


def film(path, picture: np.ndarray, fps: int = 10, count: int = 12):
    """A clip in which a square moves through a picture."""
    height, width = picture.shape[:2]
    with Writer(path, VideoInfo(width, height, Fraction(1, fps))) as out:
        for pts in range(count):
            image = picture.copy()
            left = int((width - 20) * pts / count)
            image[20:40, left : left + 20] = 200
            out.write(image, pts)
        out.commit()
    return path


@pytest.fixture
def original(tmp_path):
    return film(tmp_path / "original.mp4", room(1))


@pytest.mark.parametrize(
    "what",
    [
        lambda image: image,
        lambda image: cv2.rectangle(image.copy(), (40, 20), (130, 150), (118, 118, 118), -1),
        lambda image: cv2.resize(image, (96, 80)),
        lambda image: (0.6 * image + 60).astype(np.uint8),
        lambda image: cv2.GaussianBlur(image, (0, 0), 3),
        lambda image: np.concatenate([image[:, :50], np.full_like(image[:, 50:], 90)], axis=1),
    ],
    ids=["same", "masked", "smaller", "paler", "blurred", "solid room"],
)
@pytest.mark.parametrize("fps", [5, 10])
def test_of_one_recording(original, tmp_path, what, fps):
    result = film(tmp_path / "result.mp4", what(room(1)), fps, count=12 * fps // 10)
    check_same_recording(original, result)


def test_of_two_recordings(original, tmp_path):
    other = film(tmp_path / "other.mp4", room(2))
    assert share_alike(original, other) < 0.05
    with pytest.raises(ParameterError, match=r"other\.mp4 does not seem to be made of original"):
        check_same_recording(original, other)


def test_a_clip_that_is_all_covered_is_not_refused(original, tmp_path):
    covered = tmp_path / "covered.mp4"
    with Writer(covered, VideoInfo(160, 160, Fraction(1, 10))) as out:
        for pts in range(12):
            out.write(np.full((160, 160, 3), 118, np.uint8), pts)
        out.commit()
    assert share_alike(original, covered) is None
    check_same_recording(original, covered)
