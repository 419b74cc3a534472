"""MediaPipe's hands: palms are found, and in each the joints of its hand.

References
----------
.. [1] Zhang et al., "MediaPipe Hands: on-device real-time hand tracking", CVPR workshop on computer
   vision for augmented and virtual reality 2020, arXiv:2006.10214.
"""

from __future__ import annotations

import numpy as np

from mien.face.region import Region
from mien.models.anchored import AnchoredDetector, Boxed
from mien.models.squares import cut, placed, shipped

_DETECTOR = (192, ((8, 2), (16, 6)))  # pixels it is given, its grids
_WRIST, _MIDDLE = 0, 2  # of a palm's points: the wrist, the middle finger's root
_SIDE = 224  # pixels that the second network is given
_AROUND, _AHEAD = 2.6, 0.5  # palms of the square, and how far it lies towards the fingers
_THERE = 0.5  # certainty from which on there is a hand


class HandNetwork:
    """Finds hands in pictures, each for itself; safe to share between threads.

    Parameters
    ----------
    palm : float
        Certainty from which on something counts as a palm, 0 to 1.
    most : int
        Hands that are looked at, at most.
    """

    def __init__(self, palm: float = 0.5, most: int = 4) -> None:
        self._detector = AnchoredDetector(
            shipped("palm", cores=1), *_DETECTOR, score=palm, signed=False
        )
        self._net = shipped("hand", cores=1)
        self._most = most

    def find(self, image: np.ndarray) -> list[np.ndarray]:
        """Joints of every hand, pixels, shape (21, 2) each.

        Parameters
        ----------
        image : np.ndarray [shape=(height, width, 3), dtype=uint8]
            RGB.
        """
        found = (
            self._joints(image, _hand(palm)) for palm in self._detector.find(image)[: self._most]
        )
        return [joints for joints in found if joints is not None]

    def _joints(self, image: np.ndarray, region: Region) -> np.ndarray | None:
        given = cut(image, region, _SIDE)[None].astype(np.float32) / 255
        points, there = self._net.run(given, ("points", "hand"))
        if float(there.ravel()[0]) < _THERE:
            return None
        return placed(points.reshape(21, 3)[:, :2].astype(np.float64) / _SIDE, region)


def _hand(palm: Boxed) -> Region:
    """The square about a hand: its palm's, turned upright, larger, and towards the fingers."""
    across, down = palm.points[_MIDDLE] - palm.points[_WRIST]
    angle = float(np.pi / 2 - np.arctan2(-down, across))
    angle -= 2 * np.pi * np.floor((angle + np.pi) / (2 * np.pi))
    size = palm.high - palm.low
    x, y = (palm.low + palm.high) / 2
    ahead = _AHEAD * size[1]
    return Region(
        float(x + np.sin(angle) * ahead),
        float(y - np.cos(angle) * ahead),
        float(size.max()) * _AROUND,
        angle,
    )
