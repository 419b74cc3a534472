"""Synchrony: whether two faces move together, which one leads, and whether chance would do it.

Two signals are correlated in windows, at all lags within a few seconds, and the windows are
averaged [1]_. How large the best of these correlations gets by chance is asked of the same two
signals with one of them moved along the encounter, end to start: it keeps its own rhythm and loses
the other's [2]_.

References
----------
.. [1] Boker et al., "Windowed cross-correlation and peak picking for the analysis of
   variability in the association between behavioral time series", Psychological Methods 7(3),
   2002.
.. [2] Moulder et al., "Determining synchrony between behavioral time series: an application of
   surrogate data generation for establishing falsifiable null-hypotheses", Psychological
   Methods 23(4), 2018.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mien.emotion.classifier import EXPRESSIONS
from mien.encounter.timeline import Timeline
from mien.errors import ParameterError
from mien.statistics import finite_or_none

_SEEN = 0.6  # share of a window in which both signals have to be known
_FEWEST = 19  # shifts below which nothing is said of significance
SIGNALS = ("happiness", "negative", "movement")
"""Probability of an expression resembling happiness; of any negative one; and how much the
blendshapes change from step to step."""


@dataclass(frozen=True, eq=False)
class Synchrony:
    """How two signals go together."""

    signal: str
    """Which, one of `SIGNALS`, or a name of the caller's."""
    lags: np.ndarray
    """How much the second signal is later than the first, seconds, shape (n,)."""
    correlation: np.ndarray
    """Mean correlation of the windows at each lag, shape (n,); NaN where nothing is known."""
    peak: float
    """Largest correlation; NaN where nothing is known."""
    lag: float
    """Where it is, seconds: positive where the second follows the first."""
    p: float | None
    """Share of shifted signals with a peak at least as large; None where there are too few."""
    surrogates: int
    """Number of shifts that were tried."""
    windows: int
    """Windows in which enough was known."""
    p_holm: float | None = None
    """`p` corrected for the number of signals that were looked at (Holm)."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "signal": self.signal,
            "peak": finite_or_none(self.peak),
            "lag_s": finite_or_none(self.lag),
            "p": self.p,
            "p_holm": self.p_holm,
            "surrogates": self.surrogates,
            "windows": self.windows,
            "lags_s": [round(float(v), 6) for v in self.lags],
            "correlation": [finite_or_none(float(v)) for v in self.correlation],
        }


def synchrony(
    first: np.ndarray,
    second: np.ndarray,
    step: float,
    *,
    window: float = 30.0,
    max_lag: float = 5.0,
    surrogates: int = 199,
    seed: int = 0,
    signal: str = "",
) -> Synchrony:
    """Windowed cross-correlation with circular shifts for significance.

    Windows overlap by half; correlations are averaged as Fisher's z, weighted by what is known.

    Parameters
    ----------
    first, second : np.ndarray [shape=(n,)]
        Signals on the same clock; NaN where missing.
    step, window : float
        Seconds between values, and in a window; a third of the signal where that is less.
    max_lag : float
        Largest lag looked at, seconds.
    surrogates, seed : int
        Shifts to try, drawn without repetition from those that are far from each other's windows,
        and what decides which.
    signal : str
        Name for the result.

    Raises
    ------
    ParameterError
        If the signals differ in length or a setting is out of its range.
    """
    a, b = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if a.ndim != 1 or a.shape != b.shape:
        raise ParameterError(f"Signals of shapes {a.shape} and {b.shape} cannot be correlated.")
    if not (step > 0 and window > 0 and max_lag >= 0 and surrogates >= 0):
        raise ParameterError("step and window must be above 0, max_lag and surrogates 0 or more.")
    reach = round(max_lag / step)
    lags = np.arange(-reach, reach + 1)
    size = min(round(window / step), len(a) // 3)
    nan = np.full(len(lags), np.nan)
    nothing = Synchrony(signal, lags * step, nan, math.nan, math.nan, None, 0, 0)
    enough = size >= 4 and len(a) > 2 * reach + size
    curve, windows = _curve(a, b, lags, size) if enough else (nan, 0)
    if not np.isfinite(curve).any():
        return nothing
    best = int(np.nanargmax(curve))
    larger, counted = _by_chance(a, b, lags, size, curve[best], surrogates, seed)
    return replace(
        nothing,
        correlation=np.tanh(curve),
        peak=float(np.tanh(curve[best])),
        lag=float(lags[best] * step),
        p=(1 + larger) / (1 + counted) if counted >= _FEWEST else None,
        surrogates=counted,
        windows=windows,
    )


def _by_chance(
    a: np.ndarray,
    b: np.ndarray,
    lags: np.ndarray,
    size: int,
    peak: float,
    surrogates: int,
    seed: int,
) -> tuple[int, int]:
    """How many shifted signals have a peak at least as large, and how many there are."""
    away = 2 * int(lags[-1]) + 1  # closer shifts would meet the same coincidence again
    possible = np.arange(away, len(b) - away + 1)
    larger = counted = 0
    for shift in np.random.default_rng(seed).permutation(possible)[:surrogates]:
        other, _ = _curve(a, np.roll(b, int(shift)), lags, size)
        if np.isfinite(other).any():
            counted += 1
            larger += bool(np.nanmax(other) >= peak)
    return larger, counted


def synchrony_of_timelines(doctor: Timeline, patient: Timeline, **settings: Any) -> list[Synchrony]:
    """Synchrony of two faces in each of `SIGNALS`; a positive lag means that the patient follows.

    Parameters
    ----------
    doctor, patient : Timeline
        With the same steps.
    **settings
        For `synchrony`.

    Raises
    ------
    ParameterError
        If the timelines do not share their steps.
    """
    if doctor.resolution != patient.resolution or len(doctor) != len(patient):
        raise ParameterError("Synchrony needs two timelines with the same steps.")
    results = []
    for name in SIGNALS:
        ours, theirs = signal_of(doctor, name), signal_of(patient, name)
        results.append(synchrony(ours, theirs, doctor.resolution, signal=name, **settings))
    known = sorted((entry.p, k) for k, entry in enumerate(results) if entry.p is not None)
    floor = 0.0
    for rank, (p, k) in enumerate(known):
        floor = max(floor, min(1.0, p * (len(known) - rank)))
        results[k] = replace(results[k], p_holm=floor)
    return results


def signal_of(timeline: Timeline, name: str) -> np.ndarray:
    """One of `SIGNALS` of a timeline, NaN where missing, shape (n,).

    Raises
    ------
    ParameterError
        If there is no such signal.
    """
    if name == "negative":
        return timeline.negative.astype(np.float64)
    if name == "movement":
        change = np.abs(np.diff(timeline.scores.astype(np.float64), axis=0)).mean(1)
        return np.concatenate([[np.nan], change])[: len(timeline)]
    if name in EXPRESSIONS:
        return timeline.probabilities[:, EXPRESSIONS.index(name)].astype(np.float64)
    raise ParameterError(f"There is no signal {name!r}: choose from {', '.join(SIGNALS)}.")


def _curve(a: np.ndarray, b: np.ndarray, lags: np.ndarray, size: int) -> tuple[np.ndarray, int]:
    """Mean Fisher's z of the windows at each lag, shape (lags,), and the number of windows."""
    n, reach = len(a), int(lags[-1])
    known_a, known_b = np.isfinite(a), np.isfinite(b)
    # about their means, for the sums' sake
    x = np.where(known_a, a - (a[known_a].mean() if known_a.any() else 0), 0.0)
    y = np.where(known_b, b - (b[known_b].mean() if known_b.any() else 0), 0.0)
    at = np.arange(reach, n - reach)
    starts = np.arange(0, len(at) - size + 1, max(1, size // 2))
    moved = at[None, :] + lags[:, None]
    both = known_a[at] & known_b[moved]
    xs, ys = x[at] * both, y[moved] * both

    def windowed(values: np.ndarray) -> np.ndarray:
        total = np.concatenate([np.zeros((len(lags), 1)), np.cumsum(values, 1)], 1)
        return total[:, starts + size] - total[:, starts]

    count = windowed(both.astype(float))
    enough = count >= max(_SEEN * size, 4)
    many = np.maximum(count, 1)
    sum_x, sum_y = windowed(xs), windowed(ys)
    var_x = windowed(xs * xs) - sum_x**2 / many
    var_y = windowed(ys * ys) - sum_y**2 / many
    cov = windowed(xs * ys) - sum_x * sum_y / many
    # a signal that hardly moves within a window has nothing to correlate
    floor_x, floor_y = 1e-4 * (x * x).mean() + 1e-12, 1e-4 * (y * y).mean() + 1e-12
    good = enough & (var_x > floor_x * many) & (var_y > floor_y * many)
    r = np.divide(cov, np.sqrt(np.maximum(var_x * var_y, 0)), out=np.zeros_like(cov), where=good)
    z = np.arctanh(np.clip(r, -0.999, 0.999))
    weight = np.where(good, count, 0.0)
    # a window that says nothing counts as one without correlation, so that none is picked by luck
    total = np.where(enough, count, 0.0).sum(1)
    with np.errstate(invalid="ignore", divide="ignore"):
        curve = (z * weight).sum(1) / total
    curve[weight.sum(1) == 0] = np.nan
    return curve, int(good.any(0).sum())
