"""Which snapshots of a recording came before each one, at the pace of what taught a network."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from mien.errors import ParameterError
from mien.selfnorm.snapshots import Snapshots

GAP_S = 1.0
"""Seconds without a snapshot after which a sequence begins anew."""
USUAL_STEP_S = 1 / 30
"""Seconds from one snapshot to the next where a recording does not tell."""


def history(snapshots: Snapshots, length: int, step_s: float) -> np.ndarray:
    """The snapshots that come before each one in its recording.

    Parameters
    ----------
    snapshots : Snapshots
        In any order; within a recording time tells.
    length : int
        Snapshots up to and with this one.
    step_s : float
        Seconds from one to the next. Of a recording with more snapshots a second some are passed
        over, with fewer some stand twice.

    Returns
    -------
    rows : np.ndarray [shape=(n, length), dtype=int64]
        Oldest first, this one last; the first of the recording, or after a gap, again where there
        are fewer.
    """
    recording = snapshots.recordings()
    order = np.lexsort((snapshots.times, recording))
    times = snapshots.times[order]
    apart = (np.diff(recording[order]) != 0) | (np.diff(times) > GAP_S)
    bounds = [0, *(np.flatnonzero(apart) + 1).tolist(), len(order)]
    rows = np.empty((len(order), length), np.int64)
    for begin, end in pairwise(bounds):
        own = times[begin:end]
        for k in range(begin, end, _AT_ONCE):
            part = slice(k, min(k + _AT_ONCE, end))
            places = np.arange(part.start, part.stop) - begin
            rows[order[part]] = order[begin + looked_at(own, places, length, step_s)]
    return rows


_AT_ONCE = 65_536  # snapshots: bounds memory


def looked_at(times: np.ndarray, places: np.ndarray, length: int, step_s: float) -> np.ndarray:
    """Where the snapshots of sequences stand in one recording without gaps.

    Parameters
    ----------
    times : np.ndarray [shape=(n,)]
        Seconds, rising.
    places : np.ndarray [shape=(m,), dtype=int64]
        The last snapshot of each sequence.
    length : int
        Snapshots of a sequence.
    step_s : float
        Seconds from one to the next.

    Returns
    -------
    places : np.ndarray [shape=(m, length), dtype=int64]
        Each is the last one by the middle of its step.
    """
    back = step_s * (np.arange(1 - length, 1) + 0.5)
    found = np.searchsorted(times, times[places][:, None] + back, "right") - 1
    found = np.minimum(np.maximum(found, 0), places[:, None])
    found[:, -1] = places
    return found


def check_sequences(snapshots: Snapshots) -> None:
    """Refuse snapshots of which no sequences can be made.

    Raises
    ------
    ParameterError
        If times are not known, or no recording has snapshots of two times.
    """
    snapshots.check_timed("A network of sequences")
    if not len(_steps(snapshots)):
        raise ParameterError(
            "A network of sequences needs snapshots that follow each other, and no recording (a "
            "participant showing an expression) has snapshots of two times."
        )


def mixed_recordings(snapshots: Snapshots) -> int:
    """How many recordings hold several snapshots of one time: they are several, taken as one."""
    recording = snapshots.recordings()
    order = np.lexsort((snapshots.times, recording))
    same = (np.diff(recording[order]) == 0) & (np.diff(snapshots.times[order]) == 0)
    return len(np.unique(recording[order][1:][same]))


def step_of(snapshots: Snapshots) -> float:
    """Seconds from one snapshot to the next within recordings: the median, or `USUAL_STEP_S`."""
    apart = _steps(snapshots)
    return float(np.median(apart)) if len(apart) else USUAL_STEP_S


def _steps(snapshots: Snapshots) -> np.ndarray:
    """Seconds from each snapshot of a recording to the next later one."""
    recording = snapshots.recordings()
    order = np.lexsort((snapshots.times, recording))
    apart = np.diff(snapshots.times[order])
    return apart[(np.diff(recording[order]) == 0) & (apart > 0)]
