"""Keypoints with known displacements."""

from __future__ import annotations

import json

import numpy as np
import pytest

from mien.fidelity import body
from mien.fidelity.reading import COCO, Reading
from mien.models.pose import Pose

SIZE = (640, 480)
STANDING = np.array(
    [
        (320, 60), (328, 52), (312, 52), (340, 56), (300, 56), (370, 120), (270, 120), (390, 190),
        (250, 190), (395, 255), (245, 255), (350, 260), (290, 260), (352, 350), (288, 350),
        (354, 440), (286, 440), (320, 120),
    ],
    float,
)  # fmt: skip


def person(frames: int = 120, at: np.ndarray = STANDING) -> np.ndarray:
    keypoints = np.concatenate([at, np.full((18, 1), 0.9)], 1)
    return np.tile(keypoints, (frames, 1, 1))


def reading(keypoints: np.ndarray) -> Reading:
    n = len(keypoints)
    return Reading(
        times=np.arange(n) / 30,
        width=SIZE[0],
        height=SIZE[1],
        points=np.full((n, 68, 2), np.nan),
        mesh=np.full((n, 478, 3), np.nan),
        body=keypoints,
        skin=np.full((n, 3), np.nan),
        change=np.full(n, np.nan),
    )


def compare(original: np.ndarray, other: np.ndarray) -> dict:
    found = body.measure(reading(original), reading(other)).as_dict()
    json.dumps(found, allow_nan=False)
    return found


def test_the_same_body_is_as_similar_as_can_be():
    found = compare(person(), person())
    for name in body.RATIO:
        assert found[name] == 1
    assert found["interval"]["oks_mean"] == [1, 1]
    assert found["frames"] == 120
    assert set(found["distance"]) == set(COCO)
    assert found["distance"]["neck"] == 0


def test_similarity_is_cocos_formula():
    other = person(1)
    other[0, 9, 0] += 12  # a wrist
    box = (395 - 245) * (440 - 52)
    wrist = np.exp(-(12**2) / (2 * 0.53 * box * (2 * 0.062) ** 2))
    assert body.oks(person(1), other, SIZE)[0] == pytest.approx((16 + wrist) / 17)
    assert body.oks(person(1), other, SIZE, face=False)[0] == pytest.approx((11 + wrist) / 12)


def test_similarity_does_not_depend_on_the_size_of_the_picture():
    other = person(1)
    other[..., :2] += 4
    small = body.oks(person(1) * [0.5, 0.5, 1], other * [0.5, 0.5, 1])
    assert small == pytest.approx(body.oks(person(1), other))


def test_the_face_is_told_from_the_limbs():
    other = person()
    other[:, :5, :2] += 15
    found = compare(person(), other)
    assert found["oks_without_face"] == 1
    assert found["oks_mean"] < 0.85
    assert found["share_over_95"] == 0
    assert found["distance"]["nose"] == pytest.approx(15 * 2**0.5, abs=1e-4)
    assert found["distance"]["left_hip"] == 0


def test_a_body_that_is_lost_scores_nothing():
    other = person()
    other[:30] = np.nan
    found = compare(person(), other)
    assert found["found"] == 0.75
    assert found["oks_mean"] == 0.75
    # 101 recalls from 0 to 1, of which those up to .75 are reached
    assert found["ap_50"] == pytest.approx(76 / 101, abs=1e-5)
    low, high = found["interval"]["oks_mean"]
    assert low < 0.75 < high


def test_a_body_that_was_not_there_is_a_false_one():
    original = person()
    original[60:] = np.nan
    other = person()
    other[60:, :, 2] = 0.99  # surer of the false ones, which so come first
    found = compare(original, other)
    assert found["oks_mean"] == 1
    assert found["ap_50_95"] == pytest.approx(0.5, abs=0.01)


def test_precision_falls_with_the_threshold():
    original, other = person(10), person(10)
    other[:, 5:, :2] += 12
    precision = body.average_precision(original, other, SIZE)
    similarity = body.oks(original, other, SIZE)[0]
    assert precision == pytest.approx(np.where(np.linspace(0.5, 0.95, 10) <= similarity, 1, 0))
    assert 0.5 < similarity < 0.95


def test_only_what_the_original_shows_counts():
    original, other = person(), person()
    original[:, 15:17, 2] = 0.3  # ankles hidden
    original[:, 13, 1] = 500  # a knee below the picture
    other[:, 13:17, :2] += 300
    other[:, 14] = original[:, 14]
    found = compare(original, other)
    assert found["oks_mean"] == 1
    assert found["distance"]["left_ankle"] is None


@pytest.mark.parametrize("turned", [False, True])
def test_a_head_alone_is_compared_at_the_size_of_a_head(turned):
    original = person()
    original[:, 5:, 2] = 0.1
    if turned:  # every keypoint on one upright line
        original[:, :5, 0] = 320
    other = original.copy()
    other[..., 1] += 0.5  # of a face 40 pixels wide
    found = compare(original, other)
    assert found["oks_without_face"] is None
    assert (0.9 if not turned else 0.5) < found["oks_mean"] < 1
    other[..., 1] += 20
    assert compare(original, other)["oks_mean"] < 0.1


def test_a_body_that_is_cut_off_reaches_the_edge_of_the_picture():
    original = person(1)
    original[:, 7:17, 1] += 300  # all below the shoulders is out of the picture
    other = original.copy()
    other[:, 0, 0] += 6
    box = (370 - 270) * (480 - 52)
    nose = np.exp(-(6**2) / (2 * 0.53 * box * (2 * 0.026) ** 2))
    assert body.oks(original, other, SIZE)[0] == pytest.approx((6 + nose) / 7)


@pytest.mark.parametrize("frames", [0, 1, 2])
def test_few_frames_are_no_trouble(frames):
    found = compare(person(frames), person(frames))
    assert found["oks_mean"] == (1 if frames else None)
    assert found["interval"]["oks_mean"] is None


def test_nobody_is_not_measured():
    nobody = person() * np.nan
    found = compare(nobody, person())
    assert found["frames"] == 0
    assert found["oks_mean"] is None and found["ap_50"] is None
    found = compare(person(), nobody)
    assert found["oks_mean"] == 0 and found["ap_50_95"] == 0


def test_a_wall_has_no_body():
    pose = Pose()
    assert np.isnan(pose.measure(np.full((240, 320, 3), 90, np.uint8))).all()
    pose.close()


def test_a_drawn_person_has_head_and_shoulders(brief):
    from mien.video.reader import Reader

    pose = Pose()
    with Reader(brief.path) as clip:
        images = [frame.image for frame, _ in zip(clip, range(3), strict=False)]
    found = np.array([pose.measure(image) for image in images])
    elsewhere = pose.measure(images[-1], near=(0, 300, 20, 320))
    pose.close()
    assert np.isfinite(found).all()
    names = ("nose", "left_shoulder", "right_shoulder", "neck")
    nose, left, right, neck = found[:, [COCO.index(name) for name in names], :2].mean(0)
    assert right[0] < nose[0] < left[0]  # the patient's own sides
    assert nose[1] < min(left[1], right[1])
    assert neck == pytest.approx((left + right) / 2)
    assert np.isnan(elsewhere).all()


def test_eighteen_keypoints_count_the_neck_as_wide_as_shoulders():
    original, other = person(1), person(1)
    other[0, 17, 0] += 12
    found = compare(original, other)
    assert found["oks_mean"] == found["oks_without_face"] == 1
    square = 0.53 * (395 - 245) * (440 - 52)
    neck = np.exp(-(12**2) / (2 * square * (2 * 0.079) ** 2))
    assert found["with_neck"]["oks_mean"] == pytest.approx((17 + neck) / 18, abs=1e-5)
    assert set(found["with_neck"]) == {
        *("oks_mean", "share_over_95", "share_over_995", "ap_50", "ap_50_95")
    }


def test_a_face_with_other_proportions_leaves_the_body_in_its_place():
    original, other = person(), person()
    other[:, :5, :2] += 15
    other[:30, 5:, :2] += 90  # a body that jumps for a quarter of the time
    found = compare(original, other)
    assert found["share_over_95"] == 0
    assert found["without_face_over_95"] == 0.75
    low, high = found["interval"]["without_face_over_95"]
    assert low < 0.75 < high
    head = person()
    head[:, 5:, 2] = 0.1
    assert compare(head, head)["without_face_over_95"] is None
