"""How far scores agree: weighted kappa, Gwet's AC, Krippendorff's alpha, intraclass correlation.

All take a table of units (rows) by coders (columns), NaN where there is no score. Two coders may be
two people, or the original and the result in the hands of one.

References
----------
.. [1] Cohen, "Weighted kappa", Psychological Bulletin 1968; of several coders the mean of pairs:
   Light, "Measures of response agreement for qualitative data", Psychological Bulletin 1971.
.. [2] Gwet, "Computing inter-rater reliability and its variance in the presence of high
   agreement", British Journal of Mathematical and Statistical Psychology 2008; weighted and with
   missing scores: Handbook of Inter-Rater Reliability, 4th edition, 2014.
.. [3] Hayes & Krippendorff, "Answering the call for a standard reliability measure for coding
   data", Communication Methods and Measures 2007.
.. [4] Shrout & Fleiss, "Intraclass correlations: uses in assessing rater reliability",
   Psychological Bulletin 1979; intervals: McGraw & Wong, Psychological Methods 1996.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from itertools import combinations
from typing import Literal

import numpy as np

from mien.study.estimate import CONFIDENCE, Estimate, jackknife, plural, share, undefined
from mien.study.items import Item

STATISTICS = (
    "identical", "within_one", "kappa_linear", "kappa_quadratic", "ac1", "ac2", "alpha",
    "icc_2_1", "icc_3_1",
)  # fmt: skip
"""What `agreement` gives, in order."""
Level = Literal["nominal", "ordinal", "interval"]
_NO_CHANCE = (
    "Every score is the same: chance alone would agree as often, so this is not defined; AC1 is."
)
_NO_STEPS = "The item takes any number: this needs scores that can be counted."


def agreement(
    table: np.ndarray, item: Item, clusters: np.ndarray, *, normal: bool = False
) -> dict[str, Estimate]:
    """Every statistic of agreement.

    Parameters
    ----------
    table : np.ndarray [shape=(n_units, n_coders)]
        Scores, NaN where there is none.
    item : Item
        Its scale.
    clusters : np.ndarray [shape=(n_units,)]
        Which clip each unit belongs to.
    normal : bool
        Whether intraclass correlations have the interval of the analysis of variance [4]_, which
        takes coders for drawn at random and scores for normal; else that of the jackknife.

    Returns
    -------
    estimates : dict of Estimate
        By the names in `STATISTICS`.
    """
    known = np.isfinite(table)
    keep = known.sum(1) >= 2
    table, clusters = table[keep], clusters[keep]
    pairs = pairs_of(table)
    if not len(table):
        nothing = undefined("No clip has two scores to compare.")
        return dict.fromkeys(STATISTICS, nothing)
    differences, of = pairs[:, 0] - pairs[:, 1], clusters[pairs_of_units(table)]
    found = {
        "identical": share(np.abs(differences) < 1e-9, of),
        "within_one": share(np.abs(differences) < 1 + 1e-9, of),
    }
    found |= _categorical(table, item, clusters)
    for name in ("icc_2_1", "icc_3_1"):
        found[name] = _icc_estimate(table, clusters, name == "icc_2_1", normal)
    return found


def pairs_of(table: np.ndarray) -> np.ndarray:
    """Every two scores of one unit, shape (n_pairs, 2); the first coder's first."""
    both = [table[:, [i, j]] for i, j in combinations(range(table.shape[1]), 2)]
    if not both:
        return np.empty((0, 2))
    all_of = np.concatenate(both)
    return all_of[np.isfinite(all_of).all(1)]


def pairs_of_units(table: np.ndarray) -> np.ndarray:
    """The number of the unit that each row of `pairs_of` belongs to."""
    rows = np.arange(len(table))
    found = [
        rows[np.isfinite(table[:, [i, j]]).all(1)]
        for i, j in combinations(range(table.shape[1]), 2)
    ]
    return np.concatenate(found) if found else rows[:0]


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
    distance = np.abs(scores[:, None] - scores[None]) ** power
    found = []
    for i, j in combinations(range(table.shape[1]), 2):
        both = table[:, [i, j]]
        both = both[np.isfinite(both).all(1)]
        if not len(both):
            continue
        first, second = _counts(both.T, scores) / len(both)
        expected = float(first @ distance @ second)
        if expected > 1e-12:
            seen = float((np.abs(both[:, 0] - both[:, 1]) ** power).mean())
            found.append(1 - seen / expected)
    return float(np.mean(found)) if found else math.nan


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
    distance = np.abs(scores[:, None] - scores[None])
    weights = (
        (distance == 0).astype(float) if not power else 1 - (distance / distance.max()) ** power
    )
    counts = _counts(table, scores)
    total = counts.sum(1)
    counts, total = counts[total >= 1], total[total >= 1]
    several = total >= 2
    if not several.any():
        return math.nan
    some, of = counts[several], total[several]
    seen = float(((some * (some @ weights - 1)).sum(1) / (of * (of - 1))).mean())
    common = (counts / total[:, None]).mean(0)
    size = len(scores)
    expected = float(weights.sum() / (size * (size - 1)) * (common * (1 - common)).sum())
    return (seen - expected) / (1 - expected) if expected < 1 else math.nan


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
    counts = _counts(paired, scores)
    if (counts.sum(0) > 0).sum() < 2:  # scores that differ by less than a step
        return math.nan
    return float(
        krippendorff.alpha(value_counts=counts, value_domain=scores, level_of_measurement=level)
    )


def intraclass(table: np.ndarray, absolute: bool) -> float:
    """ICC(2,1) if `absolute`, else ICC(3,1), of the units without a missing score [4]_.

    Parameters
    ----------
    table : np.ndarray [shape=(n_units, n_coders)]

    Returns
    -------
    icc : float
        NaN if units do not differ, or fewer than 2 are complete.
    """
    table = table[np.isfinite(table).all(1)]
    rows, columns = table.shape
    if rows < 2 or columns < 2:
        return math.nan
    between, coders, rest = _squares(table)
    if between + rest <= 1e-12:
        return math.nan
    spread = between + (columns - 1) * rest
    if absolute:
        spread += columns * (coders - rest) / rows
    return (between - rest) / spread if spread > 1e-12 else math.nan


def _icc_estimate(
    table: np.ndarray, clusters: np.ndarray, absolute: bool, normal: bool
) -> Estimate:
    complete = np.isfinite(table).all(1)
    whole, of = table[complete], clusters[complete]
    if len(whole) < 2:
        return undefined(f"{plural(len(whole), 'clip')} with all scores: too few.", len(whole))
    value = intraclass(whole, absolute)
    if not math.isfinite(value):
        return undefined("All clips have the same score: there is nothing to tell apart.",
                         len(whole))  # fmt: skip
    statistic = partial(intraclass, absolute=absolute)
    if not normal or value > 1 - 1e-9:
        return jackknife(statistic, whole, of)
    low, high = _icc_interval(whole, value, absolute)
    if not (math.isfinite(low) and math.isfinite(high)):
        return Estimate(value, n=len(whole), why="Too few clips for an interval.")
    return Estimate(value, low, high, len(whole))


def _icc_interval(table: np.ndarray, icc: float, absolute: bool) -> tuple[float, float]:
    from scipy.stats import f

    n, k = table.shape
    between, coders, rest = _squares(table)
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


def _squares(table: np.ndarray) -> tuple[float, float, float]:
    """Mean squares of the two-way analysis of variance: between units, between coders, the rest."""
    n, k = table.shape
    middle = table.mean()
    units, coders = table.mean(1), table.mean(0)
    rest = table - units[:, None] - coders[None] + middle
    return (
        float(k * ((units - middle) ** 2).sum() / (n - 1)),
        float(n * ((coders - middle) ** 2).sum() / (k - 1)),
        float((rest**2).sum() / ((n - 1) * (k - 1))),
    )


def _categorical(table: np.ndarray, item: Item, clusters: np.ndarray) -> dict[str, Estimate]:
    scores = item.scores
    names: dict[str, Callable[[np.ndarray], float]] = {
        "kappa_linear": lambda t: weighted_kappa(t, scores, 1),
        "kappa_quadratic": lambda t: weighted_kappa(t, scores, 2),
        "ac1": lambda t: gwet(t, scores),
        "ac2": lambda t: gwet(t, scores, 2),
        "alpha": lambda t: alpha(t, scores),
    }
    if not len(scores):
        nothing = undefined(_NO_STEPS, len(table))
        some = {name: nothing for name in names if name != "alpha"}
        return some | {"alpha": jackknife(lambda t: alpha(t, level="interval"), table, clusters)}
    values = table[np.isfinite(table)]
    constant = float(values.min()) == float(values.max())
    found = {}
    for name, statistic in names.items():
        if constant and name not in ("ac1", "ac2"):
            found[name] = undefined(_NO_CHANCE, len(table))
            continue
        found[name] = jackknife(statistic, table, clusters)
        if found[name].value is None and name.startswith("kappa"):
            found[name] = undefined(_NO_CHANCE, len(table))
    return found


def _counts(table: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """How often each score occurs in each row, shape (n_rows, k)."""
    rows, size = len(table), len(scores)
    known = np.isfinite(table)
    middles = (scores[1:] + scores[:-1]) / 2
    places = np.searchsorted(middles, table[known]) + size * np.nonzero(known)[0]
    return np.bincount(places, minlength=rows * size).reshape(rows, size).astype(float)
