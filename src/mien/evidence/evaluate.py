"""Measuring a de-identified clip against its original: everything that can be said about both.

Three clips are read alike: the original, the result, and the original encoded again at the result's
quality, which is the ceiling of every measure: what is lost there, encoding and the measure's own
noise have lost. Nothing is asked of whoever made the result.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from mien.errors import ParameterError
from mien.evidence.measuring import Readings, measure
from mien.evidence.metrics import Metrics
from mien.evidence.original import Original, Stop, expected
from mien.evidence.privacy import figures_of
from mien.fidelity.aperture import aspect
from mien.fidelity.observe import Place, read
from mien.fidelity.profile import Line, Profile
from mien.fidelity.reading import Reading
from mien.fidelity.worst import Moment, worst_moments
from mien.models.landmarker import open_backend
from mien.outputs import checksum
from mien.pipeline.manifest import versions
from mien.privacy.audit import (
    EVERYBODY,
    SAMPLING,
    Pairing,
    Sampling,
    Verdict,
    ask,
    audit_pair,
    pair,
)
from mien.privacy.same_recording import check_same_recording
from mien.progress import Progress, usual
from mien.shown import Shown, new_axes
from mien.video import Frame, Quality, Reader, quality_of
from mien.workers import Branch, shared

if TYPE_CHECKING:
    import pandas

Only = Literal["both", "fidelity", "privacy"]
_Work = Callable[[Iterable[Frame]], Any]


@dataclass(frozen=True, eq=False, repr=False)
class Evidence(Shown):
    """Everything that was found about one clip."""

    original: Path
    """The clip as recorded."""
    deidentified: Path
    """What became of it."""
    metrics: Metrics
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

    def to_frame(self) -> pandas.DataFrame:
        """A row for each figure: see `Metrics.to_frame`."""
        return self.metrics.to_frame()

    def plot(self, axes: Any = None) -> Any:
        """How open the eyes are in both clips, frame by frame: where blinks were kept.

        Parameters
        ----------
        axes : matplotlib.axes.Axes, optional
            Where to draw; new ones if None.

        Returns
        -------
        axes : matplotlib.axes.Axes

        Raises
        ------
        ParameterError
            If only privacy was asked, so that nothing was read.
        """
        if self.readings is None:
            raise ParameterError("Only privacy was asked, so there are no curves: ask for both.")
        axes = axes or new_axes("time (s)", "eye aspect ratio, mean of both")
        for name, read_ in (("original", self.readings.original), ("result", self.readings.other)):
            axes.plot(self.readings.original.times, aspect(read_.points).mean(1), label=name)
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
        return axes

    def title(self) -> str:
        asked = [line for line in self.lines if line.passed is not None]
        held = sum(line.passed is True for line in asked)
        name = self.metrics.profile.get("name", "none")
        return f"{self.deidentified.name}: {held} of {len(asked)} lines of profile {name} hold"

    def table(self) -> list[tuple[str, ...]]:
        marks = {True: "holds", False: "FAILS", None: "-"}
        return [(marks[line.passed], line.figures) for line in self.lines]


def evaluate(
    original: str | os.PathLike[str] | Original,
    deidentified: str | os.PathLike[str],
    *,
    profile: Profile | None = None,
    only: Only = "both",
    person: int = 1,
    landmarker: str | None = None,
    recognisers: Sequence[str] = EVERYBODY,
    progress: Progress | None = None,
    sampling: Sampling = SAMPLING,
) -> Evidence:
    """Measure a de-identified clip against its original.

    Parameters
    ----------
    original, deidentified : path
        The clips; only read. Their frames are paired by time. An `Original` is not read again;
        it then decides `person`, `landmarker` and `recognisers`.
    profile : Profile, optional
        What has to hold; by default ``Profile.open("generic")``.
    only : {"both", "fidelity", "privacy"}
        What is measured.
    person : int
        Whose motion is measured, from 1, the most present first. Privacy is everybody's.
    landmarker : str, optional
        Face Landmarker model to track with instead of the built-in mesh.
    recognisers : sequence of str
        Who is asked whether the patient is recognised, each by itself; see
        `mien.privacy.audit.ask`.
    progress : callable, optional
        Called as ``progress(stage, done, total)``.
    sampling : Sampling, optional
        How many frames the audit looks at.

    Raises
    ------
    VideoError
        If a clip cannot be read.
    NoFaceError
        If the original shows no face.
    ParameterError
        If the clips do not belong together, or there is no such person.
    """
    wanted = _Wanted(profile or Profile.open("generic"), only, sampling)
    with usual(progress, Path(deidentified).name) as report:
        with Reader(deidentified):
            pass  # a clip that cannot be read is said so before the long work
        if not isinstance(original, Original):
            original = Original(
                original,
                person=person,
                landmarker=landmarker,
                progress=report,
                recognisers=recognisers,
            )
        return _evaluate(original, Path(deidentified), wanted, report)


@dataclass(frozen=True)
class _Wanted:
    """What is measured, and held against what."""

    profile: Profile
    only: Only
    sampling: Sampling


def _evaluate(
    original: Original, deidentified: Path, wanted: _Wanted, progress: Progress
) -> Evidence:
    """See `evaluate`."""
    profile, only, sampling = wanted.profile, wanted.only, wanted.sampling
    pairing = _paired(original, deidentified, progress)
    verdict, readings = _look(original, deidentified, pairing, only, progress, sampling)
    measures, merged = measure(readings)
    merged["privacy"] = (
        None
        if verdict is None
        else figures_of(verdict, None if readings is None else readings.ceiling, original.person)
    )
    metrics = Metrics(_about(original, deidentified, pairing, readings, only), merged)
    lines = profile.check(metrics.to_json(), only)
    return Evidence(
        original=original.path,
        deidentified=deidentified,
        metrics=replace(metrics, profile=profile.as_dict(lines)),
        lines=tuple(lines),
        moments=() if readings is None else _moments(readings, measures),
        measures=measures,
        readings=readings,
        verdict=verdict,
        partner=pairing.partner,
    )


def _paired(original: Original, deidentified: Path, progress: Progress | None) -> Pairing:
    check_same_recording(original.path, deidentified)
    pairing = pair(original.path, deidentified, original.tracks, original.times, progress)
    if not (pairing.partner >= 0).any():
        raise ParameterError(
            f"No frame of {deidentified.name} belongs to {original.path.name}: name two clips of "
            "the same recording."
        )
    return pairing


def _moments(readings: Readings, measures: dict[str, Any]) -> tuple[Moment, ...]:
    return tuple(worst_moments(readings.original, readings.other, measures))


def _look(
    original: Original,
    deidentified: Path,
    pairing: Pairing,
    only: Only,
    progress: Progress | None,
    sampling: Sampling,
) -> tuple[Verdict | None, Readings | None]:
    """Read the three clips in threads of their own, and audit meanwhile in this one.

    Each file is decoded once for all of them.
    """
    stop = Stop(progress)
    of_original: list[_Work] = []
    of_result: list[_Work] = []
    if only != "privacy":
        of_original.append(partial(original.reading, stop))
        quality = _quality(original, deidentified)
        if quality is not None:
            of_original.append(partial(original.ceiling, quality, stop))
        of_result.append(partial(_read_other, original, deidentified, pairing, stop))
    with (
        Reader(original.path) as first,
        Reader(deidentified) as second,
        ThreadPoolExecutor(3) as pool,
    ):
        ours = shared(first, 1 + len(of_original))
        theirs = shared(second, 1 + len(of_result))
        works = (*of_original, *of_result)
        branches = (*ours[1:], *theirs[1:])
        jobs = [pool.submit(_until_done, *each) for each in zip(works, branches, strict=True)]
        verdict = None
        try:
            with closing(ours[0]), closing(theirs[0]):
                if only != "fidelity":
                    frames = (ours[0], theirs[0])
                    verdict = _audit(original, deidentified, pairing, progress, sampling, frames)
            while jobs and wait(jobs, 0.2, FIRST_EXCEPTION).not_done:
                for job in jobs:
                    if job.done():
                        job.result()  # raises what it failed with: the other need not go on
                stop.report()
        except BaseException:
            stop.set()
            raise
        if not jobs:
            return verdict, None
        own, *ceiling, other = (job.result() for job in jobs)
        return verdict, Readings(own, other, ceiling[0] if ceiling else original.untouched(stop))


def _until_done(work: _Work, frames: Branch[Frame]) -> Any:
    """Give frames to some work, and let whoever else reads them go on when it ends."""
    with closing(frames):
        return work(frames)


def _audit(
    original: Original,
    deidentified: Path,
    pairing: Pairing,
    progress: Progress | None,
    sampling: Sampling,
    frames: tuple[Iterable[Frame], Iterable[Frame]],
) -> Verdict:
    backend = open_backend(original.landmarker)
    try:
        return audit_pair(
            original.path,
            deidentified,
            ask(original.recognisers, backend, result=deidentified),
            backend,
            progress,
            pairing,
            sampling,
            frames,
        )
    finally:
        backend.close()


def _quality(original: Original, deidentified: Path) -> Quality | None:
    """How the original has to be encoded again; None if the result is the very same file."""
    if checksum(original.path) == checksum(deidentified):
        return None
    return quality_of(deidentified, original.path)


def _read_other(
    original: Original,
    deidentified: Path,
    pairing: Pairing,
    stop: Stop,
    frames: Iterable[Frame],
) -> Reading:
    """The result, frame by frame of the original, in the original's pixels.

    Its body is looked for in the frames in which the original's is: the model begins where it saw
    the body last, so that other frames would be another measurement.
    """
    backend = open_backend(original.landmarker)
    try:
        with Reader(deidentified) as reader:
            size = (reader.info.width, reader.info.height)
        scale = np.array(size) / (original.info.width, original.info.height)
        near = expected(original.track, np.append(scale, scale.mean()))
        places: list[Place | None] = [None] * len(pairing.others)
        bodies = np.zeros(len(pairing.others), bool)
        for frame in np.flatnonzero(pairing.partner >= 0):
            places[pairing.partner[frame]] = near[frame]
            bodies[pairing.partner[frame]] |= original.bodies[frame]
        reading = read(
            frames,
            places,
            backend,
            size,
            lambda frame: stop.check(),
            bodies,
            original.alone,
        )
    finally:
        backend.close()
    return reading.scaled(original.info.width, original.info.height).take(pairing.partner)


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
