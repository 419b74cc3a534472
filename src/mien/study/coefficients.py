"""Coefficients of agreement of scores that are steps: weighted kappa, Gwet's AC, Krippendorff's
alpha.

All take a table of units (rows) by coders (columns), NaN where there is no score. Each follows from
sums over units, so that its values without each clip in turn cost little more than its value.

References
----------
.. [1] Cohen, "Weighted kappa", Psychological Bulletin 1968; of several coders the mean of pairs:
   Light, "Measures of response agreement for qualitative data", Psychological Bulletin 1971.
.. [2] Gwet, "Computing inter-rater reliability and its variance in the presence of high
   agreement", British Journal of Mathematical and Statistical Psychology 2008; weighted and with
   missing scores: Handbook of Inter-Rater Reliability, 4th edition, 2014.
.. [3] Hayes & Krippendorff, "Answering the call for a standard reliability measure for coding
   data", Communication Methods and Measures 2007.
"""

from __future__ import annotations

import math
from itertools import combinations
from typing import Literal

import numpy as np

from mien.study.estimate import LeftOut, ratio

Level = Literal["nominal", "ordinal", "interval"]
_LEAST = 1e-12  # agreement by chance below which nothing is left to agree on


def weighted_kappa(table: np.ndarray, scores: np.ndarray, power: int) -> float:
    """Cohen's weighted kappa [1]_; of more than two coders the mean of all pairs.

    Parameters
    ----------
    table : np.ndarray [shape=(n_units, n_coders)]
    scores : np.ndarray [shape=(k,)]
        All scores that can be given.
    power : int
        1 for linear, 2 for quadratic weights.

    Returns
    -------
    kappa : float
        NaN if no pair of coders has a defined one.
    """
    return float(kappas(table, scores, power, LeftOut.nobody(len(table)))[0])


def kappas(table: np.ndarray, scores: np.ndarray, power: int, left: LeftOut) -> np.ndarray:
    """Weighted kappa of all units, then without each clip, shape (1 + count,)."""
    distance = np.abs(scores[:, None] - scores[None]) ** power
    total = np.zeros(1 + left.count)
    defined = np.zeros(1 + left.count)
    for pair in combinations(range(table.shape[1]), 2):
        both = table[:, pair]
        known = np.isfinite(both).all(1)
        first, second = (_places(both[known, k], scores) for k in (0, 1))
        seen, of = left.rows(known), np.eye(len(scores))
        far = np.abs(both[known, 0] - both[known, 1]) ** power
        n, apart = seen.sums(np.stack([np.ones(len(far)), far], 1)).T
        one, other = seen.sums(of[first]), seen.sums(of[second])
        expected = ratio(np.einsum("ui,ij,uj->u", one, distance, other), n**2)
        kappa = 1 - ratio(ratio(apart, n), expected, _LEAST)
        total += np.nan_to_num(kappa)
        defined += np.isfinite(kappa)
    return ratio(total, defined)


def gwet(table: np.ndarray, scores: np.ndarray, power: int = 0) -> float:
    """Gwet's AC1 (`power` 0), or AC2 with linear (1) or quadratic (2) weights [2]_.

    Parameters
    ----------
    table : np.ndarray [shape=(n_units, n_coders)]
    scores : np.ndarray [shape=(k,)]
        All scores that can be given, k at least 2.

    Returns
    -------
    ac : float
        NaN if no unit has two scores.
    """
    return float(gwets(table, scores, power, LeftOut.nobody(len(table)))[0])


def gwets(table: np.ndarray, scores: np.ndarray, power: int, left: LeftOut) -> np.ndarray:
    """Gwet's AC of all units, then without each clip, shape (1 + count,)."""
    distance = np.abs(scores[:, None] - scores[None])
    weights = (
        (distance == 0).astype(float) if not power else 1 - (distance / distance.max()) ** power
    )
    counts = counts_of(table, scores)
    given = counts.sum(1)
    agreed = ratio((counts * (counts @ weights - 1)).sum(1), given * (given - 1))
    several = given >= 2
    units, alike = left.sums(np.stack([several, np.where(several, agreed, 0.0)], 1)).T
    shares = np.where(given[:, None] > 0, counts / np.maximum(given, 1)[:, None], 0.0)
    common = left.sums(np.concatenate([shares, (given > 0)[:, None]], 1))
    mean = ratio(common[:, :-1], common[:, -1:])
    size = len(scores)
    expected = weights.sum() / (size * (size - 1)) * (mean * (1 - mean)).sum(1)
    return ratio(ratio(alike, units) - expected, 1 - expected)


def alpha(table: np.ndarray, scores: np.ndarray | None = None, level: Level = "ordinal") -> float:
    """Krippendorff's alpha [3]_, by the package of that name; NaN where it is not defined.

    Parameters
    ----------
    table : np.ndarray [shape=(n_units, n_coders)]
    scores : np.ndarray [shape=(k,)], optional
        All scores that can be given; those that occur if not given.
    level : str
        What the scores are.
    """
    import krippendorff

    paired = table[np.isfinite(table).sum(1) >= 2]
    values = paired[np.isfinite(paired)]
    if len(values) < 2 or values.min() == values.max():
        return math.nan
    if scores is None or not len(scores):
        scores = np.unique(values)
    counts = counts_of(paired, scores)
    if (counts.sum(0) > 0).sum() < 2:  # scores that differ by less than a step
        return math.nan
    return float(
        krippendorff.alpha(value_counts=counts, value_domain=scores, level_of_measurement=level)
    )


def ordinal_alphas(table: np.ndarray, scores: np.ndarray, left: LeftOut) -> np.ndarray:
    """Ordinal alpha of all units, then without each clip, shape (1 + count,).

    The first is that of the package; the others follow from sums of coincidences.
    """
    counts = counts_of(table, scores)
    given = counts.sum(1)
    paired = given >= 2
    counts, given, left = counts[paired], given[paired], left.rows(paired)
    size = len(scores)
    by_group = np.zeros((left.count, size, size))
    for k in range(left.count):
        mine = counts[left.groups == k]
        each = 1 / (given[left.groups == k] - 1)
        by_group[k] = (mine * each[:, None]).T @ mine - np.diag((mine * each[:, None]).sum(0))
    coincidences = by_group.sum(0) - by_group
    marginal = coincidences.sum(2)
    n = marginal.sum(1)
    up_to = marginal.cumsum(1) - marginal / 2
    apart = (up_to[:, :, None] - up_to[:, None]) ** 2
    seen = (coincidences * apart).sum((1, 2))
    expected = np.einsum("ui,uij,uj->u", marginal, apart, marginal)
    without = 1 - (n - 1) * ratio(seen, expected, _LEAST)
    return np.concatenate([[alpha(table, scores)], without])


def interval_alphas(table: np.ndarray, left: LeftOut) -> np.ndarray:
    """Alpha of scores on a line, of all units, then without each clip, shape (1 + count,).

    Squared differences follow from sums of scores and squares, however many scores there are.
    """
    known = np.isfinite(table)
    paired = known.sum(1) >= 2
    table, known, left = table[paired], known[paired], left.rows(paired)
    if not len(table):
        return np.full(1 + left.count, np.nan)
    off = np.where(known, table - table[known].mean(), 0.0)
    given, total, squares = known.sum(1), off.sum(1), (off**2).sum(1)
    within = 2 * given / (given - 1) * (squares - total**2 / given)
    n, all_of, power, apart = left.sums(np.stack([given, total, squares, within], 1)).T
    expected = 2 * (n * power - all_of**2)
    return np.asarray(1 - (n - 1) * ratio(apart, expected, _LEAST))


def counts_of(table: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """How often each score occurs in each row, shape (n_rows, k)."""
    rows, size = len(table), len(scores)
    known = np.isfinite(table)
    places = _places(table[known], scores) + size * np.nonzero(known)[0]
    return np.bincount(places, minlength=rows * size).reshape(rows, size).astype(float)


def _places(given: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Which of all scores each is."""
    return np.searchsorted((scores[1:] + scores[:-1]) / 2, given)
