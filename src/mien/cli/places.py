"""Places where no result may go: inputs, and folders that hold them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from mien.errors import OutputError


def keep_input(out: Path, source: Path) -> None:
    """Refuse to write over what is read.

    Raises
    ------
    OutputError
        If both are one file.
    """
    if out.exists() and source.exists() and out.samefile(source):
        raise OutputError(f"{out} is the input: choose another place with --out.")


def keep_out(report: Path, sources: Iterable[Path]) -> None:
    """Refuse a folder that holds what is read: a report that is replaced takes its folder with it.

    Raises
    ------
    OutputError
        If it does.
    """
    for source in sources:
        if report.resolve() in (source.resolve(), *source.resolve().parents):
            raise OutputError(f"{source} lies in {report}: choose another folder for the report.")
