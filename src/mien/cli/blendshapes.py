"""`mien blendshapes`: what a face expresses, frame by frame, as a table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from mien.cli import options
from mien.cli.bars import Bars
from mien.cli.many import Many, each
from mien.errors import ParameterError

_ENDINGS = (".csv", ".parquet")


def blendshapes(
    videos: options.Videos,
    out: Annotated[
        Path,
        options.out(
            "OUT.csv|.parquet|FOLDER",
            "The table: frame, time_s and 51 scores from 0 to 1; or, of many clips, a "
            "folder of tables, each called like its clip.",
        ),
    ],
    kind: Annotated[
        str, typer.Option("--format", metavar="csv|parquet", help="Of the tables in a folder.")
    ] = "csv",
    landmarker: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="A Face Landmarker model to track with; the scores are then its own.",
        ),
    ] = None,
    overwrite: Annotated[bool, options.overwrite("tables that exist")] = False,
    as_json: Annotated[bool, options.as_json("a summary")] = False,
) -> None:
    """Score the expression of the most present person in every frame, of one clip or of many.

    Frames in which the face was not measured are left empty.

    Example: [bold]mien blendshapes visit.mp4 -o visit.csv[/bold]
    """
    from mien.blendshapes.formats import check_output, write
    from mien.blendshapes.of_clip import score_clip

    if f".{kind}" not in _ENDINGS:
        raise ParameterError(f"--format is {kind!r}: choose csv or parquet.")
    many = Many.of(videos, out, overwrite, "a table", _ENDINGS, f".{kind}")
    for table in filter(None, many.outputs):
        if many.folder is None or many.folder.is_dir():
            check_output(table, overwrite)

    def do(video: Path, table: Path | None) -> dict[str, Any]:
        assert table is not None
        with Bars(video.name) as progress:
            scored = score_clip(video, landmarker, progress)
        recording, people = scored.recording, scored.people
        write(table, recording, overwrite=overwrite)
        found = int(recording.found.sum())
        if not as_json:
            others = f"; the most present of {people} people" if people > 1 else ""
            typer.echo(f"{table}: {found} of {len(recording.times)} frames scored{others}")
        return {
            "input": str(video),
            "output": str(table),
            "frames": len(recording.times),
            "scored": found,
            "people": people,
            "scores": "mien" if landmarker is None else str(landmarker),
        }

    entries = each(many, do)
    if as_json:
        print(json.dumps(entries[0] if many.one else {"results": entries}, indent=2))
    many.finish(entries)
