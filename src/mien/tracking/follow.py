"""Everybody in a clip, with nothing else done to its frames."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mien.errors import NoFaceError
from mien.models.landmarker import Backend
from mien.progress import Progress, silent
from mien.tracking.runs import Describe
from mien.tracking.track import FaceTrack
from mien.tracking.tracker import Tracker
from mien.video import Reader
from mien.workers import ahead


@dataclass(frozen=True, eq=False)
class Followed:
    """A clip whose people are known."""

    path: Path
    """The clip."""
    tracks: list[FaceTrack]
    """The most present first; empty if nobody was found."""
    times: np.ndarray
    """When each frame is shown, seconds, shape (n_frames,)."""
    size: tuple[int, int]
    """Height and width of the picture, pixels."""

    def nobody(self) -> NoFaceError:
        """What to raise where a face is needed and there is none."""
        return NoFaceError(
            f"No face was found in {self.path.name}: check that it shows one, large enough and lit."
        )


def follow(
    path: str | os.PathLike[str],
    backend: Backend,
    describe: Describe | None = None,
    progress: Progress | None = None,
) -> Followed:
    """Read a clip to its end and track everybody.

    Parameters
    ----------
    path : path
        The clip; only read.
    backend : Backend
        Finds landmarks.
    describe : callable, optional
        A recogniser's, by which people are known again who were out of the picture.
    progress : callable, optional
        Called as ``progress("measuring", done, total)``.

    Raises
    ------
    VideoError
        If the clip cannot be read.
    """
    path, report = Path(path), progress or silent
    tracker = Tracker(backend, describe)
    times: list[float] = []
    with Reader(path) as reader:
        for frame in ahead(reader):
            tracker.update(frame.image, frame.time)
            times.append(frame.time)
            report("measuring", len(times), reader.info.frame_estimate)
        size = (reader.info.height, reader.info.width)
    return Followed(path, tracker.finish(), np.array(times), size)
