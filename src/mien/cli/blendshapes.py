"""`mien blendshapes`: what a face expresses, frame by frame, as a table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli import options
from mien.cli.bars import Bars
from mien.cli.places import keep_input
from mien.progress import Progress

if TYPE_CHECKING:
    import numpy as np

    from mien.tracking import FaceTrack


def blendshapes(
    video: options.Video,
    out: Annotated[
        Path,
        options.out(
            "OUT.csv|.parquet", "The table: frame, time in seconds and 51 scores from 0 to 1."
        ),
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
    import numpy as np

    from mien.blendshapes.formats import check_output, write
    from mien.blendshapes.names import NAMES
    from mien.blendshapes.recording import Recording
    from mien.blendshapes.scores import Blendshapes
    from mien.errors import NoFaceError
    from mien.tracking import State

    check_output(out, overwrite)
    keep_input(out, video)
    with Bars(video.name) as progress:
        tracks, times, size = _track(video, landmarker, progress)
        tracks = [track for track in tracks if (track.state == State.TRACKED).any()]
        if not tracks:
            raise NoFaceError(
                f"No face was found in {video.name}: check that it shows one, large enough and lit."
            )
        mesh = tracks[0].landmarks.copy()
        mesh[tracks[0].state != State.TRACKED] = np.nan  # bridged frames were not measured
        if landmarker is None:
            scores = Blendshapes.load().scores(mesh, size[1], size[0])
        else:
            scores = _its_own(video, landmarker, mesh, progress)
    recording = Recording(NAMES, scores, times)
    write(out, recording, overwrite=overwrite)
    found = int(recording.found.sum())
    if as_json:
        summary = {
            "input": str(video),
            "output": str(out),
            "frames": len(times),
            "scored": found,
            "people": len(tracks),
            "scores": "mien" if landmarker is None else str(landmarker),
        }
        print(json.dumps(summary, indent=2))
        return
    others = f"; the most present of {len(tracks)} people" if len(tracks) > 1 else ""
    typer.echo(f"{out}: {found} of {len(times)} frames scored{others}")


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


def _its_own(video: Path, model: Path, mesh: np.ndarray, progress: Progress) -> np.ndarray:
    """The scores of a Face Landmarker model, shape (n_frames, 51)."""
    import numpy as np

    from mien.blendshapes.landmarker_scores import LandmarkerScores
    from mien.blendshapes.names import NAMES
    from mien.video import Reader
    from mien.workers import ahead

    scores = np.full((len(mesh), len(NAMES)), np.nan, np.float32)
    own = LandmarkerScores(model)
    try:
        with Reader(video) as reader:
            for frame in ahead(reader):
                if np.isfinite(mesh[frame.index]).all():
                    scores[frame.index] = own.scores(frame.image, mesh[frame.index])
                progress("scoring", frame.index + 1, len(mesh))
    finally:
        own.close()
    return scores
