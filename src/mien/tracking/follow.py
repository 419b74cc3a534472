"""Everybody in a clip: the one loop that opens it, measures every frame and ends with tracks.

Whoever wants more of the frames than who is in them does it within the loop::

    following = Following(path, backend)
    for frame, faces in following:
        ...
    followed = following.finish()
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mien.errors import NoFaceError
from mien.models.landmarker import Backend
from mien.progress import Progress, silent
from mien.shortfall import Shortfall
from mien.tracking.runs import Describe
from mien.tracking.track import FaceTrack
from mien.tracking.tracker import Tracker
from mien.video import Frame, Loss, Reader
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
    suspects: dict[int, list[np.ndarray]] = field(default_factory=dict)
    """Places by frame where a face is seen that cannot be measured: left, top, right, bottom,
    pixels."""
    losses: tuple[Loss, ...] = ()
    """What could not be read."""
    missing: Shortfall = field(default_factory=Shortfall)
    """How much of the clip that is."""

    def nobody(self) -> NoFaceError:
        """What to raise where a face is needed and there is none."""
        return NoFaceError(
            f"No face was found in {self.path.name}: check that it shows one, large enough and lit."
        )


class Following:
    """A clip whose people are being followed: iterate to its end, then `finish`.

    Parameters
    ----------
    path : path
        The clip; only read.
    backend : Backend
        Finds landmarks.
    describe : callable, optional
        A recogniser's, by which people are known again who were out of the picture.
    progress : callable, optional
        Called as ``progress("measuring", done, total)`` when a frame is done with.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        backend: Backend,
        describe: Describe | None = None,
        progress: Progress | None = None,
    ) -> None:
        self.path = Path(path)
        self._report = progress or silent
        self._tracker = Tracker(backend, describe)
        self._times: list[float] = []
        self._size = (0, 0)
        self._losses: tuple[Loss, ...] = ()
        self._missing = Shortfall()

    def __iter__(self) -> Iterator[tuple[Frame, list[np.ndarray]]]:
        """Each frame and the landmarks of the faces seen in it, pixels, shape (478, 3) each.

        Raises
        ------
        VideoError
            If the clip cannot be read.
        """
        # the thread that reads ends before the clip is closed
        with Reader(self.path) as reader, closing(ahead(reader)) as frames:
            for frame in frames:
                faces = self._tracker.update(frame.image, frame.time)
                self._times.append(frame.time)
                yield frame, faces
                self._report("measuring", len(self._times), reader.info.frame_estimate)
            self._size = (reader.info.height, reader.info.width)
            self._losses = tuple(reader.losses)
            self._missing = reader.missing or Shortfall()

    def finish(self) -> Followed:
        """Who was in the frames."""
        tracks = self._tracker.finish()
        return Followed(
            self.path,
            tracks,
            np.array(self._times),
            self._size,
            self._tracker.suspects,
            self._losses,
            self._missing,
        )


def follow(
    path: str | os.PathLike[str],
    backend: Backend,
    describe: Describe | None = None,
    progress: Progress | None = None,
) -> Followed:
    """Read a clip to its end and track everybody; parameters and errors as of `Following`."""
    following = Following(path, backend, describe, progress)
    for _ in following:
        pass
    return following.finish()
