"""`mien dicom send`: images to an archive."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from mien.cli import options
from mien.cli.bars import Bars
from mien.cli.failure import need


def send(
    images: Annotated[list[Path], typer.Argument(metavar="IN.dcm...", help="Images to send.")],
    to: Annotated[str, typer.Option(metavar="HOST:PORT", help="The archive.")],
    called: Annotated[
        str, typer.Option(metavar="TITLE", help="The archive's application entity title.")
    ] = "ANY-SCP",
    calling: Annotated[
        str, typer.Option(metavar="TITLE", help="Ours, by which the archive knows us.")
    ] = "MIEN",
    identified: Annotated[
        bool,
        typer.Option("--identified", help="Also send images that still NAME THE PATIENT."),
    ] = False,
    timeout: Annotated[
        float, typer.Option(min=1, metavar="S", help="Seconds to wait for an answer.")
    ] = 60.0,
    as_json: Annotated[bool, options.as_json("what was sent")] = False,
) -> None:
    """Send de-identified images to an archive by C-STORE, as they are stored.

    The connection is not encrypted: use it within the house, or through a tunnel.

    Example: [bold]mien dicom send shared/*.dcm --to archive.example:104 --called PACS[/bold]
    """
    need("dicom")
    from mien.dicom.network import Peer
    from mien.dicom.network import send as run

    with Bars(to, unit="images") as progress:
        sent = run(
            images,
            Peer.read(to, called, calling),
            identified=identified,
            timeout_s=timeout,
            progress=progress,
        )
    if as_json:
        print(json.dumps({"sent": sent}, indent=2))
    else:
        were = "1 image was" if len(sent) == 1 else f"{len(sent)} images were"
        typer.echo(f"{were} sent to {to}.")
