"""What is said of a video before it is copied: how many people are in it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mien.phantom import Script
from mien.video.reader import Reader
from mien.web.http.glancing import Glancing
from phantoms import film

WIDTH = 480  # of what a page sends


@pytest.fixture(scope="module")
def glancing() -> Glancing:
    return Glancing()


def pictures(path) -> list[np.ndarray]:
    """Some of a clip, as a page sends them."""
    with Reader(path) as reader:
        images = [frame.image for frame in reader][::9]
    scale = WIDTH / images[0].shape[1]
    return [cv2.resize(image, None, fx=scale, fy=scale) for image in images]


def faces(glancing: Glancing, image: np.ndarray) -> int:
    opaque = np.full((*image.shape[:2], 1), 255, np.uint8)
    return glancing.look(np.concatenate([image, opaque], axis=2).tobytes(), WIDTH).faces


def test_a_part_of_a_large_face_is_no_second_person(glancing, tmp_path):
    # of this one a detector takes the forehead for a small face
    clip = film(tmp_path, Script(seconds=1.3, seed=4, smile=(1.0, 1.3), blinks=(1.0,)))
    assert {faces(glancing, one) for one in pictures(clip.path)} == {1}


def test_two_people_are_two_and_nobody_is_none(glancing, tmp_path):
    clip = film(tmp_path, Script(seconds=0.3, seed=1, people=2))
    (one,) = pictures(clip.path)
    assert faces(glancing, one) == 2
    assert faces(glancing, np.full_like(one, 120)) == 0


def test_somebody_small_beside_somebody_near_counts(glancing, tmp_path):
    clip = film(tmp_path, Script(seconds=0.3, seed=1))
    (one,) = pictures(clip.path)
    small = cv2.resize(one, None, fx=0.15, fy=0.15, interpolation=cv2.INTER_AREA)
    one[10 : 10 + small.shape[0], 10 : 10 + small.shape[1]] = small
    assert faces(glancing, one) == 2
