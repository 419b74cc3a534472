"""dlib's 68 points, fitted as steadily as they can be without looking at other frames.

Once dlib's detector has found the face, the fit depends on where exactly the box lies, and boxes
come in steps of a fifth of their size: the points jump with them. Here the box is placed anew by
the points themselves, and the fits from several boxes around it are averaged. Between a clip and
its own re-encode this takes away a half to two thirds of the difference. Nothing is averaged over
time.

References
----------
.. [1] Kazemi & Sullivan, "One millisecond face alignment with an ensemble of regression trees",
   CVPR 2014.
"""

from __future__ import annotations

from functools import cache
from threading import Lock, local
from typing import Any

import cv2
import numpy as np

from mien.models.dlib_file import weights
from mien.models.hog import frontal_detector
from mien.models.shape_predictor import ShapePredictor

_DETECTED = 110  # pixels of a face's width in the picture that the detector searches
_FITTED = 300  # and in the picture that the points are fitted in
_SURROUNDINGS = 1.0  # of the width, on each side of the middle
_CONFIDENCE = -0.2
_OVERLAP = 0.2
_STEADY = np.r_[0:3, 14:17, 17:48]  # points that mouth and jaw do not move
# dlib's box from the steady points: its middle below theirs, its side, in root-mean-square
# distances from theirs; medians of 180 portraits
_BELOW, _SIDE = 0.575, 3.39
# boxes whose fits are averaged: shift across and down, growth at each edge, in sides of the box
_AROUND = ((0.03, 0.02, 0.0), (-0.03, 0.02, 0.0), (0.02, -0.03, 0.03), (-0.02, -0.03, -0.03))


_own, _loading = local(), Lock()


def _detector() -> Any:
    """dlib's detector, one for each thread: it keeps a picture while it searches."""
    if not hasattr(_own, "detector"):
        _own.detector = frontal_detector()
    return _own.detector


@cache
def _loaded() -> ShapePredictor:
    return ShapePredictor(weights("shape_predictor_68_face_landmarks.dat"))


def _predictor() -> ShapePredictor:
    """The one of all threads; those that come while it is read wait for it."""
    with _loading:
        return _loaded()


def box_of(landmarks: np.ndarray) -> np.ndarray:
    """Left, top, right and bottom of a face whose landmarks are known, shape (4,), pixels."""
    points = landmarks[:, :2]
    return np.concatenate([points.min(0), points.max(0)]).astype(np.float64)


def fit_face(image: np.ndarray, near: np.ndarray) -> np.ndarray | None:
    """Find a face and fit the 68 points.

    Parameters
    ----------
    image : np.ndarray [shape=(height, width, 3), dtype=uint8]
        RGB.
    near : np.ndarray [shape=(4,)]
        Where the face is looked for: left, top, right, bottom, pixels, of about its size.

    Returns
    -------
    points : np.ndarray [shape=(68, 2)] or None
        Pixels; None if dlib's detector finds no face there.
    """
    box = _detect(image, near)
    if box is None:
        return None
    width = box[2] - box[0]
    scale = _FITTED / width
    # pixel centres stay pixel centres
    matrix = np.array([[scale, 0.0, 0.0], [0.0, scale, 0.0]])
    matrix[:, 2] = (scale - 1) / 2 - scale * (box[:2] - width / 2)
    how = cv2.INTER_LINEAR if scale > 1 else cv2.INTER_AREA
    face = cv2.warpAffine(image, matrix, (2 * _FITTED, 2 * _FITTED), flags=how)
    here = (box.reshape(2, 2) * scale + matrix[:, 2]).ravel()
    (first,) = _predictor().fit(face, here[None])
    settled = _place(first)
    side = settled[2] - settled[0]
    around = [[dx - grow, dy - grow, dx + grow, dy + grow] for dx, dy, grow in _AROUND]
    fits = _predictor().fit(face, settled + side * np.array(around))
    return (fits.mean(0) - matrix[:, 2]) / scale


def _detect(image: np.ndarray, near: np.ndarray) -> np.ndarray | None:
    """dlib's box of the face nearest to where one is expected, pixels, shape (4,)."""
    width = float(max(near[2] - near[0], near[3] - near[1]))
    if not np.isfinite(width) or width < 8:
        return None
    middle = (near[:2] + near[2:]) / 2
    low = np.maximum(middle - _SURROUNDINGS * width, 0).astype(int)
    high = np.minimum(middle + _SURROUNDINGS * width, image.shape[1::-1]).astype(int)
    if (high - low).min() < 8:
        return None
    scale = _DETECTED / width
    crop = cv2.cvtColor(image[low[1] : high[1], low[0] : high[0]], cv2.COLOR_RGB2GRAY)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    rectangles, scores, _ = _detector().run(
        cv2.resize(crop, None, fx=scale, fy=scale, interpolation=how), 0, _CONFIDENCE
    )
    best, most = None, -np.inf
    for rectangle, score in zip(rectangles, scores, strict=True):
        edges = (rectangle.left(), rectangle.top(), rectangle.right() + 1, rectangle.bottom() + 1)
        box = np.array(edges) / scale + np.tile(low, 2)
        if score > most and _overlap(box, near) > _OVERLAP:
            best, most = box, score
    return best


def _overlap(box: np.ndarray, other: np.ndarray) -> float:
    """Intersection over union."""
    sides = np.minimum(box[2:], other[2:]) - np.maximum(box[:2], other[:2])
    shared = float(np.prod(np.maximum(sides, 0)))
    areas = np.prod(box[2:] - box[:2]) + np.prod(other[2:] - other[:2])
    return shared / float(areas - shared)


def _place(points: np.ndarray) -> np.ndarray:
    """Where dlib's detector would see a face with these points, shape (4,)."""
    steady = points[_STEADY]
    middle = steady.mean(0)
    spread = float(np.sqrt(((steady - middle) ** 2).sum(1).mean()))
    across = points[45] - points[36]
    down = np.array([-across[1], across[0]]) / max(float(np.hypot(*across)), 1e-6)
    centre = middle + _BELOW * spread * down
    half = _SIDE * spread / 2
    return np.concatenate([centre - half, centre + half])
