"""From LiteRT's format to ONNX."""

from __future__ import annotations

from collections.abc import Mapping

from mien.errors import FormatError
from mien.models.lite.face_parts import FACE_STEPS
from mien.models.lite.file import read
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
    source = read(content)
    graph = Graph(source, order)
    steps = STEPS | FACE_STEPS
    for step in source.steps:
        try:
            steps[step.kind](graph, step)
        except KeyError as exc:
            raise FormatError(f"The network has a step that mien does not know: {exc}.") from exc
    return graph.finished(outputs, title)
