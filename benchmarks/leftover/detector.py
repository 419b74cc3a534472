"""A second pair of eyes: a face detector of a family that mien does not use.

The preferred one is the tiny face detector of face-api, a tiny YOLO v2 with separable
convolutions, run here in NumPy. Its weights are not part of this repository: ``npm pack
@vladmandic/face-api@1.7.15`` (MIT) brings them in ``package/model``, whose path is given as
``--weights``. Without them OpenCV's Haar cascades look instead, which see less.

References
----------
.. [1] Redmon & Farhadi, YOLO9000: better, faster, stronger, CVPR 2017.
.. [2] Viola & Jones, Rapid object detection using a boosted cascade, CVPR 2001.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

SIDE = 160  # pixels of the square that a detector is shown
FACE = 64.0  # pixels from ear to ear in it
CERTAIN = 0.5
_NEAR = 0.5  # face sizes by which a found face may be away from where the true one is
_ANCHORS = np.array(
    [[1.603231, 2.094468], [6.041143, 7.080126], [2.882459, 3.518061], [4.266906, 5.178857],
     [9.041765, 10.66308]]
)  # fmt: skip
_MEAN = np.array([117.001, 114.697, 97.404], np.float32)

Find = Callable[[np.ndarray], np.ndarray]
"""From an RGB image to the middles of the faces seen, pixels, shape (n, 2)."""


class Tiny:
    """The tiny face detector.

    Parameters
    ----------
    folder : Path
        Where ``tiny_face_detector_model.bin`` and its manifest are.
    """

    name = "tiny"

    def __init__(self, folder: Path) -> None:
        manifest = folder / "tiny_face_detector_model-weights_manifest.json"
        (group,) = json.loads(manifest.read_text())
        stored = b"".join((folder / path).read_bytes() for path in group["paths"])
        self._weights: dict[str, np.ndarray] = {}
        start = 0
        for entry in group["weights"]:
            count = int(np.prod(entry["shape"]))
            levels = np.frombuffer(stored, np.uint8, count, start).astype(np.float32)
            start += count
            coded = entry["quantization"]
            values = levels * coded["scale"] + coded["min"]
            self._weights[entry["name"]] = values.reshape(entry["shape"]).astype(np.float32)

    def __call__(self, image: np.ndarray) -> np.ndarray:
        """Middles of the faces in a square RGB image, pixels, shape (n, 2)."""
        side = image.shape[0]
        x = (image.astype(np.float32) - _MEAN) / 255
        w = self._weights
        x = _pool(_leaky(_full(x, w["conv0/filters"]) + w["conv0/bias"]), 2)
        for layer in range(1, 6):
            x = _leaky(self._separable(x, f"conv{layer}"))
            x = _pool(x, 2 if layer < 5 else 1)
        x = x @ w["conv8/filters"][0, 0] + w["conv8/bias"]
        cells = x.shape[0]
        boxes = x.reshape(cells, cells, len(_ANCHORS), -1)
        sure = _sigmoid(boxes[..., 4]) > CERTAIN
        rows, columns, _ = np.nonzero(sure)
        found = _sigmoid(boxes[sure][:, :2]) + np.stack([columns, rows], 1)
        return found / cells * side

    def _separable(self, x: np.ndarray, name: str) -> np.ndarray:
        w = self._weights
        each, across = w[f"{name}/depthwise_filter"], w[f"{name}/pointwise_filter"]
        padded = np.pad(x, ((1, 1), (1, 1), (0, 0)))
        height, width = x.shape[:2]
        total = sum(
            padded[i : i + height, j : j + width] * each[i, j, :, 0]
            for i in range(3)
            for j in range(3)
        )
        return total @ across[0, 0] + w[f"{name}/bias"]


def _full(x: np.ndarray, filters: np.ndarray) -> np.ndarray:
    """A convolution of 3 by 3 without padding."""
    height, width = x.shape[0] - 2, x.shape[1] - 2
    return sum(x[i : i + height, j : j + width] @ filters[i, j] for i in range(3) for j in range(3))


def _pool(x: np.ndarray, stride: int) -> np.ndarray:
    """The maximum of 2 by 2; what is beyond the lower and right edges does not count."""
    padded = np.pad(x, ((0, 1), (0, 1), (0, 0)), constant_values=-np.inf)
    height, width = x.shape[:2]
    largest = np.max(
        [padded[i : i + height, j : j + width] for i in (0, 1) for j in (0, 1)], axis=0
    )
    return largest[::stride, ::stride]


def _leaky(x: np.ndarray) -> np.ndarray:
    return np.maximum(x, 0.1 * x)


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


class Haar:
    """OpenCV's cascades for frontal faces and profiles."""

    name = "haar"

    def __init__(self) -> None:
        self._models = [
            cv2.CascadeClassifier(cv2.data.haarcascades + name)
            for name in ("haarcascade_frontalface_alt2.xml", "haarcascade_profileface.xml")
        ]

    def __call__(self, image: np.ndarray) -> np.ndarray:
        """Middles of the faces in a square RGB image, pixels, shape (n, 2)."""
        grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        found = []
        for quarters in range(4):
            turned = np.ascontiguousarray(np.rot90(grey, quarters))
            for model in self._models:
                for x, y, width, height in model.detectMultiScale(turned, 1.1, 3):
                    found.append(_unturned(x + width / 2, y + height / 2, quarters, len(grey)))
        return np.array(found, float).reshape(-1, 2)


def _unturned(x: float, y: float, quarters: int, side: int) -> tuple[float, float]:
    """A point of a square that was turned counter-clockwise, in the square as it was."""
    for _ in range(quarters):
        x, y = side - 1 - y, x
    return x, y


def upright(image: np.ndarray, middle: np.ndarray, size: float, roll: float) -> np.ndarray:
    """The square around a face, turned upright and of one size, RGB."""
    scale, turn = FACE / size, np.radians(-roll)
    matrix = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    shift = SIDE / 2 - matrix @ middle
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    if scale < 0.5:
        image = cv2.blur(image, (round(1 / scale), round(1 / scale)))
    return cv2.warpAffine(
        image,
        np.hstack([matrix, shift[:, None]]),
        (SIDE, SIDE),
        flags=way if way != cv2.INTER_AREA else cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )


def sees(find: Find, image: np.ndarray, middle: np.ndarray, size: float, roll: float) -> bool:
    """Whether a detector sees a face where one is, once it is turned upright."""
    found = find(upright(image, middle, size, roll))
    away = np.linalg.norm(found - SIDE / 2, axis=1)
    return bool((away < _NEAR * FACE).any())
