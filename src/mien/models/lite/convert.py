"""From LiteRT's format to ONNX."""

from __future__ import annotations

from collections.abc import Mapping

from mien.errors import FormatError
from mien.models.lite.face_parts import FACE_STEPS
from mien.models.lite.file import BROKEN, read
from mien.models.lite.graph import FIRST, Graph
from mien.models.lite.steps import STEPS


def convert(content: bytes, outputs: Mapping[str, str], title: str, order: str = FIRST) -> bytes:
    """A network in ONNX format that computes what one in LiteRT's format does.

    Parameters
    ----------
    content : bytes
        LiteRT's file: one input, one graph, no whole numbers but constants.
    outputs : mapping of str to str
        Names of the outputs that are wanted, by their names in the file.
    title : str
        What the network is called.
    order : {FIRST, LAST}
        See `mien.models.lite.graph.Graph`.

    Returns
    -------
    content : bytes
        The input is called ``picture`` and has the file's shape, and so have the outputs.

    Raises
    ------
    FormatError
        If it is no such file, or has a step that is not known.
    """
    from onnx.checker import ValidationError

    source = read(content)
    steps = STEPS | FACE_STEPS
    unknown = sorted({step.kind for step in source.steps} - set(steps))
    if unknown:
        raise FormatError(f"The network has steps that mien does not know: {', '.join(unknown)}.")
    try:
        graph = Graph(source, order)
        for step in source.steps:
            steps[step.kind](graph, step)
        return graph.finished(outputs, title)
    except (ValidationError, *BROKEN) as exc:
        raise FormatError(f"The network has a step that mien cannot write: {exc}.") from exc
