"""Empty forms of `mien review bias` and `mien review extract`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from mien.cli import options
from mien.cli.review.included import included
from mien.outputs import check_free, complete

Out = Annotated[
    Path | None,
    options.out("PLACE", "A new folder for page and figures; of --form, the CSV to fill in."),
]


@dataclass(frozen=True)
class Form:
    """Whether an empty form is asked for, and for which studies."""

    form: Annotated[
        bool, typer.Option("--form", help="Write an empty form for the --study given.")
    ] = False
    study: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Of --form; may be repeated.")
    ] = None
    review: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Of --form: all studies that this review includes."),
    ] = None

    def studies(self) -> list[str]:
        """Their names."""
        return included(self.study, self.review)


def write_form(out: Path, text: str, overwrite: bool) -> None:
    """Write a CSV that is to be filled in; raises `OutputError` if it cannot be written."""
    check_free(out, overwrite, kind="a form", endings=(".csv",))
    with complete(out, overwrite=overwrite) as part:
        part.write_text(text)
    typer.echo(f"{out} is to be filled in.")
