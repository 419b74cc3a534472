"""MTCNN: three small networks in a row, from a pyramid of pictures to faces with five points.

Its authors trained it on other pictures than those of MediaPipe and dlib. It
is sure of faces from 20 pixels on, and of half-profiles.

References
----------
.. [1] Zhang et al., "Joint face detection and alignment using multi-task cascaded convolutional
   networks", IEEE Signal Processing Letters 23, 2016.
"""

from __future__ import annotations

from importlib.resources import files

import cv2
import numpy as np

from mien.errors import ParameterError
from mien.models.onnx_network import OnnxNetwork
from mien.models.sighting import Sighting, distinct

SMALLEST = 20
"""Pixels of the smallest face that the networks were made for."""
_THRESHOLDS = (0.6, 0.7, 0.7)  # of the three networks, the authors' own
_STEP = 0.709  # from one picture of the pyramid to the next
_CELL, _STRIDE = 12, 2  # what the first network looks at, and how far it goes on each time
_MOST = 400  # boxes that the second network looks at, the surest first
_BOX = (0.5, 0.566, 0.903)  # from the networks' box to the face: middle across and down, side


class Mtcnn:
    """Finds upright faces with MTCNN; safe to share between threads.

    Parameters
    ----------
    smallest : float
        Side of the smallest face that is looked for, pixels; at least 20.
    score : float
        Certainty of the last network from which on something counts as a face, 0 to 1.

    Raises
    ------
    ParameterError
        If one of them is out of its range.
    """

    name = "MTCNN"

    def __init__(self, smallest: float = SMALLEST, score: float = 0.7) -> None:
        if smallest < SMALLEST:
            raise ParameterError(f"smallest is {smallest:g}: choose at least {SMALLEST} pixels.")
        if not _THRESHOLDS[2] <= score < 1:
            raise ParameterError(f"score is {score:g}: choose {_THRESHOLDS[2]} to 1.")
        self._smallest, self._score = float(smallest), score
        folder = files("mien") / "assets" / "mtcnn"
        self._nets: list[OnnxNetwork] = []
        for name in ("pnet", "rnet", "onet"):
            weights = (folder / f"{name}.onnx").read_bytes()
            self._nets.append(OnnxNetwork(weights, any_size=name == "pnet"))

    def find(self, image: np.ndarray, smallest: float | None = None) -> list[Sighting]:
        """See `FaceDetector.find`.

        `smallest` is that of the constructor unless another one is given.
        """
        boxes = self._propose(image, max(smallest or self._smallest, SMALLEST))
        boxes = self._refine(image, boxes)
        return self._judge(image, boxes)

    def _propose(self, image: np.ndarray, smallest: float) -> np.ndarray:
        """Boxes and scores where the first network sees something, shape (n, 5)."""
        height, width = image.shape[:2]
        scale = _CELL / smallest
        found = [np.zeros((0, 5))]
        small = image
        while min(height, width) * scale >= _CELL:
            size = int(width * scale + 1), int(height * scale + 1)
            step = size[0] / small.shape[1]
            # averages cost more, and where a step is short it makes no difference
            small = cv2.resize(small, size, interpolation=_how(step if step < 0.5 else 1))
            score, shift = self._run(0, small[None], ("score", "shift"))
            rows, columns = np.nonzero(score[0, 1] >= _THRESHOLDS[0])
            corners = np.column_stack([columns, rows, columns, rows]) * float(_STRIDE)
            corners[:, :2] += 1
            corners[:, 2:] += _CELL
            boxes = corners / scale + shift[0][:, rows, columns].T * (_CELL / scale)
            found.append(_suppressed(np.column_stack([boxes, score[0, 1, rows, columns]]), 0.5))
            scale *= _STEP
        boxes = _suppressed(np.concatenate(found), 0.7)
        return boxes[np.argsort(-boxes[:, 4])[:_MOST]]

    def _refine(self, image: np.ndarray, boxes: np.ndarray) -> np.ndarray:
        if not len(boxes):
            return boxes
        boxes = _squared(boxes)
        score, shift = self._run(1, _patches(image, boxes, 24), ("score", "shift"))
        sure = score[:, 1] > _THRESHOLDS[1]
        sides = (boxes[sure, 2] - boxes[sure, 0])[:, None]
        moved = np.column_stack([boxes[sure, :4] + shift[sure] * sides, score[sure, 1]])
        return _suppressed(moved, 0.7)

    def _judge(self, image: np.ndarray, boxes: np.ndarray) -> list[Sighting]:
        if not len(boxes):
            return []
        boxes = _squared(boxes)
        score, shift, points = self._run(
            2, _patches(image, boxes, 48), ("score", "shift", "points")
        )
        found = []
        for k in np.flatnonzero(score[:, 1] > max(self._score, _THRESHOLDS[2])):
            side = boxes[k, 2] - boxes[k, 0]
            places = boxes[k, :2] + points[k].reshape(2, 5).T * side
            left, top, right, bottom = boxes[k, :4] + shift[k] * side
            across = places[1] - places[0]
            found.append(
                Sighting(
                    float(left + _BOX[0] * (right - left)),
                    float(top + _BOX[1] * (bottom - top)),
                    float(_BOX[2] * max(right - left, bottom - top)),
                    float(score[k, 1]),
                    self.name,
                    float(np.arctan2(across[1], across[0])),
                    np.stack([places[0], places[1], places[3:].mean(0)]),
                )
            )
        return distinct(found)

    def _run(self, number: int, pictures: np.ndarray, outputs: tuple[str, ...]) -> list[np.ndarray]:
        planes = cv2.dnn.blobFromImages(list(pictures), 1 / 128, mean=(127.5,) * 3)
        return self._nets[number].run(planes, outputs)


def _how(scale: float) -> int:
    return cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR


def _squared(boxes: np.ndarray) -> np.ndarray:
    """Boxes made square around their middles."""
    sides = (boxes[:, 2:4] - boxes[:, :2]).max(1, keepdims=True)
    corner = (boxes[:, :2] + boxes[:, 2:4]) / 2 - sides / 2
    return np.column_stack([corner, corner + sides, boxes[:, 4]])


def _patches(image: np.ndarray, boxes: np.ndarray, side: int) -> np.ndarray:
    """The boxes' contents, grey beyond the picture, shape (n, side, side, 3)."""
    height, width = image.shape[:2]
    found = np.full((len(boxes), side, side, 3), 127, np.uint8)
    for patch, box in zip(found, boxes, strict=True):
        left, top, right, bottom = box[:4].round().astype(int)
        inside = image[max(top, 0) : bottom, max(left, 0) : right]
        if not inside.size:
            continue
        around = (max(-top, 0), max(bottom - height, 0), max(-left, 0), max(right - width, 0))
        if any(around):
            inside = cv2.copyMakeBorder(inside, *around, cv2.BORDER_CONSTANT, value=(127,) * 3)
        patch[:] = cv2.resize(inside, (side, side), interpolation=_how(side / max(right - left, 1)))
    return found


def _suppressed(boxes: np.ndarray, overlap: float) -> np.ndarray:
    """Boxes with scores, shape (n, 5), without those that a surer one overlaps."""
    if len(boxes) < 2:
        return boxes
    shapes = np.column_stack([boxes[:, :2], boxes[:, 2:4] - boxes[:, :2]])
    kept = cv2.dnn.NMSBoxes(shapes.tolist(), boxes[:, 4].tolist(), 0.0, overlap)
    return boxes[np.asarray(kept, int).ravel()]
