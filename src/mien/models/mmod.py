"""dlib's convolutional face detector, computed by ONNX Runtime.

The file with dlib's weights is read and its network rebuilt as an ONNX graph, which ONNX Runtime
computes some thirty times faster than the wheels of dlib do. It was trained with a max-margin loss
on other pictures than MediaPipe's and MTCNN's networks, and sees faces from 40 pixels on, turned
ones and half-hidden ones too.

References
----------
.. [1] King, "Max-margin object detection", arXiv:1502.00046, 2015.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import cv2
import numpy as np

from mien.models.dlib_file import tensors, weights
from mien.models.onnx_network import OnnxNetwork
from mien.models.sighting import Sighting, distinct

_FILE = "mmod_human_face_detector.dat"
# filters, input channels, side and stride of each convolution; the first three make the picture
# eight times smaller
_LAYERS = (
    (16, 3, 5, 2),
    (32, 16, 5, 2),
    (32, 32, 5, 2),
    (45, 32, 5, 1),
    (45, 45, 5, 1),
    (45, 45, 5, 1),
    (1, 45, 9, 1),
)
_MEAN = np.array([122.782, 117.001, 104.298], np.float32)
_SCALE = np.float32(256)
_EPSILON = 1e-4  # added to a variance
WINDOW = 79.0
"""Pixels of the side of a face that the network looks for in each picture of its pyramid."""
_STEP = 5 / 6  # from one picture of the pyramid to the next
_STRIDE, _FIRST = 8.0, 14.0  # pixels between two answers, and to the first of them
_LEAST = 64  # pixels of the shorter side of the smallest picture that is looked at
_BOX = (0.053, 0.098, 1.263)  # from the window to the face: shift across and down, side


class Mmod:
    """Finds upright faces with dlib's convolutional detector; safe to share between threads.

    Parameters
    ----------
    score : float
        Certainty from which on something counts as a face; 0 is its author's.
    """

    name = "dlib CNN face detector"

    def __init__(self, score: float = 0.0) -> None:
        self._score = score
        self._net = OnnxNetwork(_graph())

    def find(
        self, image: np.ndarray, smallest: float = WINDOW, largest: float = np.inf
    ) -> list[Sighting]:
        """See `FaceDetector.find`; faces with a side of `smallest` to `largest` pixels."""
        scale, found = WINDOW / smallest, []
        height, width = image.shape[:2]
        while min(height, width) * scale >= _LEAST and WINDOW / scale <= largest:
            size = max(1, round(width * scale)), max(1, round(height * scale))
            small = cv2.resize(image, size, interpolation=_how(scale))
            for row, column, score in _peaks(self._scores(small), self._score):
                x = _FIRST + _STRIDE * column + _BOX[0] * WINDOW
                y = _FIRST + _STRIDE * row + _BOX[1] * WINDOW
                found.append(
                    Sighting(
                        x / size[0] * width,
                        y / size[1] * height,
                        _BOX[2] * WINDOW / scale,
                        score,
                        self.name,
                    )
                )
            scale *= _STEP
        return distinct(found)

    def _scores(self, image: np.ndarray) -> np.ndarray:
        return self._net.run(image.transpose(2, 0, 1)[None])[0][0, 0]


def _how(scale: float) -> int:
    return cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR


def _peaks(scores: np.ndarray, least: float) -> list[tuple[int, int, float]]:
    """Row, column and value of the largest answers among their neighbours."""
    largest = cv2.dilate(scores, np.ones((3, 3), np.uint8))
    rows, columns = np.nonzero((scores >= least) & (scores == largest))
    return [
        (int(row), int(column), float(scores[row, column]))
        for row, column in zip(rows, columns, strict=True)
    ]


@cache
def _graph() -> bytes:
    """The network as a serialised ONNX model, each affine layer folded into its convolution."""
    from onnx import TensorProto, helper, numpy_helper

    counts = []
    for out, into, side, _ in _LAYERS:
        # a convolution; then gain and shift, and what the last pictures and all pictures had: mean
        # and spread, mean and variance; the last convolution stands alone
        counts += [out * (into * side**2 + 1), 2 * out, *[out] * 4]
    values = tensors(weights(_FILE), counts[:-5])
    nodes: list[Any] = []
    constants: list[Any] = []
    x = "pictures"
    for number, (out, into, side, stride) in enumerate(_LAYERS):
        count = out * into * side**2
        kernel = values[6 * number][:count].reshape(out, into, side, side)
        bias = values[6 * number][count:]
        last = number == len(_LAYERS) - 1
        if not last:
            affine, _, _, mean, variance = values[6 * number + 1 : 6 * number + 6]
            gain = affine[:out] / np.sqrt(variance + _EPSILON)
            kernel = kernel * gain[:, None, None, None]
            bias = (bias - mean) * gain + affine[out:]
        if number == 0:
            bias = bias - (kernel * (_MEAN / _SCALE)[:, None, None]).sum((1, 2, 3))
            kernel = kernel / _SCALE
        for name, array in ((f"k{number}", kernel), (f"b{number}", bias)):
            constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        y = "scores" if last else f"y{number}"
        nodes.append(
            helper.make_node(
                "Conv",
                [x, f"k{number}", f"b{number}"],
                [y],
                kernel_shape=[side] * 2,
                strides=[stride] * 2,
                pads=[side // 2 if stride == 1 else 0] * 4,
            )
        )
        if not last:
            nodes.append(helper.make_node("Relu", [y], [f"x{number}"]))
        x = f"x{number}"
    shape: dict[str, list[int | str]] = {
        "pictures": ["n", 3, "height", "width"],
        "scores": ["n", 1, "rows", "columns"],
    }
    ends: list[Any] = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, shape[name]) for name in shape
    ]
    graph = helper.make_graph(nodes, "mmod", ends[:1], ends[1:], constants)
    opset = [helper.make_opsetid("", 13)]
    model: bytes = helper.make_model(graph, opset_imports=opset, ir_version=8).SerializeToString()
    return model
