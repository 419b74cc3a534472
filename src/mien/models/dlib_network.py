"""dlib's face descriptor network, computed by ONNX Runtime.

The file with dlib's weights is read and its ResNet rebuilt as an ONNX graph. The numbers are
dlib's to a few units in the seventh place, some twenty times faster than by the wheels of dlib, and
Python is not held up meanwhile. That is what lets an audit look at hundreds of frames.

References
----------
.. [1] King, "High quality face recognition with deep metric learning", dlib blog, 2017.
.. [2] He et al., "Deep residual learning for image recognition", CVPR 2016.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from mien.models.dlib_file import tensors
from mien.models.onnx_network import OnnxNetwork

SIDE = 150
SIZE = 128
_MEAN = np.array([122.782, 117.001, 104.298], np.float32)
_SCALE = np.float32(256)
# residual blocks from the picture on: filters, and whether the block halves the picture
_BLOCKS = (
    [(32, False)] * 3
    + [(64, True)] + [(64, False)] * 3
    + [(128, True)] + [(128, False)] * 2
    + [(256, True)] + [(256, False)] * 2
    + [(256, True)]
)  # fmt: skip
_BATCH = 32


class Network:
    """The network, ready to describe chips; safe to share between threads."""

    def __init__(self, weights: Path) -> None:
        self._net = OnnxNetwork(_graph(_tensors(weights)))

    def describe(self, chips: np.ndarray) -> np.ndarray:
        """Descriptors of aligned faces.

        Parameters
        ----------
        chips : np.ndarray [shape=(n, 150, 150, 3), dtype=uint8]
            RGB.

        Returns
        -------
        descriptors : np.ndarray [shape=(n, 128), dtype=float64]
        """
        found = [np.zeros((0, SIZE))]
        for start in range(0, len(chips), _BATCH):
            planes = chips[start : start + _BATCH].transpose(0, 3, 1, 2)
            found.append(self._net.run(planes)[0].astype(np.float64))
        return np.concatenate(found)


def _tensors(path: Path) -> list[np.ndarray]:
    """The parameters in dlib's file, from the picture to the descriptor."""
    counts = []
    for out, into, side in _convolutions():
        counts += [out * (into * side**2 + 1), 2 * out]
    return tensors(path, [*counts, _BLOCKS[-1][0] * SIZE])


def _convolutions() -> list[tuple[int, int, int]]:
    """Filters, input channels and side of every convolution, in order."""
    sizes, into = [(_BLOCKS[0][0], 3, 7)], _BLOCKS[0][0]
    for filters, _ in _BLOCKS:
        sizes += [(filters, into, 3), (filters, filters, 3)]
        into = filters
    return sizes


def _folded(values_of: list[np.ndarray]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Kernel and bias of each convolution with its affine layer, of the first with the scale of
    its pictures."""
    layers = []
    for number, (out, into, side) in enumerate(_convolutions()):
        values, affine = values_of[2 * number], values_of[2 * number + 1]
        count = out * into * side**2
        kernel = values[:count].reshape(out, into, side, side)
        gamma, beta = affine[:out], affine[out:]
        layers.append((kernel * gamma[:, None, None, None], values[count:] * gamma + beta))
    kernel, bias = layers[0]
    shift = (kernel * (_MEAN / _SCALE)[:, None, None]).sum((1, 2, 3))
    layers[0] = kernel / _SCALE, bias - shift
    return layers


def _graph(values_of: list[np.ndarray]) -> bytes:
    """The network as a serialised ONNX model, each affine layer folded into its convolution."""
    from onnx import TensorProto, helper, numpy_helper

    nodes: list[Any] = []
    constants: list[Any] = []

    def constant(values: np.ndarray) -> str:
        name = f"c{len(constants)}"
        constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def node(kind: str, *inputs: str, **options: Any) -> str:
        nodes.append(helper.make_node(kind, inputs, [f"v{len(nodes)}"], **options))
        return f"v{len(nodes) - 1}"

    layers = _folded(values_of)

    def convolution(x: str, number: int, stride: int, pad: int) -> str:
        kernel, bias = layers[number]
        inputs = x, constant(kernel), constant(bias)
        sides = list(kernel.shape[2:])
        return node("Conv", *inputs, kernel_shape=sides, strides=[stride] * 2, pads=[pad] * 4)

    x = node("Relu", convolution("chips", 0, 2, 0))
    x = node("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2])
    channels, side = _BLOCKS[0][0], ((SIDE - 7) // 2 + 1 - 3) // 2 + 1
    for number, (filters, halves) in enumerate(_BLOCKS):
        first = 2 * number + 1
        y = convolution(x, first, 2, 0) if halves else convolution(x, first, 1, 1)
        y = convolution(node("Relu", y), first + 1, 1, 1)
        if halves:
            x = node("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2])
            # dlib adds tensors of different sizes as if the smaller one went on with zeros
            if filters > channels:
                wider = np.eye(filters, channels, dtype=np.float32)[:, :, None, None]
                x = node("Conv", x, constant(wider), kernel_shape=[1, 1])
            missing = side // 2 - ((side - 3) // 2 + 1)
            if missing:
                pads = np.array([0, 0, 0, 0, 0, 0, missing, missing], np.int64)
                y = node("Pad", y, constant(pads))
            channels, side = filters, side // 2
        x = node("Relu", node("Add", y, x))
    x = node("Flatten", node("GlobalAveragePool", x))
    nodes.append(
        helper.make_node("MatMul", [x, constant(values_of[-1].reshape(-1, SIZE))], ["descriptors"])
    )
    shapes: list[Any] = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        for name, shape in (("chips", ("n", 3, SIDE, SIDE)), ("descriptors", ("n", SIZE)))
    ]
    graph = helper.make_graph(nodes, "descriptor", shapes[:1], shapes[1:], constants)
    opset = [helper.make_opsetid("", 13)]
    model: bytes = helper.make_model(graph, opset_imports=opset, ir_version=8).SerializeToString()
    return model
