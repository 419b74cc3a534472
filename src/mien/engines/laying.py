"""Laying a rendering over a frame; every pixel outside it stays the original's."""

from __future__ import annotations

import cv2
import numba
import numpy as np

from mien.engines.base import Rendering


def composite(image: np.ndarray, rendering: Rendering) -> None:
    """Blend a rendering into `image`, shape (height, width, 3), in place."""
    height, width = rendering.opacity.shape
    part = image[rendering.top : rendering.top + height, rendering.left : rendering.left + width]
    if rendering.sources is not None:
        # of the frame as it is by now: who was drawn before is moved as they are drawn
        part[:] = cv2.remap(
            image, rendering.sources, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
    _blend(part, rendering.picture, rendering.opacity)


@numba.njit(cache=True, nogil=True)
def _blend(part: np.ndarray, colour: np.ndarray, opacity: np.ndarray) -> None:
    for i in range(part.shape[0]):
        for j in range(part.shape[1]):
            a = opacity[i, j]
            if a > 0:
                for k in range(3):
                    value = part[i, j, k] + a * (np.float32(colour[i, j, k]) - part[i, j, k])
                    part[i, j, k] = np.uint8(value + 0.5)
