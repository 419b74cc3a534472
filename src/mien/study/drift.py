"""Whether one item moves in one direction: the paper's results looked a little livelier than their
originals (hypomimia -.23), and its authors name that as what to watch.

References
----------
.. [1] Wilcoxon, "Individual comparisons by ranking methods", Biometrics Bulletin 1945.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mien.counted import plural
from mien.study.deviation import clip_means
from mien.study.estimate import FEWEST, Estimate, mean, number


@dataclass(frozen=True)
class Drift:
    """A test of one item's mean deviation against 0."""

    mean: Estimate
    """Mean over clips of their mean deviation."""
    t: float | None
    """Student's t of the clips' means; None if there is nothing to test."""
    p: float | None
    """Two-sided."""
    wilcoxon_p: float | None
    """Of the signed ranks [1]_ of the clips' means."""
    by_score: dict[str, Estimate]
    """Mean deviation by the score of the original. Extremes move inwards by themselves."""
    words: str
    """The outcome in one sentence."""

    def to_json(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "mean": self.mean.to_json(),
            "t": number(self.t),
            "p": number(self.p),
            "wilcoxon_p": number(self.wilcoxon_p),
            "by_score": {key: value.to_json() for key, value in self.by_score.items()},
            "words": self.words,
        }


def drift(originals: np.ndarray, results: np.ndarray, clusters: np.ndarray, title: str) -> Drift:
    """Test whether results are scored otherwise than originals.

    Parameters
    ----------
    originals, results : np.ndarray [shape=(n_pairs,)]
        Scores, finite.
    clusters : np.ndarray [shape=(n_pairs,)]
        Which clip each pair belongs to.
    title : str
        Of the item, for the sentence.
    """
    differences = results - originals
    by_score = {
        f"{score:g}": mean(differences[originals == score], clusters[originals == score])
        for score in np.unique(originals)
    }
    by_clip = clip_means(differences, clusters) if len(differences) else differences
    found = mean(by_clip, np.arange(len(by_clip)))
    if len(by_clip) < FEWEST:
        words = f"{plural(len(by_clip), 'clip')} with a pair: too few for a test."
        return Drift(found, None, None, None, by_score, words)
    if np.ptp(by_clip) < 1e-12:
        words = f"Every clip deviates by {by_clip[0]:.2f}: there is nothing to test."
        return Drift(found, None, None, None, by_score, words)
    from scipy.stats import ttest_1samp, wilcoxon

    t = ttest_1samp(by_clip, 0.0)
    p = float(t.pvalue)
    way = "lower" if by_clip.mean() < 0 else "higher"
    size = abs(by_clip.mean())
    words = (
        f"Results are scored {way} than originals by {size:.2f} points in {title} (p {_p(p)})."
        if p < 0.05
        else f"No drift can be told in {title}: {by_clip.mean():+.2f} points (p {_p(p)})."
    )
    return Drift(found, float(t.statistic), p, float(wilcoxon(by_clip).pvalue), by_score, words)


def _p(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"= {p:.3f}"
