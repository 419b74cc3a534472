"""Cross-validation by participant: everybody is read by a network that has not seen them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from mien.selfnorm.config import SelfNormConfig
from mien.selfnorm.measures import Measures, confusion, rounded
from mien.selfnorm.snapshots import Snapshots
from mien.selfnorm.splits import folds
from mien.selfnorm.training import Epoch, train


@dataclass(frozen=True)
class Fold:
    """One network, and the participants that it was tested on."""

    participants: int
    """Who test."""
    snapshots: int
    """Of them."""
    epoch: int
    """That was kept, counted from 1."""
    accuracy: float
    """On them."""
    macro_f1: float
    """On them."""


@dataclass(frozen=True, eq=False)
class CrossValidation:
    """What all folds say."""

    folds: tuple[Fold, ...]
    """Each."""
    matrix: np.ndarray
    """Confusion matrix of everybody, each read once, shape (classes, classes); rows true."""

    @property
    def mean(self) -> tuple[float, float]:
        """Mean accuracy and macro F1 of the folds."""
        return float(self._columns[0].mean()), float(self._columns[1].mean())

    @property
    def sd(self) -> tuple[float, float]:
        """Standard deviation of accuracy and macro F1 over the folds."""
        return float(self._columns[0].std(ddof=1)), float(self._columns[1].std(ddof=1))

    @property
    def _columns(self) -> np.ndarray:
        return np.array([[fold.accuracy, fold.macro_f1] for fold in self.folds]).T

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        pooled = Measures.of(self.matrix)
        return {
            "folds": len(self.folds),
            "accuracy_mean": rounded(self.mean[0]),
            "accuracy_sd": rounded(self.sd[0]),
            "macro_f1_mean": rounded(self.mean[1]),
            "macro_f1_sd": rounded(self.sd[1]),
            "accuracy_pooled": rounded(pooled.accuracy),
            "accuracy_by_fold": [rounded(fold.accuracy) for fold in self.folds],
            "confusion": self.matrix.tolist(),
        }


def cross_validate(
    snapshots: Snapshots,
    config: SelfNormConfig,
    count: int = 10,
    *,
    validation: float = 0.1,
    progress: Callable[[int], Callable[[Epoch, int], None]] | None = None,
) -> CrossValidation:
    """Teach as many networks as there are folds, each tested on people that it has not seen.

    Parameters
    ----------
    snapshots : Snapshots
        The study; already trimmed, if it is to be.
    config : SelfNormConfig
        Of every network; its seed draws the folds too.
    count : int
        Folds.
    validation : float
        Share of the participants of a fold that validate; 0: none, and the last epoch is kept.
    progress : callable, optional
        Called with the number of a fold, gives what is called after each of its epochs.

    Raises
    ------
    ParameterError
        As `splits.folds` and `training.train` do.
    """
    classes = len(snapshots.expressions)
    total = np.zeros((classes, classes), np.int64)
    made = []
    parts = folds(snapshots, count, validation=validation, seed=config.seed)
    for number, part in enumerate(parts):
        say = None if progress is None else progress(number)
        taught = train(snapshots, part, config, progress=say)
        given = taught.network.classify(snapshots)[part.test].argmax(1)
        matrix = confusion(snapshots.labels[part.test], given, classes)
        measures = Measures.of(matrix)
        people = len(np.unique(snapshots.participants[part.test]))
        made.append(Fold(people, len(part.test), taught.best, measures.accuracy, measures.macro_f1))
        total += matrix
    return CrossValidation(tuple(made), total)
