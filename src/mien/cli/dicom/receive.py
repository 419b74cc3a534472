"""`mien dicom receive`: images from others."""

from __future__ import annotations

import json
import queue
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli import options
from mien.cli.failure import check, need, tell

if TYPE_CHECKING:
    from mien.dicom.network import Received


def receive(
    out: Annotated[Path, options.out("FOLDER", "Where images go: an existing folder.")],
    port: Annotated[int, typer.Option(min=0, max=65535, help="Where to listen.")] = 11112,
    address: Annotated[
        str, typer.Option(metavar="IP", help="On which network; only this machine if left out.")
    ] = "127.0.0.1",
    title: Annotated[
        str, typer.Option(metavar="TITLE", help="Our application entity title.")
    ] = "MIEN",
    only_from: Annotated[
        list[str] | None,
        typer.Option(metavar="TITLE", help="Who may send; may be repeated. Everybody if left out."),
    ] = None,
    count: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Stop after so many images.")
    ] = None,
    as_json: Annotated[bool, options.as_json("what came")] = False,
) -> None:
    """Take images from others by C-STORE until Ctrl-C: they NAME THE PATIENT until de-identified.

    The connection is not encrypted, and a title is no password: listen within the house only.

    Example: [bold]mien dicom receive -o inbox --port 11112[/bold]
    """
    need("dicom")
    from mien.dicom.network import Receiver

    came: queue.Queue[Received] = queue.Queue()
    found: list[Received] = []
    with Receiver(
        out, port, title=title, address=address, told=came.put, only_from=only_from or ()
    ) as receiver:
        tell(f"{title} listens on {address}:{receiver.port}.")
        while count is None or len(found) < count:
            check()
            try:
                one = came.get(timeout=0.5)
            except queue.Empty:
                continue
            found.append(one)
            if not as_json:
                typer.echo(f"{one.path}{' was there already' if one.again else ''}")
    if as_json:
        print(json.dumps({"received": [str(one.path) for one in found]}, indent=2))
