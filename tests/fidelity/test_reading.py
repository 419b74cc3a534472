"""Readings, and what is read of pixels whose truth is known."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from mien.face.topology import SIXTY_EIGHT
from mien.fidelity import observe as room
from mien.fidelity.observe import Place, read
from mien.fidelity.reading import Reading
from mien.models.dlib_points import box_of, fit_face
from mien.phantom import Phantom, Script
from mien.video import Frame

SCRIPT = Script(
    seconds=0.6, fps=10, width=320, height=240, seed=1, face="man-fair-1", blinks=(), noise=1
)


def made(n: int = 6) -> Reading:
    rng = np.random.default_rng(0)
    return Reading(
        times=np.arange(n) / 10,
        width=100,
        height=200,
        points=rng.uniform(0, 100, (n, 68, 2)),
        mesh=rng.uniform(0, 100, (n, 478, 3)).astype(np.float32),
        body=rng.uniform(0, 1, (n, 18, 3)),
        skin=rng.uniform(0, 255, (n, 3)),
        change=1 + rng.uniform(0, 5, n),
    )


FIELDS = ("times", "points", "mesh", "body", "skin", "change")


def test_taking_all_frames_changes_nothing():
    one = made()
    for name in FIELDS:
        assert np.array_equal(getattr(one.take(np.arange(6)), name), getattr(one, name))


def test_taking_some_frames():
    one = made()
    some = one.take(np.array([-1, 1, 3, -1, 5]))
    for name in FIELDS:
        values, own = getattr(some, name), getattr(one, name)
        assert values.dtype == own.dtype and len(values) == 5
        assert np.isnan(values[[0, 3]]).all()
        assert np.array_equal(values[[1, 2, 4]], own[[1, 3, 5]].astype(float))
    assert list(some.found) == [False, True, True, False, True]
    assert (some.width, some.height) == (100, 200)


def test_a_frame_that_is_shown_again_does_not_change():
    """A result of half the frame rate stands still every other frame."""
    one = made()
    twice = one.take(np.array([0, 0, 1, 1, -1, 2, 2]))
    assert list(twice.change == 0) == [False, True, False, True, False, False, True]


def test_taking_nothing():
    none = made().take(np.zeros(0, int))
    assert len(none.times) == 0 and none.points.shape == (0, 68, 2)
    assert np.isnan(made().take(np.full(4, -1)).points).all()


def test_scaling_follows_the_picture():
    one = made()
    wide = one.scaled(300, 300)
    assert (wide.width, wide.height) == (300, 300)
    assert np.allclose(wide.points, one.points * [3, 1.5])
    assert np.allclose(wide.mesh, one.mesh * [3, 1.5, 2.25])
    assert np.allclose(wide.body, one.body * [3, 1.5, 1])  # visibility stays
    for name in ("times", "skin", "change"):
        assert np.array_equal(getattr(wide, name), getattr(one, name))
    back = wide.scaled(100, 200)
    assert np.allclose(back.points, one.points)
    assert np.allclose(back.mesh[..., :2], one.mesh[..., :2])


def test_the_step_of_few_frames():
    assert made(1).step == 1 and made(0).step == 1 and made(5).step == pytest.approx(0.1)


@pytest.fixture(scope="module")
def shown() -> tuple[list[Frame], np.ndarray]:
    """Frames of a phantom and where its landmarks are."""
    clip = Phantom(SCRIPT)
    landmarks = clip.truth.people[0].landmarks
    assert landmarks is not None
    return list(clip), landmarks.astype(float)


def test_the_68_points_lie_on_the_face(shown):
    frames, truth = shown
    for frame, landmarks in zip(frames[::3], truth[::3], strict=True):
        points = fit_face(frame.image, box_of(landmarks))
        assert points is not None
        eyes = np.linalg.norm(landmarks[SIXTY_EIGHT][36] - landmarks[SIXTY_EIGHT][45])
        apart = np.linalg.norm(points - landmarks[SIXTY_EIGHT, :2], axis=1) / eyes
        assert apart[17:].mean() < 0.1 and apart[17:].max() < 0.3


def test_the_fit_moves_with_the_picture(shown):
    """Shifted by a few pixels, the points shift as much; enlarged, they grow as much."""
    (frame, *_), (landmarks, *_) = shown
    still = fit_face(frame.image, box_of(landmarks))
    matrix = np.array([[1, 0, 7.0], [0, 1, -4.0]])
    moved = cv2.warpAffine(frame.image, matrix, (320, 240), borderMode=cv2.BORDER_REPLICATE)
    there = fit_face(moved, box_of(landmarks) + [7, -4, 7, -4])
    assert still is not None and there is not None
    assert np.abs(there - still - [7, -4]).mean() < 0.5
    large = cv2.resize(frame.image, (640, 480), interpolation=cv2.INTER_CUBIC)
    grown = fit_face(large, 2 * box_of(landmarks) + 0.5)
    assert grown is not None and np.abs((grown - 0.5) / 2 - still).mean() < 1


def test_no_face_no_points(shown):
    (frame, *_), (landmarks, *_) = shown
    box = box_of(landmarks)
    assert fit_face(np.full_like(frame.image, 120), box) is None
    assert fit_face(cv2.blur(frame.image, (101, 101)), box) is None
    # a face elsewhere is somebody else's
    assert fit_face(frame.image, np.array([0, 0, 40, 40.0])) is None
    for odd in ([np.nan] * 4, [-300, -300, -200, -200.0], [400, 10, 500, 110.0], [5, 5, 6, 6.0]):
        assert fit_face(frame.image, np.array(odd)) is None


class Backend:
    """Finds the mesh where it is expected."""

    name = "none"

    def measure(self, image, regions):
        return [np.full((478, 3), 7.0) for _ in regions]

    def close(self) -> None:
        pass


class Body:
    """A pose model that finds nobody."""

    def __init__(self, *_: object) -> None:
        pass

    def measure(self, image, near=None):
        return np.full((18, 3), np.nan)

    def close(self) -> None:
        pass


@pytest.fixture
def light(monkeypatch) -> None:
    """Leaves out the models that are not what is tested."""
    monkeypatch.setattr(room, "Pose", Body)


def around(landmarks: np.ndarray) -> list[Place | None]:
    return [Place.around(one) for one in landmarks]


def test_a_frame_each_and_where_nobody_is_expected_nothing(light, shown):
    frames, truth = shown
    near = truth.copy()
    near[2] = np.nan
    found = read(iter(frames), around(near), Backend(), (320, 240))
    assert (found.width, found.height) == (320, 240)
    assert np.allclose(found.times, np.arange(6) / 10)
    assert list(found.found) == [True, True, False, True, True, True]
    assert np.isnan(found.mesh[2]).all() and (found.mesh[3] == 7).all()
    assert np.isnan(found.skin[2]).all() and np.isnan(found.change[[0, 2]]).all()
    assert np.isfinite(found.change[[1, 3, 4, 5]]).all()
    assert np.isnan(found.body).all()


def test_the_skin_is_that_of_the_face(light, shown):
    frames, truth = shown
    found = read(iter(frames), around(truth), Backend(), (320, 240))
    assert (found.skin[:, 0] > found.skin[:, 2]).all()  # of any skin red is more than blue
    assert np.ptp(found.skin, axis=0).max() < 8


def test_a_held_picture_does_not_change(light, shown):
    frames, truth = shown
    still = [frames[0]] * 3 + frames[3:]
    found = read(iter(still), around(truth[[0, 0, 0, 3, 4, 5]]), Backend(), (320, 240))
    assert list(found.change[1:3]) == [0, 0] and (found.change[3:] > 0.2).all()


def test_fewer_frames_than_expected_and_none(light, shown):
    frames, truth = shown
    assert len(read(iter(frames[:2]), around(truth), Backend(), (320, 240)).times) == 2
    assert len(read(iter(frames), around(truth[:4]), Backend(), (320, 240)).times) == 4
    none = read(iter(()), around(truth), Backend(), (320, 240))
    assert none.points.shape == (0, 68, 2) and none.mesh.shape == (0, 478, 3)
    assert none.change.shape == (0,) and none.step == 1


def test_two_pictures_are_kept_at_most(light):
    alive: list[weakref.ref] = []
    most = 0

    def source() -> Iterator[Frame]:
        nonlocal most
        for index in range(12):
            image = np.full((60, 80, 3), index, np.uint8)
            alive.append(weakref.ref(image))
            frame = Frame(image, index, SCRIPT.rate, index)
            del image
            gc.collect()
            most = max(most, sum(ref() is not None for ref in alive))
            yield frame

    places = np.full((12, 478, 3), np.nan)
    places[::2] = np.random.default_rng(0).uniform(20, 50, (478, 3))
    found = read(source(), around(places), Backend(), (80, 60))
    assert len(found.times) == 12 and most <= 3  # two, and the one that is being made


def test_an_error_on_the_way_closes_the_model(light, shown, monkeypatch):
    closed = []
    monkeypatch.setattr(Body, "close", lambda self: closed.append(True))

    def stop(frame: Frame) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        read(iter(shown[0]), around(shown[1]), Backend(), (320, 240), stop)
    assert closed == [True]
