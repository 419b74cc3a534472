"""Every face detector: sees a face whichever way up it lies, there and nowhere else."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mien.errors import EngineError, ParameterError
from mien.face.region import Region
from mien.models.blazeface import BlazeFace
from mien.models.centerface import CenterFace
from mien.models.dlib_file import tensors, weights
from mien.models.hog import Hog
from mien.models.mmod import Mmod
from mien.models.mtcnn import Mtcnn
from mien.models.sighting import QUARTERS, FaceDetector, Sighting, at_quarters, distinct
from mien.models.upright import level, orient
from mien.phantom import Phantom, Script

SIDE = 300
DETECTORS = {
    "short": lambda: BlazeFace("short"),
    "full": lambda: BlazeFace("full"),
    "centerface": CenterFace,
    "mtcnn": Mtcnn,
    "hog": Hog,
    "mmod": Mmod,
}


@pytest.fixture(scope="module", params=DETECTORS)
def detector(request) -> FaceDetector:
    return DETECTORS[request.param]()


@pytest.fixture(scope="module")
def face() -> tuple[np.ndarray, np.ndarray]:
    """A picture of a synthetic face from the front, and its landmarks."""
    script = Script(width=SIDE, height=SIDE, seconds=0.1, seed=5, blinks=(), head_motion=0.0)
    clip = Phantom(script)
    return clip.frame(0).image, clip.truth.people[0].landmarks[0]


def turned(face: tuple[np.ndarray, np.ndarray], quarter: int) -> tuple[np.ndarray, np.ndarray]:
    """The picture turned clockwise by some quarters, and its landmarks."""
    image, points = face
    points = points.copy()
    for _ in range(quarter):
        points[:, :2] = np.column_stack([SIDE - points[:, 1], points[:, 0]])
    return np.ascontiguousarray(np.rot90(image, -quarter)), points


def turn(sighting: Sighting, true: Region) -> float:
    """How much further clockwise a face is seen than it lies, radians."""
    return float((sighting.angle - true.angle + np.pi) % (2 * np.pi) - np.pi)


@pytest.mark.parametrize("quarter", QUARTERS)
def test_a_face_is_seen_whichever_way_up_it_lies(detector, face, quarter):
    image, points = turned(face, quarter)
    true = Region.around(points)
    # the other way up some see one as well, elsewhere
    best = min(
        at_quarters(detector.find, image),
        key=lambda s: np.hypot(s.x - true.x, s.y - true.y) + true.size * abs(turn(s, true)),
    )
    away = np.hypot(best.x - true.x, best.y - true.y)
    assert away < 0.15 * true.size and 0.75 < best.size / true.size < 1.33
    assert abs(turn(best, true)) < 0.3
    if np.isfinite(best.points).all():
        eyes_and_mouth = [points[list(k), :2].mean(0) for k in ((33, 133), (362, 263), (13, 14))]
        off = np.linalg.norm(best.points - eyes_and_mouth, axis=1)
        assert off.max() < 0.15 * true.size


def test_nothing_is_seen_where_nobody_is(detector):
    rng = np.random.default_rng(0)
    wall = cv2.GaussianBlur(rng.integers(60, 180, (240, 320, 3)).astype(np.uint8), (0, 0), 6)
    assert at_quarters(detector.find, wall) == []
    assert at_quarters(detector.find, np.full((64, 64, 3), 118, np.uint8)) == []


def test_the_network_gives_the_certainties_of_dlib_itself(face):
    import dlib

    image = face[0]
    model = dlib.cnn_face_detection_model_v1(str(weights("mmod_human_face_detector.dat")))
    (theirs,) = model(image, 0)
    (ours,) = Mmod().find(image)
    assert ours.score == pytest.approx(theirs.confidence, abs=0.05)
    assert abs(ours.x - theirs.rect.center().x) < 16


@pytest.mark.parametrize("side", [20, 24, 32])
def test_small_faces_are_seen_by_mtcnn(face, side):
    image, points = face
    scale = side / Region.around(points).size
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    wall = np.full((120, 160, 3), image[4, 4], np.uint8)
    wall[40 : 40 + small.shape[0], 60 : 60 + small.shape[1]] = small
    (seen,) = Mtcnn().find(wall)
    true = points[:, :2] * scale + [60, 40]
    assert (true.min(0) < [seen.x, seen.y]).all() and ([seen.x, seen.y] < true.max(0)).all()


@pytest.mark.parametrize("side", ["left", "right", "top", "bottom"])
def test_a_face_half_out_of_the_picture_is_seen_by_centerface(face, side):
    image, points = face
    true = Region.around(points)
    x, y = round(true.x), round(true.y)
    left, top = {"left": (x, 0), "top": (0, y - round(0.15 * true.size))}.get(side, (0, 0))
    part = np.ascontiguousarray(
        image[top : y if side == "bottom" else SIDE, left : x if side == "right" else SIDE]
    )
    (seen,) = CenterFace().find(part)
    assert np.hypot(seen.x + left - true.x, seen.y + top - true.y) < 0.5 * true.size


def test_the_size_of_a_picture_does_not_change_what_is_seen_after_it(face):
    image, _ = face
    detector = CenterFace()
    (before,) = detector.find(image)
    for side in (200, 264, 128):
        detector.find(np.ascontiguousarray(image[:side, :side]))
    (after,) = detector.find(image)
    assert (before.x, before.y, before.score) == (after.x, after.y, after.score)


@pytest.mark.parametrize("quarter", QUARTERS)
def test_detectors_agree_on_which_way_up_a_face_is(face, quarter):
    image, points = turned(face, quarter)
    true = Region.around(points)
    said = Sighting(true.x, true.y, true.size, 0.5, "somebody")  # upright, it is said
    detectors = [BlazeFace("full"), BlazeFace("short"), Mtcnn()]
    found, voices = orient(detectors, image, said)
    assert voices >= 2 and abs(turn(found, true)) < 0.3
    for angle in np.arange(4) * np.pi / 2:
        right = level(detectors[1], image, true.x, true.y, true.size, angle)
        assert right is (round(angle / (np.pi / 2)) == quarter)


def test_where_nothing_is_seen_nothing_is_said():
    wall = np.full((120, 160, 3), 118, np.uint8)
    said = Sighting(80, 60, 50, 0.5, "somebody")
    assert orient([Mtcnn()], wall, said) == (said, 1)
    assert level(Mtcnn(), wall, 80, 60, 50, 0.0) is None


def test_of_several_sightings_of_a_face_the_surest_counts():
    faces = [
        Sighting(100, 100, 50, score, "somebody", angle) for score, angle in ((0.6, 0), (0.9, 1))
    ]
    other = Sighting(300, 100, 50, 0.5, "somebody")
    assert [s.score for s in distinct([*faces, other])] == [0.9, 0.5]


@pytest.mark.parametrize("wanted", [{"smallest": 10}, {"score": 0.2}, {"score": 1.0}])
def test_what_the_networks_were_not_made_for_is_refused(wanted):
    with pytest.raises(ParameterError):
        Mtcnn(**wanted)
    with pytest.raises(ParameterError):
        CenterFace(score=1.0)


def test_a_damaged_file_of_weights_is_an_error(tmp_path):
    damaged = tmp_path / "mmod.dat"
    data = weights("mmod_human_face_detector.dat").read_bytes()
    damaged.write_bytes(data[: len(data) // 2])
    with pytest.raises(EngineError, match=r"mmod\.dat is damaged"):
        tensors(damaged, [1216])
    with pytest.raises(EngineError, match="missing"):
        weights("of_nobody.dat")
