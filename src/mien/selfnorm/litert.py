"""A trained network as LiteRT (``.tflite``), written without a converter.

The format is a flatbuffer whose schema is public [1]_: tables with numbered fields. Of its many
operators a few are needed. There is none for SELU, so it is made of ELU and ReLU: what is left of
it is a factor, which goes into the next layer's weights.

References
----------
.. [1] LiteRT's schema, version 3: tensorflow/compiler/mlir/lite/schema/schema.fbs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mien.selfnorm.lanes import ALPHA, SCALE
from mien.selfnorm.network import SelfNorm

_VERSION = 3
_IDENTIFIER = b"TFL3"
ADD, DENSE, LOGISTIC, MUL, RELU, SOFTMAX, TANH, SUB, UNPACK, ELU = (
    0, 9, 14, 18, 19, 25, 28, 41, 88, 111,
)  # fmt: skip
# kinds of tables of options
_OPTIONS = {DENSE: 8, SOFTMAX: 9, ADD: 11, MUL: 21, SUB: 28, UNPACK: 64}
_ALIGNED = 16  # bytes that arrays of numbers begin at a multiple of


def to_litert(network: SelfNorm) -> bytes:
    """The network as LiteRT: one input `scores`, one output `probabilities`, any number of rows.

    Standardisation and temperature are parts of the first and the last layer.
    """
    graph = Graph()
    seen = graph.tensor("scores", (1, len(network.inputs)))
    first = seen
    layers = network.folded()
    slope = graph.constant("slope", np.array((1 - ALPHA) / ALPHA, np.float32))
    for k, (weight, bias) in enumerate(layers):
        if k:  # what SELU is more than ELU with its slope
            weight = weight * (SCALE * ALPHA)
        width = (1, len(bias))
        held = [
            graph.constant(f"weight_{k}", np.ascontiguousarray(weight.T, np.float32)),
            graph.constant(f"bias_{k}", bias.astype(np.float32)),
        ]
        seen = graph.apply(DENSE, [seen, *held], f"dense_{k}", width)
        if k < len(layers) - 1:
            low = graph.apply(ELU, [seen], f"elu_{k}", width)
            high = graph.apply(RELU, [seen], f"relu_{k}", width)
            scaled = graph.apply(MUL, [high, slope], f"steeper_{k}", width)
            seen = graph.apply(ADD, [low, scaled], f"selu_{k}", width)
    last = graph.apply(SOFTMAX, [seen], "probabilities", (1, len(network.expressions)))
    return graph.written(first, last)


class Graph:
    """Tensors and operators of a network, and how they are written."""

    def __init__(self) -> None:
        self._tensors: list[tuple[str, tuple[int, ...], int]] = []
        self._buffers: list[bytes] = [b""]  # the first one is empty: that of whatever is computed
        self._operators: list[tuple[int, list[int], list[int]]] = []

    def tensor(self, name: str, shape: tuple[int, ...], buffer: int = 0) -> int:
        """Add a tensor of float32, whose first dimension is free if it is computed; its number."""
        self._tensors.append((name, shape, buffer))
        return len(self._tensors) - 1

    def constant(self, name: str, values: np.ndarray) -> int:
        """Add numbers that are known; the tensor's number."""
        self._buffers.append(np.asarray(values, "<f4").tobytes())
        return self.tensor(name, values.shape, len(self._buffers) - 1)

    def apply(self, operator: int, inputs: list[int], name: str, shape: tuple[int, ...]) -> int:
        """Add an operator; the number of what it gives."""
        output = self.tensor(name, shape)
        self._operators.append((operator, inputs, [output]))
        return output

    def unpack(self, given: int, count: int, name: str, shape: tuple[int, ...]) -> list[int]:
        """Take a tensor apart along its second dimension; the numbers of the parts."""
        parts = [self.tensor(f"{name}_{k}", shape) for k in range(count)]
        self._operators.append((UNPACK, [given], parts))
        return parts

    def written(self, first: int, last: int) -> bytes:
        """The whole file."""
        import flatbuffers

        build = flatbuffers.Builder(1 << 16)
        codes = sorted({operator for operator, _, _ in self._operators})
        buffers = _offsets(build, [self._buffer(build, held) for held in self._buffers])
        graph = self._graph(build, codes, first, last)
        graphs = _offsets(build, [graph])
        kinds = _offsets(build, [_code(build, code) for code in codes])
        words = build.CreateString("mien network of expressions")
        model = _table(
            build,
            5,
            lambda: [
                build.PrependUint32Slot(0, _VERSION, 0),
                build.PrependUOffsetTRelativeSlot(1, kinds, 0),
                build.PrependUOffsetTRelativeSlot(2, graphs, 0),
                build.PrependUOffsetTRelativeSlot(3, words, 0),
                build.PrependUOffsetTRelativeSlot(4, buffers, 0),
            ],
        )
        build.Finish(model, _IDENTIFIER)
        return bytes(build.Output())

    def _graph(self, build: Any, codes: list[int], first: int, last: int) -> int:
        tensors = _offsets(build, [_tensor(build, *entry) for entry in self._tensors])
        operators = _offsets(
            build,
            [
                _operator(build, codes.index(operator), operator, inputs, outputs)
                for operator, inputs, outputs in self._operators
            ],
        )
        given, made = _numbers(build, [first]), _numbers(build, [last])
        return _table(
            build,
            5,
            lambda: [
                build.PrependUOffsetTRelativeSlot(0, tensors, 0),
                build.PrependUOffsetTRelativeSlot(1, given, 0),
                build.PrependUOffsetTRelativeSlot(2, made, 0),
                build.PrependUOffsetTRelativeSlot(3, operators, 0),
            ],
        )

    @staticmethod
    def _buffer(build: Any, held: bytes) -> int:
        if not held:
            return _table(build, 1, list)
        build.StartVector(1, len(held), _ALIGNED)
        build.head = build.head - len(held)
        build.Bytes[build.Head() : build.Head() + len(held)] = held
        data = build.EndVector()
        return _table(build, 1, lambda: [build.PrependUOffsetTRelativeSlot(0, data, 0)])


def _table(build: Any, fields: int, fill: Callable[[], object]) -> int:
    build.StartObject(fields)
    fill()
    return int(build.EndObject())


def _offsets(build: Any, places: Sequence[int]) -> int:
    build.StartVector(4, len(places), 4)
    for place in reversed(places):
        build.PrependUOffsetTRelative(place)
    return int(build.EndVector())


def _numbers(build: Any, values: Sequence[int]) -> int:
    build.StartVector(4, len(values), 4)
    for value in reversed(values):
        build.PrependInt32(value)
    return int(build.EndVector())


def _code(build: Any, code: int) -> int:
    return _table(
        build,
        4,
        lambda: [
            build.PrependInt8Slot(0, code, 0),  # as programs before 2020 read it
            build.PrependInt32Slot(2, 1, 1),
            build.PrependInt32Slot(3, code, 0),
        ],
    )


def _tensor(build: Any, name: str, shape: tuple[int, ...], buffer: int) -> int:
    dimensions = _numbers(build, shape)
    free = None if buffer else _numbers(build, (-1, *shape[1:]))
    word = build.CreateString(name)

    def fill() -> None:
        build.PrependUOffsetTRelativeSlot(0, dimensions, 0)
        build.PrependUint32Slot(2, buffer, 0)
        build.PrependUOffsetTRelativeSlot(3, word, 0)
        if free is not None:
            build.PrependUOffsetTRelativeSlot(7, free, 0)

    return _table(build, 8, fill)


def _operator(build: Any, index: int, code: int, inputs: list[int], outputs: list[int]) -> int:
    taken, given = _numbers(build, inputs), _numbers(build, outputs)
    options = 0
    if code == SOFTMAX:
        options = _table(build, 1, lambda: build.PrependFloat32Slot(0, 1.0, 0.0))
    elif code == UNPACK:
        options = _table(
            build,
            2,
            lambda: [
                build.PrependInt32Slot(0, len(outputs), 0),
                build.PrependInt32Slot(1, 1, 0),
            ],
        )
    elif code in _OPTIONS:
        options = _table(build, 1, list)

    def fill() -> None:
        build.PrependUint32Slot(0, index, 0)
        build.PrependUOffsetTRelativeSlot(1, taken, 0)
        build.PrependUOffsetTRelativeSlot(2, given, 0)
        if options:
            build.PrependUint8Slot(3, _OPTIONS[code], 0)
            build.PrependUOffsetTRelativeSlot(4, options, 0)

    return _table(build, 5, fill)
