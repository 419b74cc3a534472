"""A network of sequences as ONNX."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from mien.selfnorm.recurrent import Recurrent

_OPSET, _IR = 17, 8


def recurrent_to_onnx(network: Recurrent) -> Any:
    """The network as an ONNX model.

    Input `scores` of shape (n, length, c), oldest snapshot first; output `probabilities`.
    Standardisation and temperature are parts of the graph.
    """
    from onnx import TensorProto, checker, helper, numpy_helper

    held = []

    def constant(name: str, values: np.ndarray) -> str:
        held.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    width, (weight, bias) = network.config.width, network.head
    gates = [
        constant(name, _update_first(values)[None])
        for name, values in (("seen", network.seen.T), ("remembered", network.remembered.T))
    ]
    biases = np.concatenate([_update_first(row) for row in network.biases])[None]
    make = helper.make_node
    nodes = [
        make("Sub", ["scores", constant("mean", network.mean)], ["centred"]),
        make("Div", ["centred", constant("scale", network.scale)], ["standard"]),
        make("Transpose", ["standard"], ["steps"], perm=[1, 0, 2]),
        make(
            "GRU", ["steps", *gates, constant("biases", biases)], ["", "last"],
            hidden_size=width, linear_before_reset=1,
        ),
        make("Squeeze", ["last", constant("first", np.zeros(1, np.int64))], ["state"]),
        make(
            "Gemm",
            [
                "state",
                constant("weight", weight / np.float32(network.temperature)),
                constant("bias", bias / np.float32(network.temperature)),
            ],
            ["logits"],
        ),
        make("Softmax", ["logits"], ["probabilities"], axis=1),
    ]  # fmt: skip
    shapes: tuple[tuple[str, list[str | int | None]], ...] = (
        ("scores", ["n", network.config.length, len(network.names)]),
        ("probabilities", ["n", len(network.expressions)]),
    )
    given, made = (
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)] for name, shape in shapes
    )
    graph = helper.make_graph(nodes, "mien_recurrent", given, made, held)
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR
    )
    words = {
        "inputs": network.names,
        "expressions": network.expressions,
        "threshold": network.threshold,
        "step_s": network.step_s,
    }
    helper.set_model_props(model, {name: json.dumps(value) for name, value in words.items()})
    checker.check_model(model)
    return model


def _update_first(gates: np.ndarray) -> np.ndarray:
    """Rows of reset, update and candidate in ONNX's order: update, reset, candidate."""
    reset, update, candidate = np.split(gates, 3)
    return np.concatenate([update, reset, candidate])
