"""`mien people`: who is in a clip, and how to name them."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mien.cli import options
from mien.cli.bars import Bars
from mien.cli.places import keep_input
from mien.cli.sheet import write_sheet
from mien.outputs import check_free

if TYPE_CHECKING:
    import numpy as np

    from mien.tracking import FaceTrack

_PER_ROW = 5


def people(
    video: options.Video,
    out: Annotated[
        Path | None,
        options.out("PNG", "Write a sheet with one face per person here. It SHOWS THE PATIENTS."),
    ] = None,
    landmarker: options.Landmarker = None,
    overwrite: Annotated[bool, options.overwrite("the sheet if it exists")] = False,
    as_json: Annotated[bool, options.as_json("everything")] = False,
) -> None:
    """Say who is in a clip: the most present person is number 1.

    Number, or place and time, name a person to `mien deidentify` (--people, --leave, --cover).

    Example: [bold]mien people visit.mp4 -o who.png[/bold]
    """
    import numpy as np

    from mien.models.landmarker import open_backend
    from mien.recognition.registry import joining
    from mien.tracking.follow import follow
    from mien.tracking.view import clear_view, portraits

    if out is not None:
        check_free(out, overwrite, kind="a picture", endings=(".png",))
        keep_input(out, video)
    with Bars(video.name) as progress, closing(open_backend(landmarker)) as backend:
        followed = follow(video, backend, joining().describe, progress)
    times = followed.times
    tracks = [one for one in followed.tracks if len(one.known())]  # glimpses are covered, not named
    if not tracks:
        raise followed.nobody()
    views = [clear_view(track, tracks, followed.size) for track in tracks]
    entries = [_entry(track, view, times) for track, view in zip(tracks, views, strict=True)]
    if out is not None:
        faces = portraits(video, tracks, views)
        cells = [
            (face, f"{entry['person']}   {entry['at']}")
            for face, entry in zip(faces, entries, strict=True)
        ]
        write_sheet(
            out,
            "This sheet shows the patients",
            [cells[start : start + _PER_ROW] for start in range(0, len(cells), _PER_ROW)],
        )
    if as_json:
        print(
            json.dumps(
                {
                    "input": str(video),
                    "frames": len(times),
                    "seconds": round(float(np.ptp(times)), 3),
                    "people": entries,
                    "sheet": None if out is None else str(out),
                },
                indent=2,
            )
        )
        return
    _print(entries, len(times))
    if out is None:
        typer.echo("For their faces: mien people VIDEO -o who.png (it shows the patients)")
    else:
        typer.echo(f"{out} shows the patients: keep it where the original is.")


def _entry(track: FaceTrack, view: int, times: np.ndarray) -> dict[str, Any]:
    """What is said of one person."""
    import numpy as np

    known = track.known()
    points = track.landmarks[view, :, :2]
    x, y = np.round((points.min(0) + points.max(0)) / 2).clip(0).astype(int).tolist()
    time = round(float(times[view]), 2)
    return {
        "person": track.person + 1,
        "frames": len(known),
        "first_s": round(float(times[known[0]]), 3),
        "last_s": round(float(times[known[-1]]), 3),
        "x": x,
        "y": y,
        "time_s": time,
        "at": f"{x},{y}@{time:g}",
        "still": track.still,
    }


def _print(entries: list[dict[str, Any]], frames: int) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table()
    for heading in ("person", "frames", "first", "last", "seen clearly at"):
        table.add_column(heading, justify="left" if heading == "seen clearly at" else "right")
    for entry in entries:
        table.add_row(
            str(entry["person"]),
            f"{entry['frames']} of {frames}",
            f"{entry['first_s']:.2f} s",
            f"{entry['last_s']:.2f} s",
            entry["at"] + (" never moves: a picture?" if entry["still"] else ""),
        )
    Console(highlight=False).print(table)
