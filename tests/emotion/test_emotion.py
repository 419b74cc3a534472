"""What a face resembles: the contract of the classifier, framing, and what is not assessable."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from mien.emotion import quality
from mien.emotion.classifier import CONVENTIONS, EXPRESSIONS, EmotionClassifier, crop_of, pictures
from mien.errors import EngineError, FormatError, ParameterError
from mien.face.topology import LEFT_EYE_CORNERS, RIGHT_EYE_CORNERS
from mien.phantom import Phantom, Script

SHARED = Path(__file__).resolve().parents[3] / "shared"
FACES = SHARED / "expression" / "fer2013_plus.npz"
PORTRAITS = SHARED / "portraits"


@pytest.fixture(scope="module")
def classifier() -> EmotionClassifier:
    return EmotionClassifier.load()


@pytest.fixture(scope="module")
def frame() -> tuple[np.ndarray, np.ndarray]:
    """A phantom at rest, and its landmarks."""
    clip = Phantom(Script(seconds=0.1, blinks=(), head_motion=0, seed=3))
    assert clip.truth.people[0].landmarks is not None
    return clip.frame(0).image, clip.truth.people[0].landmarks[0].astype(np.float64)


@pytest.fixture(scope="module")
def crop(frame) -> np.ndarray:
    return crop_of(*frame)


@pytest.fixture(scope="module")
def fer() -> tuple[np.ndarray, np.ndarray]:
    """300 faces of the test split and what most of ten people called them."""
    if not FACES.is_file():
        pytest.skip("FER2013 is not beside the project: ../shared is absent")
    with np.load(FACES) as data:
        names = data["vote_names"].tolist()
        votes = data["votes"].astype(int)
        own = [names.index(name) for name in EXPRESSIONS]
        most = np.sort(votes, 1)
        clear = np.isin(votes.argmax(1), own) & (most[:, -1] > most[:, -2])
        chosen = np.flatnonzero(clear & (data["split"] == "PublicTest"))
        chosen = np.random.default_rng(0).choice(chosen, 300, replace=False)
        return data["images"][chosen], votes[chosen][:, own].argmax(1)


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


# --- the contract ---------------------------------------------------------------------------------


def test_the_order_is_the_promised_one():
    assert EXPRESSIONS == (
        "anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise",
    )  # fmt: skip


@pytest.mark.parametrize("shape", [(5, 48, 48), (5, 48, 48, 3), (2, 30, 41), (1, 200, 160, 3)])
@pytest.mark.parametrize("convention", CONVENTIONS)
def test_seven_probabilities_for_each_face(classifier, shape, convention):
    given = classifier.predict_proba(noise(*shape), convention=convention)
    assert given.shape == (shape[0], 7) and given.dtype == np.float32
    assert (given >= 0).all()
    np.testing.assert_allclose(given.sum(1), 1, atol=1e-5)


def test_no_faces_have_no_probabilities(classifier):
    assert classifier.predict_proba(np.empty((0, 48, 48), np.uint8)).shape == (0, 7)
    assert classifier.predict(np.empty((0, 48, 48), np.uint8)) == []
    assert quality.assess_all([]) == []


def test_a_face_is_judged_by_itself(classifier, crop):
    """Whatever else is in the batch, and however many."""
    others = noise(20, *crop.shape)
    alone = classifier.predict_proba(crop[None])
    among = classifier.predict_proba(np.concatenate([others, crop[None], others]))
    np.testing.assert_allclose(among[20], alone[0], atol=1e-5)


def test_crops_of_several_sizes_come_as_a_list(classifier, crop):
    sizes = [crop, cv2.resize(crop, (48, 48)), cv2.resize(crop, (40, 44))]
    given = classifier.predict_proba(sizes)
    for row, one in zip(given, sizes, strict=True):
        np.testing.assert_allclose(row, classifier.predict_proba(one[None])[0], atol=1e-5)


def test_colour_is_not_looked_at(classifier, crop):
    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    same = np.repeat(grey[..., None], 3, 2)
    np.testing.assert_array_equal(
        classifier.predict_proba(grey[None]), classifier.predict_proba(same[None])
    )
    np.testing.assert_array_equal(
        classifier.predict_proba(grey[None]), classifier.predict_proba(crop[None])
    )


def test_a_mirrored_face_has_the_same_expression(classifier, crop):
    straight, mirrored = classifier.predict_proba([crop, crop[:, ::-1]])
    np.testing.assert_allclose(straight, mirrored, atol=1e-4)


def test_brightness_and_contrast_hardly_matter(classifier, crop):
    dimmer = (0.6 * crop + 20).astype(np.uint8)
    given = classifier.predict_proba([crop, dimmer])
    assert np.abs(given[0] - given[1]).max() < 0.1


def test_conventions_are_two_answers(classifier, crop):
    votes, words = (classifier.predict_proba(crop[None], convention=name) for name in CONVENTIONS)
    assert np.abs(votes - words).max() > 0.01


def test_an_unclear_face_is_not_named(classifier, crop):
    faces = np.concatenate([noise(30, 64, 64, 3), cv2.resize(crop, (64, 64))[None]])
    best = classifier.predict_proba(faces).max(1)
    middle = float(np.median(best))
    named = classifier.predict(faces, threshold=middle)
    assert [name is None for name in named] == [value < middle for value in best]
    assert None in named and set(named) - {None} <= set(EXPRESSIONS)
    assert None not in classifier.predict(faces, threshold=0)


@pytest.mark.parametrize(
    ("faces", "said"),
    [
        (np.zeros((48, 48), np.uint8), "48, 48"),
        (np.zeros((2, 48, 48, 4), np.uint8), "4"),
        (np.zeros((2, 48, 48), np.float32), "float32"),
        ([np.zeros((48,), np.uint8)], "48"),
        (np.zeros((1, 0, 48), np.uint8), "0"),
    ],
)
def test_what_is_no_face_is_refused(classifier, faces, said):
    with pytest.raises(ParameterError, match=said):
        classifier.predict_proba(faces)


def test_settings_are_checked(classifier, crop, tmp_path):
    with pytest.raises(ParameterError, match="convention"):
        classifier.predict_proba(crop[None], convention="affectnet")
    with pytest.raises(ParameterError, match="threshold"):
        classifier.predict(crop[None], threshold=1.5)
    with pytest.raises(EngineError, match="no expression network"):
        EmotionClassifier.load(tmp_path / "absent.onnx")
    (tmp_path / "broken.onnx").write_bytes(b"no network")
    with pytest.raises(FormatError, match="not an expression network"):
        EmotionClassifier.load(tmp_path / "broken.onnx")


def test_nothing_that_trains_is_imported():
    script = (
        "import sys, numpy as np; from mien.emotion.classifier import EmotionClassifier;"
        "EmotionClassifier.load().predict_proba(np.zeros((1, 48, 48), np.uint8));"
        "print([m for m in ('torch', 'onnxruntime', 'sklearn', 'onnx') if m in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"


# --- framing --------------------------------------------------------------------------------------


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


# --- quality --------------------------------------------------------------------------------------


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


# --- real faces -----------------------------------------------------------------------------------


def test_faces_are_called_what_people_call_them(classifier, fer):
    images, truth = fer
    given = classifier.predict_proba(images)
    right = given.argmax(1) == truth
    assert right.mean() > 0.7
    # probabilities mean what they say, as far as 300 faces show it
    assert abs(given.max(1).mean() - right.mean()) < 0.1
    # and what is not named would oftener have been wrong
    unclear = given.max(1) < np.median(given.max(1))
    assert right[unclear].mean() < right[~unclear].mean() - 0.1


def test_most_real_faces_are_assessable_and_covered_ones_are_not(fer):
    images, _ = fer
    assert np.mean([judged.assessable for judged in quality.assess_all(images)]) > 0.8
    covered = images.copy()
    covered[:, 24:] = 90  # a plain mask over nose and mouth
    assert np.mean([judged.assessable for judged in quality.assess_all(covered)]) < 0.2


def test_portraits_smile_or_rest(classifier):
    if not PORTRAITS.is_dir():
        pytest.skip("the portraits are not beside the project: ../shared is absent")
    chosen = sorted(PORTRAITS.glob("*.jpg"))[::18]
    pictures = [cv2.imread(str(path))[..., ::-1] for path in chosen]
    named = classifier.predict_proba(pictures).argmax(1)
    friendly = np.isin(named, [EXPRESSIONS.index("happiness"), EXPRESSIONS.index("neutral")])
    assert friendly.mean() > 0.85
