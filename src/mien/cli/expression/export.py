"""`mien expression export`: a network for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from mien.cli import options
from mien.cli.expression.inputs import load
from mien.cli.expression.options import Model, Overwrite
from mien.cli.places import keep_input
from mien.outputs import check_free


def export(
    model: Model,
    out: Annotated[Path, options.out("OUT.onnx|.tflite|.npz", "The ending chooses the format.")],
    overwrite: Overwrite = False,
    as_json: Annotated[bool, options.as_json("what was written")] = False,
) -> None:
    """Write a network for other programs: ONNX, LiteRT, or plain arrays.

    Example: [bold]mien expression export network.npz -o network.onnx[/bold]
    """
    from mien.selfnorm.export import export as write

    check_free(out, overwrite, kind="a network", endings=(".onnx", ".tflite", ".npz"))
    network = load(model)
    keep_input(out, model)
    write(network, out, overwrite=overwrite)
    options.say(
        as_json,
        f"{out}: {len(network.inputs)} inputs, {', '.join(network.expressions)}",
        {
            "output": str(out),
            "inputs": list(network.inputs),
            "expressions": list(network.expressions),
        },
    )
