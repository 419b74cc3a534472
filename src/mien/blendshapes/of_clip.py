"""Blendshape scores of somebody in a clip, frame by frame."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mien.blendshapes.landmarker_scores import LandmarkerScores
from mien.blendshapes.names import NAMES
from mien.blendshapes.recording import Recording
from mien.blendshapes.scores import Blendshapes
from mien.counted import plural
from mien.models.landmarker import open_backend
from mien.progress import Progress, usual
from mien.recognition.registry import joining
from mien.shortfall import Shortfall
from mien.shown import Shown
from mien.tracking import State
from mien.tracking.follow import follow
from mien.video import Reader
from mien.workers import ahead

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True, eq=False, repr=False)
class ScoredClip(Shown):
    """What `score_clip` found."""

    recording: Recording
    """The scores of the most present person, of every frame; NaN where the face was not
    measured."""
    people: int
    """How many people there are."""
    mesh: np.ndarray
    """The person's landmarks, pixels, NaN where the face was not measured, shape
    (n_frames, 478, 3)."""
    missing: Shortfall = field(default_factory=Shortfall)
    """How much of the clip could not be read."""

    def to_frame(self) -> pandas.DataFrame:
        """A row for each frame: ``time_s``, a column for each score."""
        return self.recording.to_frame()

    def plot(self, names: Sequence[str] = (), axes: Any = None) -> Any:
        """Scores over time: see `Recording.plot`."""
        return self.recording.plot(names, axes)

    def title(self) -> str:
        found, frames = int(self.recording.found.sum()), len(self.recording.times)
        return f"{len(self.recording.names)} scores, {found} of {plural(frames, 'frame')} scored"

    def table(self) -> list[tuple[str, ...]]:
        scores = np.nan_to_num(self.recording.scores)
        rows: list[tuple[str, ...]] = [("score", "mean", "most", "at")]
        for k in np.argsort(-np.ptp(scores, axis=0), kind="stable")[:5] if len(scores) else ():
            top = int(scores[:, k].argmax())
            when = f"{self.recording.times[top]:.2f} s"
            mean, most = f"{scores[:, k].mean():.2f}", f"{scores[top, k]:.2f}"
            rows.append((self.recording.names[k], mean, most, when))
        return rows


def score_clip(
    video: str | os.PathLike[str],
    landmarker: str | Path | None = None,
    progress: Progress | None = None,
    *,
    own: bool = True,
) -> ScoredClip:
    """Score the most present person.

    Parameters
    ----------
    video : path
        The clip; only read.
    landmarker : str or Path, optional
        A Face Landmarker model to track with; the scores are then its own.
    progress : callable, optional
        Called as ``progress(stage, done, total)``.
    own : bool
        Whether the scores are MediaPipe's own, read off the pixels; otherwise mien's network reads
        them off the landmarks alone, in half the time (`Blendshapes`).

    Returns
    -------
    scored : ScoredClip

    Raises
    ------
    VideoError
        If the clip cannot be read.
    NoFaceError
        If it shows no face.
    """
    path = Path(video)
    with usual(progress, path.name) as report:
        return _score(path, landmarker, report, own or landmarker is not None)


def _score(path: Path, landmarker: str | Path | None, report: Progress, own: bool) -> ScoredClip:
    with closing(open_backend(landmarker)) as backend:
        followed = follow(path, backend, joining().describe, report)
    tracks = [track for track in followed.tracks if (track.state == State.TRACKED).any()]
    if not tracks:
        raise followed.nobody()
    mesh = tracks[0].landmarks[:]
    mesh[tracks[0].state != State.TRACKED] = np.nan  # bridged frames were not measured
    if own:
        scores = _its_own(path, landmarker, mesh, report)
    else:
        height, width = followed.size
        scores = Blendshapes.load().scores(mesh, width, height)
    return ScoredClip(Recording(NAMES, scores, followed.times), len(tracks), mesh, followed.missing)


def _its_own(
    video: Path, model: str | Path | None, mesh: np.ndarray, report: Progress
) -> np.ndarray:
    """The scores of a Face Landmarker, shape (n_frames, 51)."""
    scores = np.full((len(mesh), len(NAMES)), np.nan, np.float32)
    own = LandmarkerScores(model)
    try:
        with Reader(video) as reader:
            for frame in ahead(reader):
                if np.isfinite(mesh[frame.index]).all():
                    scores[frame.index] = own.scores(frame.image, mesh[frame.index])
                report("scoring", frame.index + 1, len(mesh))
    finally:
        own.close()
    return scores
