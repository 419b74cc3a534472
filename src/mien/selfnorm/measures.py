"""How well classes were told apart: counts, what follows from them, and if classes are even."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.stats import chisquare

from mien.errors import ParameterError


@dataclass(frozen=True)
class Balance:
    """Whether all classes have as many snapshots."""

    counts: tuple[int, ...]
    """Snapshots of each class."""
    chi2: float
    """Pearson's statistic against equal counts."""
    df: int
    """Degrees of freedom."""
    p: float
    """Probability of such a statistic if classes were equally likely and snapshots independent.
    Snapshots of a recording are not independent: the test is far too eager."""


def balance(labels: np.ndarray, classes: int) -> Balance:
    """Pearson's chi-squared test of equal class counts.

    The paper gives a p of a chi-squared test for its training set and its test set without naming
    the test; goodness of fit to equal counts is ours to take.

    Parameters
    ----------
    labels : np.ndarray [shape=(n,)]
        Negative ones are not counted.
    classes : int
        How many there are.

    Raises
    ------
    ParameterError
        If there are fewer than two classes, or no snapshot.
    """
    counts = np.bincount(labels[labels >= 0].astype(np.int64), minlength=classes)
    if classes < 2 or not counts.sum():
        raise ParameterError("Balance is between at least two classes with snapshots.")
    test = chisquare(counts)
    return Balance(tuple(counts.tolist()), float(test.statistic), classes - 1, float(test.pvalue))


def confusion(truth: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Counts by true class (rows) and predicted class (columns), shape (classes, classes).

    Pairs in which either is negative (unlabelled, abstained) are not counted.
    """
    both = (truth >= 0) & (predicted >= 0)
    flat = truth[both].astype(np.int64) * classes + predicted[both]
    return np.bincount(flat, minlength=classes**2).reshape(classes, classes)


@dataclass(frozen=True, eq=False)
class Measures:
    """What follows from a confusion matrix; NaN where nothing can be divided."""

    accuracy: float
    """Share classified rightly."""
    recall: np.ndarray
    """Of those of a class, the share that was found (sensitivity); shape (classes,)."""
    precision: np.ndarray
    """Of those given to a class, the share that belongs there."""
    f1: np.ndarray
    """Harmonic mean of the two."""
    specificity: np.ndarray
    """Of those of other classes, the share that was not given to this one."""
    positives: np.ndarray
    """Snapshots of each class, shape (classes,), int64."""
    negatives: np.ndarray
    """Snapshots of other classes, shape (classes,), int64."""

    @staticmethod
    def of(matrix: np.ndarray) -> Measures:
        """Measures of a confusion matrix, rows true."""
        matrix = np.asarray(matrix, np.float64)
        hit, total = np.diag(matrix), matrix.sum()
        row, column = matrix.sum(1), matrix.sum(0)
        with np.errstate(invalid="ignore", divide="ignore"):
            return Measures(
                accuracy=float(hit.sum() / total) if total else math.nan,
                recall=hit / row,
                precision=hit / column,
                f1=np.where(row > 0, 2 * hit / (row + column), math.nan),
                specificity=(total - row - column + hit) / (total - row),
                positives=row.astype(np.int64),
                negatives=(total - row).astype(np.int64),
            )

    @property
    def macro_f1(self) -> float:
        """Mean of the F1 of the classes that occur."""
        return float(np.nanmean(self.f1)) if np.isfinite(self.f1).any() else math.nan

    @property
    def balanced_accuracy(self) -> float:
        """Mean recall of the classes that occur."""
        return float(np.nanmean(self.recall)) if np.isfinite(self.recall).any() else math.nan


def rounded(value: float) -> float | None:
    """A number for JSON, rounded to six places; None for NaN."""
    return round(float(value), 6) if math.isfinite(value) else None
