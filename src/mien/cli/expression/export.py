"""`mien expression export`: a network for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mien.cli import options
from mien.cli.expression.inputs import load
from mien.cli.expression.options import Model, Overwrite
from mien.cli.places import keep_input
from mien.outputs import check_free


def export(
    model: Model,
    out: Annotated[Path, options.out("OUT.onnx|.tflite|.npz", "The ending chooses the format.")],
    overwrite: Overwrite = False,
) -> None:
    """Write a network for other programs: ONNX, LiteRT, or plain arrays.

    Example: [bold]mien expression export network.npz -o network.onnx[/bold]
    """
    from mien.selfnorm.export import export as write

    check_free(out, overwrite, kind="a network", endings=(".onnx", ".tflite", ".npz"))
    network = load(model)
    keep_input(out, model)
    write(network, out, overwrite=overwrite)
    typer.echo(f"{out}: {len(network.inputs)} inputs, {', '.join(network.expressions)}")
