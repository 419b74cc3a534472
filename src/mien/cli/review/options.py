"""Options and arguments that commands of `mien review` share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Files = Annotated[
    list[Path],
    typer.Argument(
        metavar="FILE...",
        help="Exports of databases and tools, of any kind that is read; they are only read.",
    ),
]
