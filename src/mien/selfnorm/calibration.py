"""Whether a network is right as often as it says, and what makes it so: temperature, abstention."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from mien.errors import ParameterError
from mien.selfnorm.opened import Kind
from mien.selfnorm.snapshots import Snapshots

BINS = 15
"""Bins of a reliability diagram, as Guo et al. 2017 use."""


def temperature(log_probabilities: np.ndarray, labels: np.ndarray) -> float:
    """What logits are to be divided by, so that the likelihood of the labels is highest.

    Parameters
    ----------
    log_probabilities : np.ndarray [shape=(n, classes)]
        Logits, or logarithms of probabilities, of snapshots that did not teach.
    labels : np.ndarray [shape=(n,)]

    Returns
    -------
    temperature : float
        0.05 to 20; above 1 the network was too sure.

    References
    ----------
    .. [1] Guo, Pleiss, Sun & Weinberger, "On Calibration of Modern Neural Networks", ICML 2017.
    """
    z = np.asarray(log_probabilities, np.float64)
    rows = np.arange(len(z))

    def loss(log_t: float) -> float:
        return -float(np.mean(log_softmax(z / math.exp(log_t), 1)[rows, labels]))

    least = minimize_scalar(loss, bounds=(math.log(0.05), math.log(20)), method="bounded")
    return float(math.exp(least.x))


@dataclass(frozen=True, eq=False)
class Reliability:
    """How often the network is right when it says so."""

    confidence: np.ndarray
    """Mean probability of the predicted class in each bin, NaN where empty, shape (bins,)."""
    accuracy: np.ndarray
    """Share classified rightly in each bin."""
    count: np.ndarray
    """Snapshots in each bin."""
    ece: float
    """Expected calibration error: mean distance of the two, weighted by count."""


def reliability(probabilities: np.ndarray, labels: np.ndarray, bins: int = BINS) -> Reliability:
    """Confidence against accuracy, in bins of equal width.

    Parameters
    ----------
    probabilities : np.ndarray [shape=(n, classes)]
    labels : np.ndarray [shape=(n,)]
    bins : int
        From 0 to 1.
    """
    sure = probabilities.max(1).astype(np.float64)
    right = probabilities.argmax(1) == labels
    place = np.clip(np.ceil(sure * bins).astype(np.int64) - 1, 0, bins - 1)
    count = np.bincount(place, minlength=bins)
    with np.errstate(invalid="ignore"):
        confidence = np.bincount(place, sure, bins) / count
        accuracy = np.bincount(place, right, bins) / count
    gap = np.nan_to_num(np.abs(confidence - accuracy))
    return Reliability(confidence, accuracy, count, float((gap * count).sum() / max(len(sure), 1)))


@dataclass(frozen=True, eq=False)
class Coverage:
    """What abstention gains: all thresholds at once."""

    threshold: np.ndarray
    """Probability from which the network answers, falling, shape (n_thresholds,)."""
    coverage: np.ndarray
    """Share of snapshots it then answers."""
    accuracy: np.ndarray
    """Share of the answers that are right."""

    def threshold_for(self, wanted: float) -> float | None:
        """The lowest threshold whose answers are right as often as wanted, or None."""
        enough = np.flatnonzero(self.accuracy >= wanted)
        return float(self.threshold[enough[-1]]) if len(enough) else None


def coverage(probabilities: np.ndarray, labels: np.ndarray) -> Coverage:
    """Coverage and accuracy of every threshold.

    Parameters
    ----------
    probabilities : np.ndarray [shape=(n, classes)]
    labels : np.ndarray [shape=(n,)]
    """
    sure = probabilities.max(1)
    order = np.argsort(-sure, kind="stable")
    right = np.cumsum((probabilities.argmax(1) == labels)[order])
    answered = np.arange(1, len(order) + 1)
    falling = sure[order]
    last = np.flatnonzero(np.append(falling[1:] != falling[:-1], True))  # of equal ones
    return Coverage(
        falling[last].astype(np.float64), answered[last] / len(order), right[last] / answered[last]
    )


def calibrate(
    network: Kind,
    snapshots: Snapshots,
    wanted: float | None = None,
    rows: np.ndarray | None = None,
) -> Kind:
    """Set a network's temperature, and its threshold of abstention.

    Parameters
    ----------
    network : SelfNorm or Recurrent
    snapshots : Snapshots
        That did not teach, with labels of the network's classes.
    wanted : float, optional
        Accuracy that answers are to have; the threshold is the lowest with which they have it on
        these snapshots. None: never abstain.
    rows : np.ndarray, optional
        Indices of those that count; windows and baselines may look at the others.

    Raises
    ------
    ParameterError
        If no threshold gives such an accuracy.
    """
    network = network.calibrated(1.0, 0.0)
    snapshots = snapshots.relabelled(network.expressions)
    given = np.log(np.maximum(network.classify(snapshots), 1e-30))
    known = snapshots.labelled_rows(rows)
    labels = snapshots.labels[known].astype(np.int64)
    if not len(labels):
        raise ParameterError("There is no labelled snapshot to calibrate with.")
    network = network.calibrated(temperature(given[known], labels))
    if wanted is None:
        return network
    threshold = coverage(network.classify(snapshots)[known], labels).threshold_for(wanted)
    if threshold is None:
        raise ParameterError(
            f"No threshold makes {wanted:.0%} of the answers right: want less, or leave it out."
        )
    return network.calibrated(network.temperature, threshold)
