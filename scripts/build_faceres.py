"""Write the face descriptor of "human" (MobileNet, 1,024 numbers) as ONNX.

    python scripts/build_faceres.py faceres.json -o src/mien/assets/faceres/faceres.onnx

The source is a graph of TensorFlow.js: a JSON file, with its weights (float16) in a file beside it.
The parts that guess sex and age are left out. The weights stay in half precision, which is what the
source has: the network casts them. The result is compared with the source's graph, node by node.
"""

from __future__ import annotations

import argparse
import base64
import json
import math
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, checker, helper, numpy_helper

OUTPUT = "global_pooling/Mean"
SIDE = 224


def read(path: Path) -> tuple[dict[str, dict[str, Any]], dict[str, np.ndarray]]:
    """Nodes of a graph, and its constants, by name."""
    model = json.loads(path.read_text())
    nodes = {node["name"]: node for node in model["modelTopology"]["node"]}
    (manifest,) = model["weightsManifest"]
    data = b"".join((path.parent / name).read_bytes() for name in manifest["paths"])
    constants, at = {}, 0
    for weight in manifest["weights"]:
        stored = weight.get("quantization", {}).get("dtype", weight["dtype"])
        count = math.prod(weight["shape"])
        values = np.frombuffer(data, stored, count, at)
        at += values.nbytes
        constants[weight["name"]] = values.reshape(weight["shape"])
    assert at == len(data)
    return nodes, constants


def needed(nodes: dict[str, dict[str, Any]], output: str) -> list[dict[str, Any]]:
    """The nodes that an output needs, each after those that it needs itself."""
    order: dict[str, dict[str, Any]] = {}

    def visit(name: str) -> None:
        if name in order:
            return
        for one in nodes[name].get("input", ()):
            visit(one)
        order[name] = nodes[name]

    visit(output)
    return list(order.values())


def stride(node: dict[str, Any]) -> int:
    """Pixels between two places of a convolution."""
    assert base64.b64decode(node["attr"]["padding"]["s"]) == b"SAME"
    assert base64.b64decode(node["attr"]["data_format"]["s"]) == b"NHWC"
    return int(node["attr"]["strides"]["list"]["i"][1])


def convert(nodes: list[dict[str, Any]], constants: dict[str, np.ndarray]) -> ModelProto:
    """The same graph in ONNX, channels first."""
    made: list[NodeProto] = []
    tensors: list[TensorProto] = []

    def constant(name: str, values: np.ndarray) -> str:
        tensors.append(numpy_helper.from_array(np.ascontiguousarray(values), f"{name}/half"))
        made.append(helper.make_node("Cast", [f"{name}/half"], [name], to=TensorProto.FLOAT))
        return name

    for node in nodes:
        name, op, inputs = node["name"], node["op"], node.get("input", [])
        if op in ("Const", "Placeholder"):
            continue
        if op in ("Conv2D", "DepthwiseConv2dNative"):
            kernel = constants[inputs[1]]
            alone = op != "Conv2D"
            turned = kernel.transpose((2, 3, 0, 1) if alone else (3, 2, 0, 1))
            made_of = [inputs[0], constant(inputs[1], turned)]
            step = stride(node)
            group = kernel.shape[2] if alone else 1
            made.append(
                helper.make_node("Conv", made_of, [name], auto_pad="SAME_UPPER", group=group,
                                 strides=[step, step], kernel_shape=kernel.shape[:2])
            )  # fmt: skip
        elif op in ("Add", "Mul"):
            values = constants[inputs[1]].reshape(1, -1, 1, 1)
            made.append(helper.make_node(op, [inputs[0], constant(inputs[1], values)], [name]))
        elif op == "Relu":
            made.append(helper.make_node("Relu", inputs, [name]))
        elif op in ("Minimum", "Maximum"):
            kind = "Min" if op == "Minimum" else "Max"
            limit = constant(f"{name}/limit", constants[inputs[1]].astype(np.float16).reshape(1))
            made.append(helper.make_node(kind, [inputs[0], limit], [name]))
        else:
            assert op == "Mean", op
            made.append(helper.make_node("GlobalAveragePool", [inputs[0]], [f"{name}/square"]))
            made.append(helper.make_node("Flatten", [f"{name}/square"], [name]))
    (source,) = (node["name"] for node in nodes if node["op"] == "Placeholder")
    shape = [1, 3, SIDE, SIDE]
    graph = helper.make_graph(
        _clipped(made, tensors),
        "faceres",
        [helper.make_tensor_value_info(source, TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, [1, 1024])],
        tensors,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)])
    model.ir_version = 8
    checker.check_model(model)
    return model


def _clipped(nodes: list[NodeProto], tensors: list[TensorProto]) -> list[NodeProto]:
    """Relu, then at most 6, then at least 0: one Clip, as runtimes know it."""
    limits = {t.name.removesuffix("/half"): numpy_helper.to_array(t) for t in tensors}
    kept: list[NodeProto] = []
    for node in nodes:
        if node.op_type == "Cast" and node.output[0].endswith("/limit"):
            continue
        if node.op_type in ("Min", "Max"):
            value = float(limits[node.input[1]][0])
            assert value == (6 if node.op_type == "Min" else 0)
            kept[-1].output[0] = node.output[0]
            if node.op_type == "Min":
                relu = kept.pop()
                clip = helper.make_node("Clip", [relu.input[0], "zero", "six"], [node.output[0]])
                kept.append(clip)
            continue
        kept.append(node)
    for tensor in [t for t in tensors if t.name.endswith("/limit/half")]:
        tensors.remove(tensor)
    for name, value in (("zero", 0), ("six", 6)):
        tensors.append(numpy_helper.from_array(np.float32(value), name))
    return kept


def reference(
    nodes: list[dict[str, Any]], constants: dict[str, np.ndarray], picture: np.ndarray
) -> np.ndarray:
    """The output of the source's graph for one picture [shape=(224, 224, 3)], in plain NumPy."""
    values: dict[str, np.ndarray] = {}
    for node in nodes:
        name, op = node["name"], node["op"]
        if op == "Placeholder":
            values[name] = picture.astype(np.float64)
            continue
        if op == "Const":
            values[name] = constants[name].astype(np.float64)
            continue
        first, second = (values[one] for one in (*node["input"], node["input"][0])[:2])
        if op in ("Conv2D", "DepthwiseConv2dNative"):
            values[name] = _convolved(first, second, stride(node), alone=op != "Conv2D")
        elif op == "Mean":
            values[name] = first.mean((0, 1))
        else:
            does = {"Add": np.add, "Mul": np.multiply, "Minimum": np.minimum, "Maximum": np.maximum}
            values[name] = np.maximum(first, 0) if op == "Relu" else does[op](first, second)
    return values[OUTPUT]


def _convolved(image: np.ndarray, kernel: np.ndarray, step: int, *, alone: bool) -> np.ndarray:
    side, size = kernel.shape[0], image.shape[0]
    out = -(-size // step)
    short = max(0, (out - 1) * step + side - size)
    padded = np.pad(image, ((short // 2, short - short // 2),) * 2 + ((0, 0),))
    total: Any = 0
    for i in range(side):
        for j in range(side):
            part = padded[i : i + (out - 1) * step + 1 : step, j : j + (out - 1) * step + 1 : step]
            total = total + (part * kernel[i, j, :, 0] if alone else part @ kernel[i, j])
    return np.asarray(total)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("graph", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    given = parser.parse_args()
    nodes, constants = read(given.graph)
    order = needed(nodes, OUTPUT)
    model = convert(order, constants)
    given.output.parent.mkdir(exist_ok=True)
    given.output.write_bytes(model.SerializeToString())
    net = cv2.dnn.readNetFromONNX(np.frombuffer(given.output.read_bytes(), np.uint8))
    worst = 0.0
    for seed in range(3):
        rng = np.random.default_rng(seed)
        rough = rng.integers(0, 256, (14, 14, 3)).astype(np.uint8)
        picture = cv2.resize(rough, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
        net.setInput(picture.astype(np.float32).transpose(2, 0, 1)[None])
        told, truth = net.forward()[0], reference(order, constants, picture)
        worst = max(worst, float(np.abs(told - truth).max() / np.abs(truth).max()))
    print(f"{given.output}: {given.output.stat().st_size} bytes; differs by {worst:.1e} at most")
    assert worst < 1e-4


if __name__ == "__main__":
    main()
