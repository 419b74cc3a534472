"""LiteRT files: their tensors and steps, as NumPy arrays and plain words."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mien.errors import FormatError

_TYPES = {0: np.float32, 1: np.float16, 2: np.int32, 4: np.int64, 9: np.int8}
BROKEN = (
    *(struct.error, ArithmeticError, AttributeError, LookupError, MemoryError, RecursionError),
    *(StopIteration, TypeError, ValueError),
)
"""What reading a damaged file raises."""
_RAW = "Convolution2DTransposeBias"
"""The step of MediaPipe's own whose options are plain numbers."""


@dataclass
class Tensor:
    """One tensor of a file."""

    name: str
    shape: tuple[int, ...]
    value: np.ndarray | None
    """What it holds, if it is a constant."""


@dataclass
class Step:
    """One step of a network."""

    kind: str
    """As the schema calls it, or as its maker does."""
    inputs: list[int]
    """Numbers of tensors; -1 for one that is left out."""
    outputs: list[int]
    options: Any = None
    """The schema's table of options; a dict for steps of the maker's own."""
    raw: bytes = b""
    """Options of the maker's own as they are in the file."""


@dataclass
class LiteFile:
    """A network with one graph."""

    tensors: list[Tensor] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    inputs: list[int] = field(default_factory=list)
    outputs: list[int] = field(default_factory=list)


def read(content: bytes) -> LiteFile:
    """Read a file with one graph.

    Raises
    ------
    FormatError
        If it is none.
    """
    import tflite

    try:
        model = tflite.Model.GetRootAsModel(content, 0)
        graph = model.Subgraphs(0)
        if content[4:8] != b"TFL3" or graph is None:
            raise ValueError("no graph")
        found = LiteFile(
            inputs=[int(k) for k in graph.InputsAsNumpy()],
            outputs=[int(k) for k in graph.OutputsAsNumpy()],
        )
        for number in range(graph.TensorsLength()):
            found.tensors.append(_tensor(model, graph.Tensors(number)))
        for number in range(graph.OperatorsLength()):
            found.steps.append(_step(model, graph.Operators(number)))
    except BROKEN as exc:
        raise FormatError("This is no network in LiteRT's format: give another file.") from exc
    return found


def _tensor(model: Any, entry: Any) -> Tensor:
    shape = tuple(int(n) for n in entry.ShapeAsNumpy()) if entry.ShapeLength() else ()
    data = model.Buffers(entry.Buffer()).DataAsNumpy()
    value = None
    if not isinstance(data, int) and len(data):
        flat = np.frombuffer(data.tobytes(), _TYPES[entry.Type()])
        sparse = entry.Sparsity()
        value = flat.reshape(shape) if sparse is None else _dense(flat, shape, sparse)
    return Tensor(entry.Name().decode(), shape, value)


def _step(model: Any, entry: Any) -> Step:
    import tflite
    from flatbuffers import flexbuffers

    code = model.OperatorCodes(entry.OpcodeIndex())
    kind = _called(tflite.BuiltinOperator, max(code.BuiltinCode(), code.DeprecatedBuiltinCode()))
    options: Any = None
    raw = bytes(entry.CustomOptionsAsNumpy()) if entry.CustomOptionsLength() else b""
    if kind == "CUSTOM":
        kind = code.CustomCode().decode()
        if raw and kind != _RAW:
            options = flexbuffers.GetRoot(bytearray(raw)).Value
    elif entry.BuiltinOptions() is not None:
        options = getattr(tflite, _called(tflite.BuiltinOptions, entry.BuiltinOptionsType()))()
        options.Init(entry.BuiltinOptions().Bytes, entry.BuiltinOptions().Pos)
    inputs, outputs = (
        [int(k) for k in of] for of in (entry.InputsAsNumpy(), entry.OutputsAsNumpy())
    )
    return Step(kind, inputs, outputs, options, raw)


def _called(kinds: Any, number: int) -> str:
    return next(name for name, value in vars(kinds).items() if value == number)


def _dense(values: np.ndarray, shape: tuple[int, ...], sparse: Any) -> np.ndarray:
    """A tensor that is kept as those of its entries, or blocks of them, that are not zero."""
    order = [int(k) for k in sparse.TraversalOrderAsNumpy()]
    blocks = [int(k) for k in sparse.BlockMapAsNumpy()] if sparse.BlockMapLength() else []
    rank = len(shape)
    levels = [sparse.DimMetadata(k) for k in range(sparse.DimMetadataLength())]
    sizes = [levels[order.index(rank + k)].DenseSize() for k in range(len(blocks))]
    result = np.zeros(shape, values.dtype)
    taken = iter(values)

    def walk(level: int, place: dict[int, int], row: int) -> None:
        if level == len(order):
            index = [place[k] for k in range(rank)]
            for k, dimension in enumerate(blocks):
                index[dimension] = index[dimension] * sizes[k] + place[rank + k]
            result[tuple(index)] = next(taken)
            return
        entry = levels[level]
        if entry.Format() == 0:
            for k in range(entry.DenseSize()):
                walk(level + 1, {**place, order[level]: k}, row * entry.DenseSize() + k)
            return
        segments, indices = _numbers(entry, "ArraySegments"), _numbers(entry, "ArrayIndices")
        for k in range(segments[row], segments[row + 1]):
            walk(level + 1, {**place, order[level]: int(indices[k])}, k)

    walk(0, {}, 0)
    return result


def _numbers(entry: Any, what: str) -> np.ndarray:
    import tflite

    kinds = {1: tflite.Int32Vector, 2: tflite.Uint16Vector, 3: tflite.Uint8Vector}
    table = kinds[getattr(entry, f"{what}Type")()]()
    at = getattr(entry, what)()
    table.Init(at.Bytes, at.Pos)
    return np.asarray(table.ValuesAsNumpy(), np.int64)
