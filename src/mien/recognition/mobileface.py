"""A recogniser of ArcFace's kind: taught on many people's faces to tell them apart by angles."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import numpy as np

from mien.errors import EngineError
from mien.models.onnx_network import OnnxNetwork
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
            row[:] = self._net.run(chip.transpose(2, 0, 1)[None])[0][0]
        return found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-12)


@cache
def _network() -> OnnxNetwork:
    path = files("mien") / "assets" / "mobileface" / "mobileface.onnx"
    try:
        return OnnxNetwork(path.read_bytes())
    except (OSError, EngineError) as exc:
        raise EngineError("The recogniser mobileface is missing: reinstall mien.") from exc
