"""What lies around a face makes room for its new outline, and nothing of the old one is left."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mien.engines.mesh.surroundings import rings, sources
from mien.face.model import FaceModel

SIZE = 400
NOTHING = np.full((SIZE, SIZE), -1, np.int32)  # is drawn


def face(yaw: float = 0.0) -> np.ndarray:
    """A face of 150 pixels in the middle of the picture, turned by an angle in degrees."""
    angle = np.radians(yaw)
    turn = np.array(
        [[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]]
    )
    neutral = FaceModel.load().neutral
    return 90 * (neutral - neutral[:468].mean(0)) @ turn.T + [SIZE / 2, SIZE / 2, 0]


def resized(landmarks: np.ndarray, across: float, down: float) -> np.ndarray:
    middle = landmarks[:468].mean(0)
    return middle + (landmarks - middle) * [across, down, 1]


def filled(landmarks: np.ndarray) -> np.ndarray:
    mask = np.zeros((SIZE, SIZE), np.uint8)
    outline = cv2.convexHull(landmarks[:468, :2].astype(np.float32))
    return cv2.fillConvexPoly(mask, outline.round().astype(np.int32), 255)


def moved_picture(picture: np.ndarray, landmarks: np.ndarray, moved: np.ndarray) -> np.ndarray:
    where = sources(*rings(landmarks, moved), 0, 0, NOTHING)
    return cv2.remap(picture, where, None, cv2.INTER_LINEAR)


def test_a_face_that_keeps_its_shape_changes_nothing():
    rows, columns = np.mgrid[:SIZE, :SIZE]
    where = sources(*rings(face(), face()), 0, 0, NOTHING)
    np.testing.assert_allclose(where, np.dstack([columns, rows]), atol=1e-3)


@pytest.mark.parametrize("yaw", [0, 35, -60])
@pytest.mark.parametrize(("across", "down"), [(0.85, 1.0), (1.15, 1.0), (1.0, 0.88), (0.9, 1.1)])
def test_nothing_of_the_old_face_is_left_beside_the_new(yaw, across, down):
    before = face(yaw)
    after = resized(before, across, down)
    left = moved_picture(filled(before), before, after)
    beside = cv2.dilate(filled(after), np.ones((7, 7), np.uint8)) == 0
    assert left[beside].max() == 0


def test_far_out_the_picture_stays():
    before = face()
    after = resized(before, 0.85, 1.1)
    points, shifted = rings(before, after)
    reach = np.linalg.norm(points - before[:468, :2].mean(0), axis=1).max()
    rows, columns = np.mgrid[:SIZE, :SIZE]
    where = sources(*rings(before, after), 0, 0, NOTHING)
    own = np.dstack([columns, rows])
    far = np.hypot(*np.moveaxis(own - before[:468, :2].mean(0), 2, 0)) > reach + 1
    assert far.any()
    np.testing.assert_array_equal(where[far], own[far])
    assert np.abs(shifted - points).max() > 5


@pytest.mark.parametrize(("across", "down"), [(0.85, 1.0), (1.15, 0.9), (1.0, 1.15)])
def test_nothing_is_torn_or_folded(across, down):
    """Neighbouring pixels come from neighbouring places, in the same order."""
    before = face()
    where = sources(*rings(before, resized(before, across, down)), 0, 0, NOTHING)
    for axis, of in ((1, 0), (0, 1)):
        step = np.diff(where[..., of], axis=axis)
        assert step.min() > 0.1 and step.max() < 3


def test_a_part_of_the_frame_is_the_same_part():
    before = face()
    after = resized(before, 0.9, 1.05)
    whole = sources(*rings(before, after), 0, 0, NOTHING)
    part = sources(*rings(before, after), 60, 90, NOTHING[:200, :150])
    np.testing.assert_allclose(part, whole[90:290, 60:210], atol=1e-3)


def test_what_is_drawn_is_not_asked_about():
    before = face()
    around = rings(before, resized(before, 0.9, 1.05))
    drawn = NOTHING.copy()
    drawn[150:250, 120:300] = 7
    where, whole = (sources(*around, 0, 0, index) for index in (drawn, NOTHING))
    np.testing.assert_array_equal(where[drawn < 0], whole[drawn < 0])
    rows, columns = np.mgrid[:SIZE, :SIZE]
    np.testing.assert_array_equal(where[drawn > 0], np.dstack([columns, rows])[drawn > 0])
