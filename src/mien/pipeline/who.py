"""Who is in a clip, and how to name them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mien.data_frame import of_rows
from mien.models.landmarker import open_backend
from mien.progress import Progress, usual
from mien.recognition.registry import joining
from mien.shown import Shown, new_axes
from mien.tracking import FaceTrack
from mien.tracking.follow import follow
from mien.tracking.view import clear_view
from mien.tracking.view import portraits as pictures_of

if TYPE_CHECKING:
    import pandas

_COLUMNS = ("person", "frames", "first_s", "last_s", "x", "y", "time_s", "at", "still")


@dataclass(frozen=True)
class Seen:
    """One person of a clip."""

    person: int
    """Number, from 1, the most present first."""
    frames: int
    """Frames in which their place is known."""
    first_s: float
    """When they are seen first, seconds."""
    last_s: float
    """When they are seen last, seconds."""
    x: int
    """Middle of the face where it is seen clearly, pixels from the left."""
    y: int
    """The same from the top."""
    time_s: float
    """When that is, seconds."""
    still: bool
    """Whether they never move: perhaps a picture."""

    @property
    def at(self) -> str:
        """Place and time by which a command knows them: ``X,Y@T``."""
        return f"{self.x},{self.y}@{self.time_s:g}"

    def to_json(self) -> dict[str, Any]:
        """For JSON."""
        content = asdict(self)
        still = content.pop("still")
        return content | {"at": self.at, "still": still}


@dataclass(frozen=True, eq=False, repr=False)
class People(Shown):
    """Everybody in a clip, the most present first."""

    source: Path
    """The clip."""
    frames: int
    """Its frames."""
    seconds: float
    """Its length."""
    everybody: tuple[Seen, ...]
    """One entry for each."""
    tracks: tuple[FaceTrack, ...]
    """Where each of them is in every frame."""
    views: tuple[int, ...]
    """The frame in which each is seen clearly."""

    def __len__(self) -> int:
        return len(self.everybody)

    def __iter__(self) -> Iterator[Seen]:
        return iter(self.everybody)

    def portraits(self) -> list[np.ndarray]:
        """One picture of each face, shape (320, 320, 3), RGB. They show the patients."""
        return pictures_of(self.source, list(self.tracks), list(self.views))

    def to_frame(self) -> pandas.DataFrame:
        """A row for each person."""
        return of_rows([one.to_json() for one in self.everybody], _COLUMNS)

    def plot(self, axes: Any = None) -> Any:
        """When each person is in the clip, from the first frame to the last.

        Parameters
        ----------
        axes : matplotlib.axes.Axes, optional
            Where to draw; new ones if None.

        Returns
        -------
        axes : matplotlib.axes.Axes
        """
        axes = axes or new_axes("time (s)", "person", height=1.2 + 0.3 * len(self))
        for one in self.everybody:
            axes.barh(str(one.person), one.last_s - one.first_s, left=one.first_s, color="C0")
        axes.set_xlim(0, max(self.seconds, 1e-3))
        axes.invert_yaxis()
        return axes

    def title(self) -> str:
        who = "1 person" if len(self) == 1 else f"{len(self)} people"
        return f"{who} in {self.source.name}, {self.frames} frames, {self.seconds:.2f} s"

    def table(self) -> list[tuple[str, ...]]:
        rows: list[tuple[str, ...]] = [("person", "frames", "first", "last", "seen clearly at")]
        for one in self.everybody:
            still = " never moves: a picture?" if one.still else ""
            first, last = f"{one.first_s:.2f} s", f"{one.last_s:.2f} s"
            rows.append((str(one.person), str(one.frames), first, last, one.at + still))
        return rows


def people(
    video: str | os.PathLike[str],
    *,
    landmarker: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> People:
    """Say who is in a clip; the number of a person is what `Selection` knows them by.

    Parameters
    ----------
    video : path
        The clip; only read.
    landmarker : path, optional
        A Face Landmarker model to track with.
    progress : callable, optional
        Called as ``progress(stage, done, total)``.

    Returns
    -------
    people : People

    Raises
    ------
    VideoError
        If the clip cannot be read.
    NoFaceError
        If it shows no face.
    """
    path = Path(video)
    with (
        usual(progress, path.name) as report,
        closing(open_backend(None if landmarker is None else str(landmarker))) as backend,
    ):
        followed = follow(path, backend, joining().describe, report)
    # glimpses are covered, not named
    tracks = [track for track in followed.tracks if len(track.known())]
    if not tracks:
        raise followed.nobody()
    views = [clear_view(track, tracks, followed.size) for track in tracks]
    times = followed.times
    return People(
        path,
        len(times),
        round(float(np.ptp(times)), 3),
        tuple(seen(track, view, times) for track, view in zip(tracks, views, strict=True)),
        tuple(tracks),
        tuple(views),
    )


def seen(track: FaceTrack, view: int, times: Sequence[float] | np.ndarray) -> Seen:
    """What is said of one person.

    Parameters
    ----------
    track : FaceTrack
        Whom; seen somewhere.
    view : int
        The frame in which they are seen clearly.
    times : np.ndarray [shape=(n_frames,)]
        Presentation times, seconds.
    """
    known = track.known()
    points = track.landmarks[view, :, :2]
    x, y = np.round((points.min(0) + points.max(0)) / 2).clip(0).astype(int).tolist()
    return Seen(
        track.person + 1,
        len(known),
        round(float(times[known[0]]), 3),
        round(float(times[known[-1]]), 3),
        x,
        y,
        round(float(times[view]), 2),
        bool(track.still),
    )
