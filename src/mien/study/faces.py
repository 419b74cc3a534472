"""Faces as judges see them: made alike in size, tilt, colour and cut, so that only the face tells.

As in the comparison study the colours of one face are given to the others, each is moved and turned
a little, and cut to its inner part.

References
----------
.. [1] Reinhard et al., "Color transfer between images", IEEE Computer Graphics and Applications,
   2001.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mien.errors import NoFaceError
from mien.face.region import Region
from mien.face.topology import (
    FACE_OVAL,
    INNER_LIP_CORNERS,
    INNER_LIP_LOWER,
    INNER_LIP_UPPER,
    LEFT_EYE_CORNERS,
    LEFT_EYE_LOWER,
    LEFT_EYE_UPPER,
    RIGHT_EYE_CORNERS,
    RIGHT_EYE_LOWER,
    RIGHT_EYE_UPPER,
)
from mien.models.landmarker import Backend, open_backend
from mien.tracking.detection import Detector
from mien.video import Reader

SIZE = 320
"""Pixels along a side of every picture."""
_MOMENTS = 9  # of a clip that are looked at for a frontal face with open eyes
_INNER, _WHOLE = 1.5, 2.3  # widths of the cut, in distances from brow to chin
_TURN_DEG, _MOVE, _GROW, _LIGHT = 3.0, 0.02, 0.04, 4.0  # jitter, at most
_GREY = (128, 128, 128)
_INSIDE, _COVERED = 0.88, 1.08  # of the outline: without hair and ears, and with its edge
_APART_S = 1.0  # between the moments of original and result


@dataclass(frozen=True, eq=False)
class Face:
    """One face in a picture."""

    image: np.ndarray
    """RGB, shape (height, width, 3)."""
    landmarks: np.ndarray
    """Pixels, shape (478, 3)."""
    time_s: float = 0.0
    """When a clip shows it."""


@contextmanager
def looking() -> Iterator[tuple[Detector, Backend]]:
    """A detector and what measures landmarks, closed at the end."""
    detector, backend = Detector(), open_backend()
    try:
        yield detector, backend
    finally:
        detector.close()
        backend.close()


def largest_face(
    image: np.ndarray, detector: Detector, backend: Backend, time_s: float = 0.0
) -> Face | None:
    """The largest face in a picture; None if there is none.

    Parameters
    ----------
    image : np.ndarray [shape=(height, width, 3), dtype=uint8]
        RGB.
    """
    regions = detector.find(image, tiles=True)
    if not regions:
        return None
    region = max(regions, key=lambda one: one.size)
    points = backend.measure(image, [region])[0]
    if points is not None:
        points = backend.measure(image, [Region.around(points)])[0]
    return None if points is None else Face(image, points, time_s)


def two_moments(
    original: Path, result: Path, detector: Detector, backend: Backend
) -> tuple[Face, Face]:
    """Faces of original and result at two moments in which it looks at the camera, at rest.

    The moments lie a second apart where the clip is long enough: what the face does just then
    would tell the two from all others.

    Raises
    ------
    NoFaceError
        If a clip shows no face in any of the moments.
    VideoError
        If a clip cannot be read.
    """
    with Reader(original) as reader:
        times = list(reader.timestamps())
    moments = [times[k] for k in np.linspace(0, len(times) - 1, _MOMENTS).round().astype(int)]
    faces = [
        face
        for time, image in _pictures(original, set(moments))
        if (face := largest_face(image, detector, backend, time)) is not None
    ]
    faces.sort(key=lambda face: _at_rest(face.landmarks), reverse=True)
    if not faces:
        raise NoFaceError(f"There is no face in {original}: leave this clip out.")
    first = faces[0].time_s
    later = [face.time_s for face in faces if abs(face.time_s - first) >= _APART_S]
    with Reader(result) as reader:
        there = np.array(list(reader.timestamps()))
    for time in [*later, first]:
        near = float(there[np.abs(there - time).argmin()])
        for at, image in _pictures(result, {near}):
            face = largest_face(image, detector, backend, at)
            if face is not None:
                return faces[0], face
    raise NoFaceError(f"There is no face in {result}: leave this clip out.")


@dataclass(frozen=True, eq=False)
class Cut:
    """A square around a face, upright and jittered."""

    image: np.ndarray
    """RGB, shape (SIZE, SIZE, 3)."""
    points: np.ndarray
    """Landmarks, pixels, shape (478, 2)."""


def cut(face: Face, rng: np.random.Generator, *, hair: bool) -> Cut:
    """Cut a face out, upright, at the usual size, turned and moved a little.

    Parameters
    ----------
    face : Face
    rng : np.random.Generator
        Draws how much.
    hair : bool
        With hair and neck, or only the face.
    """
    points = face.landmarks[:, :2]
    right, left = points[RIGHT_EYE_CORNERS].mean(0), points[LEFT_EYE_CORNERS].mean(0)
    brow, chin = points[9], points[152]
    tall = float(np.linalg.norm(chin - brow))
    middle = (brow + chin) / 2 + tall * _MOVE * rng.uniform(-1, 1, 2)
    angle = float(np.degrees(np.arctan2(*(left - right)[::-1]))) + rng.uniform(-1, 1) * _TURN_DEG
    width = _WHOLE if hair else _INNER
    scale = SIZE / (width * tall) * (1 + _GROW * rng.uniform(-1, 1))
    matrix = cv2.getRotationMatrix2D((float(middle[0]), float(middle[1])), angle, scale)
    matrix[:, 2] += SIZE / 2 - middle
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    moved: Any = cv2.warpAffine(
        face.image, matrix, (SIZE, SIZE), flags=how, borderMode=cv2.BORDER_REPLICATE
    )
    light = np.clip(moved.astype(float) + _LIGHT * rng.uniform(-1, 1), 0, 255)
    return Cut(light.round().astype(np.uint8), points @ matrix[:, :2].T + matrix[:, 2])


def inner(one: Cut) -> np.ndarray:
    """The inner face on grey, shape (SIZE, SIZE, 3)."""
    return _on_grey(one.image, _soft(_hull(one.points, _INSIDE)))


def whole(one: Cut) -> np.ndarray:
    """The head on grey, with hair and neck, shape (SIZE, SIZE, 3); most of the room is left out."""
    return _on_grey(one.image, _soft(_head(one.points)))


def covered(one: Cut) -> np.ndarray:
    """The same with the face black."""
    found = whole(one)
    found[_hull(one.points, _COVERED) > 0] = 0
    return found


def in_colours_of(one: Cut, other: Cut) -> Cut:
    """Give a face the mean and spread of another's colours, in Lab [1]_."""
    ours, theirs = (cv2.cvtColor(c.image, cv2.COLOR_RGB2LAB).astype(float) for c in (one, other))
    here, there = (_hull(c.points, _INSIDE) > 0 for c in (one, other))
    scale = np.clip(theirs[there].std(0) / np.maximum(ours[here].std(0), 1e-6), 0.5, 2.0)
    moved = (ours - ours[here].mean(0)) * scale + theirs[there].mean(0)
    image = cv2.cvtColor(np.clip(moved, 0, 255).round().astype(np.uint8), cv2.COLOR_LAB2RGB)
    return Cut(np.asarray(image), one.points)


def _hull(points: np.ndarray, size: float) -> np.ndarray:
    """255 within the outline of the face, drawn in or out around its middle."""
    middle = points[FACE_OVAL].mean(0)
    outline = middle + size * (points[FACE_OVAL] - middle)
    mask = np.zeros((SIZE, SIZE), np.uint8)
    cv2.fillConvexPoly(mask, cv2.convexHull(outline.round().astype(np.int32)), (255,))
    return mask


def _head(points: np.ndarray) -> np.ndarray:
    """255 within an ellipse around face, hair and neck."""
    brow, chin = points[9], points[152]
    tall = float(np.linalg.norm(chin - brow))
    middle = (brow + chin) / 2 + 0.02 * (chin - brow)
    mask = np.zeros((SIZE, SIZE), np.uint8)
    axes = (round(0.78 * tall), round(1.08 * tall))
    centre = (round(float(middle[0])), round(float(middle[1])))
    cv2.ellipse(mask, centre, axes, 0, 0, 360, (255,), -1)
    return mask


def _soft(mask: np.ndarray) -> np.ndarray:
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), 3)) / 255.0


def _on_grey(image: np.ndarray, weight: np.ndarray) -> np.ndarray:
    mixed = weight[..., None] * image + (1 - weight[..., None]) * np.array(_GREY)
    return np.asarray(mixed.round().astype(np.uint8))


def _pictures(path: Path, times: set[float]) -> Iterator[tuple[float, np.ndarray]]:
    with Reader(path) as reader:
        for frame in reader.selected(lambda time: time in times):
            yield frame.time, frame.image


def _at_rest(points: np.ndarray) -> float:
    """How much a face looks at the camera with open eyes and a closed mouth; more is better."""
    eyes = []
    for upper, lower, corners in (
        (RIGHT_EYE_UPPER, RIGHT_EYE_LOWER, RIGHT_EYE_CORNERS),
        (LEFT_EYE_UPPER, LEFT_EYE_LOWER, LEFT_EYE_CORNERS),
        (INNER_LIP_UPPER, INNER_LIP_LOWER, INNER_LIP_CORNERS),
    ):
        height = np.linalg.norm(points[upper, :2].mean(0) - points[lower, :2].mean(0))
        eyes.append(float(height / np.linalg.norm(np.subtract(*points[corners, :2]))))
    right, left = points[RIGHT_EYE_CORNERS, :2].mean(0), points[LEFT_EYE_CORNERS, :2].mean(0)
    apart = left - right
    turned = abs(float((points[1, :2] - (left + right) / 2) @ apart / (apart @ apart)))
    return min((eyes[0] + eyes[1]) / 2, 0.3) - eyes[2] - 2 * turned
