"""Covering a place of a frame, where nothing is drawn."""

from __future__ import annotations

import numpy as np

COVER = (118, 118, 118)


def cover(image: np.ndarray, box: np.ndarray | None = None) -> None:
    """Paint a solid box (left, top, right, bottom, pixels) or the whole frame, in place."""
    if box is None:
        image[:] = COVER
        return
    height, width = image.shape[:2]
    left, top = np.floor(box[:2]).astype(int).clip(0, [width, height])
    right, bottom = np.ceil(box[2:]).astype(int).clip(0, [width, height])
    image[top:bottom, left:right] = COVER
