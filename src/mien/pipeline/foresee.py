"""What de-identifying a clip would do, before it is done: who is in it, which face, how long.

The first pass and the choice are made as they would be; nothing is rendered and nothing written.
"""

from __future__ import annotations

import os
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mien.engines import ENGINES
from mien.models.landmarker import open_backend
from mien.pipeline.casting import Individual
from mien.pipeline.people import cast_all
from mien.pipeline.settings import Settings
from mien.pipeline.survey import survey
from mien.pipeline.who import seen
from mien.progress import Progress, usual
from mien.recognition.registry import ALSO_STEER
from mien.recognition.registry import recogniser as named
from mien.shortfall import Shortfall
from mien.tracking import FaceTrack
from mien.tracking.view import clear_view
from mien.video import Reader
from mien.video.tracks import check_sound

RENDERING = 1.6
"""Seconds of rendering and attacking for each second of measuring: a guess, with the mesh engine
and one rendering in mind."""


@dataclass(frozen=True)
class ForeseenPerson:
    """One person, and what would become of them."""

    person: int
    """Number, from 1, the most present first."""
    frames: int
    """Frames in which their place is known."""
    role: str
    """`replace`, `cover` or `leave`."""
    face: str | None
    """The surrogate that was chosen; None where none is given."""
    at: str
    """Where they are seen clearly: ``X,Y@T``, pixels and seconds."""


@dataclass(frozen=True)
class Foreseen:
    """What de-identifying would do."""

    source: Path
    """The clip."""
    frames: int
    """Its frames."""
    seconds: float
    """Its length."""
    people: tuple[ForeseenPerson, ...]
    """Everybody who is named; glimpses are covered."""
    drawn: bool
    """Whether the face is drawn by chance in every run, so that the next may give another."""
    took_s: float
    """Seconds that measuring and choosing took here."""
    takes_s: float
    """Seconds that the whole would take here, about, if it is rendered once."""
    missing: Shortfall
    """How much of it cannot be read."""


def foresee(
    source: str | os.PathLike[str],
    settings: Settings | None = None,
    *,
    progress: Progress | None = None,
) -> Foreseen:
    """Say what `deidentify` would do with a clip.

    Parameters
    ----------
    source : path
        The clip; only read.
    settings : Settings, optional
        As for `deidentify`.
    progress : callable, optional
        Called as ``progress(stage, done, total)``.

    Returns
    -------
    foreseen : Foreseen

    Raises
    ------
    ParameterError, EngineError, VideoError, NoFaceError
        As `deidentify` would.
    """
    settings, source = settings or Settings(), Path(source)
    with usual(progress, source.name) as report:
        return _foresee(source, settings, report)


def _foresee(source: Path, settings: Settings, report: Progress) -> Foreseen:
    kind = ENGINES[settings.engine].open(settings.weights)
    with Reader(source) as reader:
        size = (reader.info.height, reader.info.width)
    if settings.voice != "mute":
        check_sound(source, change=settings.voice == "change")
    recogniser = named()
    also = tuple(named(name) for name in ALSO_STEER)
    others = also + tuple(named(name) for name in settings.judges)
    with closing(open_backend(settings.landmarker)) as backend:
        start = time.monotonic()
        found = survey(source, backend, recogniser, report, settings.thoroughness, others)
        measured = time.monotonic() - start
        people = cast_all(found, settings, kind, recogniser, backend, report, also)
        took = time.monotonic() - start
    named_ones = [person for person in people if len(person.track.known())]
    tracks = [person.track for person in named_ones]
    shown = tuple(_person(person, tracks, size, found.times) for person in named_ones)
    drawn = settings.subject is None and settings.surrogate == "auto"
    return Foreseen(
        source,
        len(found.times),
        round(float(np.ptp(found.times)), 3),
        shown,
        drawn and any(one.face is not None for one in shown),
        round(took, 1),
        round(took + RENDERING * measured, 1),
        found.missing,
    )


def _person(
    person: Individual, tracks: list[FaceTrack], size: tuple[int, int], times: np.ndarray
) -> ForeseenPerson:
    found = seen(person.track, clear_view(person.track, tracks, size), times)
    face = None if person.surrogate is None else person.surrogate.id
    return ForeseenPerson(found.person, found.frames, person.role.value, face, found.at)
