"""MediaPipe's two face detectors, for faces near the camera and further away.

References
----------
.. [1] Bazarevsky et al., "BlazeFace: sub-millisecond neural face detection on mobile GPUs",
   arXiv:1907.05047, 2019.
"""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np

from mien.models.anchored import AnchoredDetector
from mien.models.sighting import Sighting, distinct
from mien.models.squares import shipped

_SEEN = {"short": 256, "full": 384}  # pixels of the longer side that a model is given
_GRIDS = {"short": ((8, 2), (16, 6)), "full": ((4, 1),)}
_SIDE = {"short": 128, "full": 192}
_LEAST = {"short": 0.5, "full": 0.6}  # certainty below which an answer is none
# from a model's box to the face: its middle across and down, its side
_BOX = {"short": (0.49, 0.464, 1.087), "full": (0.5, 0.5, 1.03)}


class BlazeFace:
    """Finds upright faces with one of MediaPipe's detectors; safe to share between threads.

    The models shrink what they see to 128 or 192 pixels: a face below about a tenth of the picture
    is only found in a part of it.

    Parameters
    ----------
    reach : {"short", "full"}
        The model for faces within about two metres of the camera, or within five.
    score : float
        Certainty from which on something counts as a face, 0 to 1.
    """

    def __init__(self, reach: Literal["short", "full"] = "full", score: float = 0.5) -> None:
        self.name = f"MediaPipe {reach} range face detector"
        self._reach = reach
        self._detector = AnchoredDetector(
            shipped(f"face_{reach}", cores=1),
            _SIDE[reach],
            _GRIDS[reach],
            max(score, _LEAST[reach]),
        )

    def find(self, image: np.ndarray) -> list[Sighting]:
        """See `FaceDetector.find`."""
        height, width = image.shape[:2]
        shrink = _SEEN[self._reach] / max(height, width)
        if shrink < 1:  # the model would do the same, more slowly
            image = cv2.resize(image, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_LINEAR)
        found = []
        across, down, share = _BOX[self._reach]
        grown = np.array([width / image.shape[1], height / image.shape[0]])
        for seen in self._detector.find(image):
            low, size = seen.low * grown, (seen.high - seen.low) * grown
            points = seen.points[[0, 1, 3]] * grown  # eyes and mouth
            level = points[1] - points[0]
            found.append(
                Sighting(
                    float(low[0] + across * size[0]),
                    float(low[1] + down * size[1]),
                    float(share * size.max()),
                    seen.score,
                    self.name,
                    float(np.arctan2(level[1], level[0])),
                    points,
                )
            )
        return distinct(found)

    def close(self) -> None:
        """Nothing is to be freed."""
