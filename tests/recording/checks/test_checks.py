"""Each fault planted in phantoms is found, and phantoms without one raise no alarm."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import pytest

from mien.face.topology import FACE_OVAL
from mien.models.landmarker import FaceMesh
from mien.phantom import Phantom, Script, phantom
from mien.recording.checks.checker import Checker
from mien.recording.checks.fault import Fault
from mien.recording.checks.light import flicker
from mien.recording.checks.sound import level, sound
from mien.recording.checks.timing import rate, timing

PEOPLE = (0, 1, 2, 3)
FACE = Script(width=640, height=480, fps=10, seconds=0.6, noise=1.5)
HERTZ = 16_000


@cache
def film(seed: int, **settings: object) -> tuple[np.ndarray, ...]:
    script = {**FACE.__dict__, "seed": seed, **settings}
    return tuple(frame.image for frame in phantom(Script(**script)))


@cache
def truth(seed: int) -> np.ndarray:
    return Phantom(Script(**{**FACE.__dict__, "seed": seed})).truth.people[0].landmarks[0]


@pytest.fixture(scope="module")
def mesh():
    backend = FaceMesh()
    yield backend
    backend.close()


@pytest.fixture
def faults(mesh):
    """What a new checker says of the last of some pictures."""

    def of(*images: np.ndarray) -> list[Fault]:
        checker = Checker(mesh)
        try:
            return [checker.look(image) for image in images][-1]
        finally:
            checker.close()

    return of


def moved(image: np.ndarray, x: float, y: float, scale: float = 1.0, turn: float = 0.0):
    """The picture shifted by shares of its size, enlarged and turned about its middle."""
    height, width = image.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), turn, scale)
    matrix[:, 2] += [x * width, y * height]
    return cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)


def lit(image: np.ndarray, gain: np.ndarray | float) -> np.ndarray:
    return np.clip(image * gain, 0, 255).astype(np.uint8)


def one_side(image: np.ndarray, seed: int) -> np.ndarray:
    middle = truth(seed)[[10, 152], 0].mean()
    across = (np.arange(image.shape[1]) - middle) / 60
    return lit(image, (0.75 - 0.5 * np.tanh(across))[None, :, None])


def behind(image: np.ndarray, seed: int) -> np.ndarray:
    points = truth(seed)[FACE_OVAL, :2]
    head = np.zeros(image.shape[:2], np.uint8)
    cv2.fillPoly(head, [points.astype(np.int32)], (1,))
    head = cv2.dilate(head, np.ones((61, 61), np.uint8))
    head[int(points[:, 1].max()) :] = 1
    return lit(image, np.where(head, 0.3, 1.5)[..., None])


def hand(image: np.ndarray, seed: int) -> np.ndarray:
    """A palm and four fingers over the mouth, of the skin's own colour."""
    image, points = image.copy(), truth(seed)
    tall = float(np.ptp(points[FACE_OVAL, 1]))
    x, y = points[13, :2]
    left, top = points[50, :2].astype(int)
    skin = np.median(image[top - 4 : top + 4, left - 4 : left + 4].reshape(-1, 3), axis=0)
    parts = [(0.0, 0.25, 0.28, 0.3, 0.9)]
    parts += [(a, -0.1, 0.075, 0.3, 0.8 + 0.5 * abs(a)) for a in (-0.24, -0.08, 0.08, 0.24)]
    for across, down, wide, high, shade in parts:
        middle = (int(x + across * tall), int(y + down * tall))
        colour = tuple(int(v * shade) for v in skin)
        axes = (int(wide * tall), int(high * tall))
        cv2.ellipse(image, middle, axes, across * 40, 0, 360, colour, -1, cv2.LINE_AA)
    return image


PLANTED = {
    Fault.OFF_CENTRE: lambda image, seed: moved(image, 0.24, 0),
    Fault.TOO_FAR: lambda image, seed: moved(image, 0, 0, 0.45),
    Fault.TOO_CLOSE: lambda image, seed: moved(image, 0, 0.05, 1.75),
    Fault.CUT_OFF: lambda image, seed: moved(image, 0, 0.36),
    Fault.TILTED: lambda image, seed: moved(image, 0, 0, 1, 24),
    Fault.TOO_DARK: lambda image, seed: lit(image, 0.2),
    Fault.TOO_BRIGHT: lambda image, seed: lit(image, 2.0),
    Fault.ONE_SIDED: one_side,
    Fault.BACKLIT: behind,
    Fault.BLURRED: lambda image, seed: cv2.GaussianBlur(image, (0, 0), 5),
}


@pytest.mark.parametrize("fault", list(PLANTED), ids=lambda fault: fault.value)
@pytest.mark.parametrize("seed", PEOPLE)
def test_a_planted_fault_is_found(faults, fault, seed):
    assert fault in faults(PLANTED[fault](film(seed)[0], seed))


@pytest.mark.parametrize("seed", PEOPLE)
def test_nothing_is_said_of_a_good_recording(mesh, seed):
    checker = Checker(mesh)
    said = [checker.look(image) for image in film(seed)]
    checker.close()
    assert said == [[]] * len(said)


@pytest.mark.parametrize("seed", PEOPLE)
def test_a_hand_over_the_mouth(faults, seed):
    good = film(seed)
    said = faults(*good[:5], hand(good[0], seed))
    assert Fault.COVERED in said or Fault.NO_FACE in said


@pytest.mark.parametrize("seed", PEOPLE)
def test_a_head_that_is_turned(faults, seed):
    away = film(seed, turned=((0.0, 0.6),), turned_deg=38.0)
    assert {Fault.TURNED, Fault.NO_FACE} & set(faults(away[-1]))


def test_nobody_and_two(faults):
    assert faults(np.full((480, 640, 3), 128, np.uint8)) == [Fault.NO_FACE]
    assert Fault.SECOND_FACE in faults(film(3, people=2)[0])


def test_light_that_flickers_is_found_and_light_that_changes_is_not(mesh):
    checker = Checker(mesh)
    said = [checker.look(lit(film(1)[0], 1 + 0.08 * (-1) ** k)) for k in range(8)]
    checker.close()
    assert Fault.FLICKER in said[-1]
    assert not flicker(np.linspace(100, 140, 20)) and not flicker([100.0] * 20)
    rng = np.random.default_rng(0)
    assert not flicker(120 + rng.normal(0, 0.5, 50))


@pytest.mark.parametrize("fps", [10, 15, 20, 24])
def test_a_slow_camera(fps):
    assert timing(np.arange(0, 2, 1 / fps)) == [Fault.SLOW]


def test_a_camera_that_is_fast_enough():
    for fps in (25, 29.97, 30, 60):
        assert not timing(np.arange(0, 2, 1 / fps))
    assert rate([0.0, 0.01]) is None and not timing([])


def test_sound_that_is_quiet_loud_or_good():
    time = np.arange(2 * HERTZ) / HERTZ
    voice = np.sin(2 * np.pi * 180 * time) * (np.sin(2 * np.pi * 2 * time) > 0)
    assert sound(0.1 * voice, HERTZ) == []
    assert sound(0.002 * voice, HERTZ) == [Fault.QUIET]
    assert sound(0.002 * voice, HERTZ, wants_voice=False) == []
    assert sound(np.clip(3 * voice, -1, 1), HERTZ) == [Fault.CLIPPED]
    assert level(np.zeros(0), HERTZ) == -np.inf
    assert level(0.1 * voice, HERTZ) == pytest.approx(-23, abs=0.5)


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_fault_says_what_to_do(language):
    said = [fault.words(language) for fault in Fault]
    assert len(set(said)) == len(said) and all(words.endswith(".") for words in said)
