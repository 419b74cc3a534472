"""A network in the making, in ONNX format.

LiteRT keeps pictures as rows, columns and channels, ONNX channels first. Tensors of four axes have
ONNX's order here, unless the whole graph keeps LiteRT's (`LAST`), which networks want that
transpose such tensors themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mien.models.lite.file import LiteFile, Step

FIRST, LAST = "channels first", "channels last"
TO_FIRST, TO_LAST = (0, 3, 1, 2), (0, 2, 3, 1)
_OPSET, _VERSION = 18, 9
_FEW = 64  # numbers that are not worth halving


class Graph:
    """Nodes and weights of a network, and what LiteRT's tensors are called in it.

    Parameters
    ----------
    source : LiteFile
        The network as it was.
    order : {FIRST, LAST}
        Of the axes of tensors with four.
    """

    def __init__(self, source: LiteFile, order: str = FIRST) -> None:
        self.source, self.order = source, order
        self.constants = {k: t.value for k, t in enumerate(source.tensors) if t.value is not None}
        self._nodes: list[Any] = []
        self._weights: dict[str, Any] = {}
        self._names: dict[int, str] = {}
        self._count = 0
        (start,) = source.inputs
        self._names[start] = self.ordered("picture", start)

    def finished(self, outputs: Mapping[str, str], title: str) -> bytes:
        """The file; `outputs` are the names that they get, by those of LiteRT's file."""
        from onnx import TensorProto, checker, helper

        told = []
        for number in self.source.outputs:
            tensor = self.source.tensors[number]
            if tensor.name in outputs:
                name = outputs[tensor.name]
                self.node("Identity", [self.plain(number)], to=name)
                told.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, tensor.shape))
        nodes = self._needed({output.name for output in told})
        used = {name for node in nodes for name in node.input}
        shape = self.shape(self.source.inputs[0])
        graph = helper.make_graph(
            nodes,
            title,
            [helper.make_tensor_value_info("picture", TensorProto.FLOAT, shape)],
            told,
            [weight for name, weight in self._weights.items() if name in used],
        )
        opset = helper.make_opsetid("", _OPSET)
        model = helper.make_model(graph, opset_imports=[opset], ir_version=_VERSION)
        checker.check_model(model)
        return bytes(model.SerializeToString())

    def _needed(self, wanted: set[str]) -> list[Any]:
        """The nodes that outputs depend on, in order."""
        kept = []
        for node in reversed(self._nodes):
            if wanted & set(node.output):
                kept.append(node)
                wanted |= set(node.input)
        return kept[::-1]

    def node(self, kind: str, inputs: Sequence[str], to: str = "", **options: Any) -> str:
        """Add a node with one output, and return what that is called."""
        from onnx import helper

        self._count += 1
        to = to or f"t{self._count}"
        self._nodes.append(helper.make_node(kind, list(inputs), [to], **options))
        return to

    def weight(self, value: np.ndarray, exact: bool = False) -> str:
        """A constant; many numbers are stored at half precision, as LiteRT's files have them."""
        from onnx import TensorProto, numpy_helper

        self._count += 1
        name = f"w{self._count}"
        halved = value.dtype == np.float32 and not exact and value.size >= _FEW
        stored = np.array(value, np.float16 if halved else value.dtype, order="C")
        self._weights[name] = numpy_helper.from_array(stored, name)
        if not halved:
            return name
        self._count += 1
        return self._cast(name, TensorProto.FLOAT)

    def _cast(self, name: str, kind: int) -> str:
        from onnx import helper

        self._count += 1
        self._nodes.append(helper.make_node("Cast", [name], [f"t{self._count}"], to=kind))
        return f"t{self._count}"

    def number(self, value: float) -> str:
        """A constant without axes."""
        return self.weight(np.array(value, np.float32))

    def ints(self, *values: int) -> str:
        """A constant with one axis."""
        return self.weight(np.array(values, np.int64))

    def as_float(self, name: str) -> str:
        """What is true or false as 1 or 0."""
        from onnx import TensorProto

        return self._cast(name, TensorProto.FLOAT)

    def shape(self, number: int) -> tuple[int, ...]:
        """Of one of LiteRT's tensors, in its own order of axes."""
        return self.source.tensors[number].shape

    def ordered(self, name: str, number: int) -> str:
        """What has LiteRT's order of axes, in the order that is used here."""
        if self.order == LAST or len(self.shape(number)) != 4:
            return name
        return self.node("Transpose", [name], perm=TO_FIRST)

    def plain(self, number: int) -> str:
        """One of LiteRT's tensors in its own order of axes."""
        name = self.at(number)
        if self.order == LAST or len(self.shape(number)) != 4:
            return name
        return self.node("Transpose", [name], perm=TO_LAST)

    def channels_first(self, number: int) -> str:
        """One of LiteRT's tensors of four axes as nodes for pictures take them."""
        name = self.at(number)
        return name if self.order == FIRST else self.node("Transpose", [name], perm=TO_FIRST)

    def at(self, number: int) -> str:
        """What one of LiteRT's tensors is called, in the order of axes that is used here."""
        if number not in self._names:
            value = self.constants[number]
            if value.dtype == np.float16:
                value = value.astype(np.float32)
            if value.ndim == 4 and self.order == FIRST:
                value = value.transpose(TO_FIRST)
            self._names[number] = self.weight(value)
        return self._names[number]

    def put(self, step: Step, name: str, activation: int = 0) -> None:
        """Say what the output of a step is called, after what is done to every number of it."""
        if activation == 1:
            name = self.node("Relu", [name])
        elif activation == 3:
            name = self.node("Clip", [name, self.number(0), self.number(6)])
        elif activation:
            raise KeyError(f"activation {activation}")
        self._names[step.outputs[0]] = name

    def put_picture(self, step: Step, name: str, activation: int = 0) -> None:
        """The same for a node whose output has channels first."""
        if self.order == LAST:
            name = self.node("Transpose", [name], perm=TO_LAST)
        self.put(step, name, activation)
