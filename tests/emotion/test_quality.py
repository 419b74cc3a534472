"""What cannot be assessed is said to be so, and why."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from noise import noise

from mien.emotion import quality
from mien.errors import ParameterError


def test_no_faces_are_not_judged():
    assert quality.assess_all([]) == []


def test_a_plain_face_is_assessable(crop):
    judged = quality.assess(crop, pose=(5, -3, 20))
    assert judged.assessable and judged.reason is None
    assert judged.size == len(crop) and 0 < judged.sharpness < 1


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda face: face // 20, quality.DARK),
        (lambda face: 255 - face // 40, quality.BRIGHT),
        (lambda face: np.full_like(face, 128), quality.FAINT),
        (lambda face: (face // 16 + 110).astype(np.uint8), quality.FAINT),
        (lambda face: cv2.GaussianBlur(face, (0, 0), len(face) / 9), quality.BLURRED),
        (lambda face: cv2.resize(face, (16, 16), interpolation=cv2.INTER_AREA), quality.TOO_SMALL),
    ],
)
def test_what_cannot_be_seen_is_not_assessable(crop, spoil, reason):
    judged = quality.assess(spoil(crop))
    assert not judged.assessable and judged.reason == reason


@pytest.mark.parametrize("pose", [(60, 0, 0), (-60, 0, 0), (0, 50, 0), (np.nan, 0, 0)])
def test_a_face_that_looks_away_is_not_assessable(crop, pose):
    assert quality.assess(crop, pose).reason == quality.TURNED


def test_the_size_in_the_frame_counts(crop):
    assert quality.assess(crop, box=(10, 10, 26, 30)).reason == quality.TOO_SMALL
    assert quality.assess(crop, box=(10, 10, 90, 110)).assessable


def test_many_are_judged_as_one_by_one(crop):
    crops = [crop, crop // 20, noise(48, 48)]
    poses, boxes = [(0, 0, 0), None, (70, 0, 0)], [None, (0, 0, 99, 99), None]
    together = quality.assess_all(crops, poses, boxes)
    alone = [quality.assess(*each) for each in zip(crops, poses, boxes, strict=True)]
    assert [each.reason for each in together] == [each.reason for each in alone]
    with pytest.raises(ParameterError, match="3 crops but 1 poses"):
        quality.assess_all(crops, poses[:1])


def test_the_shape_of_pose_and_box_is_checked(crop):
    with pytest.raises(ParameterError, match="pose"):
        quality.assess(crop, pose=(1, 2))
    with pytest.raises(ParameterError, match="box"):
        quality.assess(crop, box=(1, 2, 3))


def test_most_real_faces_are_assessable_and_covered_ones_are_not(fer):
    images, _ = fer
    assert np.mean([judged.assessable for judged in quality.assess_all(images)]) > 0.8
    covered = images.copy()
    covered[:, 24:] = 90  # a plain mask over nose and mouth
    assert np.mean([judged.assessable for judged in quality.assess_all(covered)]) < 0.2
