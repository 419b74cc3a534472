import cv2
import numpy as np
import pytest

from mien.engines.laying import composite
from mien.engines.obscure import Mask
from mien.errors import ParameterError
from mien.phantom import Phantom, Script
from mien.recognition.watch import Box, Watch, unaccounted


@pytest.fixture(scope="module")
def two():
    """Frames of two people and their true landmarks, (frame, person, 478, 3)."""
    phantom = Phantom(Script(seconds=1, fps=4, width=640, height=360, people=2, seed=3))
    images = [frame.image for frame in phantom]
    return images, np.stack([p.landmarks for p in phantom.truth.people], axis=1)


def box(landmarks: np.ndarray) -> np.ndarray:
    points = landmarks[:, :2]
    return np.concatenate([points.min(0), points.max(0)])


def test_a_face_left_untouched_is_found_and_a_masked_one_is_not(two):
    images, landmarks = two
    watch, mask = Watch(), Mask()
    for image, (patient, second) in zip(images, landmarks, strict=True):
        result = image.copy()
        composite(result, mask.render(image, patient))
        known = [box(patient)]
        left = unaccounted(watch.find(result), known)
        assert len(left) == 1
        low, high = box(second)[:2], box(second)[2:]
        centre = np.array([left[0].left + left[0].right, left[0].top + left[0].bottom]) / 2
        assert (low < centre).all() and (centre < high).all()
        composite(result, mask.render(image, second))
        assert not watch.find(result)


def test_faces_in_the_ledger_are_accounted_for(two):
    images, landmarks = two
    watch = Watch()
    for image, people in zip(images, landmarks, strict=True):
        found = watch.find(image)
        assert len(found) == 2
        assert not unaccounted(found, [box(p) for p in people])
        assert unaccounted(found, []) == found
        assert not unaccounted(found, [(0, 0, 640, 360)])  # a frame that is covered whole


def test_a_face_of_a_twelfth_of_the_height_is_found(two):
    image = two[0][0]
    face = Watch().find(image)[0]
    head = image[face.grown(0.3).top : face.grown(0.3).bottom]
    head = head[:, face.grown(0.3).left : face.grown(0.3).right]
    tall = 720
    scale = tall / 12 / (face.bottom - face.top)
    small = cv2.resize(head, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    frame = np.full((tall, 1280, 3), 96, np.uint8)
    frame[400 : 400 + small.shape[0], 900 : 900 + small.shape[1]] = small
    (found,) = Watch().find(frame)
    assert found.bottom - found.top == pytest.approx(60, abs=15)
    assert 900 < (found.left + found.right) / 2 < 900 + small.shape[1]
    half = np.ascontiguousarray(frame[::2, ::2])  # a smaller picture is searched as closely
    assert len(Watch().find(half)) == 1


def test_the_centre_decides_and_the_tolerance_gives_room():
    found = [Box(95, 40, 115, 60)]  # centre (105, 50)
    assert unaccounted(found, [(0, 0, 100, 100)], tolerance=0.0) == found
    assert unaccounted(found, [(0, 0, 100, 100)], tolerance=0.1) == []
    assert unaccounted(found, [(0, 0, 100, 40)], tolerance=0.1) == found
    assert Box(10, 10, 20, 30).grown(0.5) == Box(5, 0, 25, 40)


def test_nothing_is_found_where_nobody_is():
    assert Watch().find(np.full((90, 1600, 3), 118, np.uint8)) == []
    with pytest.raises(ParameterError, match="score"):
        Watch(score=float("nan"))
