"""A recogniser of another family than dlib's: a MobileNet that was taught sex and age."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import cv2
import numpy as np

from mien.errors import EngineError
from mien.models.onnx_network import OnnxNetwork
from mien.recognition.recogniser import GLIMPSE

_SIDE = 224
_SIZE = 1024
_EYES = (33, 263)
_ROOM = 1.2  # side of the chip, in longer sides of the box round the landmarks
_HEIGHT = 1.18  # of that box, in widths of a face as detectors draw it


class FaceRes:
    """The face descriptor of the package "human": 1,024 numbers, a MobileNet [1]_.

    It was trained for other tasks on other pictures than dlib's, sees a little hair and chin, and
    never chooses a face in mien: it only judges. Descriptors have length 1.

    References
    ----------
    .. [1] Howard et al., "MobileNets", arXiv:1704.04861, 2017; Mandic, "human", faceres, 2021.
    """

    name = "human_faceres"
    threshold = 0.81
    source = "one in 1,000 pairs of 535 official portraits is nearer than 0.809 (mien)"

    def __init__(self) -> None:
        self._net = _network()

    def describe(self, image: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
        """See `Recogniser.describe`; shape (1024,)."""
        return np.asarray(self.describe_all([self.chip(image, landmarks)])[0])

    def chip(self, image: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
        """See `Recogniser.chip`: the eyes level, the box round the landmarks; (224, 224, 3)."""
        right, left = landmarks[_EYES[0], :2], landmarks[_EYES[1], :2]
        across, down = left - right
        cosine, sine = np.array([across, down]) / max(float(np.hypot(across, down)), 1e-6)
        turn = np.array([[cosine, sine], [-sine, cosine]])
        level = landmarks[:, :2] @ turn.T
        low, high = level.min(0), level.max(0)
        scale = _SIDE / (_ROOM * max(float((high - low).max()), 1e-6))
        shift = _SIDE / 2 - scale * (low + high) / 2
        return _cut(image, np.hstack([scale * turn, shift[:, None]]), scale)

    def views(self, image: np.ndarray, landmarks: np.ndarray) -> list[np.ndarray]:
        """See `Recogniser.views`: there is one."""
        return [self.chip(image, landmarks)]

    def glimpse(self, picture: np.ndarray) -> np.ndarray:
        """See `Recogniser.glimpse`: the same box, as high as it is in most faces."""
        scale = _SIDE / (_ROOM * _HEIGHT * GLIMPSE)
        shift = _SIDE / 2 - scale * np.array(picture.shape[1::-1]) / 2
        return _cut(picture, np.hstack([scale * np.eye(2), shift[:, None]]), scale)

    def describe_all(self, chips: list[np.ndarray]) -> np.ndarray:
        """See `Recogniser.describe_all`; shape (n, 1024)."""
        found = np.zeros((len(chips), _SIZE))
        for row, chip in zip(found, chips, strict=True):
            row[:] = self._net.run(chip.transpose(2, 0, 1)[None])[0][0]
        return found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-12)


def _cut(image: np.ndarray, matrix: np.ndarray, scale: float) -> np.ndarray:
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.warpAffine(image, matrix, (_SIDE, _SIDE), flags=how))


@cache
def _network() -> OnnxNetwork:
    path = files("mien") / "assets" / "faceres" / "faceres.onnx"
    try:
        return OnnxNetwork(path.read_bytes())
    except (OSError, EngineError) as exc:
        raise EngineError("The recogniser faceres is missing: reinstall mien.") from exc
