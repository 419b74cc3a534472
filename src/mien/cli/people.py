"""`mien people`: who is in clips, and how to name them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mien.cli import options
from mien.cli.bars import Bars
from mien.cli.many import Many, each
from mien.cli.sheet import write_sheet

if TYPE_CHECKING:
    from mien.pipeline.who import People

_PER_ROW = 5
_ENDING = ".people.png"


def people(
    videos: options.Videos,
    out: Annotated[
        Path | None,
        options.out(
            "PNG",
            "Write a sheet with one face per person here; or, of many clips, into this folder, "
            f"each called NAME{_ENDING}. Sheets SHOW THE PATIENTS.",
        ),
    ] = None,
    landmarker: options.Landmarker = None,
    overwrite: Annotated[bool, options.overwrite("sheets that exist")] = False,
    as_json: Annotated[bool, options.as_json("everything")] = False,
) -> None:
    """Say who is in a clip, or in each of many: the most present person is number 1.

    Number, or place and time, name a person to `mien deidentify` (--people, --leave, --cover).

    Example: [bold]mien people visit.mp4 -o who.png[/bold]
    """
    from mien.pipeline.who import people as look

    many = Many.of(videos, out, overwrite, "a picture", (".png",), _ENDING)

    def do(video: Path, sheet: Path | None) -> dict[str, Any]:
        with Bars(video.name if many.one else str(video)) as progress:
            found = look(video, landmarker=landmarker, progress=progress)
        if sheet is not None:
            _write(sheet, found)
        if not as_json:
            _print(found)
            if sheet is not None:
                typer.echo(f"{sheet} shows the patients: keep it where the original is.")
        return {
            "input": str(video),
            "frames": found.frames,
            "seconds": found.seconds,
            "people": [one.to_json() for one in found],
            "sheet": None if sheet is None else str(sheet),
        }

    entries = each(many, do)
    if as_json:
        print(json.dumps(entries[0] if many.one else {"results": entries}, indent=2))
    elif out is None:
        typer.echo("For their faces: mien people VIDEO -o who.png (it shows the patients)")
    many.finish(entries)


def _write(sheet: Path, found: People) -> None:
    cells = [
        (face, f"{one.person}   {one.at}")
        for face, one in zip(found.portraits(), found, strict=True)
    ]
    write_sheet(
        sheet,
        "This sheet shows the patients",
        [cells[start : start + _PER_ROW] for start in range(0, len(cells), _PER_ROW)],
    )


def _print(found: People) -> None:
    from rich.console import Console
    from rich.table import Table

    typer.echo(found.title())
    table = Table()
    for heading in ("person", "frames", "first", "last", "seen clearly at"):
        table.add_column(heading, justify="left" if heading == "seen clearly at" else "right")
    for one in found:
        table.add_row(
            str(one.person),
            f"{one.frames} of {found.frames}",
            f"{one.first_s:.2f} s",
            f"{one.last_s:.2f} s",
            one.at + (" never moves: a picture?" if one.still else ""),
        )
    Console(highlight=False).print(table)
