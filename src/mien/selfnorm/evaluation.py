"""How well a network reads people whose expressions are known."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import softmax

from mien.errors import ParameterError
from mien.selfnorm.calibration import Coverage, Reliability, coverage, reliability
from mien.selfnorm.measures import Measures, confusion, rounded
from mien.selfnorm.opened import Network
from mien.selfnorm.snapshots import Snapshots


@dataclass(frozen=True)
class ParticipantAccuracy:
    """How well one participant was read."""

    name: str
    """Participant."""
    snapshots: int
    """Labelled snapshots."""
    accuracy: float
    """Share classified rightly."""


def participant_accuracies(
    snapshots: Snapshots, predicted: np.ndarray
) -> tuple[ParticipantAccuracy, ...]:
    """Accuracy of each participant, in the order of their names."""
    known = snapshots.labels >= 0
    people, who = np.unique(snapshots.participants[known], return_inverse=True)
    right = (predicted == snapshots.labels)[known]
    counts, hits = np.bincount(who), np.bincount(who, right)
    return tuple(
        ParticipantAccuracy(str(name), int(count), float(hit / count))
        for name, count, hit in zip(people, counts, hits, strict=True)
    )


@dataclass(frozen=True, eq=False)
class Evaluation:
    """How well a network reads a set of snapshots."""

    expressions: tuple[str, ...]
    """The network's classes."""
    matrix: np.ndarray
    """Confusion matrix of all answers, abstention left aside, rows true."""
    measures: Measures
    """What follows from it."""
    uncalibrated: Reliability
    """With temperature 1."""
    calibrated: Reliability
    """With the network's temperature."""
    coverage: Coverage
    """What abstention gains."""
    threshold: float
    """The network's."""
    people: tuple[ParticipantAccuracy, ...]
    """Each participant."""
    log_loss: float
    """Mean cross-entropy in nats, calibrated."""

    @property
    def answered(self) -> tuple[float, float]:
        """Share of snapshots that reach the threshold, and accuracy of those (NaN if none)."""
        enough = np.flatnonzero(self.coverage.threshold >= self.threshold)
        if not len(enough):
            return 0.0, math.nan
        return float(self.coverage.coverage[enough[-1]]), float(self.coverage.accuracy[enough[-1]])

    def as_dict(self) -> dict[str, Any]:
        """For JSON: numbers only, participants without their names."""
        each = np.array([person.accuracy for person in self.people])
        share, right = self.answered
        return {
            "snapshots": int(self.matrix.sum()),
            "participants": len(self.people),
            "accuracy": rounded(self.measures.accuracy),
            "balanced_accuracy": rounded(self.measures.balanced_accuracy),
            "macro_f1": rounded(self.measures.macro_f1),
            "log_loss": rounded(self.log_loss),
            "ece_uncalibrated": rounded(self.uncalibrated.ece),
            "ece": rounded(self.calibrated.ece),
            "threshold": rounded(self.threshold),
            "answered": rounded(share),
            "accuracy_of_answers": rounded(right),
            "accuracy_by_participant": {
                "mean": rounded(each.mean()),
                "sd": rounded(each.std(ddof=1) if len(each) > 1 else math.nan),
                "lowest": rounded(each.min()),
                "highest": rounded(each.max()),
            },
            "classes": {
                name: {
                    "recall": rounded(self.measures.recall[k]),
                    "precision": rounded(self.measures.precision[k]),
                    "f1": rounded(self.measures.f1[k]),
                    "specificity": rounded(self.measures.specificity[k]),
                    "snapshots": int(self.measures.positives[k]),
                    "negatives": int(self.measures.negatives[k]),
                }
                for k, name in enumerate(self.expressions)
            },
            "confusion": self.matrix.tolist(),
        }


def evaluate(network: Network, snapshots: Snapshots, rows: np.ndarray | None = None) -> Evaluation:
    """Judge a network on labelled snapshots.

    Parameters
    ----------
    network : SelfNorm or Recurrent
    snapshots : Snapshots
        Classes are matched by name; snapshots of others are left out.
    rows : np.ndarray, optional
        Indices of those it is judged by; windows and baselines may look at the others.

    Raises
    ------
    ParameterError
        If no snapshot shows one of the network's classes.
    """
    there = [snapshots.expressions[k] for k in np.unique(snapshots.labels[snapshots.labels >= 0])]
    snapshots = snapshots.relabelled(network.expressions)
    probabilities = network.classify(snapshots)
    known = snapshots.labelled_rows(rows)
    if not len(known):
        raise ParameterError(
            f"No snapshot is labelled {', '.join(network.expressions)}, but "
            f"{', '.join(there) or 'none at all'}: what should the network be judged by?"
        )
    snapshots, probabilities = snapshots.take(known), probabilities[known]
    labels = snapshots.labels.astype(np.int64)
    predicted = probabilities.argmax(1)
    matrix = confusion(labels, predicted, len(network.expressions))
    raw = network.temperature * np.log(np.maximum(probabilities, 1e-30))
    likelihood = probabilities[np.arange(len(labels)), labels]
    return Evaluation(
        expressions=network.expressions,
        matrix=matrix,
        measures=Measures.of(matrix),
        uncalibrated=reliability(softmax(raw, 1), labels),
        calibrated=reliability(probabilities, labels),
        coverage=coverage(probabilities, labels),
        threshold=network.threshold,
        people=participant_accuracies(snapshots, predicted),
        log_loss=float(-np.log(np.maximum(likelihood, 1e-12)).mean()),
    )
