"""Write the three networks of MTCNN as ONNX, from the weights in facenet-pytorch's wheel.

    pip download --no-deps facenet-pytorch==2.6.0
    python scripts/build_mtcnn.py facenet_pytorch-2.6.0-py3-none-any.whl -o src/mien/assets/mtcnn

The wheel itself is not needed afterwards: it pins old versions of torch and numpy. Its weights are
PyTorch's older format, a few pickles followed by the numbers, and are read here without PyTorch.
"""

from __future__ import annotations

import argparse
import io
import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

# kernel side and pooling (side, or None) of each convolution; then what comes out
_NETS = {
    "pnet": ([(3, 2), (3, None), (3, None)], 12),
    "rnet": ([(3, 3), (3, 3), (2, None)], 24),
    "onet": ([(3, 3), (3, 3), (3, 2), (2, None)], 48),
}


def _state(data: bytes) -> dict[str, np.ndarray]:
    """The tensors in one file of weights, by name."""
    stream = io.BytesIO(data)

    class Reader(pickle.Unpickler):
        def find_class(self, module: str, name: str) -> Any:
            if (module, name) == ("collections", "OrderedDict"):
                return OrderedDict
            if name == "_rebuild_tensor_v2":
                return lambda storage, offset, size, stride, *_: (storage, offset, size, stride)
            return name

        def persistent_load(self, saved: Any) -> str:
            return str(saved[2])

    for _ in range(3):  # magic number, version, system
        Reader(stream).load()
    tensors = Reader(stream).load()
    keys = Reader(stream).load()
    storages = {}
    for key in keys:
        count = int.from_bytes(stream.read(8), "little")
        storages[str(key)] = np.frombuffer(stream.read(4 * count), "<f4")
    found = {}
    for name, (storage, offset, size, stride) in tensors.items():
        steps = [4 * step for step in stride]
        found[name] = np.lib.stride_tricks.as_strided(storages[storage][offset:], size, steps)
    return found


def _graph(name: str, weights: dict[str, np.ndarray]) -> bytes:
    layers, side = _NETS[name]
    nodes: list[Any] = []
    constants: list[Any] = []

    def constant(values: np.ndarray) -> str:
        constants.append(
            numpy_helper.from_array(np.ascontiguousarray(values, np.float32), f"c{len(constants)}")
        )
        return f"c{len(constants) - 1}"

    def node(kind: str, *inputs: str, out: str = "", **options: Any) -> str:
        out = out or f"v{len(nodes)}"
        nodes.append(helper.make_node(kind, inputs, [out], **options))
        return out

    def of(layer: str) -> tuple[str, str]:
        return constant(weights[f"{layer}.weight"]), constant(weights[f"{layer}.bias"])

    def slope(layer: str, shape: tuple[int, ...]) -> str:
        return constant(weights[f"{layer}.weight"].reshape(shape))

    x, width = "pictures", side
    for number, (kernel, pool) in enumerate(layers, 1):
        x = node("Conv", x, *of(f"conv{number}"), kernel_shape=[kernel] * 2)
        x = node("PRelu", x, slope(f"prelu{number}", (-1, 1, 1)))
        width -= kernel - 1
        if pool:
            x = node("MaxPool", x, kernel_shape=[pool] * 2, strides=[2, 2], ceil_mode=1)
            width = -(-(width - pool) // 2) + 1
    if name == "pnet":
        scores = node("Conv", x, *of("conv4_1"), kernel_shape=[1, 1])
        node("Softmax", scores, out="score", axis=1)
        node("Conv", x, *of("conv4_2"), out="shift", kernel_shape=[1, 1])
        outputs = ["score", "shift"]
    else:
        last = len(layers) + 1
        dense = weights[f"dense{last}.weight"]
        # PyTorch's code lays the picture out column by column
        units = dense.reshape(len(dense), width, width, -1).transpose(0, 3, 2, 1)
        flat = node("Flatten", x)
        bias = constant(weights[f"dense{last}.bias"])
        x = node("Gemm", flat, constant(units.reshape(len(dense), -1)), bias, transB=1)
        x = node("PRelu", x, slope(f"prelu{last}", (-1,)))
        heads = {"score": 1, "shift": 2} | ({"points": 3} if name == "onet" else {})
        for head, place in heads.items():
            values = of(f"dense{last + 1}_{place}")
            out = "logits" if head == "score" else head
            node("Gemm", x, *values, out=out, transB=1)
        node("Softmax", "logits", out="score", axis=1)
        outputs = list(heads)
    shape = ["n", 3, "h", "w"] if name == "pnet" else ["n", 3, side, side]
    sizes = {"score": 2, "shift": 4, "points": 10}

    def of_shape(output: str) -> list[int | str]:
        return ["n", sizes[output], *(["rows", "columns"] if name == "pnet" else [])]

    graph = helper.make_graph(
        nodes,
        f"mtcnn_{name}",
        [helper.make_tensor_value_info("pictures", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(o, TensorProto.FLOAT, of_shape(o)) for o in outputs],
        constants,
    )
    opset = [helper.make_opsetid("", 13)]
    return helper.make_model(graph, opset_imports=opset, ir_version=8).SerializeToString()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("wheel", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    args = parser.parse_args()
    args.output.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(args.wheel) as wheel:
        for name in _NETS:
            model = _graph(name, _state(wheel.read(f"facenet_pytorch/data/{name}.pt")))
            (args.output / f"{name}.onnx").write_bytes(model)
            print(f"{name}.onnx: {len(model) / 1000:.0f} kB")
        licence = next(n for n in wheel.namelist() if n.endswith("/LICENSE.md"))
        (args.output / "LICENSE.facenet-pytorch.md").write_bytes(wheel.read(licence))


if __name__ == "__main__":
    main()
