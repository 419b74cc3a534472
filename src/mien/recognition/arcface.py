"""Recognisers in InsightFace's format, for those who have their files."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mien.errors import EngineError
from mien.intake.networks import read_onnx
from mien.models.onnx_network import OnnxNetwork
from mien.recognition import template

_MOST_NUMBERS = 8192  # that describe a face


class ArcFace:
    """A recogniser in InsightFace's format (ArcFace and its kin), for those who have its file.

    Parameters
    ----------
    weights : Path, optional
        The ONNX file; else it is looked for where InsightFace keeps its models.

    References
    ----------
    .. [1] Deng et al., "ArcFace: additive angular margin loss for deep face recognition",
       CVPR 2019.
    """

    threshold = float(np.sqrt(2 - 2 * 0.2))
    source = "InsightFace's demonstration calls a cosine below 0.2 another person"

    def __init__(self, weights: Path | None = None) -> None:
        path = weights or _insightface()
        try:
            self._net = OnnxNetwork(read_onnx(path, "a recogniser"))
            tried = self._net.run(np.zeros((1, 3, 112, 112), np.float32))[0]
        except OSError as exc:
            raise EngineError(f"{path} cannot be read: {exc.strerror or exc}.") from exc
        except EngineError as exc:
            raise EngineError(f"{path.name} is not a recogniser in ONNX format.") from exc
        if tried.ndim != 2 or tried.shape[0] != 1 or tried.shape[1] > _MOST_NUMBERS:
            raise EngineError(f"{path.name} is a network, but does not describe faces.")
        self.name = path.stem
        self._size = int(tried.shape[1])

    def describe(self, image: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
        """See `Recogniser.describe`; of length 1."""
        return np.asarray(self.describe_all([self.chip(image, landmarks)])[0])

    def chip(self, image: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
        """See `Recogniser.chip`; shape (112, 112, 3)."""
        return template.aligned(image, landmarks)

    def glimpse(self, picture: np.ndarray) -> np.ndarray:
        """See `Recogniser.glimpse`: cut where InsightFace's template lies in an upright face."""
        return template.upright(picture)

    def views(self, image: np.ndarray, landmarks: np.ndarray) -> list[np.ndarray]:
        """See `Recogniser.views`: there is one."""
        return [self.chip(image, landmarks)]

    def describe_all(self, chips: list[np.ndarray]) -> np.ndarray:
        """See `Recogniser.describe_all`."""
        found = np.zeros((len(chips), self._size))
        # one at a time, which is all that many exported models take
        for row, chip in zip(found, chips, strict=True):
            planes = (chip.astype(np.float32).transpose(2, 0, 1)[None] - 127.5) / 127.5
            row[:] = self._net.run(planes)[0][0]
        return found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-12)


def _insightface() -> Path:
    """InsightFace's recogniser, where the package keeps what it has downloaded."""
    folder = Path.home() / ".insightface" / "models"
    for name in ("buffalo_l/w600k_r50.onnx", "antelopev2/glintr100.onnx"):
        if (folder / name).is_file():
            return folder / name
    raise EngineError(
        "InsightFace's recogniser is missing: install it with its model pack buffalo_l, or name an "
        "ONNX file."
    )
