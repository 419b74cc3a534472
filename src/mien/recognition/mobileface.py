"""A recogniser of ArcFace's kind: taught on many people's faces to tell them apart by angles."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from threading import Lock
from typing import Any

import cv2
import numpy as np

from mien.errors import EngineError
from mien.recognition import template

_SIZE = 256


class MobileFace:
    """MobileFace of the package "human-models": 256 numbers, another family than dlib's [1]_.

    A small convolutional network that was trained to recognise, on faces cut out as InsightFace
    does. Descriptors have length 1.

    References
    ----------
    .. [1] becauseofAI, "MobileFace", identification model, 2018; Mandic, "human-models" 3.0.4.
    """

    name = "mobileface"
    threshold = 1.02
    source = "one in 1,000 pairs of 535 official portraits is nearer than 1.019 (mien)"

    def __init__(self) -> None:
        self._net = _network()
        self._lock = _LOCK

    def describe(self, image: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
        """See `Recogniser.describe`; shape (256,)."""
        return np.asarray(self.describe_all([self.chip(image, landmarks)])[0])

    def chip(self, image: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
        """See `Recogniser.chip`; shape (112, 112, 3)."""
        return template.aligned(image, landmarks)

    def views(self, image: np.ndarray, landmarks: np.ndarray) -> list[np.ndarray]:
        """See `Recogniser.views`: there is one."""
        return [self.chip(image, landmarks)]

    def glimpse(self, picture: np.ndarray) -> np.ndarray:
        """See `Recogniser.glimpse`."""
        return template.upright(picture)

    def describe_all(self, chips: list[np.ndarray]) -> np.ndarray:
        """See `Recogniser.describe_all`; shape (n, 256)."""
        found = np.zeros((len(chips), _SIZE))
        for row, chip in zip(found, chips, strict=True):
            with self._lock:
                self._net.setInput(chip.astype(np.float32).transpose(2, 0, 1)[None])
                row[:] = self._net.forward()[0]
        return found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-12)


_LOCK = Lock()


@cache
def _network() -> Any:
    path = files("mien") / "assets" / "mobileface" / "mobileface.onnx"
    try:
        return cv2.dnn.readNetFromONNX(np.frombuffer(path.read_bytes(), np.uint8))
    except (OSError, cv2.error) as exc:
        raise EngineError("The recogniser mobileface is missing: reinstall mien.") from exc
