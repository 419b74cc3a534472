"""Where people are in a picture: MediaPipe's segmentation of those before a camera."""

from __future__ import annotations

from threading import Lock

import cv2
import numpy as np

from mien.errors import TrackingError
from mien.models import undrawn
from mien.models.quiet import quiet


class Segmentation:
    """MediaPipe's selfie segmentation; safe to share between threads.

    It was made for people who sit before a camera; who is small in the picture, far away or partly
    hidden may be missed in part or whole.

    Raises
    ------
    TrackingError
        If the installed MediaPipe has no such model.

    References
    ----------
    .. [1] Bazarevsky et al., model card "MediaPipe Selfie Segmentation", 2021.
    """

    def __init__(self) -> None:
        mediapipe = undrawn.mediapipe()

        try:
            with quiet():
                self._model = mediapipe.solutions.selfie_segmentation.SelfieSegmentation(
                    model_selection=0
                )
        except (ImportError, AttributeError, RuntimeError, ValueError) as exc:
            raise TrackingError(
                f"MediaPipe {mediapipe.__version__} carries no segmentation model: install a "
                "version below 0.10.22."
            ) from exc
        self._lock = Lock()

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
        with self._lock, quiet():
            found = self._model.process(np.ascontiguousarray(image)).segmentation_mask
        if found is None:
            return np.zeros(image.shape[:2], np.float32)
        share = np.asarray(found, np.float32)
        if share.shape != image.shape[:2]:
            share = cv2.resize(share, image.shape[1::-1], interpolation=cv2.INTER_LINEAR)
        return share.clip(0, 1)

    def close(self) -> None:
        """Free the model."""
        with quiet():
            self._model.close()
