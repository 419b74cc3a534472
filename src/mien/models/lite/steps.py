"""LiteRT's steps, each as the nodes of ONNX that do the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mien.models.lite.file import Step
from mien.models.lite.graph import FIRST, TO_FIRST, Graph

_SAME = 0  # padding so that an output has the size of the input


def _pads(graph: Graph, step: Step, kernel: Sequence[int]) -> list[int]:
    """Rows and columns to add before, and after."""
    options, before, after = step.options, [], []
    if options.Padding() != _SAME:
        return [0, 0, 0, 0]
    strides = (options.StrideH(), options.StrideW())
    given, made = (graph.shape(k)[1:3] for k in (step.inputs[0], step.outputs[0]))
    for size, many, stride, out in zip(kernel, given, strides, made, strict=True):
        total = max((out - 1) * stride + size - many, 0)
        before.append(total // 2)
        after.append(total - total // 2)
    return [*before, *after]


def _dequantize(graph: Graph, step: Step) -> None:
    graph.constants[step.outputs[0]] = graph.constants[step.inputs[0]].astype(np.float32)


def _convolved(graph: Graph, step: Step, weights: np.ndarray, **more: Any) -> None:
    x, _, *bias = step.inputs
    kernel = weights.shape[2:]
    inputs = [graph.channels_first(x), graph.weight(weights)]
    inputs += [graph.weight(graph.constants[k]) for k in bias if k >= 0]
    strides = [step.options.StrideH(), step.options.StrideW()]
    made = graph.node(
        "Conv",
        inputs,
        strides=strides,
        pads=_pads(graph, step, kernel),
        kernel_shape=kernel,
        **more,
    )
    graph.put_picture(step, made, step.options.FusedActivationFunction())


def _conv_2d(graph: Graph, step: Step) -> None:
    _convolved(graph, step, graph.constants[step.inputs[1]].transpose(0, 3, 1, 2))


def _depthwise_conv_2d(graph: Graph, step: Step) -> None:
    weights = graph.constants[step.inputs[1]].transpose(3, 0, 1, 2)
    _convolved(graph, step, weights, group=graph.shape(step.inputs[0])[3])


def _transposed(graph: Graph, step: Step) -> None:
    """MediaPipe's own; its pieces lie beside each other."""
    x, kernel, bias = step.inputs
    weights = graph.constants[kernel]
    strides = [int(n) for n in np.frombuffer(step.raw, np.int32)[:0:-1]]
    if tuple(strides) != weights.shape[1:3]:
        raise KeyError("pieces that overlap")
    inputs = [graph.channels_first(x), graph.weight(weights.transpose(3, 0, 1, 2))]
    inputs.append(graph.weight(graph.constants[bias]))
    made = graph.node("ConvTranspose", inputs, strides=strides, kernel_shape=weights.shape[1:3])
    graph.put_picture(step, made)


def _fully_connected(graph: Graph, step: Step) -> None:
    x, kernel, bias = step.inputs
    flat = graph.node("Reshape", [graph.plain(x), graph.ints(-1, graph.constants[kernel].shape[1])])
    weights, bias_name = graph.weight(graph.constants[kernel]), graph.weight(graph.constants[bias])
    made = graph.node("Gemm", [flat, weights, bias_name], transB=1)
    graph.put(step, made, step.options.FusedActivationFunction())


def _prelu(graph: Graph, step: Step) -> None:
    """As two sums of channels: ONNX Runtime computes these twice as fast as its own node."""
    x, slope = step.inputs
    slopes = graph.constants[slope].astype(np.float32).reshape(-1, 1, 1, 1)
    given, many = graph.channels_first(x), len(slopes)
    parts = [
        graph.node("Conv", [name, graph.weight(value, exact=True)], group=many, kernel_shape=(1, 1))
        for name, value in ((given, slopes), (graph.node("Relu", [given]), 1 - slopes))
    ]
    graph.put_picture(step, graph.node("Add", parts))


def _each(kind: str) -> Callable[[Graph, Step], None]:
    """A step that does one thing to every number."""

    def build(graph: Graph, step: Step) -> None:
        graph.put(step, graph.node(kind, [graph.at(step.inputs[0])]))

    return build


def _rsqrt(graph: Graph, step: Step) -> None:
    root = graph.node("Sqrt", [graph.at(step.inputs[0])])
    graph.put(step, graph.node("Reciprocal", [root]))


def _softmax(graph: Graph, step: Step) -> None:
    if step.options is not None and step.options.Beta() != 1:
        raise KeyError("a softmax with a temperature")
    made = graph.node("Softmax", [graph.plain(step.inputs[0])], axis=-1)
    graph.put(step, graph.ordered(made, step.outputs[0]))


def _two(kind: str) -> Callable[[Graph, Step], None]:
    """A step of two tensors, of which one may have fewer axes."""

    def build(graph: Graph, step: Step) -> None:
        made = graph.node(kind, [_beside(graph, step, k) for k in step.inputs])
        options = step.options
        graph.put(step, made, options.FusedActivationFunction() if options else 0)

    return build


def _beside(graph: Graph, step: Step, number: int) -> str:
    """A tensor as an operand; axes that it lacks are LiteRT's first."""
    value, rank = graph.constants.get(number), len(graph.shape(step.outputs[0]))
    if value is None or graph.order != FIRST or rank != 4 or value.ndim == 4:
        return graph.at(number)
    whole = value.reshape((1,) * (4 - value.ndim) + value.shape)
    return graph.weight(whole.astype(np.float32).transpose(TO_FIRST))


def _squared_difference(graph: Graph, step: Step) -> None:
    apart = graph.node("Sub", [_beside(graph, step, k) for k in step.inputs])
    graph.put(step, graph.node("Mul", [apart, apart]))


def _pad(graph: Graph, step: Step) -> None:
    x, amounts = step.inputs
    axes = list(TO_FIRST) if graph.order == FIRST else [0, 1, 2, 3]
    pads = graph.constants[amounts][axes]
    flat = graph.ints(*(int(n) for n in pads.T.ravel()))
    graph.put(step, graph.node("Pad", [graph.at(x), flat]))


def _pool(kind: str, **more: Any) -> Callable[[Graph, Step], None]:
    def build(graph: Graph, step: Step) -> None:
        options = step.options
        kernel = [options.FilterHeight(), options.FilterWidth()]
        strides = [options.StrideH(), options.StrideW()]
        given = [graph.channels_first(step.inputs[0])]
        made = graph.node(
            kind,
            given,
            kernel_shape=kernel,
            strides=strides,
            pads=_pads(graph, step, kernel),
            **more,
        )
        graph.put_picture(step, made, options.FusedActivationFunction())

    return build


def _reduced(kind: str) -> Callable[[Graph, Step], None]:
    def build(graph: Graph, step: Step) -> None:
        x, axes = step.inputs
        rank, keeps = len(graph.shape(x)), bool(step.options.KeepDims())
        numbers = [int(k) % rank for k in np.ravel(graph.constants[axes])]
        made = graph.node(kind, [graph.plain(x), graph.ints(*numbers)], keepdims=int(keeps))
        graph.put(step, graph.ordered(made, step.outputs[0]))

    return build


def _reshape(graph: Graph, step: Step) -> None:
    shape = graph.ints(*graph.shape(step.outputs[0]))
    made = graph.node("Reshape", [graph.plain(step.inputs[0]), shape])
    graph.put(step, graph.ordered(made, step.outputs[0]))


def _transpose(graph: Graph, step: Step) -> None:
    x, order = step.inputs
    perm = [int(k) for k in graph.constants[order]]
    made = graph.node("Transpose", [graph.plain(x)], perm=perm)
    graph.put(step, graph.ordered(made, step.outputs[0]))


def _concatenation(graph: Graph, step: Step) -> None:
    rank = len(graph.shape(step.outputs[0]))
    axis = step.options.Axis() % rank
    if rank == 4 and graph.order == FIRST:
        axis = TO_FIRST.index(axis)
    graph.put(step, graph.node("Concat", [graph.at(k) for k in step.inputs], axis=axis))


def _resize_bilinear(graph: Graph, step: Step) -> None:
    _, height, width, channels = graph.shape(step.outputs[0])
    way = "asymmetric"
    if step.options.AlignCorners():
        way = "align_corners"
    elif step.options.HalfPixelCenters():
        way = "half_pixel"
    made = graph.node(
        "Resize",
        [graph.channels_first(step.inputs[0]), "", "", graph.ints(1, channels, height, width)],
        mode="linear",
        coordinate_transformation_mode=way,
    )
    graph.put_picture(step, made)


def _depth_to_space(graph: Graph, step: Step) -> None:
    given = graph.channels_first(step.inputs[0])
    made = graph.node("DepthToSpace", [given], blocksize=step.options.BlockSize(), mode="DCR")
    graph.put_picture(step, made)


def _strided_slice(graph: Graph, step: Step) -> None:
    x, begin, end, stride = step.inputs
    options, shape = step.options, graph.shape(step.inputs[0])
    if (graph.constants[stride] != 1).any() or options.EllipsisMask() or options.NewAxisMask():
        raise KeyError("a slice with steps")
    starts = [0 if options.BeginMask() >> k & 1 else int(n)
              for k, n in enumerate(graph.constants[begin])]  # fmt: skip
    ends = [shape[k] if options.EndMask() >> k & 1 else int(n)
            for k, n in enumerate(graph.constants[end])]  # fmt: skip
    axes = graph.ints(*range(len(starts)))
    made = graph.node("Slice", [graph.plain(x), graph.ints(*starts), graph.ints(*ends), axes])
    made = graph.node("Reshape", [made, graph.ints(*graph.shape(step.outputs[0]))])
    graph.put(step, graph.ordered(made, step.outputs[0]))


STEPS: dict[str, Callable[[Graph, Step], None]] = {
    "DEQUANTIZE": _dequantize,
    "DENSIFY": _dequantize,
    "CONV_2D": _conv_2d,
    "DEPTHWISE_CONV_2D": _depthwise_conv_2d,
    "Convolution2DTransposeBias": _transposed,
    "FULLY_CONNECTED": _fully_connected,
    "PRELU": _prelu,
    "RELU": _each("Relu"),
    "LOGISTIC": _each("Sigmoid"),
    "HARD_SWISH": _each("HardSwish"),
    "ELU": _each("Elu"),
    "TANH": _each("Tanh"),
    "SOFTMAX": _softmax,
    "NEG": _each("Neg"),
    "SQRT": _each("Sqrt"),
    "RSQRT": _rsqrt,
    "ADD": _two("Add"),
    "SUB": _two("Sub"),
    "MUL": _two("Mul"),
    "DIV": _two("Div"),
    "SQUARED_DIFFERENCE": _squared_difference,
    "PAD": _pad,
    "MAX_POOL_2D": _pool("MaxPool"),
    "AVERAGE_POOL_2D": _pool("AveragePool", count_include_pad=0),
    "MEAN": _reduced("ReduceMean"),
    "SUM": _reduced("ReduceSum"),
    "RESHAPE": _reshape,
    "TRANSPOSE": _transpose,
    "CONCATENATION": _concatenation,
    "RESIZE_BILINEAR": _resize_bilinear,
    "DEPTH_TO_SPACE": _depth_to_space,
    "STRIDED_SLICE": _strided_slice,
}
"""By what the schema calls them."""
