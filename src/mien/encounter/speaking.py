"""Who speaks: a mouth that moves while there is sound."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from mien.encounter.observation import Observation
from mien.encounter.soundtrack import Soundtrack

_MOUTH_S = 1.0  # movement of the mouth is looked at over at least so long
_MOVING = 0.008  # change of the lips' opening per moment that is speech, outer-eye distances
_APART_S = 0.5  # moments further apart say nothing about how a mouth moves between them
_LOUD_DB = 8.0  # over the recording's quiet moments
_QUIET = 0.15  # share of the recording that counts as quiet
_FRAME_S = 0.1  # loudness is looked at in pieces of this length


def mouth_loudness_speaking(
    own: Sequence[Observation], soundtrack: Soundtrack | None, times: np.ndarray, resolution: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How much the mouth moves, how loud it is, and whether the person speaks, in each step.

    Parameters
    ----------
    own : sequence of Observation
        Of the person, by time.
    soundtrack : Soundtrack or None
        Of the person's camera, on the encounter's clock.
    times : np.ndarray [shape=(n,)]
        Starts of the steps, seconds.
    resolution : float
        Length of a step, seconds.

    Returns
    -------
    mouth, loudness, speaking : np.ndarray [shape=(n,), dtype=float32]
        As `Timeline` has them.
    """
    mouth = _mouth_motion(own, times, resolution)
    loudness, loud = _loudness(soundtrack, times, resolution)
    known = np.isfinite(mouth) & np.isfinite(loud)
    speaking = np.where(known, (mouth > _MOVING) & (loud > 0), np.nan)
    return mouth.astype(np.float32), loudness.astype(np.float32), speaking.astype(np.float32)


def _mouth_motion(own: Sequence[Observation], times: np.ndarray, resolution: float) -> np.ndarray:
    """Median change of the lips' opening from moment to moment around each step, shape (n,).

    The median: a smile that comes or goes moves the mouth once, speech all the time.
    """
    seen = [(o.time, o.mouth) for o in own if o.mouth is not None and math.isfinite(o.mouth)]
    motion = np.full(len(times), np.nan)
    if len(seen) < 2:
        return motion
    at, opening = np.array(seen, float).T
    change, near = np.abs(np.diff(opening)), np.diff(at) < _APART_S
    change, at = change[near], ((at[1:] + at[:-1]) / 2)[near]
    reach = max(resolution, _MOUTH_S) / 2
    middle = times + resolution / 2
    first = np.searchsorted(at, middle - reach - 1e-6)
    last = np.searchsorted(at, middle + reach + 1e-6)
    for k in np.flatnonzero(last - first >= 3):
        motion[k] = np.median(change[first[k] : last[k]])
    return motion


def _loudness(
    soundtrack: Soundtrack | None, times: np.ndarray, resolution: float
) -> tuple[np.ndarray, np.ndarray]:
    """Level of each step, dB, and 1 where somebody is heard, else 0; NaN without sound."""
    if soundtrack is None:
        return np.full(len(times), np.nan), np.full(len(times), np.nan)
    level = soundtrack.loudness(times, resolution)
    pieces = np.arange(soundtrack.start, soundtrack.end - _FRAME_S, _FRAME_S)
    if not len(pieces):
        return level, np.full(len(times), np.nan)
    each = soundtrack.loudness(pieces, _FRAME_S)
    floor = float(np.nanquantile(each, _QUIET))
    loud = each > floor + _LOUD_DB
    inside = np.searchsorted(pieces, np.stack([times, times + resolution]) - 1e-6)
    heard = np.concatenate([[0], np.cumsum(loud)])
    share = (heard[inside[1]] - heard[inside[0]]) / np.maximum(inside[1] - inside[0], 1)
    return level, np.where(np.isfinite(level), share >= 0.2, np.nan)
