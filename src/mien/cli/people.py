"""`mien people`: who is in a clip, and how to name them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mien.cli import options
from mien.cli.bars import Bars
from mien.cli.places import keep_input
from mien.cli.sheet import write_sheet
from mien.outputs import check_free
from mien.progress import Progress

if TYPE_CHECKING:
    import numpy as np

    from mien.tracking import FaceTrack

_PER_ROW = 5
_SIDE = 320  # pixels of one face on the sheet
_APART = 1.5  # face sizes between a face that is pointed at and the next one, if there is a choice


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

    from mien.errors import NoFaceError

    if out is not None:
        check_free(out, overwrite, kind="a picture", endings=(".png",))
        keep_input(out, video)
    with Bars(video.name) as progress:
        tracks, times, size = _track(video, landmarker, progress)
    tracks = [track for track in tracks if len(track.known())]  # a glimpse is covered, not named
    if not tracks:
        raise NoFaceError(
            f"No face was found in {video.name}: check that it shows one, large enough and lit."
        )
    views = [clear_view(track, tracks, size) for track in tracks]
    entries = [_entry(track, view, times) for track, view in zip(tracks, views, strict=True)]
    if out is not None:
        faces = _faces(video, tracks, views)
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


def clear_view(track: FaceTrack, tracks: list[FaceTrack], size: tuple[int, int]) -> int:
    """The frame in which a person is seen best: whole, large, from the front, away from others.

    Parameters
    ----------
    track : FaceTrack
        Whom.
    tracks : list of FaceTrack
        Everybody in the clip.
    size : tuple of int
        Height and width of the frame, pixels.

    Returns
    -------
    frame : int
    """
    import numpy as np

    from mien.tracking import State

    frames = np.flatnonzero(track.state == State.TRACKED)
    points = track.landmarks[frames][..., :2]
    eyes = np.linalg.norm(points[:, 33] - points[:, 263], axis=1)  # short in profile or far away
    middles, sizes = points.mean(1), np.ptp(points, axis=1).max(1)
    room = np.full(len(frames), np.inf)
    for other in tracks:
        if other is not track:
            away = np.abs(other.landmarks[frames][..., :2].mean(1) - middles).max(1) / sizes
            away[other.state[frames] == State.LOST] = 0  # who knows where they are
            room = np.fmin(room, away)
    inside = ((points >= 0) & (points < [size[1], size[0]])).all(2).mean(1)
    score = eyes * inside**8 * np.where(room > _APART, 1.0, 0.3)
    return int(frames[score.argmax()])


def _track(
    video: Path, landmarker: Path | None, progress: Progress
) -> tuple[list[FaceTrack], np.ndarray, tuple[int, int]]:
    """Everybody in a clip, the times of its frames in seconds, and the frame's height and width."""
    import numpy as np

    from mien.models.landmarker import open_backend
    from mien.recognition.dlib_resnet import Dlib
    from mien.tracking import Tracker
    from mien.video import Reader
    from mien.workers import ahead

    times: list[float] = []
    with Reader(video) as reader:
        backend = open_backend(landmarker)
        try:
            tracker = Tracker(backend, Dlib().describe)
            for frame in ahead(reader):
                tracker.update(frame.image, frame.time)
                times.append(frame.time)
                progress("measuring", len(times), reader.info.frame_estimate)
            size = (reader.info.height, reader.info.width)
            return tracker.finish(), np.array(times), size
        finally:
            backend.close()


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


def _faces(video: Path, tracks: list[FaceTrack], views: list[int]) -> list[np.ndarray]:
    """One square picture of each person's face, RGB."""
    import cv2
    import numpy as np

    from mien.video import Reader

    found: dict[int, np.ndarray] = {}
    with Reader(video) as reader:
        for frame in reader:
            for number, view in enumerate(views):
                if frame.index == view:
                    points = tracks[number].landmarks[view, :, :2]
                    low, high = points.min(0), points.max(0)
                    scale = _SIDE / (1.7 * float((high - low).max()))
                    shift = _SIDE / 2 - (low + high) / 2 * scale
                    matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
                    face = cv2.warpAffine(frame.image, matrix, (_SIDE, _SIDE), flags=cv2.INTER_AREA)
                    found[number] = np.asarray(face)
            if frame.index >= max(views):
                break
    return [found[number] for number in range(len(views))]


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
