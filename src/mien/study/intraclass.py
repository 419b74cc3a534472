"""Intraclass correlation of scores that are numbers on a line.

References
----------
.. [1] Shrout & Fleiss, "Intraclass correlations: uses in assessing rater reliability",
   Psychological Bulletin 1979; intervals: McGraw & Wong, Psychological Methods 1996.
"""

from __future__ import annotations

import math

import numpy as np

from mien.study.estimate import CONFIDENCE, LeftOut, ratio

_LEAST = 1e-12  # variance below which units do not differ


def intraclass(table: np.ndarray, absolute: bool) -> float:
    """ICC(2,1) if `absolute`, else ICC(3,1), of the units without a missing score [1]_.

    Parameters
    ----------
    table : np.ndarray [shape=(n_units, n_coders)]

    Returns
    -------
    icc : float
        NaN if units do not differ, or fewer than 2 are complete.
    """
    table = table[np.isfinite(table).all(1)]
    if len(table) < 2 or table.shape[1] < 2:
        return math.nan
    return float(intraclasses(table, absolute, LeftOut.nobody(len(table)))[0])


def intraclasses(table: np.ndarray, absolute: bool, left: LeftOut) -> np.ndarray:
    """The same of a complete table, then without each clip, shape (1 + count,)."""
    columns = table.shape[1]
    rows, between, coders, rest = _squares(table, left)
    spread = between + (columns - 1) * rest
    if absolute:
        spread = spread + columns * ratio(coders - rest, rows)
    known = (rows >= 2) & (between + rest > _LEAST)
    return np.where(known, ratio(between - rest, spread, _LEAST), np.nan)


def interval(table: np.ndarray, icc: float, absolute: bool) -> tuple[float, float]:
    """Its interval by the analysis of variance [1]_; NaN where there is none."""
    from scipy.stats import f

    n, k = table.shape
    between, coders, rest = (float(of[0]) for of in _squares(table, LeftOut.nobody(n))[1:])
    tail = 0.5 + CONFIDENCE / 2
    if rest <= 1e-12:
        return math.nan, math.nan
    if not absolute:
        ratio, left = between / rest, (n - 1) * (k - 1)
        lower = ratio / f.ppf(tail, n - 1, left)
        upper = ratio * f.ppf(tail, left, n - 1)
        return (lower - 1) / (lower + k - 1), (upper - 1) / (upper + k - 1)
    between_coders = coders / rest
    part = n * (1 + (k - 1) * icc) - k * icc
    top = (k - 1) * (n - 1) * (k * icc * between_coders + part) ** 2
    bottom = (n - 1) * k**2 * icc**2 * between_coders**2 + part**2
    freedom = top / bottom if bottom > 0 else math.nan
    if not math.isfinite(freedom) or freedom <= 0:
        return math.nan, math.nan
    high_f, low_f = f.ppf(tail, n - 1, freedom), f.ppf(tail, freedom, n - 1)
    noise = k * coders + (k * n - k - n) * rest
    low = n * (between - high_f * rest) / (high_f * noise + n * between)
    high = n * (low_f * between - rest) / (noise + n * low_f * between)
    return max(-1.0, float(low)), min(1.0, float(high))


def _squares(
    table: np.ndarray, left: LeftOut
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Rows, and mean squares of the two-way analysis of variance: between units, coders, the rest.

    Of all rows, then without each clip, each of shape (1 + count,).
    """
    k = table.shape[1]
    off = table - table.mean()
    parts = [np.ones(len(off)), off.mean(1) ** 2, (off**2).sum(1), *off.T]
    n, units, squares, *by_coder = left.sums(np.stack(parts, 1)).T
    coders = ratio(np.stack(by_coder), n)
    middle = coders.mean(0)
    between = k * (units - n * middle**2)
    apart = n * ((coders - middle) ** 2).sum(0)
    rest = np.maximum(squares - k * units - apart, 0.0)
    return n, ratio(between, n - 1), apart / (k - 1), ratio(rest, (n - 1) * (k - 1))
