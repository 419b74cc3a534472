"""A picture that shows nothing but why it shows nothing."""

from __future__ import annotations

import cv2
import numpy as np

from mien.live.doubt import Doubt
from mien.pipeline.compositing import cover

_WHITE = (235, 235, 235)


def covered(shape: tuple[int, ...], doubt: Doubt | None) -> np.ndarray:
    """A solid picture with a sentence at its lower edge.

    Parameters
    ----------
    shape : tuple of int
        Height, width and 3.
    doubt : Doubt or None
        What the sentence says; None for none.
    """
    picture = np.empty(shape, np.uint8)
    cover(picture)
    if doubt is not None:
        height, width = shape[:2]
        words = f"covered: {doubt.words}"
        scale = 0.92 * width / max(1, cv2.getTextSize(words, 0, 1.0, 1)[0][0])
        scale = min(scale, height / 600, 1.0)
        place = (round(0.04 * width), round(0.96 * height))
        cv2.putText(picture, words, place, 0, scale, _WHITE, 1, cv2.LINE_AA)
    return picture
