"""What each study says by itself: sensitivity, specificity, their logits, odds and ratios."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

from mien.errors import ParameterError
from mien.review.synthesis.accuracy_table import AccuracyTable

Correction = Literal["all", "zero", "none"]
CORRECTIONS: tuple[Correction, ...] = ("all", "zero", "none")
HALF = 0.5
"""What is added to a cell [1]_.

.. [1] Haldane 1956; Anscombe 1956: removes the first term of the bias of a logit."""


@dataclass(frozen=True, eq=False)
class Effects:
    """One number a study, and how uncertain it is."""

    values: np.ndarray
    """Estimates, shape (n_studies,); NaN where a study says nothing."""
    variances: np.ndarray
    """Their sampling variances."""

    @property
    def known(self) -> np.ndarray:
        """Which studies say something."""
        return np.isfinite(self.values) & np.isfinite(self.variances) & (self.variances > 0)


def logits(hits: np.ndarray, misses: np.ndarray) -> Effects:
    """Logits of proportions; half is added to both counts where one of them is 0.

    Parameters
    ----------
    hits, misses : np.ndarray [shape=(n_studies,)]
        Counts. Where both are 0, nothing is known.
    """
    add = np.where((hits == 0) | (misses == 0), HALF, 0.0)
    return _logits(hits + add, misses + add, hits + misses > 0)


def _logits(hits: np.ndarray, misses: np.ndarray, known: np.ndarray) -> Effects:
    with np.errstate(divide="ignore", invalid="ignore"):
        values, variances = np.log(hits / misses), 1 / hits + 1 / misses
    known = known & np.isfinite(values) & np.isfinite(variances)
    return Effects(np.where(known, values, np.nan), np.where(known, variances, np.nan))


def corrected(table: AccuracyTable, correction: Correction) -> tuple[np.ndarray, ...]:
    """Counts tp, fp, fn and tn with half added to every cell.

    Parameters
    ----------
    table : AccuracyTable
    correction : str
        `all`: of all studies. `zero`: of studies in which one cell is 0. `none`: of none.

    Raises
    ------
    ParameterError
        If there is no such correction.
    """
    if correction not in CORRECTIONS:
        raise ParameterError(
            f"correction is {correction!r}: choose one of {', '.join(CORRECTIONS)}."
        )
    cells = np.stack([table.tp, table.fp, table.fn, table.tn])
    some_zero = (cells == 0).any(0)
    add = {"all": np.ones(len(table)), "zero": some_zero, "none": np.zeros(len(table))}[correction]
    return tuple(cells + HALF * add)


def logit_pairs(table: AccuracyTable, correction: Correction = "all") -> tuple[Effects, Effects]:
    """Logit sensitivity and logit false-positive rate of each study, as Reitsma et al. 2005."""
    tp, fp, fn, tn = corrected(table, correction)
    return _logits(tp, fn, table.diseased > 0), _logits(fp, tn, table.healthy > 0)


def log_odds_ratios(table: AccuracyTable, correction: Correction = "all") -> Effects:
    """Logarithm of the diagnostic odds ratio of each study."""
    tp, fp, fn, tn = corrected(table, correction)
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.log(tp) + np.log(tn) - np.log(fp) - np.log(fn)
        variances = 1 / tp + 1 / tn + 1 / fp + 1 / fn
    known = (table.diseased > 0) & (table.healthy > 0) & np.isfinite(values)
    return Effects(np.where(known, values, np.nan), np.where(known, variances, np.nan))


def exact_intervals(hits: np.ndarray, totals: np.ndarray, confidence: float = 0.95) -> np.ndarray:
    """Exact confidence intervals of proportions (Clopper & Pearson 1934).

    Parameters
    ----------
    hits, totals : np.ndarray [shape=(n_studies,)]
        Counts.
    confidence : float
        Level.

    Returns
    -------
    intervals : np.ndarray [shape=(n_studies, 2)]
        NaN where the total is 0.
    """
    tail = (1 - confidence) / 2
    with np.errstate(invalid="ignore"):
        low = np.where(hits > 0, stats.beta.ppf(tail, hits, totals - hits + 1), 0.0)
        high = np.where(hits < totals, stats.beta.ppf(1 - tail, hits + 1, totals - hits), 1.0)
    return np.where((totals > 0)[:, None], np.stack([low, high], 1), np.nan)
