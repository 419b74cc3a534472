"""Faces that are still in a result: looked for with a detector that the tracker does not use.

What one detector misses it misses in the result too. dlib's detector [1]_ counts gradients in a
sliding window and shares neither method nor training pictures with MediaPipe's network, so that
the two seldom miss the same face. It sees faces from the front to about a half profile.

References
----------
.. [1] King, "Max-margin object detection", arXiv:1502.00046, 2015; Dalal & Triggs, CVPR 2005.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import cv2
import numpy as np

from mien.errors import ParameterError
from mien.models.hog import frontal_detector

_SMALLEST = 1 / 12  # of the frame's height: side of the smallest box that is looked for
_WINDOW = 60  # pixels: the side from which on the detector finds nearly all faces
_PIXELS = 1_000_000  # of the picture that is searched, so that a wide frame costs no more
_SCORE = -0.2


class Box(NamedTuple):
    """A rectangle of a frame, pixels; the right and bottom edges are outside it."""

    left: int
    """Column of the first pixel."""
    top: int
    """Row of the first pixel."""
    right: int
    """Column after the last pixel."""
    bottom: int
    """Row after the last pixel."""

    def grown(self, share: float) -> Box:
        """The box enlarged on each side by a share of its size; it may leave the frame."""
        across = round((self.right - self.left) * share)
        down = round((self.bottom - self.top) * share)
        return Box(self.left - across, self.top - down, self.right + across, self.bottom + down)


class Watch:
    """Finds faces with dlib's detector.

    Parameters
    ----------
    score : float
        Certainty from which on something counts as a face. In every fourth frame of ten clips, 538
        in all, the faces had -0.09 and more, and everything else -0.47 and less.

    Raises
    ------
    ParameterError
        If `score` is not a number from -1 to 3.
    """

    name = "dlib HOG frontal face detector"

    def __init__(self, score: float = _SCORE) -> None:
        if not -1 <= score <= 3:
            raise ParameterError(f"score is {score}: choose a number from -1 to 3.")
        self._score = score
        self._detector: Any = frontal_detector()

    def find(self, image: np.ndarray) -> list[Box]:
        """Faces of at least about a twelfth of the frame's height, the most certain first.

        Parameters
        ----------
        image : np.ndarray [shape=(height, width, 3), dtype=uint8]
            RGB.

        Returns
        -------
        boxes : list of Box
            Each from about the brows to the chin; `Box.grown` by 0.4 holds the head.
        """
        grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        height, width = grey.shape
        scale = min(_WINDOW / (_SMALLEST * height), float(np.sqrt(_PIXELS / (height * width))))
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        boxes, scores, _ = self._detector.run(cv2.resize(grey, size, interpolation=how), 0, -1.0)
        across, down = width / size[0], height / size[1]
        return [
            Box(
                max(0, round(box.left() * across)),
                max(0, round(box.top() * down)),
                min(width, round((box.right() + 1) * across)),
                min(height, round((box.bottom() + 1) * down)),
            )
            for score, box in sorted(
                zip(scores, boxes, strict=True), key=lambda pair: -float(pair[0])
            )
            if score >= self._score
        ]


def unaccounted(
    found: Iterable[Box],
    known: Iterable[Sequence[float] | np.ndarray],
    tolerance: float = 0.1,
) -> list[Box]:
    """Faces found in a result at places where nothing was replaced or covered.

    Parameters
    ----------
    found : iterable of Box
        What `Watch.find` saw in the output frame.
    known : iterable of four numbers
        Left, top, right, bottom of each replaced face and covered region of that frame, pixels.
    tolerance : float
        Share of a known box by which the centre of a face may lie outside it.

    Returns
    -------
    boxes : list of Box
    """
    places = [np.asarray(box, float) for box in known]

    def accounted(box: Box) -> bool:
        centre = np.array([box.left + box.right, box.top + box.bottom]) / 2
        for place in places:
            room = tolerance * (place[2:] - place[:2])
            if (centre >= place[:2] - room).all() and (centre <= place[2:] + room).all():
                return True
        return False

    return [box for box in found if not accounted(box)]
