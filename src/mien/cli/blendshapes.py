"""`mien blendshapes`: what a face expresses, frame by frame, as a table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from mien.cli import options
from mien.cli.bars import Bars
from mien.cli.places import keep_input


def blendshapes(
    video: options.Video,
    out: Annotated[
        Path,
        options.out("OUT.csv|.parquet", "The table: frame, time_s and 51 scores from 0 to 1."),
    ],
    landmarker: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="A Face Landmarker model to track with; the scores are then its own.",
        ),
    ] = None,
    overwrite: Annotated[bool, options.overwrite("the table if it exists")] = False,
    as_json: Annotated[bool, options.as_json("a summary")] = False,
) -> None:
    """Score the expression of the most present person in every frame.

    Frames in which the face was not measured are left empty.

    Example: [bold]mien blendshapes visit.mp4 -o visit.csv[/bold]
    """
    from mien.blendshapes.formats import check_output, write
    from mien.blendshapes.of_clip import score_clip

    check_output(out, overwrite)
    keep_input(out, video)
    with Bars(video.name) as progress:
        scored = score_clip(video, landmarker, progress)
    recording, people = scored.recording, scored.people
    write(out, recording, overwrite=overwrite)
    found = int(recording.found.sum())
    if as_json:
        summary = {
            "input": str(video),
            "output": str(out),
            "frames": len(recording.times),
            "scored": found,
            "people": people,
            "scores": "mien" if landmarker is None else str(landmarker),
        }
        print(json.dumps(summary, indent=2))
        return
    others = f"; the most present of {people} people" if people > 1 else ""
    typer.echo(f"{out}: {found} of {len(recording.times)} frames scored{others}")
