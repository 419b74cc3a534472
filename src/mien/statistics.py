"""Confidence intervals by block bootstrap over time.

References
----------
.. [1] Künsch, "The jackknife and the bootstrap for general stationary observations", Annals of
   Statistics 1989.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

BLOCK_S = 1.0
REPETITIONS = 1000
_FEWEST = 4  # blocks; fewer say nothing about chance
_MOST = 400  # blocks; longer clips have longer ones


def blocks(times: np.ndarray, seconds: float = BLOCK_S) -> np.ndarray:
    """Number of the block that each frame belongs to, shape (n_frames,).

    Parameters
    ----------
    times : np.ndarray [shape=(n_frames,)]
        Seconds, ascending.
    seconds : float
        Length of a block: longer than what one frame tells about the next.
    """
    since = times - times[0] if len(times) else times
    if len(since):
        seconds = max(seconds, float(since[-1]) / _MOST)
    number = np.floor(since / seconds + 1e-9).astype(int)
    return np.unique(number, return_inverse=True)[1].ravel()


def intervals(
    sums: np.ndarray,
    statistics: Callable[[np.ndarray], np.ndarray],
    *,
    confidence: float = 0.95,
    repetitions: int = REPETITIONS,
) -> list[tuple[float, float] | None]:
    """Intervals of statistics that depend on sums over time only.

    Blocks are drawn with replacement, as many as there are, and their sums added.

    Parameters
    ----------
    sums : np.ndarray [shape=(n_blocks, ...)]
        What each block adds.
    statistics : callable
        Maps added sums of shape (...) to numbers of shape (k,).
    confidence : float
        Share of the repetitions inside.
    repetitions : int
        How often blocks are drawn.

    Returns
    -------
    intervals : list of k tuples of float, or None
        Lower and upper end; None if there are fewer than 4 blocks or a statistic is undefined.
    """
    count = len(sums)
    rng = np.random.default_rng(0)  # the same clip has the same interval
    flat = np.asarray(sums, float).reshape(count, int(np.prod(sums.shape[1:])))
    enough = count >= _FEWEST
    weights = (
        rng.multinomial(count, np.full(count, 1 / count), repetitions)
        if enough
        else np.ones((1, count))
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        drawn = np.array([statistics((w @ flat).reshape(sums.shape[1:])) for w in weights])
    tail = 50 * (1 - confidence)
    found: list[tuple[float, float] | None] = []
    for values in drawn.T:
        known = values[np.isfinite(values)]
        if not enough or len(known) < repetitions / 2:
            found.append(None)
        else:
            low, high = np.percentile(known, [tail, 100 - tail])
            found.append((float(low), float(high)))
    return found


def interval(
    sums: np.ndarray, statistic: Callable[[np.ndarray], float], *, confidence: float = 0.95
) -> tuple[float, float] | None:
    """Interval of one statistic, see `intervals`."""
    return intervals(sums, lambda s: np.array([statistic(s)]), confidence=confidence)[0]


def mean_interval(values: np.ndarray, times: np.ndarray) -> tuple[float, float] | None:
    """Interval of the mean of a value per frame; frames that are NaN are left out.

    Parameters
    ----------
    values, times : np.ndarray [shape=(n_frames,)]
    """
    number = blocks(times)
    known = np.isfinite(values)
    total = np.bincount(number, np.where(known, values, 0.0), minlength=number.max(initial=-1) + 1)
    count = np.bincount(number, known, minlength=number.max(initial=-1) + 1)
    return interval(np.stack([total, count], 1), lambda s: s[0] / s[1])


def known_mean(values: np.ndarray) -> float:
    """The mean of what is finite; NaN where nothing is."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else np.nan


def known_median(values: np.ndarray) -> float:
    """The median of what is finite; NaN where nothing is."""
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else np.nan


def cohen(tables: np.ndarray) -> np.ndarray:
    """Cohen's kappa of contingency tables of shape (n, k, k), shape (n,); NaN where undefined."""
    tables = np.asarray(tables, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        total = tables.sum((1, 2))
        observed = np.trace(tables, axis1=1, axis2=2) / total
        expected = (tables.sum(1) * tables.sum(2)).sum(1) / total**2
        return np.where(1 - expected > 1e-12, (observed - expected) / (1 - expected), np.nan)


def finite_or_none(value: float) -> float | None:
    """A number as JSON can hold it: None where it is NaN or infinite."""
    return float(value) if math.isfinite(value) else None
