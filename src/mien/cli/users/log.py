"""The log of who saw what: shown, or checked."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from mien.cli.users.people import FOLDER, Data, opened
from mien.errors import FormatError, ParameterError

_SEEN = re.compile(r"(\d+):([0-9a-f]{64})")


def log(
    data: Data = FOLDER,
    check: Annotated[
        bool, typer.Option("--check", help="Say whether a line was changed or taken out.")
    ] = False,
    seen: Annotated[
        str | None,
        typer.Option(
            metavar="NUMBER:SHA256",
            help="With --check: a line that was noted elsewhere, as --check prints the last one.",
        ),
    ] = None,
    count: Annotated[
        int, typer.Option("--count", min=1, metavar="N", help="Lines that are shown.")
    ] = 50,
    csv: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Write all lines to a table.")
    ] = None,
) -> None:
    """Show who saw what, or check that the log is whole.

    Things are called by their random ids. --check ends with status 3 if a line was changed.

    Example: [bold]mien users log --check --data /path/to/folder[/bold]
    """
    if seen is not None and not (check and _SEEN.fullmatch(seen)):
        raise ParameterError(
            f"--seen is {seen}: give what mien users log --check printed, with --check."
        )
    with opened(data) as store:
        audit = store.audit
        if csv is not None:
            from mien.outputs import complete

            with complete(csv) as part:
                part.write_text(audit.table(), encoding="utf-8-sig")
            typer.echo(f"Wrote {csv}.")
            return
        if check:
            noted = _SEEN.fullmatch(seen or "")
            checked = audit.check(None if noted is None else (int(noted[1]), noted[2]))
            if checked.problem is not None:
                raise FormatError(
                    f"{data / 'audit.log'}: {checked.problem} Compare it with a backup."
                )
            typer.echo(f"{checked.lines} lines, none changed. Note the last one elsewhere:")
            typer.echo(f"{checked.lines}:{checked.last}")
            return
        for line in reversed(audit.latest(count)):
            parts = [
                str(line.number),
                line.time,
                line.name,
                line.what,
                " ".join(line.on),
                line.more,
            ]
            typer.echo("  ".join(part for part in parts if part))
