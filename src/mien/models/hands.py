"""Where hands are in a picture: MediaPipe's palm detector and hand landmarks, from its wheel."""

from __future__ import annotations

from threading import Lock
from typing import Protocol

import cv2
import numpy as np

from mien.errors import TrackingError
from mien.models import undrawn
from mien.models.quiet import quiet

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
    """MediaPipe's hands; safe to share between threads, and remembers nothing.

    Raises
    ------
    TrackingError
        If the installed MediaPipe has no model of hands.

    References
    ----------
    .. [1] Zhang et al., "MediaPipe Hands: on-device real-time hand tracking", CVPR workshop on
       computer vision for augmented and virtual reality 2020, arXiv:2006.10214.
    """

    def __init__(self) -> None:
        mediapipe = undrawn.mediapipe()

        self.name = f"mediapipe {mediapipe.__version__} hands"
        try:
            with quiet():
                self._model = mediapipe.solutions.hands.Hands(
                    static_image_mode=True,
                    max_num_hands=_MOST,
                    model_complexity=1,
                    min_detection_confidence=_PALM,
                )
        except (ImportError, AttributeError, RuntimeError, ValueError) as exc:
            raise TrackingError(
                f"MediaPipe {mediapipe.__version__} carries no model of hands: install a version "
                "below 0.10.22."
            ) from exc
        self._lock = Lock()

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
        with self._lock, quiet():
            found = self._model.process(np.ascontiguousarray(image)).multi_hand_landmarks
        return [
            np.array([(mark.x * width, mark.y * height) for mark in hand.landmark])
            for hand in found or ()
        ]

    def close(self) -> None:
        """Free the models."""
        with quiet():
            self._model.close()
