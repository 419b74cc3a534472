"""`mien blendshapes`: what a face expresses, frame by frame, as a table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mien.cli import options
from mien.cli.bars import Bars
from mien.cli.many import Many, each
from mien.counted import plural
from mien.errors import OutputError, ParameterError

if TYPE_CHECKING:
    from mien.blendshapes.of_clip import ScoredClip
    from mien.blendshapes.recording import Recording

_ENDINGS = (".csv", ".parquet")
_BARE = (".jsonl", ".log")
"""Endings of files that hold scores and nothing beside them."""
_SOURCES = {"mediapipe": "Face Landmarker", "mesh": "mien"}
"""Whose scores, and what tables call them."""


def blendshapes(
    videos: options.Videos,
    out: Annotated[
        Path,
        options.out(
            "OUT.csv|.parquet|.jsonl|.log|FOLDER",
            "The table: frame, time_s and 51 scores from 0 to 1; or, of many clips, a "
            "folder of tables, each called like its clip. How far scores are to be relied on is in "
            "Parquet's metadata, and beside a .csv in .scores.json.",
        ),
    ],
    kind: Annotated[
        str, typer.Option("--format", metavar="csv|parquet", help="Of the tables in a folder.")
    ] = "csv",
    beside: Annotated[
        str,
        typer.Option(
            "--with",
            metavar="A,B,...",
            help="Columns beside the scores: pose, gaze, apertures, units (action units for which "
            "a score stands), landmarks.",
        ),
    ] = "",
    draw: Annotated[
        Path | None,
        typer.Option(metavar="OUT.png|.svg", help="Also draw the scores that move most."),
    ] = None,
    landmarker: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="A Face Landmarker model to track with; the scores are then its own.",
        ),
    ] = None,
    source: Annotated[
        str,
        typer.Option(
            "--scores",
            metavar="mediapipe|mesh",
            help="Whose scores: MediaPipe's own, read off the pixels; or those that mien's network "
            "reads off the landmarks alone, in half the time.",
        ),
    ] = "mediapipe",
    overwrite: Annotated[bool, options.overwrite("tables that exist")] = False,
    as_json: Annotated[bool, options.as_json("a summary")] = False,
) -> None:
    """Score the expression of the most present person in every frame, of one clip or of many.

    Frames in which the face was not measured are left empty.

    Example: [bold]mien blendshapes visit.mp4 -o visit.csv[/bold]
    """
    from mien.blendshapes.beside import about_path
    from mien.blendshapes.formats import check_output
    from mien.blendshapes.of_clip import score_clip
    from mien.outputs import check_free

    groups = _groups(beside)
    if source not in _SOURCES:
        raise ParameterError(f"--scores is {source!r}: choose mediapipe or mesh.")
    if source == "mesh" and landmarker is not None:
        raise ParameterError("--scores mesh goes without --landmarker, whose scores are its own.")
    if f".{kind}" not in _ENDINGS:
        raise ParameterError(f"--format is {kind!r}: choose csv or parquet.")
    many = Many.of(videos, out, overwrite, "a table", (*_ENDINGS, *_BARE), f".{kind}")
    for table in filter(None, many.outputs):
        if many.folder is None or many.folder.is_dir():
            check_output(table, overwrite)
            if table.suffix.lower() == ".csv":
                check_free(about_path(table), overwrite, kind="what is said of a table of scores")
        if groups and table.suffix.lower() not in _ENDINGS:
            raise OutputError(
                f"{table.name} has no place for columns beside the scores: use .csv or .parquet."
            )
    if draw is not None:
        if not many.one:
            raise ParameterError("--draw is for one clip: leave it out for many.")
        _check_drawing(draw, overwrite)

    def do(video: Path, table: Path | None) -> dict[str, Any]:
        assert table is not None
        with Bars(video.name if many.one else str(video)) as progress:
            scored = score_clip(video, landmarker, progress, own=source != "mesh")
        recording, people = scored.recording, scored.people
        _write(scored, table, groups, _SOURCES[source], overwrite)
        if draw is not None:
            _draw(recording, draw, overwrite)
        found = int(recording.found.sum())
        if not as_json:
            if scored.missing.much:
                typer.echo(scored.missing.sentence(str(video)))
            others = f"; the most present of {people} people" if people > 1 else ""
            typer.echo(
                f"{table}: {found} of {plural(len(recording.times), 'frame')} scored{others}"
            )
        return {
            "input": str(video),
            "output": str(table),
            "frames": len(recording.times),
            "scored": found,
            "people": people,
            "missing": scored.missing.as_dict(),
            "scores": _SOURCES[source] if landmarker is None else str(landmarker),
            "with": list(groups),
        }

    entries = each(many, do)
    if as_json:
        print(json.dumps(entries[0] if many.one else {"results": entries}, indent=2))
    many.finish(entries)


def _groups(words: str) -> tuple[str, ...]:
    """What is to stand beside the scores."""
    from mien.blendshapes.beside import GROUPS

    groups = tuple(word.strip() for word in words.split(",") if word.strip())
    for group in groups:
        if group not in GROUPS:
            raise ParameterError(
                f"--with {group}: there is no such thing; choose from {', '.join(GROUPS)}."
            )
    return groups


def _check_drawing(draw: Path, overwrite: bool) -> None:
    from mien.cli.failure import need
    from mien.outputs import check_free

    need("reports")
    check_free(draw, overwrite, kind="a figure", endings=(".png", ".svg"))


def _write(
    scored: ScoredClip,
    table: Path,
    groups: tuple[str, ...],
    source: str,
    overwrite: bool,
) -> None:
    from mien.blendshapes.beside import columns, described, write_with
    from mien.blendshapes.formats import write

    recording = scored.recording
    if table.suffix.lower() not in _ENDINGS:
        write(table, recording, overwrite=overwrite)
        return
    about = described(source) | {"missing": scored.missing.as_dict()}
    made = columns(groups, recording.scores, scored.mesh)
    write_with(table, recording, made, about, overwrite=overwrite)


def _draw(recording: Recording, draw: Path, overwrite: bool) -> None:
    from mien.outputs import complete
    from mien.report.scores_figure import scores

    drawing = scores(recording)
    with complete(draw, overwrite=overwrite) as part:
        part.write_bytes(drawing.svg if draw.suffix.lower() == ".svg" else drawing.png)
