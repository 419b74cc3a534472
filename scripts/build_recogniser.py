"""Write a face descriptor of the packages "human" and "human-models" as ONNX.

    python scripts/build_recogniser.py faceres faceres.json -o src/mien/assets/faceres/faceres.onnx
    python scripts/build_recogniser.py mobileface mobileface.json \
        -o src/mien/assets/mobileface/mobileface.onnx

The source is a graph of TensorFlow.js: a JSON file, with its weights in a file beside it. What does
not lead to the descriptor is left out. The weights stay in the precision that the source has:
halves are cast by the network. The result is compared with the source's graph, node by node.
"""

from __future__ import annotations

import argparse
import base64
import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, checker, helper, numpy_helper

from mien.models.onnx_network import OnnxNetwork

Node = dict[str, Any]


@dataclass(frozen=True)
class Descriptor:
    """What of a graph is wanted."""

    output: str
    """Node whose values describe a face."""
    side: int
    """Pixels of the picture that the network takes."""
    size: int
    """Numbers of a descriptor."""


DESCRIPTORS = {
    "faceres": Descriptor("global_pooling/Mean", 224, 1024),
    "mobileface": Descriptor("batchnorm0/add_1", 112, 256),
}


def read(path: Path) -> tuple[dict[str, Node], dict[str, np.ndarray]]:
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


def needed(nodes: dict[str, Node], output: str) -> list[Node]:
    """The nodes that an output needs, each after those that it needs itself."""
    order: dict[str, Node] = {}

    def visit(name: str) -> None:
        if name in order:
            return
        for one in nodes[name].get("input", ()):
            visit(one)
        order[name] = nodes[name]

    visit(output)
    return list(order.values())


def stride(node: Node) -> int:
    """Pixels between two places of a convolution."""
    assert base64.b64decode(node["attr"]["data_format"]["s"]) == b"NHWC"
    return int(node["attr"]["strides"]["list"]["i"][1])


def padding(node: Node) -> bytes:
    """SAME or VALID."""
    return base64.b64decode(node["attr"]["padding"]["s"])


@dataclass
class Converter:
    """Builds the same graph in ONNX, channels first."""

    constants: dict[str, np.ndarray]
    made: list[NodeProto] = field(default_factory=list)
    tensors: list[TensorProto] = field(default_factory=list)
    pads: dict[str, tuple[str, list[int]]] = field(default_factory=dict)
    """Of a picture with a margin: the picture without, and its margins as a convolution takes
    them."""
    channels: int = 0
    """Of what the last convolution gives."""

    def graph(self, nodes: list[Node], name: str, wanted: Descriptor) -> ModelProto:
        """The whole."""
        for node in nodes:
            if node["op"] not in ("Const", "Placeholder"):
                getattr(self, f"_{node['op'].lower()}")(node["name"], node, node.get("input", []))
        (source,) = (node["name"] for node in nodes if node["op"] == "Placeholder")
        shape = [1, 3, wanted.side, wanted.side]
        graph = helper.make_graph(
            self.made,
            name,
            [helper.make_tensor_value_info(source, TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info(wanted.output, TensorProto.FLOAT, [1, wanted.size])],
            self.tensors,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)])
        model.ir_version = 8
        checker.check_model(model)
        return model

    def _constant(self, name: str, values: np.ndarray) -> str:
        values = np.ascontiguousarray(values)
        if values.dtype != np.float16:
            self.tensors.append(numpy_helper.from_array(values.astype(np.float32), name))
            return name
        self.tensors.append(numpy_helper.from_array(values, f"{name}/half"))
        cast = helper.make_node("Cast", [f"{name}/half"], [name], to=TensorProto.FLOAT)
        self.made.append(cast)
        return name

    def _add_node(self, op: str, inputs: list[str], name: str, **how: Any) -> None:
        self.made.append(helper.make_node(op, inputs, [name], **how))

    def _convolution(self, name: str, node: Node, inputs: list[str], *, alone: bool) -> None:
        kernel = self.constants[inputs[1]]
        turned = kernel.transpose((2, 3, 0, 1) if alone else (3, 2, 0, 1))
        source, step = inputs[0], stride(node)
        self.channels = turned.shape[0]
        margins: dict[str, Any] = {"auto_pad": "SAME_UPPER"}
        if padding(node) == b"VALID":
            source, around = self.pads.get(source, (source, [0] * 4))
            margins = {"pads": around}
        self._add_node(
            "Conv",
            [source, self._constant(inputs[1], turned)],
            name,
            group=kernel.shape[2] if alone else 1,
            strides=[step, step],
            kernel_shape=kernel.shape[:2],
            **margins,
        )

    def _conv2d(self, name: str, node: Node, inputs: list[str]) -> None:
        self._convolution(name, node, inputs, alone=False)

    def _depthwiseconv2dnative(self, name: str, node: Node, inputs: list[str]) -> None:
        self._convolution(name, node, inputs, alone=True)

    def _pad(self, name: str, node: Node, inputs: list[str]) -> None:
        (_, _), (top, bottom), (left, right), (_, _) = self.constants[inputs[1]].tolist()
        self.pads[name] = (inputs[0], [top, left, bottom, right])

    def _both(self, op: str, name: str, inputs: list[str]) -> None:
        """Something done with two pictures, or with one and a number for each channel."""
        first, second = sorted(inputs, key=lambda one: one in self.constants)
        assert op != "Sub" or first == inputs[0]
        if second in self.constants:
            second = self._constant(second, self.constants[second].reshape(1, -1, 1, 1))
        self._add_node(op, [first, second], name)

    def _sub(self, name: str, node: Node, inputs: list[str]) -> None:
        self._both("Sub", name, inputs)

    def _add(self, name: str, node: Node, inputs: list[str]) -> None:
        before = {made.output[0]: made for made in self.made}
        rising = [one for one in inputs if one in before and before[one].op_type == "Max"]
        falling = [one for one in inputs if one in before and before[one].op_type == "Mul"]
        if rising and falling:
            self._leaky(name, before[rising[0]], before[falling[0]], before)
        elif name.startswith("batchnorm0"):
            self._dense(name, before, inputs)
        else:
            self._both("Add", name, inputs)

    _addv2 = _add

    def _mul(self, name: str, node: Node, inputs: list[str]) -> None:
        self._both("Mul", name, inputs)

    def _relu(self, name: str, node: Node, inputs: list[str]) -> None:
        self._add_node("Relu", inputs, name)

    def _minimum(self, name: str, node: Node, inputs: list[str]) -> None:
        self._limit("Min", name, inputs)

    def _maximum(self, name: str, node: Node, inputs: list[str]) -> None:
        self._limit("Max", name, inputs)

    def _limit(self, op: str, name: str, inputs: list[str]) -> None:
        """Relu, then at most 6, then at least 0: one Clip, as runtimes know it. Else a half of a
        leaky rectifier, which `_add` puts together."""
        (picture,) = (one for one in inputs if one not in self.constants)
        (limit,) = (float(self.constants[one]) for one in inputs if one in self.constants)
        last = self.made[-1]
        if op == "Min" and limit == 6 and last.op_type == "Relu":
            self.made.pop()
            for bound, value in (("zero", 0), ("six", 6)):
                if bound not in {tensor.name for tensor in self.tensors}:
                    self.tensors.append(numpy_helper.from_array(np.float32(value), bound))
            self._add_node("Clip", [last.input[0], "zero", "six"], name)
        elif op == "Max" and last.op_type == "Clip":
            assert limit == 0
            last.output[0] = name
        else:
            assert limit == 0
            self._add_node(op, [picture], name)

    def _leaky(
        self, name: str, rising: NodeProto, falling: NodeProto, before: dict[str, NodeProto]
    ) -> None:
        """What is above 0, and a share of what is below: one PRelu."""
        below = before[falling.input[0]]
        assert below.op_type == "Min"
        assert below.input[0] == rising.input[0]
        for node in (rising, falling, below):
            self.made.remove(node)
        slope = next(tensor for tensor in self.tensors if tensor.name == falling.input[1])
        values = numpy_helper.to_array(slope).reshape(-1, 1, 1)
        self.tensors.remove(slope)
        self._add_node("PRelu", [rising.input[0], self._constant(slope.name, values)], name)

    def _reshape(self, name: str, node: Node, inputs: list[str]) -> None:
        self._add_node("Flatten", [inputs[0]], name)

    def _matmul(self, name: str, node: Node, inputs: list[str]) -> None:
        """Rows of the matrix in the order of channels first."""
        matrix = self.constants[inputs[1]]
        turned = matrix.reshape(-1, self.channels, matrix.shape[1]).transpose(1, 0, 2)
        weights = self._constant(inputs[1], turned.reshape(matrix.shape))
        self._add_node("MatMul", [inputs[0], weights], name)

    def _dense(self, name: str, before: dict[str, NodeProto], inputs: list[str]) -> None:
        """A product, its scale and its offset: one Gemm."""
        scaled = before[inputs[0]]
        product = before[scaled.input[0]]
        held = {tensor.name: tensor for tensor in self.tensors}
        factors = numpy_helper.to_array(held[scaled.input[1]]).reshape(-1)
        matrix = numpy_helper.to_array(held[product.input[1]])
        for node, tensor in ((scaled, held[scaled.input[1]]), (product, held[product.input[1]])):
            self.made.remove(node)
            self.tensors.remove(tensor)
        weights = self._constant(product.input[1], matrix * factors)
        offset = self._constant(inputs[1], self.constants[inputs[1]])
        self._add_node("Gemm", [product.input[0], weights, offset], name)

    def _mean(self, name: str, node: Node, inputs: list[str]) -> None:
        self._add_node("GlobalAveragePool", [inputs[0]], f"{name}/square")
        self._add_node("Flatten", [f"{name}/square"], name)


def reference(
    nodes: list[Node], constants: dict[str, np.ndarray], output: str, picture: np.ndarray
) -> np.ndarray:
    """The output of the source's graph for one picture [shape=(side, side, 3)], in plain NumPy."""
    values: dict[str, np.ndarray] = {}
    simple: dict[str, Callable[..., np.ndarray]] = {
        "Add": np.add, "AddV2": np.add, "Sub": np.subtract, "Mul": np.multiply,
        "Minimum": np.minimum, "Maximum": np.maximum,
    }  # fmt: skip
    for node in nodes:
        name, op = node["name"], node["op"]
        given = [values[one] for one in node.get("input", ())]
        if op == "Placeholder":
            values[name] = picture.astype(np.float64)
        elif op == "Const":
            values[name] = constants[name].astype(np.float64)
        elif op in ("Conv2D", "DepthwiseConv2dNative"):
            same = padding(node) == b"SAME"
            values[name] = _convolved(*given, stride(node), alone=op != "Conv2D", same=same)
        elif op == "Mean":
            values[name] = given[0].mean((0, 1))
        elif op == "Pad":
            values[name] = np.pad(given[0], given[1][1:].astype(int))
        elif op == "Reshape":
            values[name] = given[0].reshape(-1)
        elif op == "MatMul":
            values[name] = given[0] @ given[1]
        else:
            values[name] = np.maximum(given[0], 0) if op == "Relu" else simple[op](*given)
    return values[output]


def _convolved(
    image: np.ndarray, kernel: np.ndarray, step: int, *, alone: bool, same: bool
) -> np.ndarray:
    side, size = kernel.shape[0], image.shape[0]
    out = -(-size // step) if same else (size - side) // step + 1
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
    parser.add_argument("name", choices=DESCRIPTORS)
    parser.add_argument("graph", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    given = parser.parse_args()
    wanted = DESCRIPTORS[given.name]
    nodes, constants = read(given.graph)
    order = needed(nodes, wanted.output)
    model = Converter(constants).graph(order, given.name, wanted)
    given.output.parent.mkdir(exist_ok=True)
    given.output.write_bytes(model.SerializeToString())
    net = OnnxNetwork(given.output.read_bytes())
    worst = 0.0
    for seed in range(3):
        rng = np.random.default_rng(seed)
        rough = rng.integers(0, 256, (14, 14, 3)).astype(np.uint8)
        picture = cv2.resize(rough, (wanted.side,) * 2, interpolation=cv2.INTER_CUBIC)
        told = net.run(picture.transpose(2, 0, 1)[None])[0][0]
        truth = reference(order, constants, wanted.output, picture)
        worst = max(worst, float(np.abs(told - truth).max() / np.abs(truth).max()))
    print(f"{given.output}: {given.output.stat().st_size} bytes; differs by {worst:.1e} at most")
    assert worst < 1e-4


if __name__ == "__main__":
    main()
