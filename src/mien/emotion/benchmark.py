"""How often a classifier says what labelled pictures were meant to show."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from mien.emotion.classifier import EXPRESSIONS
from mien.emotion.labelled import Labelled
from mien.errors import ParameterError
from mien.statistics import finite_or_none, interval

_BINS = 15


@dataclass(frozen=True, eq=False)
class Benchmark:
    """What was found."""

    matrix: np.ndarray
    """Counts, true expressions (rows) by answers, shape (7, 7), int64."""
    accuracy: float
    """Share that was called as meant, without abstaining."""
    interval: tuple[float, float] | None
    """95 % of it, whole people drawn again; None where people are not known or fewer than four."""
    macro_f1: float
    """Mean F1 of the expressions that occur."""
    ece: float
    """Expected calibration error in 15 bins."""
    answered: float
    """Share whose probability reaches the threshold."""
    accuracy_of_answers: float
    """Of these, the share called as meant; NaN if there is none."""
    people: int
    """How many, 0 where the layout does not say."""
    without_neutral: bool
    """Whether neutral was taken out of the answers."""

    def scores(self) -> list[tuple[str, int, float, float, float]]:
        """Expression, pictures, precision, recall and F1 of each; NaN where there are none."""
        hit = np.diag(self.matrix).astype(float)
        row, column = self.matrix.sum(1), self.matrix.sum(0)
        with np.errstate(invalid="ignore", divide="ignore"):
            precision, recall, f1 = hit / column, hit / row, 2 * hit / (row + column)
        f1 = np.where(row > 0, f1, math.nan)
        return [
            (name, int(row[k]), float(precision[k]), float(recall[k]), float(f1[k]))
            for k, name in enumerate(EXPRESSIONS)
        ]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "pictures": int(self.matrix.sum()),
            "people": self.people,
            "without_neutral": self.without_neutral,
            "accuracy": finite_or_none(self.accuracy),
            "interval": None if self.interval is None else list(self.interval),
            "macro_f1": finite_or_none(self.macro_f1),
            "ece": finite_or_none(self.ece),
            "answered": finite_or_none(self.answered),
            "accuracy_of_answers": finite_or_none(self.accuracy_of_answers),
            "classes": {
                name: {
                    "pictures": n,
                    "precision": finite_or_none(precision),
                    "recall": finite_or_none(recall),
                    "f1": finite_or_none(f1),
                }
                for name, n, precision, recall, f1 in self.scores()
            },
            "expressions": list(EXPRESSIONS),
            "confusion": self.matrix.tolist(),
        }


def benchmark(
    pictures: Labelled,
    classify: Callable[[list[np.ndarray]], np.ndarray],
    *,
    threshold: float,
    without_neutral: bool = False,
) -> Benchmark:
    """Judge a classifier.

    Parameters
    ----------
    pictures : Labelled
    classify : callable
        From pictures to probabilities of `EXPRESSIONS`, shape (n, 7).
    threshold : float
        Probability below which it abstains.
    without_neutral : bool
        Take neutral out of the answers, for collections that show none and papers that have six.

    Raises
    ------
    ParameterError
        If neutral faces would be judged by answers without neutral.
    """
    given = np.asarray(classify(pictures.faces), np.float64)
    return judged(pictures, given, threshold=threshold, without_neutral=without_neutral)


def judged(
    pictures: Labelled, given: np.ndarray, *, threshold: float, without_neutral: bool = False
) -> Benchmark:
    """Judge answers that are there already.

    Parameters
    ----------
    pictures : Labelled
        Their faces are not looked at.
    given : np.ndarray [shape=(n, 7)]
        Probability of each of `EXPRESSIONS`.
    threshold, without_neutral
        As `benchmark` takes them.

    Raises
    ------
    ParameterError
        If neutral faces would be judged by answers without neutral.
    """
    neutral = EXPRESSIONS.index("neutral")
    if without_neutral and (pictures.labels == neutral).any():
        raise ParameterError("There are neutral faces: neutral cannot be left out of the answers.")
    given = six_of(given) if without_neutral else np.asarray(given, np.float64)
    said, sure = given.argmax(1), given.max(1)
    right = said == pictures.labels
    matrix = np.zeros((len(EXPRESSIONS),) * 2, np.int64)
    np.add.at(matrix, (pictures.labels, said), 1)
    known = not (pictures.people == "").any()
    people, whose = np.unique(pictures.people, return_inverse=True)
    sums = np.stack([np.bincount(whose, right), np.bincount(whose)], 1)
    enough = sure >= threshold
    row, column = matrix.sum(1), matrix.sum(0)
    f1 = 2 * np.diag(matrix) / np.maximum(row + column, 1)
    return Benchmark(
        matrix=matrix,
        accuracy=float(right.mean()),
        interval=interval(sums, lambda s: float(s[0] / s[1])) if known else None,
        macro_f1=float(f1[row > 0].mean()),
        ece=_ece(sure, right),
        answered=float(enough.mean()),
        accuracy_of_answers=float(right[enough].mean()) if enough.any() else math.nan,
        people=len(people) if known else 0,
        without_neutral=without_neutral,
    )


def six_of(given: np.ndarray) -> np.ndarray:
    """Probabilities without neutral among the answers, shape (n, 7), float64."""
    given = np.array(given, np.float64)
    given[:, EXPRESSIONS.index("neutral")] = 0
    return np.asarray(given / np.maximum(given.sum(1, keepdims=True), 1e-12))


def _ece(sure: np.ndarray, right: np.ndarray) -> float:
    """Mean distance of confidence and accuracy, bins of equal width weighted by their counts."""
    place = np.clip((sure * _BINS).astype(int), 0, _BINS - 1)
    gap = np.abs(np.bincount(place, sure, _BINS) - np.bincount(place, right, _BINS))
    return float(gap.sum() / len(sure))
