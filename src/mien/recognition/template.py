"""How InsightFace and its kin cut out a face: eyes, nose, mouth on fixed places of 112 pixels."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

from mien.face.geometry import umeyama
from mien.models.mtcnn import Mtcnn
from mien.recognition.recogniser import GLIMPSE

SIDE = 112
"""Pixels of the side of a chip."""
# the five points (eyes, tip of the nose, corners of the mouth), left to right
_POINTS = ([33, 133], [362, 263], [4], [61], [291])
_PLACES = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655],
     [70.7299, 92.2041]]
)  # fmt: skip
_THREE = np.vstack([_PLACES[:2], _PLACES[3:].mean(0)])  # eyes, middle of the mouth


def placing(landmarks: np.ndarray) -> np.ndarray:
    """How pixels of a picture come to the template's places: a similarity, shape (2, 3).

    Parameters
    ----------
    landmarks : np.ndarray [shape=(478, 2 or 3)]
        The face, pixels.
    """
    points = np.array([landmarks[list(some), :2].mean(0) for some in _POINTS])
    return _similarity(points, _PLACES)


def aligned(image: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
    """The face of landmarks, shape (478, 3), in the template's places: uint8, (112, 112, 3)."""
    return _placed(image, placing(landmarks))


def upright(picture: np.ndarray) -> np.ndarray:
    """The same of a close-up as `Recogniser.glimpse` is given, without landmarks.

    Eyes and mouth are where MTCNN sees them, as such recognisers are used; where it sees no face,
    where they are in most of them.
    """
    middle = np.array(picture.shape[1::-1]) / 2
    seen = _eyes().find(picture, GLIMPSE / 3)
    if seen:
        best = min(seen, key=lambda s: float(np.hypot(*(np.array([s.x, s.y]) - middle))))
        return _placed(picture, _similarity(best.points, _THREE))
    scale = 97 / GLIMPSE  # the template's eyes and mouth in a face of that size
    left, top = 56 - scale * picture.shape[1] / 2, 68 - scale * picture.shape[0] / 2
    matrix = np.array([[scale, 0, left], [0, scale, top]])
    return _placed(picture, matrix)


def _placed(image: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    return cv2.warpAffine(image, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR)


def _similarity(points: np.ndarray, places: np.ndarray) -> np.ndarray:
    """How points, shape (n, 2), are moved, turned and scaled to come to their places, (2, 3)."""
    flat = np.zeros((len(points), 1))
    fit = umeyama(np.hstack([points, flat]), np.hstack([places, flat]))
    return np.hstack([fit.scale * fit.rotation[:2, :2], fit.translation[:2, None]])


@cache
def _eyes() -> Mtcnn:
    return Mtcnn()
