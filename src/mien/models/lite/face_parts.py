"""MediaPipe's own steps of the face mesh: mouth and eyes are looked at again, upright.

Landmarks of a first answer say where such a part is and how it is turned; a square of the features
there is cut out, points are found in it, and put back where they are in the face.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mien.models.lite.file import Step
from mien.models.lite.graph import Graph


def _square(graph: Graph, step: Step) -> None:
    """From pixels of a square to places in the map: a matrix of shape (1, 4, 4).

    The square is level between two landmarks and holds all of some; its middle is theirs.
    """
    options = step.options
    if options["target_rotation_radians"]:
        raise KeyError("a part that is not level")
    points = graph.node(
        "Slice", [graph.at(step.inputs[0]), graph.ints(0), graph.ints(2), graph.ints(2)]
    )
    points = graph.node("Squeeze", [points, graph.ints(0)])  # (landmarks, 2)
    left, right = (
        graph.node("Gather", [points, graph.weight(np.array(options[f"{side}_rotation_idx"]))])
        for side in ("left", "right")
    )
    level = graph.node("Sub", [right, left])
    unit = graph.node("Div", [level, graph.node("ReduceL2", [level, graph.ints(0)], keepdims=1)])
    c, s = (graph.node("Gather", [unit, graph.ints(k)]) for k in (0, 1))
    turn = graph.node("Concat", [c, graph.node("Neg", [s]), s, c], axis=0)
    turn = graph.node("Reshape", [turn, graph.ints(2, 2)])
    part = graph.node("Gather", [points, graph.ints(*options["subset_idxs"])])
    level = graph.node("MatMul", [part, turn])
    most = graph.node("ReduceMax", [level, graph.ints(0)], keepdims=1)
    least = graph.node("ReduceMin", [level, graph.ints(0)], keepdims=1)
    middle = graph.node("Mul", [graph.node("Add", [most, least]), graph.number(0.5)])
    middle = graph.node("MatMul", [turn, graph.node("Transpose", [middle], perm=[1, 0])])
    size = np.array([options["output_width"], options["output_height"]], np.float32)
    share = np.array([options["scale_x"], options["scale_y"]], np.float32) / size
    scale = graph.node("Mul", [graph.node("Sub", [most, least]), graph.weight(share)])
    linear = graph.node("Mul", [turn, scale])
    corner = graph.node("MatMul", [linear, graph.weight((size / 2).reshape(2, 1))])
    shift = graph.node("Sub", [middle, corner])
    rows = graph.node("Concat", [linear, graph.weight(np.zeros((2, 1), np.float32)), shift], axis=1)
    rest = graph.weight(np.eye(4, dtype=np.float32)[2:])
    whole = graph.node("Concat", [rows, rest], axis=0)
    graph.put(step, graph.node("Unsqueeze", [whole, graph.ints(0)]))


def _cut_out(graph: Graph, step: Step) -> None:
    """Values of a map at the places of a square's pixels; nothing outside of the map."""
    x, matrix = step.inputs
    height, width = step.options["output_height"], step.options["output_width"]
    _, rows, columns, _ = graph.shape(x)
    across, down = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    pixels = np.stack([across, down, 0 * down, 0 * down + 1]).reshape(4, -1).astype(np.float32)
    places = graph.node("MatMul", [graph.at(matrix), graph.weight(pixels, exact=True)])
    places = graph.node("Slice", [places, graph.ints(0), graph.ints(2), graph.ints(1)])
    places = graph.node("Sub", [places, graph.number(0.5)])  # (1, 2, pixels): across, down
    most = graph.weight(np.array([[columns - 1], [rows - 1]], np.float32))
    inside = graph.node(
        "And",
        [
            graph.node("GreaterOrEqual", [places, graph.number(0)]),
            graph.node("LessOrEqual", [places, most]),
        ],
    )
    inside = graph.node("ReduceMin", [graph.as_float(inside), graph.ints(1)], keepdims=1)
    inside = graph.node("Reshape", [inside, graph.ints(1, 1, height, width)])
    doubled = graph.node("Mul", [places, graph.number(2)])
    shares = graph.node("Sub", [graph.node("Div", [doubled, most]), graph.number(1)])
    shares = graph.node("Transpose", [shares], perm=[0, 2, 1])
    shares = graph.node("Reshape", [shares, graph.ints(1, height, width, 2)])
    made = graph.node("GridSample", [graph.channels_first(x), shares], align_corners=1)
    graph.put_picture(step, graph.node("Mul", [made, inside]))


def _put_back(graph: Graph, step: Step) -> None:
    """Points of a square, (1, n, 2), where they are in the map."""
    points, matrix = step.inputs
    rows = graph.node("Slice", [graph.at(matrix), graph.ints(0), graph.ints(2), graph.ints(1)])
    rows = graph.node("Transpose", [rows], perm=[0, 2, 1])  # (1, 4, 2)
    linear = graph.node("Slice", [rows, graph.ints(0), graph.ints(2), graph.ints(1)])
    shift = graph.node("Slice", [rows, graph.ints(3), graph.ints(4), graph.ints(1)])
    turned = graph.node("MatMul", [graph.at(points), linear])
    graph.put(step, graph.node("Add", [turned, shift]))


FACE_STEPS: dict[str, Callable[[Graph, Step], None]] = {
    "Landmarks2TransformMatrix": _square,
    "TransformTensorBilinear": _cut_out,
    "TransformLandmarks": _put_back,
}
"""By what MediaPipe calls them."""
