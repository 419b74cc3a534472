"""Measuring a de-identified clip against its original: everything that can be said about both.

Three clips are read alike: the original, the result, and the original encoded again at the result's
quality, which is the ceiling of every measure: what is lost there, encoding and the measure's own
noise have lost. Nothing is asked of whoever made the result.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event, Lock
from typing import Any, Literal

import numpy as np

from mien.errors import ParameterError
from mien.fidelity import blink, body, continuity, dynamics, expression, pulse, resting, tremor
from mien.fidelity.observe import read
from mien.fidelity.profile import Line, Profile, look_up
from mien.fidelity.reading import Reading
from mien.fidelity.worst import Moment, worst_moments
from mien.models.landmarker import open_backend
from mien.outputs import checksum
from mien.pipeline.manifest import versions
from mien.privacy.audit import Pairing, Verdict, audit_pair, follow, pair
from mien.recognition import distractors
from mien.recognition.recognisers import Dlib
from mien.recognition.verdict import audit
from mien.tracking import FaceTrack, State
from mien.video import Frame, Quality, Reader, quality_of, reencoded
from mien.workers import ahead

MEASURES: dict[str, Any] = {
    "dynamics": dynamics,
    "blink": blink,
    "tremor": tremor,
    "resting": resting,
    "body": body,
    "pulse": pulse,
    "expression": expression,
    "continuity": continuity,
}
"""The measures of fidelity, by the key that each has in the metrics."""
VERSION = 1
"""Of the metrics; raised when a key changes its meaning."""
_BODY_STEP_S = 0.1  # time between frames whose body is looked for: bodies are slow, the model too
_PROBES = 24  # re-encoded frames that the recogniser describes, the ceiling of privacy

Only = Literal["both", "fidelity", "privacy"]
Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True, eq=False)
class Ceiling:
    """An original encoded again."""

    quality: Quality | None
    """How; None if it was not, because the result is the very same file."""
    reading: Reading
    """What is then read of the person."""
    descriptors: np.ndarray
    """What the recogniser says of some frames, shape (n, size)."""


@dataclass(frozen=True, eq=False)
class Readings:
    """What was read of one person, of the same frames."""

    original: Reading
    """The original."""
    other: Reading
    """The result, in the original's pixels; frames that it lacks are empty."""
    ceiling: Ceiling
    """The original encoded again."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """Everything that was found about one clip."""

    original: Path
    """The clip as recorded."""
    deidentified: Path
    """What became of it."""
    metrics: dict[str, Any]
    """What `metrics.json` holds."""
    lines: tuple[Line, ...]
    """What the profile asks, and whether it holds."""
    moments: tuple[Moment, ...] = ()
    """Where result and original differ most, the worst first."""
    measures: dict[str, Any] = field(default_factory=dict)
    """What each measure found, with its curves, by its key; empty where only privacy was asked."""
    readings: Readings | None = None
    """What was read; None where only privacy was asked."""
    verdict: Verdict | None = None
    """What the recogniser says; None where only fidelity was asked."""
    partner: np.ndarray = field(default_factory=lambda: np.zeros(0, int))
    """The result's frame of each original frame, -1 for none, shape (n_frames,)."""

    @property
    def passed(self) -> bool:
        """Whether every line of the profile that could be asked holds."""
        return all(line.passed is not False for line in self.lines)


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
    ) -> None:
        self.path = Path(path)
        self.landmarker = landmarker
        backend = open_backend(landmarker)
        try:
            self.tracks, self.times = follow(self.path, backend, progress)
        finally:
            backend.close()
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
        self._chips: list[np.ndarray] = []
        self._ceilings: dict[float, Ceiling] = {}

    @property
    def track(self) -> FaceTrack:
        """Where the person's face is."""
        return self.tracks[self.person]

    @property
    def bodies(self) -> np.ndarray:
        """Frames in which the body is looked for, shape (n_frames,), bool."""
        step = float(np.median(np.diff(self.times))) if len(self.times) > 1 else 1.0
        return np.arange(len(self.times)) % max(1, int(_BODY_STEP_S / step + 1e-6)) == 0

    @property
    def alone(self) -> bool:
        """Whether nobody else is in the clip."""
        return len(self.tracks) == 1

    def reading(self, stop: _Stop) -> Reading:
        """What is read of the person."""
        if self._reading is None:
            self._reading, self._chips = self._read(lambda frames: frames, stop, outline=True)
        return self._reading

    def ceiling(self, quality: Quality, stop: _Stop) -> Ceiling:
        """What is read after encoding."""
        if quality.crf not in self._ceilings:
            reading, chips = self._read(lambda f: reencoded(f, self.info, quality.crf), stop)
            self._ceilings[quality.crf] = Ceiling(quality, reading, _describe(chips))
        return replace(self._ceilings[quality.crf], quality=quality)

    def untouched(self, stop: _Stop) -> Ceiling:
        """The ceiling of a result that is the very same file."""
        reading = self.reading(stop)
        return Ceiling(None, reading, _describe(self._chips))

    def _read(
        self,
        through: Callable[[Iterator[Frame]], Iterator[Frame]],
        stop: _Stop,
        outline: bool = False,
    ) -> tuple[Reading, list[np.ndarray]]:
        """What is read of the person, and the face in some frames as the recogniser sees it."""
        tracked = np.flatnonzero(self.track.state == State.TRACKED)
        steps = np.linspace(0, len(tracked) - 1, min(_PROBES, len(tracked))).astype(int)
        probes = set(tracked[steps].tolist())
        chips: list[np.ndarray] = []
        recogniser = Dlib()

        def describe(frame: Frame) -> None:
            stop.check()
            if frame.index in probes:
                points = self.track.landmarks[frame.index].astype(np.float64)
                chips.append(recogniser.chip(frame.image, points))

        backend = open_backend(self.landmarker)
        try:
            # the thread that reads ends before the clip is closed
            with Reader(self.path) as reader, closing(ahead(reader)) as frames:
                size = (self.info.width, self.info.height)
                reading = read(
                    through(frames),
                    expected(self.track),
                    backend,
                    size,
                    describe,
                    self.bodies,
                    self.alone,
                    outline,
                )
        finally:
            backend.close()
        return reading, chips


def _describe(chips: list[np.ndarray]) -> np.ndarray:
    return Dlib().describe_all(chips) if chips else np.zeros((0, 128))


def expected(track: FaceTrack) -> np.ndarray:
    """Where a face is looked for: landmarks where they are known, else NaN, (n_frames, 478, 3)."""
    places = track.landmarks.astype(np.float64)
    places[~np.isin(track.state, (State.TRACKED, State.INTERPOLATED))] = np.nan
    return places


def evaluate(
    original: str | os.PathLike[str] | Original,
    deidentified: str | os.PathLike[str],
    *,
    profile: Profile | None = None,
    only: Only = "both",
    person: int = 1,
    landmarker: str | None = None,
    progress: Progress | None = None,
) -> Evidence:
    """Measure a de-identified clip against its original.

    Parameters
    ----------
    original, deidentified : path
        The clips; only read. Their frames are paired by time. An `Original` is not read again;
        it then decides `person` and `landmarker`.
    profile : Profile, optional
        What has to hold; by default ``Profile.open("generic")``.
    only : {"both", "fidelity", "privacy"}
        What is measured.
    person : int
        Whose motion is measured, from 1, the most present first. Privacy is everybody's.
    landmarker : str, optional
        Face Landmarker model to track with instead of the built-in mesh.
    progress : callable, optional
        Called as ``progress(stage, done, total)``.

    Returns
    -------
    evidence : Evidence

    Raises
    ------
    VideoError
        If a clip cannot be read.
    NoFaceError
        If the original shows no face.
    ParameterError
        If the clips do not belong together, or there is no such person.
    """
    deidentified = Path(deidentified)
    profile = profile or Profile.open("generic")
    with Reader(deidentified):
        pass  # a clip that cannot be read is said so before the long work
    if not isinstance(original, Original):
        original = Original(original, person=person, landmarker=landmarker, progress=progress)
    pairing = pair(original.path, deidentified, original.tracks, original.times, progress)
    if not (pairing.partner >= 0).any():
        raise ParameterError(
            f"No frame of {deidentified.name} belongs to {original.path.name}: name two clips of "
            "the same recording."
        )
    stop = _Stop(progress)
    with ThreadPoolExecutor(3) as pool:
        jobs: list[Future[Any]] = []
        if only != "privacy":
            jobs.append(pool.submit(_read_ceiling, original, deidentified, stop))
            jobs.append(pool.submit(original.reading, stop))
            jobs.append(pool.submit(_read_other, original, deidentified, pairing, stop))
        try:
            verdict = (
                _audit(original, deidentified, pairing, progress) if only != "fidelity" else None
            )
            while jobs and wait(jobs, 0.2, FIRST_EXCEPTION).not_done:
                for job in jobs:
                    if job.done():
                        job.result()  # raises what it failed with: the other need not go on
                stop.report()
        except BaseException:
            stop.set()
            raise
        readings = None
        if jobs:
            ceiling, own, other = (job.result() for job in jobs)
            readings = Readings(own, other, ceiling or original.untouched(stop))
    measures, merged = _measure(readings)
    metrics: dict[str, Any] = {
        "mien_evaluate": VERSION,
        "about": _about(original, deidentified, pairing, readings, only),
        **merged,
        "privacy": None if verdict is None else _privacy(verdict, readings, original.person),
    }
    lines = profile.check(metrics, only)
    metrics["profile"] = profile.as_dict(lines)
    moments: list[Moment] = []
    if readings is not None:
        moments = worst_moments(readings.original, readings.other, measures)
    return Evidence(
        original.path,
        deidentified,
        metrics,
        tuple(lines),
        tuple(moments),
        measures,
        readings,
        verdict,
        pairing.partner,
    )


class _Stop:
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


def _audit(
    original: Original, deidentified: Path, pairing: Pairing, progress: Progress | None
) -> Verdict:
    recogniser = Dlib()
    backend = open_backend(original.landmarker)
    try:
        return audit_pair(
            original.path,
            deidentified,
            recogniser,
            backend,
            distractors.load(recogniser.name),
            progress,
            pairing,
        )
    finally:
        backend.close()


def _read_ceiling(original: Original, deidentified: Path, stop: _Stop) -> Ceiling | None:
    """The original encoded again; None if the result is the very same file."""
    if checksum(original.path) == checksum(deidentified):
        return None
    return original.ceiling(quality_of(deidentified, original.path), stop)


def _read_other(original: Original, deidentified: Path, pairing: Pairing, stop: _Stop) -> Reading:
    """The result, frame by frame of the original, in the original's pixels."""
    backend = open_backend(original.landmarker)
    try:
        with Reader(deidentified) as reader, closing(ahead(reader)) as frames:
            size = (reader.info.width, reader.info.height)
            scale = np.array(size) / (original.info.width, original.info.height)
            places = np.full((len(pairing.others), 478, 3), np.nan)
            paired = np.flatnonzero(pairing.partner >= 0)
            scales = np.append(scale, scale.mean())
            places[pairing.partner[paired]] = expected(original.track)[paired] * scales
            reading = read(frames, places, backend, size, lambda frame: stop.check())
    finally:
        backend.close()
    return reading.scaled(original.info.width, original.info.height).take(pairing.partner)


def _measure(readings: Readings | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """What each measure found, and the same for the metrics."""
    if readings is None:
        return {}, dict.fromkeys(MEASURES)
    found, merged = {}, {}
    for name, module in MEASURES.items():
        found[name] = module.measure(readings.original, readings.other)
        ceiling = module.measure(readings.original, readings.ceiling.reading)
        merged[name] = merge(found[name].as_dict(), ceiling.as_dict(), module.RATIO)
        merged[name]["citation"] = module.CITATION
    return found, merged


def merge(
    value: dict[str, Any], ceiling: dict[str, Any], ratios: tuple[str, ...]
) -> dict[str, Any]:
    """A measure's figures with the ceiling's beside them, and their ratios.

    Parameters
    ----------
    value, ceiling : dict
        Of the result and of the original encoded again.
    ratios : tuple of str
        Keys, dotted where nested, of figures whose share of the ceiling says something.
    """
    shares = {}
    for key in ratios:
        one, two = look_up(value, key), look_up(ceiling, key)
        known = isinstance(one, int | float) and isinstance(two, int | float) and two > 1e-6
        shares[key] = round(float(one / two), 5) if known else None  # type: ignore[operator]
    return {**value, "ceiling": _numbers(ceiling), "ratio": shares}


def _numbers(content: dict[str, Any]) -> dict[str, Any]:
    """What is a number, without intervals and curves."""
    kept: dict[str, Any] = {}
    for key, value in content.items():
        if isinstance(value, dict) and key != "interval":
            if inner := _numbers(value):
                kept[key] = inner
        elif isinstance(value, bool | int | float) or value is None:
            kept[key] = value
    return kept


def _privacy(verdict: Verdict, readings: Readings | None, person: int) -> dict[str, Any]:
    """The audit's figures: of the person measured on top, of everybody in ``people``."""
    content = verdict.as_dict()
    found = next((f for f in verdict.findings if f.audit.person == person), None)
    ceiling = None
    if found is not None and readings is not None and len(readings.ceiling.descriptors):
        again = audit(person, found.gallery, readings.ceiling.descriptors, Dlib())
        ceiling = {
            "frames": again.frames,
            "nearest": again.nearest,
            "mean": again.mean,
            "share_recognised": again.share_under,
        }
    return {
        "share_recognised": max((f.audit.share_under for f in verdict.findings), default=None),
        "nearest": min((f.audit.nearest for f in verdict.findings), default=None),
        "mean": None if found is None else found.audit.mean,
        "share_untouched": max((f.untouched for f in verdict.findings), default=None),
        "faces_unaccounted": len(verdict.residual),
        **content,
        "ceiling": ceiling,
        "citation": (
            "King, dlib's face recognition network (2017), threshold 0.6; frames chosen over all "
            "poses, see docs/privacy.md"
        ),
    }


def _about(
    original: Original,
    deidentified: Path,
    pairing: Pairing,
    readings: Readings | None,
    only: Only,
) -> dict[str, Any]:
    quality = None if readings is None else readings.ceiling.quality
    return {
        "original_sha256": checksum(original.path),
        "deidentified": deidentified.name,
        "deidentified_sha256": checksum(deidentified),
        "measured": only,
        "frames": len(pairing.times),
        "frames_paired": int((pairing.partner >= 0).sum()),
        "seconds": round(float(pairing.times[-1] - pairing.times[0]), 3),
        "width": original.info.width,
        "height": original.info.height,
        "people": len(original.tracks),
        "person": original.person + 1,
        "ceiling_crf": None if quality is None else quality.crf,
        "ceiling_crf_from": None if quality is None else quality.source,
        "notes": list(pairing.notes),
        "software": versions(),
    }
