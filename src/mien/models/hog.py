"""dlib's frontal face detector: gradients in a sliding window.

References
----------
.. [1] King, "Max-margin object detection", arXiv:1502.00046, 2015; Dalal & Triggs, CVPR 2005.
"""

from __future__ import annotations

from copy import copy
from functools import cache
from threading import Lock
from typing import Any

import cv2
import numpy as np

from mien.models.sighting import Sighting, distinct

WINDOW = 80.0
"""Pixels of the side of the smallest face that the detector looks for."""
_BOX = (0.49, 0.466, 1.148)  # from the detector's box to the face: middle across and down, side


class Hog:
    """Finds upright faces with dlib's frontal detector; safe to share between threads.

    Parameters
    ----------
    score : float
        Certainty from which on something counts as a face; 0 is its author's.
    """

    name = "dlib HOG face detector"

    def __init__(self, score: float = 0.0) -> None:
        self._score = score
        self._detector: Any = frontal_detector()
        self._lock = Lock()

    def find(self, image: np.ndarray, smallest: float = WINDOW) -> list[Sighting]:
        """See `FaceDetector.find`; faces with a side of at least `smallest` pixels."""
        grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        scale = WINDOW / smallest
        if scale != 1:
            how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
            grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=how)
        with self._lock:  # dlib keeps its pyramid in the detector
            boxes, scores, _ = self._detector.run(grey, 0, self._score)
        return distinct(
            Sighting(
                (box.left() + _BOX[0] * box.width()) / scale,
                (box.top() + _BOX[1] * box.height()) / scale,
                _BOX[2] * box.width() / scale,
                float(score),
                self.name,
            )
            for score, box in zip(scores, boxes, strict=True)
        )


def frontal_detector() -> Any:
    """dlib's detector, for one thread: unpacking it takes half a second, a copy a millisecond."""
    with _unpacking:  # whoever comes meanwhile waits, and does not unpack another one
        return copy(_unpacked())


_unpacking = Lock()


@cache
def _unpacked() -> Any:
    import dlib

    return dlib.get_frontal_face_detector()
