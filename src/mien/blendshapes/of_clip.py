"""Blendshape scores of somebody in a clip, frame by frame."""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mien.blendshapes.landmarker_scores import LandmarkerScores
from mien.blendshapes.names import NAMES
from mien.blendshapes.recording import Recording
from mien.blendshapes.scores import Blendshapes
from mien.models.landmarker import open_backend
from mien.progress import Progress, silent
from mien.recognition.registry import joining
from mien.tracking import State
from mien.tracking.follow import follow
from mien.video import Reader
from mien.workers import ahead


@dataclass(frozen=True, eq=False)
class ScoredClip:
    """What `score_clip` found."""

    recording: Recording
    """The scores of the most present person, of every frame; NaN where the face was not
    measured."""
    people: int
    """How many people there are."""


def score_clip(
    video: str | os.PathLike[str],
    landmarker: str | Path | None = None,
    progress: Progress | None = None,
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
    path, report = Path(video), progress or silent
    with closing(open_backend(landmarker)) as backend:
        followed = follow(path, backend, joining().describe, report)
    tracks = [track for track in followed.tracks if (track.state == State.TRACKED).any()]
    if not tracks:
        raise followed.nobody()
    mesh = tracks[0].landmarks[:]
    mesh[tracks[0].state != State.TRACKED] = np.nan  # bridged frames were not measured
    if landmarker is None:
        height, width = followed.size
        scores = Blendshapes.load().scores(mesh, width, height)
    else:
        scores = _its_own(path, landmarker, mesh, report)
    return ScoredClip(Recording(NAMES, scores, followed.times), len(tracks))


def _its_own(video: Path, model: str | Path, mesh: np.ndarray, report: Progress) -> np.ndarray:
    """The scores of a Face Landmarker model, shape (n_frames, 51)."""
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
