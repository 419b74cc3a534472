"""Options of `mien serve` for a department: accounts, and a proxy in front."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer


@dataclass(frozen=True)
class Department:
    """How several people share a server, and how much is kept how long."""

    accounts: Annotated[
        bool,
        typer.Option(
            "--accounts", help="Start only if people log in by name (see mien users add)."
        ),
    ] = False
    behind_proxy: Annotated[
        bool,
        typer.Option(
            "--behind-proxy",
            help="A proxy on this computer takes requests by https under the one --name, and says "
            "so in X-Forwarded-Proto and X-Forwarded-Host.",
        ),
    ] = False
    keep_originals: Annotated[
        float | None,
        typer.Option(
            min=0.01,
            metavar="DAYS",
            help="Remove originals, and whatever shows them, so many days after they came.",
        ),
    ] = None
    keep_results: Annotated[
        float | None,
        typer.Option(
            min=0.01,
            metavar="DAYS",
            help="Remove clips with all that was made of them, so many days after the last of it.",
        ),
    ] = None
    quota: Annotated[
        float | None,
        typer.Option(min=0.001, metavar="GB", help="What the data folder may take."),
    ] = None
    quota_each: Annotated[
        float | None,
        typer.Option(min=0.001, metavar="GB", help="What the projects of one account may take."),
    ] = None
    unix_socket: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="With --behind-proxy: listen there, at no port."),
    ] = None


def in_bytes(gigabytes: float | None) -> int | None:
    """Bytes of a size in GB, if one is given."""
    return None if gigabytes is None else int(gigabytes * 1e9)
