"""How long the queue takes, after what was done before."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mien.web.queue.tables import Clip, Job, Kind, Status

_LAST = 12  # jobs of a kind that say how fast it is
_Sort = tuple[str, str | None]


@dataclass(frozen=True)
class Estimate:
    """How long it takes until nothing waits."""

    jobs: int
    """That are worked on or wait."""
    seconds: float | None
    """None where nothing is known of jobs like these."""


def estimate(jobs: Sequence[Job], clips: Sequence[Clip], workers: int, now: float) -> Estimate:
    """How long it takes until nothing waits.

    Jobs of a kind, and of an engine, are taken to need as long for a frame as the last ones did
    (the median); a clip that is measured unasked when it is done counts with that.

    Parameters
    ----------
    jobs : sequence of Job
        All, in the order they came.
    clips : sequence of Clip
        All.
    workers : int
        Jobs that are worked on at once.
    now : float
        Seconds since 1970.
    """
    frames = {clip.id: clip.frames or 0 for clip in clips}
    ahead = [job for job in jobs if not Status(job.status).over]
    pace = _pace(jobs, frames)
    left: list[float] = []
    for job in ahead:
        seconds = _seconds(job, pace, frames, now)
        if seconds is None:
            return Estimate(len(ahead), None)
        left.append(seconds)
    if not left:
        return Estimate(0, 0.0)
    return Estimate(len(ahead), max(sum(left) / workers, max(left)))


def _sort(job: Job) -> _Sort:
    return job.kind, job.wanted.get("engine")


def _frames(job: Job, frames: Mapping[str, int]) -> int:
    return sum(frames.get(clip, 0) for clip in job.clips)


def _pace(jobs: Sequence[Job], frames: Mapping[str, int]) -> dict[_Sort, float]:
    """Seconds for a frame, by what is done."""
    known: dict[_Sort, list[float]] = defaultdict(list)
    for job in jobs:
        count = _frames(job, frames)
        began, ended = job.started, job.finished
        if job.status == Status.DONE and began is not None and ended is not None and count:
            known[_sort(job)].append(max(ended - began, 0.0) / count)
    return {sort: statistics.median(found[-_LAST:]) for sort, found in known.items()}


def _seconds(
    job: Job, pace: Mapping[_Sort, float], frames: Mapping[str, int], now: float
) -> float | None:
    """How long a job, and the measurement that follows it, still takes."""
    usual = pace.get(_sort(job))
    whole = None if usual is None else usual * _frames(job, frames)
    if job.status == Status.RUNNING and job.seconds_left is not None:
        whole = job.seconds_left
    elif job.status == Status.RUNNING and whole is not None and job.started is not None:
        whole = max(whole - (now - job.started), 0.0)
    if whole is None:
        return None
    if job.kind == Kind.DEIDENTIFY and job.wanted.get("measure"):
        after = pace.get((Kind.EVALUATE, None))
        return None if after is None else whole + after * _frames(job, frames)
    return whole
