"""Faces that scenes are made of: phantoms, portraits and recordings, upright and with their truth.

A `Picture` is one upright face cut out of its surroundings; `place` puts it into a frame at any
size and roll, and says where the inner face then lies. The truth of a phantom comes from the
script that drew it; that of a portrait or a recording from dlib's detector and its 68 points, read
off the upright original, never off what a scene makes of it.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import av
import cv2
import dlib
import numpy as np

from mien.phantom import Phantom, Script

_IN_PROFILE = 75.0  # degrees of yaw and pitch beyond which a phantom's face is not to be seen
_BROWS = [70, 63, 105, 66, 107, 336, 296, 334, 293, 300]  # of MediaPipe's 478 points
_EYES = [33, 133, 263, 362, 159, 145, 386, 374]
_NOSE_AND_LIPS = [4, 48, 278, 61, 291, 0, 17]
_LIP, _CHIN = 17, 152
_EARS = (234, 454)
_BELOW = 0.6  # share of the way from the lower lip to the chin that is inner face


@dataclass(frozen=True)
class Picture:
    """One upright face."""

    image: np.ndarray
    """RGB, shape (height, width, 3), uint8."""
    alpha: np.ndarray
    """What belongs to the person, 0 to 1, shape (height, width), float32."""
    inner: np.ndarray | None
    """Corners of the inner face (brows to chin, without the outline), pixels, shape (n, 2); None
    where it is not to be seen."""
    middle: np.ndarray
    """Middle of the face, pixels, shape (2,)."""
    size: float
    """From ear to ear, pixels."""


@dataclass(frozen=True)
class Face:
    """Where one face is in one frame of a scene."""

    inner: np.ndarray
    """Corners of the inner face, pixels, shape (n, 2)."""
    size: float
    """From ear to ear, pixels."""
    roll: float
    """Where the top of the head points: degrees, clockwise from upwards."""

    @property
    def middle(self) -> np.ndarray:
        """Middle of the inner face's box, pixels, shape (2,)."""
        return (self.inner.min(0) + self.inner.max(0)) / 2

    def as_dict(self) -> dict:
        """For JSON."""
        low, high = self.inner.min(0), self.inner.max(0)
        return {
            "inner": np.round(self.inner, 2).tolist(),
            "box": np.round([*low, *high], 2).tolist(),
            "size": round(self.size, 2),
            "roll": round(self.roll, 2),
        }

    @classmethod
    def from_dict(cls, content: dict) -> Face:
        """Read what `as_dict` wrote."""
        return cls(np.array(content["inner"], float), content["size"], content["roll"])

    def turned(self, quarters: int, width: int, height: int) -> Face:
        """Where it is when the whole frame is turned clockwise by quarters of a turn."""
        points = self.inner
        for _ in range(quarters % 4):
            points = np.stack([height - 1 - points[:, 1], points[:, 0]], 1)
            width, height = height, width
        return Face(points, self.size, self.roll + 90 * quarters)


def _hull(points: np.ndarray) -> np.ndarray:
    return cv2.convexHull(points.astype(np.float32))[:, 0].astype(float)


# --- phantoms -------------------------------------------------------------------------------


def phantom(count: int, fps: int, seed: int, **script) -> list[Picture]:
    """A phantom without its wall.

    Parameters
    ----------
    count : int
        Frames.
    fps : int
        Frames per second.
    seed : int
        Who it is.
    **script
        More of `mien.phantom.Script`.

    Returns
    -------
    pictures : list of Picture
    """
    what = {"width": 480, "height": 480, "fps": fps, "seed": seed, "noise": 0.0, **script}
    seconds = count / fps
    drawn = Phantom(Script(seconds=seconds, **what))
    gone = {**what, "turned": (), "absent": ((0, seconds + 1),)}
    wall = Phantom(Script(seconds=seconds, **gone)).frame(0).image.astype(np.int16)
    person = drawn.truth.people[0]
    pictures = []
    for number in range(count):
        image = drawn.frame(number).image
        body = (np.abs(image - wall).max(2) > 3).astype(np.uint8)
        body = cv2.morphologyEx(body, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))
        alpha = cv2.GaussianBlur(body.astype(np.float32), (0, 0), 1.2)
        points = person.landmarks[number, :, :2].astype(float)
        away = np.degrees(np.arccos(np.clip(person.rotation[number, 2, 2], -1, 1)))
        inner = inner_face(points) if away < _IN_PROFILE else None
        middle, size = _stand(person, number)
        pictures.append(Picture(image, alpha, inner, middle, size))
    return pictures


def inner_face(points: np.ndarray) -> np.ndarray:
    """The inner face of MediaPipe's 478 points, shape (n, 2)."""
    low = points[_LIP] + _BELOW * (points[_CHIN] - points[_LIP])
    return _hull(np.vstack([points[_BROWS + _EYES + _NOSE_AND_LIPS], low]))


def _stand(person, number: int) -> tuple[np.ndarray, float]:
    """Middle and size of a phantom in its first frame, so that it moves as it was scripted to."""
    points = person.landmarks[0, :, :2].astype(float)
    return points.mean(0), float(np.linalg.norm(points[_EARS[0]] - points[_EARS[1]]))


# --- portraits and recordings ---------------------------------------------------------------


@cache
def _dlib():
    spec = importlib.util.find_spec("face_recognition_models")  # importing needs pkg_resources
    folder = Path(next(iter(spec.submodule_search_locations))) / "models"
    return (
        dlib.get_frontal_face_detector(),
        dlib.shape_predictor(str(folder / "shape_predictor_68_face_landmarks.dat")),
    )


def measured(image: np.ndarray) -> tuple[np.ndarray, np.ndarray, float] | None:
    """Inner face, middle and size of the largest upright face that dlib sees, or None."""
    finder, predictor = _dlib()
    boxes = finder(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), 0)
    if not len(boxes):
        return None
    shape = predictor(image, max(boxes, key=lambda box: box.width()))
    points = np.array([(p.x, p.y) for p in shape.parts()], float)
    low = points[57] + _BELOW * (points[8] - points[57])
    inner = _hull(np.vstack([points[17:], low]))
    return inner, (points[0] + points[16] + points[8]) / 3, float(np.ptp(points[:17, 0]))


def _cut_out(shape: tuple[int, ...], middle: np.ndarray, size: float) -> np.ndarray:
    """A head's ellipse with a soft edge."""
    alpha = np.zeros(shape[:2], np.float32)
    centre = (round(middle[0]), round(middle[1] - 0.15 * size))
    cv2.ellipse(alpha, centre, (round(0.75 * size), round(0.95 * size)), 0, 0, 360, (1.0,), -1)
    return cv2.GaussianBlur(alpha, (0, 0), max(1.0, 0.02 * size))


def portrait(path: Path, count: int, seed: int) -> list[Picture]:
    """A portrait that sways a little, as somebody who sits still does.

    Raises
    ------
    ValueError
        If dlib sees no face in it.
    """
    image = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
    found = measured(image)
    if found is None:
        raise ValueError(f"dlib sees no face in {path.name}")
    inner, middle, size = found
    alpha = _cut_out(image.shape, middle, size)
    rng = np.random.default_rng(seed)
    rate, start = rng.uniform(0.08, 0.2, 2), rng.uniform(0, 6.28, 2)
    return [
        Picture(image, alpha, inner, middle + 0.02 * size * np.sin(rate * number + start), size)
        for number in range(count)
    ]


def frames(path: Path) -> Iterator[np.ndarray]:
    """The frames of a clip, RGB."""
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            yield frame.to_ndarray(format="rgb24")


def recording(path: Path, count: int, width: int = 640) -> list[Picture]:
    """The first frames of a recording of one person, made smaller.

    Where dlib misses the face, the frame before it tells where it is.
    """
    pictures: list[Picture] = []
    found = None
    for image in frames(path):
        height = round(image.shape[0] * width / image.shape[1])
        image = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
        found = measured(image) or found
        if found is None:
            continue
        inner, middle, size = found
        if pictures:
            middle, size = pictures[0].middle, pictures[0].size
        alpha = _cut_out(image.shape, found[1], size)
        pictures.append(Picture(image, alpha, inner, middle, size))
        if len(pictures) == count:
            break
    return pictures


# --- frames ---------------------------------------------------------------------------------


def wall(width: int, height: int, seed: int) -> np.ndarray:
    """A plain wall with soft light, RGB, shape (height, width, 3), uint8."""
    rng = np.random.default_rng([seed, *b"wall"])
    y, x = np.mgrid[:height, :width] / max(width, height)
    light = 1.05 - 0.3 * np.hypot(x - rng.uniform(0.2, 0.8), y)
    coarse = rng.standard_normal((9, 12)).astype(np.float32)
    light += 0.02 * cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    tint = rng.uniform(130, 175, 3)
    return np.clip(tint * light[..., None], 0, 255).astype(np.uint8)


def place(
    frame: np.ndarray, picture: Picture, at: tuple[float, float], size: float, roll: float = 0.0
) -> Face | None:
    """Put a face into a frame.

    Parameters
    ----------
    frame : np.ndarray [shape=(height, width, 3), dtype=uint8]
        RGB; changed in place.
    picture : Picture
        Whom to put there.
    at : tuple of float
        Where the middle of the face goes, pixels.
    size : float
        From ear to ear, pixels.
    roll : float
        Where the top of the head points: degrees, clockwise from upwards.

    Returns
    -------
    face : Face or None
        Where the inner face now lies; None where it is not to be seen.
    """
    shrink = size / picture.size
    image, alpha = picture.image, picture.alpha
    if shrink < 1:
        wanted = [max(round(side * shrink), 1) for side in image.shape[1::-1]]
        image = cv2.resize(image, wanted, interpolation=cv2.INTER_AREA)
        alpha = cv2.resize(alpha, wanted, interpolation=cv2.INTER_AREA)
    scale = np.array(image.shape[1::-1]) / np.array(picture.image.shape[1::-1])
    rest = 1.0 if shrink < 1 else shrink
    turn = np.radians(roll)
    matrix = rest * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])

    def moved(points: np.ndarray) -> np.ndarray:
        return ((points - picture.middle) * scale) @ matrix.T + np.array(at)

    shift = np.array(at) - matrix @ (picture.middle * scale)
    affine = np.hstack([matrix, shift[:, None]])
    out = (frame.shape[1], frame.shape[0])
    share = cv2.warpAffine(alpha, affine, out, flags=cv2.INTER_LINEAR)[..., None]
    over = cv2.warpAffine(image, affine, out, flags=cv2.INTER_CUBIC)
    frame[:] = np.clip(frame * (1 - share) + over * share + 0.5, 0, 255).astype(np.uint8)
    return None if picture.inner is None else Face(moved(picture.inner), size, roll)
