"""Where hands are in a picture: MediaPipe's palm detector and hand landmarks."""

from __future__ import annotations

from typing import Protocol

import cv2
import numpy as np

from mien.models.hand import HandNetwork

JOINTS = 21
"""Of a hand: the wrist, then four of each finger from its root, the thumb first."""
_MOST = 4  # hands that are looked for
_PALM = 0.35  # how sure the detector of palms has to be; what follows is checked in other ways
_SIDE = 448  # pixels of a larger picture's longer side that are looked at


class HandFinder(Protocol):
    """Finds hands in a picture, each picture for itself."""

    def find(self, image: np.ndarray) -> list[np.ndarray]:
        """Joints of every hand, pixels, shape (21, 2) each."""
        ...

    def close(self) -> None:
        """Free the models."""
        ...


class Hands:
    """MediaPipe's hands; safe to share between threads, and remembers nothing."""

    name = "MediaPipe hands"

    def __init__(self) -> None:
        self._network = HandNetwork(_PALM, _MOST)

    def find(self, image: np.ndarray) -> list[np.ndarray]:
        """Joints of every hand, pixels, shape (21, 2) each.

        Parameters
        ----------
        image : np.ndarray [shape=(height, width, 3), dtype=uint8]
            RGB; the part of a frame in which hands are looked for.
        """
        height, width = image.shape[:2]
        scale = min(1.0, _SIDE / max(height, width))
        if scale < 1:
            size = max(1, round(width * scale)), max(1, round(height * scale))
            image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        shrunk = np.array([width / image.shape[1], height / image.shape[0]])
        return [joints * shrunk for joints in self._network.find(image)]

    def close(self) -> None:
        """Nothing is to be freed."""
