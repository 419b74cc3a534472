"""Each rater by themselves: how often not sure, and whether they say anything about the clips.

References
----------
.. [1] McNemar, "Note on the sampling error of the difference between correlated proportions or
   percentages", Psychometrika 1947; exact, by the binomial distribution.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from mien.study.estimate import FEWEST, Estimate, jackknife, number, share, undefined
from mien.study.ratings import ORIGINAL, RESULT, VERSIONS, ItemRatings

GUESSING = 0.5
"""Size of the correlation with the others that somebody who guesses stays below: only an interval
that holds 0 and lies within this on both sides is taken for guessing. A wider one holds raters who
agree well, too, and says that few clips were rated."""


@dataclass(frozen=True)
class NotSure:
    """How often the answer was "not sure"."""

    original: Estimate
    """Share of first answers to originals."""
    result: Estimate
    """Share of first answers to results."""
    only_original: int
    """Pairs of which only the original was not sure."""
    only_result: int
    """Pairs of which only the result was not sure."""
    p: float | None
    """McNemar's exact test [1]_ of the two; None if they never differ."""

    def to_json(self) -> dict[str, Any]:
        """For JSON."""
        return {
            ORIGINAL: self.original.to_json(),
            RESULT: self.result.to_json(),
            "only_original": self.only_original,
            "only_result": self.only_result,
            "p": number(self.p),
        }


@dataclass(frozen=True)
class RaterCheck:
    """Whether a rater's scores of originals go along with those of the others."""

    correlation: Estimate
    """Spearman's, with the mean of the others."""
    words: str
    """What is strange about it, in one sentence that names the item; empty if nothing is."""

    @property
    def open(self) -> bool:
        """Whether too few clips were rated to tell: the interval holds 0, and much more."""
        ends = self.correlation.interval
        return ends is not None and ends[0] <= 0 <= ends[1] and not _guessing(*ends)

    def to_json(self) -> dict[str, Any]:
        """For JSON."""
        return {"correlation": self.correlation.to_json(), "words": self.words or None}


def not_sure(ratings: ItemRatings, rater: int | None = None) -> NotSure:
    """How often one rater, or anybody, was not sure.

    Parameters
    ----------
    ratings : ItemRatings
    rater : int, optional
        Row of the rater; all if not given.
    """
    rows = slice(None) if rater is None else slice(rater, rater + 1)
    clips = np.broadcast_to(np.arange(len(ratings.clips)), ratings.original.shape)[rows]
    asked = {version: ratings.asked[version][rows] for version in VERSIONS}
    unsure = {v: asked[v] & np.isnan(ratings.scores(v)[rows]) for v in VERSIONS}
    shares = {v: share(unsure[v][asked[v]], clips[asked[v]]) for v in VERSIONS}
    both = asked[ORIGINAL] & asked[RESULT]
    first = int((both & unsure[ORIGINAL] & ~unsure[RESULT]).sum())
    second = int((both & unsure[RESULT] & ~unsure[ORIGINAL]).sum())
    p = None
    if first + second:
        from statsmodels.stats.contingency_tables import mcnemar

        p = float(mcnemar([[0, first], [second, 0]], exact=True).pvalue)
    return NotSure(shares[ORIGINAL], shares[RESULT], first, second, p)


def check_rater(ratings: ItemRatings, rater: int) -> RaterCheck:
    """Compare a rater's scores of originals with the mean of the others'.

    A rater is said to guess where the interval of the correlation holds 0 and nothing as large as
    `GUESSING`.
    """
    others = np.delete(ratings.original, rater, 0)
    if not len(others):
        return RaterCheck(undefined("There is one rater: nobody to compare with."), "")
    count = np.isfinite(others).sum(0)
    mean = np.where(count, np.nansum(others, 0) / np.maximum(count, 1), np.nan)
    table = np.stack([ratings.original[rater], mean], 1)
    known = np.isfinite(table).all(1)
    found = jackknife(spearman, table[known], np.flatnonzero(known))
    return RaterCheck(found, _strange(found, ratings.raters[rater], ratings.item.title))


def _strange(found: Estimate, name: str, item: str) -> str:
    low, high = found.interval or (0.0, 1.0)
    exactly = found.value == -1 and found.n >= FEWEST  # which has no interval
    if high < 0 or exactly:
        return (
            f"{name} answers backwards on {item}: high where the others are low. Ask how they read "
            "the scale before anything is concluded."
        )
    if _guessing(low, high):
        return (
            f"{name} goes along with the others on {item} no more than guessing would: look at "
            "their answers before anything is concluded."
        )
    return ""


def _guessing(low: float, high: float) -> bool:
    return -GUESSING < low <= 0 <= high < GUESSING


def spearman(table: np.ndarray) -> float:
    """Spearman's rank correlation of two columns; NaN if one is constant."""
    from scipy.stats import rankdata

    if len(table) < 3 or (np.ptp(table, 0) == 0).any():
        return math.nan
    first, second = rankdata(table[:, 0]), rankdata(table[:, 1])
    return float(np.corrcoef(first, second)[0, 1])
