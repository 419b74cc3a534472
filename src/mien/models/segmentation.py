"""Where people are in a picture: MediaPipe's segmentation of those before a camera."""

from __future__ import annotations

import cv2
import numpy as np

from mien.models.squares import shipped

_SIDE = 256  # pixels of the square that the network is given; pictures are stretched


class Segmentation:
    """MediaPipe's selfie segmentation; safe to share between threads.

    It was made for people who sit before a camera; who is small in the picture, far away or partly
    hidden may be missed in part or whole.

    References
    ----------
    .. [1] Bazarevsky et al., model card "MediaPipe Selfie Segmentation", 2021.
    """

    def __init__(self) -> None:
        self._net = shipped("people")

    def people(self, image: np.ndarray) -> np.ndarray:
        """How surely each pixel belongs to somebody.

        Parameters
        ----------
        image : np.ndarray [shape=(height, width, 3), dtype=uint8]
            RGB.

        Returns
        -------
        share : np.ndarray [shape=(height, width), dtype=float32]
            From 0 to 1.
        """
        height, width = image.shape[:2]
        shrink = np.array([[_SIDE / width, 0, 0], [0, _SIDE / height, 0], [0, 0, 1]])
        given = cv2.warpPerspective(image, shrink, (_SIDE, _SIDE), flags=cv2.INTER_LINEAR)
        (found,) = self._net.run(given[None].astype(np.float32) / 255, ("people",))
        share = cv2.resize(found[0, :, :, 0], (width, height), interpolation=cv2.INTER_LINEAR)
        return np.asarray(share, np.float32).clip(0, 1)

    def close(self) -> None:
        """Nothing is to be freed."""
