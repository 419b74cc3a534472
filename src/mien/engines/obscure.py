"""Baselines that hide the face and its signs alike: mask, blur, pixelation.

Their strength is relative to the face, so that a close-up is hidden as well as a distant face.
"""

from __future__ import annotations

from abc import abstractmethod

import cv2
import numpy as np

from mien.engines import traits as known
from mien.engines.base import Engine, Rendering
from mien.face.geometry import face_box
from mien.face.topology import FACE_OVAL

_GROW = 0.12  # of the face's height, beyond the outline


class _Obscure(Engine):
    """Shared by the baselines: the grown face outline, filled with something."""

    def render(self, image: np.ndarray, landmarks: np.ndarray) -> Rendering:
        """See `Engine.render`."""
        left, top, right, bottom = face_box(landmarks, image.shape, _GROW + 0.03)
        outline = landmarks[FACE_OVAL, :2]
        centre = outline.mean(0)
        height = np.linalg.norm(landmarks[10, :2] - landmarks[152, :2])
        arms = outline - centre
        reach = np.linalg.norm(arms, axis=1, keepdims=True)
        outline = centre + arms * (1 + _GROW * height / np.maximum(reach, 1e-6))
        mask = np.zeros((bottom - top, right - left), np.uint8)
        points = ((outline - [left, top]) * 16).round().astype(np.int32)
        cv2.fillPoly(mask, [points], 255, cv2.LINE_8, 4)
        part = np.ascontiguousarray(image[top:bottom, left:right])
        return Rendering(left, top, self._fill(part, float(height)), mask.astype(np.float32) / 255)

    @abstractmethod
    def _fill(self, part: np.ndarray, height: float) -> np.ndarray:
        """What replaces a part of the frame around a face of this height, same shape."""


class Mask(_Obscure):
    """A plain grey shape."""

    name = "mask"
    traits = known.MASK

    def _fill(self, part: np.ndarray, height: float) -> np.ndarray:
        return np.full_like(part, 118)


class Blur(_Obscure):
    """A Gaussian blur of a tenth of the face's height."""

    name = "blur"
    traits = known.BLUR

    def _fill(self, part: np.ndarray, height: float) -> np.ndarray:
        # a wide blur of a smaller picture looks the same and costs a fraction
        shrink = max(1, int(height / 64))
        small = cv2.resize(part, None, fx=1 / shrink, fy=1 / shrink, interpolation=cv2.INTER_AREA)
        small = cv2.GaussianBlur(small, (0, 0), max(0.1 * height / shrink, 1.0))
        return cv2.resize(small, (part.shape[1], part.shape[0]), interpolation=cv2.INTER_LINEAR)


class Pixelate(_Obscure):
    """Squares of a tenth of the face's height."""

    name = "pixelate"
    traits = known.PIXELATE

    def _fill(self, part: np.ndarray, height: float) -> np.ndarray:
        square = max(2.0, height / 10)
        size = (max(1, round(part.shape[1] / square)), max(1, round(part.shape[0] / square)))
        small = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
        return cv2.resize(small, (part.shape[1], part.shape[0]), interpolation=cv2.INTER_NEAREST)
