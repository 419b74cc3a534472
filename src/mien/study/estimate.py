"""A statistic with its interval, or the reason why there is none.

Clips are what a study draws at random: whatever several raters say of one clip hangs together. So
intervals come from leaving out one clip after the other (the jackknife [1]_), not from counting
answers.

References
----------
.. [1] Efron & Stein, "The jackknife estimate of variance", Annals of Statistics 1981.
.. [2] Clopper & Pearson, "The use of confidence or fiducial limits", Biometrika 1934.
.. [3] Korn & Graubard, "Confidence intervals for proportions with small expected number of positive
   counts estimated from survey data", Survey Methodology 1998.
.. [4] Satterthwaite, "An approximate distribution of estimates of variance components", Biometrics
   Bulletin 1946.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from mien.counted import plural

CONFIDENCE = 0.95
FEWEST = 5
"""Clips below which no interval is given: fewer say nothing about chance."""
_MOST_GROUPS = 200  # that are left out in turn; more clips are put together
_EXACT = 1 - 1e-9


@dataclass(frozen=True)
class Estimate:
    """One number, and how sure it is."""

    value: float | None
    """None if it is not defined."""
    low: float | None = None
    """Lower end of the 95 % interval."""
    high: float | None = None
    """Upper end."""
    n: int = 0
    """Answers, pairs or clips that it rests on."""
    why: str = ""
    """Why value or interval is missing; one sentence."""

    @property
    def interval(self) -> tuple[float, float] | None:
        """Both ends, or None."""
        return None if self.low is None or self.high is None else (self.low, self.high)

    def holds(self, value: float) -> bool:
        """Whether a value lies within the interval."""
        return self.low is not None and self.high is not None and self.low <= value <= self.high

    def to_json(self) -> dict[str, Any]:
        """For JSON; never NaN."""
        return {
            "value": number(self.value),
            "low": number(self.low),
            "high": number(self.high),
            "n": self.n,
            "why": self.why or None,
        }


def number(value: float | None) -> float | None:
    """A figure for JSON: six digits after the point, None where it is none."""
    if value is None or not math.isfinite(value):
        return None
    return round(float(value), 6) + 0.0


def undefined(why: str, n: int = 0) -> Estimate:
    """A number that there is not."""
    return Estimate(None, n=n, why=why)


@dataclass(frozen=True, eq=False)
class LeftOut:
    """Which clip is left out when, for statistics that follow from sums over rows."""

    groups: np.ndarray
    """With which the row is left out, shape (n,)."""
    count: int
    """How many groups are left out in turn."""
    clips: int
    """Clips, of which several may be left out together."""

    @classmethod
    def of(cls, clusters: np.ndarray) -> LeftOut:
        """Each clip in turn; of very many several at once."""
        if not len(clusters):
            return cls(np.empty(0, int), 0, 0)
        groups = np.unique(clusters, return_inverse=True)[1].ravel()
        clips = int(groups.max()) + 1
        return cls(groups % _MOST_GROUPS, min(clips, _MOST_GROUPS), clips)

    @classmethod
    def nobody(cls, rows: int) -> LeftOut:
        """No clip is left out."""
        return cls(np.zeros(rows, int), 0, 0)

    def rows(self, chosen: np.ndarray) -> LeftOut:
        """The same of some rows."""
        return LeftOut(self.groups[chosen], self.count, self.clips)

    def sums(self, parts: np.ndarray) -> np.ndarray:
        """Sums over all rows, then without each group, shape (1 + count, ...)."""
        total = parts.sum(0)
        if not self.count:
            return np.asarray(total[None])
        by_group = np.zeros((self.count, *parts.shape[1:]))
        np.add.at(by_group, self.groups, parts)
        return np.concatenate([total[None], total - by_group])


def jackknife(
    statistic: Callable[[np.ndarray], float],
    data: np.ndarray,
    clusters: np.ndarray,
    *,
    bounded: bool = True,
) -> Estimate:
    """A statistic with an interval from leaving out one clip after the other.

    Parameters
    ----------
    statistic : callable
        Of rows of `data`; NaN where it is not defined.
    data : np.ndarray [shape=(n, ...)]
        Rows of one clip hang together.
    clusters : np.ndarray [shape=(n,)]
        Which clip each row belongs to.
    bounded : bool
        As for `jackknifed`.

    Returns
    -------
    estimate : Estimate
    """
    left = LeftOut.of(clusters)
    values = [statistic(data) if len(data) else math.nan]
    if math.isfinite(values[0]) and left.clips >= FEWEST:
        values += [statistic(data[left.groups != k]) for k in range(left.count)]
    return jackknifed(np.array(values), left, len(data), bounded=bounded)


def jackknifed(values: np.ndarray, left: LeftOut, n: int, *, bounded: bool = True) -> Estimate:
    """A statistic with its interval, from its values without each clip.

    Parameters
    ----------
    values : np.ndarray [shape=(1 + count,)]
        Of all rows, then without each group; NaN where it is not defined.
    left : LeftOut
    n : int
        What the statistic rests on, as the number of pairs.
    bounded : bool
        Whether the statistic is a correlation, at most 1 in size: the interval is then made on
        Fisher's scale, and stays within -1 and 1.
    """
    value = float(values[0])
    if not math.isfinite(value):
        return undefined("It is not defined for these scores.", n)
    if bounded and abs(value) > _EXACT:
        return Estimate(
            float(np.sign(value)), n=n, why="Perfect: scores that never differ give no interval."
        )
    if left.clips < FEWEST:
        return Estimate(value, n=n, why=f"{plural(left.clips, 'clip')}: too few for an interval.")
    without, count = values[1:], left.count
    if not np.isfinite(without).all() or (bounded and (np.abs(without) > _EXACT).any()):
        return Estimate(value, n=n, why="All of it hangs on one clip: there is no interval.")
    put, back = (np.arctanh, np.tanh) if bounded else (np.asarray, np.asarray)
    apart = (put(without) - put(without).mean()) ** 2
    if float(apart.sum()) <= 1e-24:
        return Estimate(value, n=n, why="Every clip says the same: there is no interval.")
    error = math.sqrt((count - 1) / count * float(apart.sum()))
    reach = _quantile(_freedom(apart)) * error
    middle = float(put(np.float64(value)))
    return Estimate(value, float(back(middle - reach)), float(back(middle + reach)), n)


def mean(values: np.ndarray, clusters: np.ndarray) -> Estimate:
    """The mean of values with an interval that knows which of them belong to one clip.

    Parameters
    ----------
    values : np.ndarray [shape=(n,)]
        Finite.
    clusters : np.ndarray [shape=(n,)]
    """
    if not len(values):
        return undefined("There is nothing to average.")
    left, middle = LeftOut.of(clusters), float(values.mean())
    sums = left.sums(np.stack([np.ones(len(values)), values - middle], 1))
    return jackknifed(middle + ratio(sums[:, 1], sums[:, 0]), left, len(values), bounded=False)


def ratio(top: np.ndarray, bottom: np.ndarray, least: float = 0.0) -> np.ndarray:
    """One by the other; NaN where the other is not above `least`."""
    known = bottom > least
    return np.where(known, top / np.where(known, bottom, 1.0), np.nan)


def share(hits: np.ndarray, clusters: np.ndarray | None = None, fewest: int = FEWEST) -> Estimate:
    """A share with an exact interval (Clopper-Pearson [2]_).

    Where answers of one clip hang together, they count for fewer (Korn & Graubard [3]_): how much
    they do cannot be known of few clips, which have no interval.

    Parameters
    ----------
    hits : np.ndarray of bool [shape=(n,)]
    clusters : np.ndarray [shape=(n,)], optional
        Which clip each belongs to; none hang together if not given.
    fewest : int
        Clips that an interval needs.
    """
    from statsmodels.stats.proportion import proportion_confint

    n = len(hits)
    if not n:
        return undefined("Nobody was asked.")
    value = float(np.mean(hits))
    effective = float(n)
    if clusters is not None:
        left = LeftOut.of(clusters)
        if left.clips < fewest:
            return Estimate(
                value, n=n, why=f"{plural(left.clips, 'clip')}: too few for an interval."
            )
        effective = _effective(np.asarray(hits, float), left)
    low, high = proportion_confint(value * effective, effective, 1 - CONFIDENCE, "beta")
    return Estimate(value, max(0.0, float(low)), min(1.0, float(high)), n)


def _effective(hits: np.ndarray, left: LeftOut) -> float:
    """How many independent answers these are worth, adjusted for the degrees of freedom [3]_."""
    n, value = len(hits), float(hits.mean())
    if left.count < 2 or not 0 < value < 1:
        return float(n)
    sums = left.sums(np.stack([np.ones(n), hits], 1))[1:]
    means = ratio(sums[:, 1], sums[:, 0])
    apart = (means - means.mean()) ** 2
    variance = (left.count - 1) / left.count * float(apart.sum())
    if variance <= 1e-24:  # every clip says the same
        return float(n)
    adjusted = (_quantile(n - 1) / _quantile(_freedom(apart))) ** 2
    return min(float(n), max(1.0, value * (1 - value) / variance * adjusted))


def _freedom(apart: np.ndarray) -> float:
    """Degrees of freedom of a jackknife's variance, by the spread of what each clip adds to it.

    Where few clips make most of it, as where nearly all scores are 0, it is less well known than n
    - 1 says (Satterthwaite [4]_).
    """
    n = len(apart)
    spread = float(((apart / apart.mean()) ** 2).mean()) - 1
    return float(min(n - 1, max(1.0, 2 * n / spread))) if spread > 0 else float(n - 1)


def _quantile(freedom: float) -> float:
    from scipy.stats import t

    return float(t.ppf(0.5 + CONFIDENCE / 2, freedom))
