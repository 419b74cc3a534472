"""The ways of hiding a face that FaceMotionPreserve was compared with, as strong as it says.

They are for comparisons alone: the application and `mien deidentify` do not offer them, because
mien's own (`mien.engines.obscure`) hide more. The paper gives a black mask over the face's area, a
mean blur "with a kernel of a quarter of the face's area" and a grid of 16 by 16; it does not say
what the area's shape is, nor whether a quarter is meant of the area or of its sides. Here the area
is the box around the landmarks, and the kernel's area is a quarter of it: half its sides.

References
----------
.. [1] Zhu et al., Scientific Reports 2024, doi:10.1038/s41598-024-67989-5.
"""

from __future__ import annotations

from abc import abstractmethod

import cv2
import numpy as np

from mien.engines import traits as known
from mien.engines.base import Engine, Rendering
from mien.face.geometry import face_box

_GRID = 16  # squares across and down


class _Published(Engine):
    """Shared by the three: the box around a face, filled with something."""

    def render(self, image: np.ndarray, landmarks: np.ndarray) -> Rendering:
        """See `Engine.render`."""
        left, top, right, bottom = face_box(landmarks, image.shape, 0.0)
        part = np.ascontiguousarray(image[top:bottom, left:right])
        opacity = np.ones(part.shape[:2], np.float32)
        return Rendering(left, top, self._fill(part), opacity)

    @abstractmethod
    def _fill(self, part: np.ndarray) -> np.ndarray:
        """What replaces the box of a face, same shape."""


class BlackMask(_Published):
    """Black."""

    name = "fmp-mask"
    traits = known.MASK

    def _fill(self, part: np.ndarray) -> np.ndarray:
        return np.zeros_like(part)


class MeanBlur(_Published):
    """The mean over a kernel of a quarter of the face's area."""

    name = "fmp-blur"
    traits = known.BLUR

    def _fill(self, part: np.ndarray) -> np.ndarray:
        height, width = part.shape[:2]
        return cv2.blur(part, (max(1, round(width / 2)), max(1, round(height / 2))))


class Grid(_Published):
    """16 by 16 squares."""

    name = "fmp-pixelate"
    traits = known.PIXELATE

    def _fill(self, part: np.ndarray) -> np.ndarray:
        height, width = part.shape[:2]
        size = (min(_GRID, width), min(_GRID, height))
        small = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
        return cv2.resize(small, (width, height), interpolation=cv2.INTER_NEAREST)


PUBLISHED: dict[str, type[Engine]] = {kind.name: kind for kind in (BlackMask, MeanBlur, Grid)}
"""By name, in the paper's order."""
