"""A trained network in other programs' formats: ONNX, LiteRT, arrays."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from mien.outputs import check_free, complete
from mien.selfnorm.lanes import ALPHA, SCALE
from mien.selfnorm.learner import require_torch
from mien.selfnorm.litert import to_litert
from mien.selfnorm.network import SelfNorm
from mien.selfnorm.opened import Network
from mien.selfnorm.recurrent_litert import recurrent_to_litert
from mien.selfnorm.recurrent_onnx import recurrent_to_onnx

ENDINGS = (".onnx", ".tflite", ".npz")
INPUT, OUTPUT = "scores", "probabilities"
_OPSET, _IR = 17, 8


def export(network: Network, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
    """Write a network; the name's ending chooses the format.

    ``.onnx`` and ``.tflite`` take float32 inputs of shape (n, n_inputs) in the order of
    `SelfNorm.inputs`, in ONNX named `scores`, and give `probabilities`; ``.npz`` holds arrays.

    Parameters
    ----------
    network : SelfNorm or Recurrent
        One of sequences takes (n, length, n_inputs), oldest snapshot first.
    path : path
    overwrite : bool
        Replace a file that is there.

    Raises
    ------
    OutputError
        If the file cannot be written or is in the way.
    """
    path = Path(path)
    check_free(path, overwrite, kind="a network", endings=ENDINGS)
    ending = path.suffix.lower()
    if ending == ".npz":
        network.save(path, overwrite=overwrite)
        return
    if isinstance(network, SelfNorm):
        data = to_onnx(network).SerializeToString() if ending == ".onnx" else to_litert(network)
    elif ending == ".onnx":
        data = recurrent_to_onnx(network).SerializeToString()
    else:
        data = recurrent_to_litert(network)
    with complete(path, overwrite=overwrite) as part:
        part.write_bytes(data)


def to_onnx(network: SelfNorm) -> Any:
    """The network as an ONNX model; standardisation and temperature are parts of the graph."""
    import json

    from onnx import TensorProto, checker, helper, numpy_helper

    nodes, held = [], []

    def constant(name: str, values: np.ndarray) -> str:
        held.append(numpy_helper.from_array(np.asarray(values, np.float32), name))
        return name

    nodes.append(helper.make_node("Sub", [INPUT, constant("mean", network.mean)], ["centred"]))
    nodes.append(
        helper.make_node("Div", ["centred", constant("scale", network.scale)], ["layer_0"])
    )
    last = len(network.weights) - 1
    for k, (weight, bias) in enumerate(network.weights):
        if k == last:
            weight, bias = weight / network.temperature, bias / network.temperature
        arrays = [constant(f"weight_{k}", weight), constant(f"bias_{k}", bias)]
        nodes.append(helper.make_node("Gemm", [f"layer_{k}", *arrays], [f"dense_{k}"]))
        if k < last:
            nodes.append(
                helper.make_node(
                    "Selu", [f"dense_{k}"], [f"layer_{k + 1}"], alpha=ALPHA, gamma=SCALE
                )
            )
    nodes.append(helper.make_node("Softmax", [f"dense_{last}"], [OUTPUT], axis=1))
    shapes = ((INPUT, len(network.inputs)), (OUTPUT, len(network.expressions)))
    given, made = (
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", width])]
        for name, width in shapes
    )
    graph = helper.make_graph(nodes, "mien_selfnorm", given, made, held)
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR
    )
    words = {
        "inputs": network.inputs,
        "expressions": network.expressions,
        "threshold": network.threshold,
        "window": network.config.features.window,
        "baseline": network.config.features.baseline,
    }
    helper.set_model_props(model, {name: json.dumps(value) for name, value in words.items()})
    checker.check_model(model)
    return model


def to_torch(network: SelfNorm) -> Any:
    """The network as a `torch.nn.Sequential` that gives logits, for work in torch.

    Standardisation and temperature are part of the first and last layer.

    Raises
    ------
    ParameterError
        If torch is not installed.
    """
    torch = require_torch()
    layers: list[Any] = []
    for weight, bias in network.folded():
        dense = torch.nn.Linear(*weight.shape)
        dense.weight.data = torch.from_numpy(np.ascontiguousarray(weight.T, np.float32))
        dense.bias.data = torch.from_numpy(bias.astype(np.float32))
        layers += [dense, torch.nn.SELU(), torch.nn.AlphaDropout(network.config.dropout)]
    return torch.nn.Sequential(*layers[:-2]).eval()
