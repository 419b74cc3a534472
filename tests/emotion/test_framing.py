"""Faces are framed as those that were taught, whatever the frame they come from."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mien.emotion.framing import crop_of, pictures
from mien.errors import ParameterError
from mien.face.topology import LEFT_EYE_CORNERS, RIGHT_EYE_CORNERS


def test_a_crop_has_the_eyes_where_the_taught_faces_have_them(frame):
    image, points = frame
    marked = np.zeros(image.shape[:2], np.uint8)
    for corners in (RIGHT_EYE_CORNERS, LEFT_EYE_CORNERS):
        x, y = points[corners, :2].mean(0)
        cv2.circle(marked, (round(x), round(y)), 6, 255, -1)
    found = crop_of(marked, points).astype(float)
    y, x = np.mgrid[: len(found), : len(found)] / len(found)
    for half, expected in ((found * (x < 0.5), (0.32, 0.39)), (found * (x > 0.5), (0.68, 0.39))):
        place = (half * x).sum() / half.sum(), (half * y).sum() / half.sum()
        np.testing.assert_allclose(place, expected, atol=0.06)


@pytest.mark.parametrize(("turn", "scale"), [(25, 1.0), (-40, 1.0), (0, 0.6), (15, 1.4)])
def test_turn_and_size_in_the_frame_leave_the_crop_alike(frame, turn, scale):
    image, points = frame
    height, width = image.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), turn, scale)
    moved = points.copy()
    moved[:, :2] = points[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    moved[:, 2] *= scale
    turned = cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
    a, b = (
        cv2.resize(crop_of(*pair), (32, 32)).astype(float)
        for pair in ((image, points), (turned, moved))
    )
    assert np.corrcoef(a.ravel(), b.ravel())[0, 1] > 0.97


def test_nothing_is_enlarged_and_nothing_is_large(frame):
    image, points = frame
    assert crop_of(image, points).shape == (64, 64, 3)
    small = cv2.resize(image, None, fx=0.1, fy=0.1, interpolation=cv2.INTER_AREA)
    assert max(crop_of(small, points * 0.1).shape) < 40


def test_a_crop_needs_all_landmarks(frame):
    image, points = frame
    points = points.copy()
    points[100] = np.nan
    with pytest.raises(ParameterError, match="landmarks"):
        crop_of(image, points)
    with pytest.raises(ParameterError, match="landmarks"):
        crop_of(image, points[:468])


def test_the_face_is_looked_for_in_a_larger_crop(frame):
    """A whole head gives nearly the picture that its landmarks give."""
    image, points = frame
    centre, size = points[:, :2].mean(0), np.ptp(points[:, 1])
    left, top = (centre - [size, 1.1 * size]).round().astype(int)
    around = image[max(top, 0) : top + int(2 * size), max(left, 0) : left + int(2 * size)]
    (looked_for, by_landmarks), sides = pictures([around, crop_of(image, points)])
    assert sides[0] < 0.8 * min(around.shape[:2])
    a, b = (
        cv2.GaussianBlur(picture, (0, 0), 2).astype(float) for picture in (looked_for, by_landmarks)
    )
    assert np.corrcoef(a.ravel(), b.ravel())[0, 1] > 0.75
