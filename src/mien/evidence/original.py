"""A clip as recorded: what is read of it, once, and of the same clip encoded again."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from threading import Event, Lock

import numpy as np

from mien.errors import ParameterError
from mien.fidelity.observe import Place, read
from mien.fidelity.reading import Reading
from mien.models.landmarker import open_backend
from mien.privacy.audit import EVERYBODY
from mien.progress import Progress
from mien.recognition import registry
from mien.recognition.described import Described
from mien.recognition.registry import joining
from mien.tracking import FaceTrack, State
from mien.tracking.follow import follow
from mien.video import Frame, Quality, Reader, reencoded
from mien.workers import ahead


@dataclass(frozen=True, eq=False)
class Ceiling:
    """An original encoded again."""

    quality: Quality | None
    """How; None if it was not, because the result is the very same file."""
    reading: Reading
    """What is then read of the person."""
    descriptors: Mapping[str, np.ndarray]
    """What each recogniser that is asked says of some frames, by its name, shape (n, size)."""


class Stop:
    """Lets the caller's thread end the others, and counts what they have read."""

    def __init__(self, progress: Progress | None) -> None:
        self._event, self._lock = Event(), Lock()
        self._progress = progress
        self._done = 0

    def set(self) -> None:
        self._event.set()

    def check(self) -> None:
        """In the threads: one more frame is read."""
        if self._event.is_set():
            raise InterruptedError("another part of the evaluation failed")
        with self._lock:
            self._done += 1

    def report(self) -> None:
        """In the caller's thread, where an interruption arrives."""
        if self._progress is not None:
            self._progress("reading", self._done, None)


class Original:
    """A clip as recorded, which may be compared with several results: it is read once.

    Parameters
    ----------
    path : path
        The clip; only read.
    person : int
        Whose motion is measured, from 1, the most present first.
    landmarker : str, optional
        Face Landmarker model to track with instead of the built-in mesh.
    progress : callable, optional
        Called as ``progress(stage, done, total)``.
    probes : int
        How many re-encoded frames the recognisers describe at most: the ceiling of privacy.
    recognisers : sequence of str
        Who they are, see `mien.privacy.audit.ask`.
    body_step_s : float
        Seconds between frames whose body is looked for; 0 for every frame. Bodies are slow, and so
        is the model that finds them.

    Raises
    ------
    VideoError
        If the clip cannot be read.
    NoFaceError
        If it shows no face.
    ParameterError
        If there is no such person.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        person: int = 1,
        landmarker: str | None = None,
        progress: Progress | None = None,
        probes: int = 24,
        recognisers: Sequence[str] = EVERYBODY,
        body_step_s: float = 0.1,
    ) -> None:
        self.path = Path(path)
        self._body_step_s = body_step_s
        self.landmarker = landmarker
        self._probes = probes
        self.recognisers = tuple(dict.fromkeys(recognisers))
        for name in self.recognisers:
            registry.check_name(name)
        backend = open_backend(landmarker)
        try:
            found = follow(self.path, backend, joining().describe, progress)
        finally:
            backend.close()
        if not found.tracks:
            raise found.nobody()
        self.tracks, self.times = found.tracks, found.times
        count = len(self.tracks)
        if not 1 <= person <= count:
            people = "1 person" if count == 1 else f"{count} people"
            raise ParameterError(
                f"{self.path.name} shows {people}, so there is no person {person}: "
                f"`mien people {self.path.name}` shows who is who."
            )
        self.person = person - 1
        with Reader(self.path) as reader:
            self.info = reader.info
        self._reading: Reading | None = None
        self._described: dict[str, Described] = {}
        self._ceilings: dict[float, Ceiling] = {}

    @property
    def track(self) -> FaceTrack:
        """Where the person's face is."""
        return self.tracks[self.person]

    @cached_property
    def bodies(self) -> np.ndarray:
        """Frames in which the body is looked for, shape (n_frames,), bool."""
        step = float(np.median(np.diff(self.times))) if len(self.times) > 1 else 1.0
        return np.arange(len(self.times)) % max(1, int(self._body_step_s / step + 1e-6)) == 0

    @property
    def alone(self) -> bool:
        """Whether nobody else is in the clip."""
        return len(self.tracks) == 1

    def reading(self, stop: Stop, frames: Iterable[Frame] | None = None) -> Reading:
        """What is read of the person.

        Parameters
        ----------
        stop : Stop
            Ends it.
        frames : iterable of Frame, optional
            All of the clip, where somebody reads them anyway.
        """
        if self._reading is None:
            with self._frames(frames) as all_of_them:
                self._reading, self._described = self._read(all_of_them, stop, outline=True)
        return self._reading

    def ceiling(
        self, quality: Quality, stop: Stop, frames: Iterable[Frame] | None = None
    ) -> Ceiling:
        """What is read after encoding; parameters as for `reading`."""
        if quality.crf not in self._ceilings:
            with self._frames(frames) as all_of_them:
                coded = reencoded(all_of_them, self.info, quality.crf)
                reading, found = self._read(coded, stop)
            self._ceilings[quality.crf] = Ceiling(quality, reading, _descriptors(found))
        return replace(self._ceilings[quality.crf], quality=quality)

    def untouched(self, stop: Stop) -> Ceiling:
        """The ceiling of a result that is the very same file."""
        reading = self.reading(stop)
        return Ceiling(None, reading, _descriptors(self._described))  # else nobody needs them

    @contextmanager
    def _frames(self, given: Iterable[Frame] | None) -> Iterator[Iterable[Frame]]:
        if given is not None:
            yield given
            return
        # the thread that reads ends before the clip is closed
        with Reader(self.path) as reader, closing(ahead(reader)) as frames:
            yield frames

    def _read(
        self, frames: Iterable[Frame], stop: Stop, outline: bool = False
    ) -> tuple[Reading, dict[str, Described]]:
        """What is read of the person, and what the recognisers are shown of some frames."""
        tracked = np.flatnonzero(self.track.state == State.TRACKED)
        steps = np.linspace(0, len(tracked) - 1, min(self._probes, len(tracked))).astype(int)
        probes = set(tracked[steps].tolist())
        judges = [registry.recogniser(name) for name in self.recognisers]
        described = {judge.name: Described(judge) for judge in judges}

        def describe(frame: Frame) -> None:
            stop.check()
            if frame.index in probes:
                points = self.track.landmarks[frame.index].astype(np.float64)
                for judge in judges:
                    described[judge.name].add([judge.chip(frame.image, points)])

        backend = open_backend(self.landmarker)
        try:
            reading = read(
                frames,
                expected(self.track),
                backend,
                (self.info.width, self.info.height),
                describe,
                self.bodies,
                self.alone,
                outline,
            )
        finally:
            backend.close()
        return reading, described


def _descriptors(described: Mapping[str, Described]) -> dict[str, np.ndarray]:
    """What the recognisers say of what they were shown."""
    return {name: kept.descriptors() for name, kept in described.items()}


def expected(track: FaceTrack, scale: np.ndarray | float = 1.0) -> list[Place | None]:
    """Where a face is looked for in each frame; None where its place is not known.

    Parameters
    ----------
    track : FaceTrack
        The face.
    scale : np.ndarray [shape=(3,)] or float
        Pixels of the picture that is looked at per pixel of the track's: across, down, in depth.
    """
    there = np.isin(track.state, (State.TRACKED, State.INTERPOLATED))
    return [
        Place.around(points.astype(np.float64) * scale) if known else None
        for points, known in zip(track.landmarks, there, strict=True)
    ]
