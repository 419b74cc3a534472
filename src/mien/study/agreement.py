"""How far scores agree: every coefficient of a table, with its interval.

A table has units (rows) by coders (columns), NaN where there is no score. Two coders may be two
people, or the original and the result in the hands of one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import combinations

import numpy as np

from mien.counted import plural
from mien.study.coefficients import gwets, interval_alphas, kappas, ordinal_alphas
from mien.study.estimate import FEWEST, Estimate, LeftOut, jackknifed, share, undefined
from mien.study.intraclass import interval as interval_of
from mien.study.intraclass import intraclass, intraclasses
from mien.study.items import Item

STATISTICS = (
    "identical", "within_one", "kappa_linear", "kappa_quadratic", "ac1", "ac2", "alpha",
    "icc_2_1", "icc_3_1",
)  # fmt: skip
"""What `agreement` gives, in order."""
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
        Whether intraclass correlations have the interval of the analysis of variance, which
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
    if not normal or value > 1 - 1e-9:
        left = LeftOut.of(of)
        return jackknifed(intraclasses(whole, absolute, left), left, len(whole))
    if len(whole) < FEWEST:
        why = f"{plural(len(whole), 'clip')}: too few for an interval."
        return Estimate(value, n=len(whole), why=why)
    low, high = interval_of(whole, value, absolute)
    if not (math.isfinite(low) and math.isfinite(high)):
        return Estimate(value, n=len(whole), why="Too few clips for an interval.")
    return Estimate(value, low, high, len(whole))


def _categorical(table: np.ndarray, item: Item, clusters: np.ndarray) -> dict[str, Estimate]:
    scores, left = item.scores, LeftOut.of(clusters)
    values: dict[str, Callable[[], np.ndarray]] = {
        "kappa_linear": lambda: kappas(table, scores, 1, left),
        "kappa_quadratic": lambda: kappas(table, scores, 2, left),
        "ac1": lambda: gwets(table, scores, 0, left),
        "ac2": lambda: gwets(table, scores, 2, left),
        "alpha": lambda: ordinal_alphas(table, scores, left),
    }
    if not len(scores):
        nothing = undefined(_NO_STEPS, len(table))
        some = {name: nothing for name in values if name != "alpha"}
        return some | {"alpha": jackknifed(interval_alphas(table, left), left, len(table))}
    given = table[np.isfinite(table)]
    constant = float(given.min()) == float(given.max())
    found = {}
    for name, of in values.items():
        if constant and name not in ("ac1", "ac2"):
            found[name] = undefined(_NO_CHANCE, len(table))
            continue
        found[name] = jackknifed(of(), left, len(table))
        if found[name].value is None and name.startswith("kappa"):
            found[name] = undefined(_NO_CHANCE, len(table))
    return found
