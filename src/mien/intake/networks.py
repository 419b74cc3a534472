"""Networks that somebody gave: ONNX, and the tasks of MediaPipe."""

from __future__ import annotations

import math
import os
import zipfile
from pathlib import Path
from typing import Any

from mien.errors import FormatError
from mien.intake.amounts import NETWORK_BYTES, content

_MOST_NODES = 50_000
_MOST_MADE = 1 << 28
"""Elements of a tensor that a network makes of nothing."""


def read_onnx(path: str | os.PathLike[str], what: str) -> bytes:
    """A file of ONNX in which every tensor has the values that its shape asks for.

    Parameters
    ----------
    path : path
        The file.
    what : str
        What it should be, as in "a recogniser".

    Raises
    ------
    OSError
        If there is no such file, or it cannot be read.
    FormatError
        If it is no ONNX, too large, keeps its values in other files, or says other shapes.
    """
    from google.protobuf.message import DecodeError
    from onnx import ModelProto, TensorProto

    data = content(path, NETWORK_BYTES, what)
    model: Any = ModelProto()
    try:
        model.ParseFromString(data)
    except (DecodeError, RuntimeError, RecursionError) as exc:
        raise FormatError(f"{path} is not {what} in ONNX format: give another file.") from exc
    graph = model.graph
    if not graph.node or not graph.output:
        raise FormatError(f"{path} is not {what} in ONNX format: give another file.")
    tensors = [*graph.initializer]
    tensors += [one.t for node in graph.node for one in node.attribute if one.HasField("t")]
    for tensor in tensors:
        if tensor.data_location == TensorProto.EXTERNAL or tensor.external_data:
            raise FormatError(f"{path} keeps its values in other files: export it as one file.")
        if min(tensor.dims, default=1) < 0 or math.prod(tensor.dims) > _values(tensor):
            raise FormatError(f"{path} is not {what}: a shape in it does not fit its values.")
    if len(graph.node) > _MOST_NODES or any(_made(node, tensors) for node in graph.node):
        raise FormatError(f"{path} is not {what}: it would take too much memory.")
    return data


def check_task(path: str | os.PathLike[str], what: str) -> Path:
    """The path of a task of MediaPipe, if its archive is whole and of a size that can be.

    Raises
    ------
    FormatError
        If it is damaged, too large, or no such archive.
    """
    path = Path(path)
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if sum(entry.file_size for entry in entries) > NETWORK_BYTES:
                raise FormatError(f"{path} is not {what}: it is too large.")
            whole = archive.testzip() is None and any(
                entry.filename.endswith(".tflite") for entry in entries
            )
    except FormatError:
        raise
    except Exception as exc:  # a damaged archive raises as many errors as there are kinds of them
        raise FormatError(f"{path} is not {what}, or it is damaged: copy it again.") from exc
    if not whole:
        raise FormatError(f"{path} is not {what}, or it is damaged: copy it again.")
    return path


def _values(tensor: Any) -> int:
    """At least as many values as a tensor holds."""
    if tensor.raw_data:
        from onnx import helper

        try:
            size = helper.tensor_dtype_to_np_dtype(tensor.data_type).itemsize
        except (KeyError, ValueError):
            return 0
        return len(tensor.raw_data) // size
    kinds = ("float_data", "int32_data", "string_data", "int64_data", "double_data", "uint64_data")
    return max(len(getattr(tensor, kind)) for kind in kinds)


def _made(node: Any, tensors: list[Any]) -> bool:
    """Whether a node makes a tensor out of proportion from a shape that stands in the file."""
    if node.op_type not in ("ConstantOfShape", "Expand", "Tile"):
        return False
    from onnx import numpy_helper

    shape = node.input[0 if node.op_type == "ConstantOfShape" else 1]
    for tensor in tensors:
        if tensor.name == shape and len(tensor.dims) <= 1:
            return math.prod(int(v) for v in numpy_helper.to_array(tensor).ravel()) > _MOST_MADE
    return False
