"""How far scores of results lie from those of their originals, and whether that is little enough.

References
----------
.. [1] Bland & Altman, "Measuring agreement in method comparison studies", Statistical Methods in
   Medical Research 1999.
.. [2] Schuirmann, "A comparison of the two one-sided tests procedure and the power approach",
   Journal of Pharmacokinetics and Biopharmaceutics 1987.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mien.counted import plural
from mien.study.estimate import (
    FEWEST,
    Estimate,
    LeftOut,
    jackknifed,
    mean,
    number,
    ratio,
    share,
    undefined,
)

_MOST_BARS = 20  # to either side, up to which deviations that do not occur are listed, too
_LIMITS = 1.959964  # standard deviations that hold 95 % of a normal distribution


@dataclass(frozen=True)
class Deviation:
    """Second less first score, over pairs in which both are valid."""

    mean: Estimate
    sd: float | None
    """Standard deviation over pairs; None of fewer than 2."""
    absolute: Estimate
    """Mean size."""
    identical: Estimate
    """Share of pairs that do not differ."""
    within_one: Estimate
    """Share of pairs that differ by 1 at most."""
    histogram: dict[str, int]
    """Pairs by their deviation, rounded to whole points; on long scales only those that occur."""
    lower_limit: Estimate
    """Bland and Altman's limits of agreement [1]_: 95 % of pairs differ by more than this."""
    upper_limit: Estimate
    """And by less than this."""

    def to_json(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "mean": self.mean.to_json(),
            "sd": number(self.sd),
            "mean_absolute": self.absolute.to_json(),
            "identical": self.identical.to_json(),
            "within_one": self.within_one.to_json(),
            "histogram": self.histogram,
            "limits_of_agreement": {
                "lower": self.lower_limit.to_json(),
                "upper": self.upper_limit.to_json(),
            },
        }


@dataclass(frozen=True)
class Equivalence:
    """Two one-sided tests of the mean deviation against a margin [2]_."""

    margin: float | None
    """In points of the scale; None if there is none."""
    source: str
    """Where the margin comes from."""
    p: float | None
    """The larger of the two; None if there was nothing to test."""
    interval: tuple[float, float] | None
    """90 % interval of the mean deviation; equivalent if it lies within the margin."""
    words: str
    """The outcome in one sentence."""

    @property
    def equivalent(self) -> bool | None:
        """Whether the deviation is within the margin; None if it was not tested."""
        return None if self.p is None else self.p < 0.05

    def to_json(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "margin": number(self.margin),
            "source": self.source,
            "p": number(self.p),
            "interval_90": None if self.interval is None else [number(v) for v in self.interval],
            "equivalent": self.equivalent,
            "words": self.words,
        }


def deviation(differences: np.ndarray, clusters: np.ndarray) -> Deviation:
    """Statistics of differences.

    Parameters
    ----------
    differences : np.ndarray [shape=(n,)]
        Second less first score, finite.
    clusters : np.ndarray [shape=(n,)]
        Which clip each belongs to.
    """
    whole = np.round(differences).astype(int)
    if not len(differences):
        nothing = undefined("No pair has two valid scores.")
        return Deviation(nothing, None, nothing, nothing, nothing, {}, nothing, nothing)
    return Deviation(
        mean(differences, clusters),
        float(differences.std(ddof=1)) if len(differences) > 1 else None,
        _not_below_0(mean(np.abs(differences), clusters)),
        share(np.abs(differences) < 1e-9, clusters),
        share(np.abs(differences) < 1 + 1e-9, clusters),
        _histogram(whole),
        *(_limit(differences, clusters, sign) for sign in (-1, 1)),
    )


def equivalence(
    differences: np.ndarray, clusters: np.ndarray, margin: float | None, source: str
) -> Equivalence:
    """Test whether the mean deviation lies within a margin, by the means of clips.

    Parameters
    ----------
    differences : np.ndarray [shape=(n,)]
    clusters : np.ndarray [shape=(n,)]
    margin : float or None
        In points of the scale; None if there is none.
    source : str
        Where the margin comes from, as "hidden repeats"; or why there is none.
    """

    def untested(words: str) -> Equivalence:
        return Equivalence(margin, source, None, None, words)

    if margin is None:
        return untested(source)
    if margin <= 0:
        return untested("Hidden repeats never differ: the margin is 0, and nothing lies within.")
    by_clip = clip_means(differences, clusters)
    if len(by_clip) < FEWEST:
        return untested(f"{plural(len(by_clip), 'clip')} with a pair: too few for a test.")
    spread = float(by_clip.std(ddof=1))
    if spread < 1e-12:
        return untested("Every clip deviates by the same: there is nothing to test.")
    from pingouin import tost
    from scipy.stats import t

    p = float(tost(by_clip, 0, bound=margin)["pval"].iloc[0])
    middle = float(by_clip.mean())
    reach = float(t.ppf(0.95, len(by_clip) - 1)) * spread / math.sqrt(len(by_clip))
    verdict = "is within" if p < 0.05 else "cannot be said to be within"
    return Equivalence(
        margin,
        source,
        p,
        (middle - reach, middle + reach),
        f"The mean deviation {verdict} {margin:.2f} points ({source}).",
    )


def clip_means(values: np.ndarray, clusters: np.ndarray) -> np.ndarray:
    """The mean of each clip, shape (n_clips,)."""
    groups = np.unique(clusters, return_inverse=True)[1].ravel()
    return np.bincount(groups, values) / np.bincount(groups)


def _histogram(whole: np.ndarray) -> dict[str, int]:
    size = int(np.abs(whole).max())
    places = range(-size, size + 1) if size <= _MOST_BARS else np.unique(whole).tolist()
    return {str(k): int((whole == k).sum()) for k in places}


def _not_below_0(one: Estimate) -> Estimate:
    return one if one.low is None else replace(one, low=max(0.0, one.low))


def _limit(differences: np.ndarray, clusters: np.ndarray, sign: int) -> Estimate:
    if len(differences) < 2:
        return undefined("One pair has no spread.", len(differences))

    left, middle = LeftOut.of(clusters), float(differences.mean())
    off = differences - middle
    n, total, squares = left.sums(np.stack([np.ones(len(off)), off, off**2], 1)).T
    variance = ratio(squares - ratio(total**2, n), n - 1)
    limits = middle + ratio(total, n) + sign * _LIMITS * np.sqrt(np.maximum(variance, 0))
    return jackknifed(limits, left, len(differences), bounded=False)
