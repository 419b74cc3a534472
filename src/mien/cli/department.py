"""Options of `mien serve` for a department: accounts, and a proxy in front."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer


@dataclass(frozen=True)
class Department:
    """How several people share a server."""

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
    unix_socket: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="With --behind-proxy: listen there, at no port."),
    ] = None
