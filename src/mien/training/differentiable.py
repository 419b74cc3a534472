"""A small network in ONNX format as a module of torch, so that a loss can be led through it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mien.errors import EngineError


class Differentiable(nn.Module):
    """Computes what an ONNX network does, for the operations that recognisers are made of.

    Parameters
    ----------
    content : bytes
        The ONNX file: one input, one output.

    Raises
    ------
    EngineError
        If it holds an operation that is not known here.
    """

    def __init__(self, content: bytes) -> None:
        super().__init__()
        from onnx import ModelProto, helper, numpy_helper

        model: Any = ModelProto()
        model.ParseFromString(content)
        graph = model.graph
        self._known: dict[str, str] = {}
        for number, held in enumerate(graph.initializer):
            value = torch.from_numpy(numpy_helper.to_array(held).copy())
            self._known[held.name] = f"value{number}"
            self.register_buffer(f"value{number}", value)
        self._steps = [
            (
                node.op_type,
                list(node.input),
                node.output[0],
                {each.name: helper.get_attribute_value(each) for each in node.attribute},
            )
            for node in graph.node
        ]
        unknown = {step[0] for step in self._steps} - set(_DO)
        if unknown:
            raise EngineError(f"A network has steps that cannot be learned through: {unknown}.")
        self._input = next(i.name for i in graph.input if i.name not in self._known)
        self._output = graph.output[0].name

    def forward(self, x: Tensor) -> Tensor:
        """What the network makes of a batch, whatever size the file names."""
        values: dict[str, Tensor] = {name: getattr(self, at) for name, at in self._known.items()}
        values[self._input] = x
        for kind, inputs, output, attributes in self._steps:
            values[output] = _DO[kind]([values[name] for name in inputs], attributes)
        return values[self._output]


def _conv(given: list[Tensor], told: dict[str, Any]) -> Tensor:
    top, left, bottom, right = told.get("pads", [0, 0, 0, 0])
    x = F.pad(given[0], (left, right, top, bottom))
    bias = given[2] if len(given) > 2 else None
    return F.conv2d(
        x, given[1], bias, tuple(told.get("strides", [1, 1])), groups=told.get("group", 1)
    )


def _gemm(given: list[Tensor], told: dict[str, Any]) -> Tensor:
    weight = given[1] if told.get("transB", 0) else given[1].t()
    return F.linear(given[0], weight, given[2] if len(given) > 2 else None)


def _prelu(given: list[Tensor], _: dict[str, Any]) -> Tensor:
    return torch.where(given[0] > 0, given[0], given[0] * given[1])


_DO: dict[str, Callable[[list[Tensor], dict[str, Any]], Tensor]] = {
    "Conv": _conv,
    "Gemm": _gemm,
    "PRelu": _prelu,
    "Add": lambda given, _: given[0] + given[1],
    "Sub": lambda given, _: given[0] - given[1],
    "Mul": lambda given, _: given[0] * given[1],
    "Flatten": lambda given, _: given[0].flatten(1),
}
