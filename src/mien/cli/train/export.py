"""`mien train export`: a generator as ONNX."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mien.cli import options
from mien.cli.failure import need
from mien.outputs import check_free


def export(
    checkpoint: Annotated[
        Path, typer.Argument(metavar="CHECKPOINT", help="Of `mien train gan`; it is only read.")
    ],
    out: Annotated[Path, options.out("FILE.onnx", "Where to; what --weights takes.")],
    overwrite: Annotated[bool, options.overwrite("a file that is there")] = False,
    as_json: Annotated[bool, options.as_json("what was written")] = False,
) -> None:
    """Write a generator of `mien train gan` as ONNX, so that it draws where torch is not installed.

    Example: [bold]mien train export gan.pt -o gan.onnx[/bold]
    """
    need("train")
    check_free(out, overwrite, kind="a network", endings=(".onnx",))
    from mien.training.export import export as write

    write(checkpoint, out, overwrite=overwrite)
    size = out.stat().st_size
    options.say(as_json, f"{out}: {size / 1e6:.1f} MB.", {"output": str(out), "bytes": size})
