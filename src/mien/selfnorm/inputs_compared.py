"""Whether scores or the raw geometry tell expressions apart better: same people, same network.

Hartmann et al. 2022 (doi:10.1055/a-1866-2943) used 52 factors of the whole geometry and ask whether
these are the best ones.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from mien.errors import ParameterError
from mien.selfnorm.calibration import calibrate, reliability
from mien.selfnorm.config import SelfNormConfig
from mien.selfnorm.geometry import INPUTS, with_inputs
from mien.selfnorm.measures import Measures, confusion, rounded
from mien.selfnorm.snapshots import Snapshots
from mien.selfnorm.splits import folds
from mien.selfnorm.training import Epoch, train
from mien.statistics import interval


@dataclass(frozen=True, eq=False)
class InputsResult:
    """How well one kind of input is read; everybody is read once, by a network new to them."""

    inputs: str
    """One of `geometry.INPUTS`."""
    columns: int
    """Numbers that the network sees of a snapshot."""
    weights: int
    """Numbers that the network learns."""
    matrix: np.ndarray
    """Confusion matrix of everybody, rows true, shape (classes, classes)."""
    interval: tuple[float, float] | None
    """95 % of the accuracy, whole people drawn again."""
    ece: float
    """Calibration error in 15 bins, calibrated on each fold's validation set."""
    difference: float
    """Accuracy less that of the scores, over the same people; NaN of the scores themselves."""
    difference_interval: tuple[float, float] | None
    """95 % of the difference, whole people drawn again."""
    seconds: float
    """That teaching took, all folds."""

    @property
    def measures(self) -> Measures:
        """What follows from the matrix."""
        return Measures.of(self.matrix)

    def as_dict(self) -> dict[str, Any]:
        """For JSON and tables."""
        low, high = self.interval or (math.nan, math.nan)
        less, more = self.difference_interval or (math.nan, math.nan)
        return {
            "inputs": self.inputs,
            "columns": self.columns,
            "weights": self.weights,
            "snapshots": int(self.matrix.sum()),
            "accuracy": rounded(self.measures.accuracy),
            "accuracy_low": rounded(low),
            "accuracy_high": rounded(high),
            "macro_f1": rounded(self.measures.macro_f1),
            "ece": rounded(self.ece),
            "less_scores": rounded(self.difference),
            "less_scores_low": rounded(less),
            "less_scores_high": rounded(more),
            "seconds": round(self.seconds, 1),
        }


def compare_inputs(
    snapshots: Snapshots,
    config: SelfNormConfig,
    count: int = 5,
    *,
    validation: float = 0.1,
    progress: Callable[[str, int], Callable[[Epoch, int], None]] | None = None,
) -> tuple[InputsResult, ...]:
    """Teach the same network with each kind of input on the same folds of participants.

    Parameters
    ----------
    snapshots : Snapshots
        With scores and landmarks.
    config : SelfNormConfig
        Of every network; its seed draws the folds, too.
    count : int
        Folds.
    validation : float
        Share of the participants of a fold that validate and calibrate.
    progress : callable, optional
        Called with the inputs and the number of a fold, gives what is called after each epoch.

    Returns
    -------
    results : tuple of InputsResult
        In the order of `geometry.INPUTS`.

    Raises
    ------
    ParameterError
        If the snapshots lack scores or landmarks, or as `splits.folds` and `training.train`.
    """
    if not 0 < validation < 1:
        raise ParameterError(f"A validation share is above 0 and below 1, not {validation}.")
    parts = folds(snapshots, count, validation=validation, seed=config.seed)
    known = snapshots.labelled_rows()
    labels = snapshots.labels[known].astype(np.int64)
    who = np.unique(snapshots.participants[known], return_inverse=True)[1]
    results: list[InputsResult] = []
    first: np.ndarray | None = None
    for inputs in INPUTS:
        seen = with_inputs(snapshots, inputs)
        given = np.full((len(snapshots), len(snapshots.expressions)), np.nan, np.float32)
        begun, weights = time.perf_counter(), 0
        for number, part in enumerate(parts):
            say = None if progress is None else progress(inputs, number)
            network = train(seen, part, config, progress=say).network
            network = calibrate(network, seen, rows=part.validation)
            given[part.test] = network.classify(seen)[part.test]
            weights = sum(weight.size + bias.size for weight, bias in network.weights)
        right = given[known].argmax(1) == labels
        first = right if first is None else first
        sums = np.stack([np.bincount(who, v) for v in (right, first, np.ones(len(who)))], 1)
        other = inputs != INPUTS[0]
        results.append(
            InputsResult(
                inputs,
                len(seen.names),
                weights,
                confusion(labels, given[known].argmax(1), len(snapshots.expressions)),
                interval(sums, lambda s: float(s[0] / s[2])),
                reliability(given[known], labels).ece,
                float(right.mean() - first.mean()) if other else math.nan,
                interval(sums, lambda s: float((s[0] - s[1]) / s[2])) if other else None,
                time.perf_counter() - begun,
            )
        )
    return tuple(results)
