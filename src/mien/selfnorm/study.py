"""What a study of expressions reports: class balance, measures by class, calibration, clusters."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.cluster.vq import kmeans2
from scipy.optimize import minimize_scalar

from mien.errors import ParameterError
from mien.selfnorm.network import SelfNorm
from mien.selfnorm.snapshots import Snapshots

BINS = 15
"""Bins of a reliability diagram, as Guo et al. 2017 use."""


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
    Snapshots of a recording are not independent: the test is as published, and far too eager."""


def balance(labels: np.ndarray, classes: int) -> Balance:
    """Pearson's chi-squared test of equal class counts.

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
    expected = counts.sum() / classes
    chi2 = float(((counts - expected) ** 2 / expected).sum())
    return Balance(
        tuple(counts.tolist()), chi2, classes - 1, float(stats.chi2.sf(chi2, classes - 1))
    )


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
            )

    @property
    def macro_f1(self) -> float:
        """Mean of the F1 of the classes that occur."""
        return float(np.nanmean(self.f1)) if np.isfinite(self.f1).any() else math.nan

    @property
    def balanced_accuracy(self) -> float:
        """Mean recall of the classes that occur."""
        return float(np.nanmean(self.recall)) if np.isfinite(self.recall).any() else math.nan


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
        scaled = z / math.exp(log_t)
        scaled -= scaled.max(1, keepdims=True)
        return float(np.mean(np.log(np.exp(scaled).sum(1)) - scaled[rows, labels]))

    found = minimize_scalar(loss, bounds=(math.log(0.05), math.log(20)), method="bounded")
    return float(math.exp(found.x))


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


@dataclass(frozen=True)
class Person:
    """How well one participant was read."""

    name: str
    """Participant."""
    snapshots: int
    """Labelled snapshots."""
    accuracy: float
    """Share classified rightly."""


def by_participant(snapshots: Snapshots, predicted: np.ndarray) -> tuple[Person, ...]:
    """Accuracy of each participant, in the order of their names."""
    known = snapshots.labels >= 0
    people, who = np.unique(snapshots.participants[known], return_inverse=True)
    right = (predicted == snapshots.labels)[known]
    counts, hits = np.bincount(who), np.bincount(who, right)
    return tuple(
        Person(str(name), int(count), float(hit / count))
        for name, count, hit in zip(people, counts, hits, strict=True)
    )


@dataclass(frozen=True, eq=False)
class Clusters:
    """What falls together without being told: mean faces of participants in each expression."""

    method: str
    """`hierarchical` (Ward) or `kmeans`."""
    participants: tuple[str, ...]
    """Of each mean face."""
    expressions: tuple[str, ...]
    """Of each mean face."""
    clusters: np.ndarray
    """Number of its cluster, from 0, shape (n,)."""
    rand_expression: float
    """Adjusted Rand index against expressions: 1 the same, 0 by chance."""
    rand_participant: float
    """Adjusted Rand index against participants."""
    tree: np.ndarray | None
    """SciPy's linkage of the mean faces of the expressions, in the order of `classes`."""
    classes: tuple[str, ...]
    """Expressions that occur."""


def clusters(
    snapshots: Snapshots,
    method: str = "hierarchical",
    count: int | None = None,
    *,
    centred: bool = False,
    seed: int = 0,
) -> Clusters:
    """Cluster the mean faces, one of each participant in each expression.

    Parameters
    ----------
    snapshots : Snapshots
    method : str
        `hierarchical` (Ward's) or `kmeans`.
    count : int, optional
        Clusters; by default as many as expressions.
    centred : bool
        Take each participant's mean of all expressions off first: what is then left is not who it
        is.
    seed : int
        Of k-means.

    Raises
    ------
    ParameterError
        If the method is unknown or there are fewer mean faces than clusters.
    """
    if method not in ("hierarchical", "kmeans"):
        raise ParameterError(f"Clusters are hierarchical or by kmeans, not by {method!r}.")
    snapshots = snapshots.labelled()
    recording = snapshots.recordings()
    n = int(recording.max()) + 1 if len(recording) else 0
    size = np.bincount(recording, minlength=n)[:, None]
    faces = np.stack(
        [np.bincount(recording, snapshots.scores[:, k], n) for k in range(len(snapshots.names))], 1
    ) / np.maximum(size, 1)
    first = np.unique(recording, return_index=True)[1]
    labels, people = snapshots.labels[first], snapshots.participants[first]
    present = np.unique(labels)
    count = len(present) if count is None else count
    if not 2 <= count < n:
        raise ParameterError(f"{n} mean faces cannot be put into {count} clusters.")
    if centred:
        who = np.unique(people, return_inverse=True)[1]
        own = np.stack([np.bincount(who, column) for column in faces.T], 1)
        faces = faces - (own / np.bincount(who)[:, None])[who]
    spread = faces.std(0)
    faces = faces / np.where(spread > 1e-3, spread, 1)
    if method == "hierarchical":
        found = fcluster(linkage(faces, "ward"), count, "maxclust") - 1
    else:
        best = None
        for start in range(10):
            centres, given = kmeans2(faces, count, minit="++", seed=seed + start, missing="warn")
            cost = float(((faces - centres[given]) ** 2).sum())
            if best is None or cost < best[0]:
                best = (cost, given)
        assert best is not None
        found = best[1]
    means = np.stack([faces[labels == label].mean(0) for label in present])
    return Clusters(
        method=method,
        participants=tuple(people.tolist()),
        expressions=tuple(snapshots.expressions[label] for label in labels),
        clusters=np.asarray(found, np.int64),
        rand_expression=adjusted_rand(labels, found),
        rand_participant=adjusted_rand(np.unique(people, return_inverse=True)[1], found),
        tree=linkage(means, "ward") if len(means) > 1 else None,
        classes=tuple(snapshots.expressions[label] for label in present),
    )


def adjusted_rand(one: np.ndarray, two: np.ndarray) -> float:
    """Agreement of two partitions, corrected for chance.

    References
    ----------
    .. [1] Hubert & Arabie, "Comparing partitions", Journal of Classification 2 (1985).
    """
    a, b = np.unique(one, return_inverse=True)[1], np.unique(two, return_inverse=True)[1]
    n = len(a)
    table = np.bincount(a * (b.max() + 1) + b, minlength=(a.max() + 1) * (b.max() + 1))
    table = table.reshape(a.max() + 1, -1).astype(np.float64)

    def pairs(counts: Any) -> float:
        return float((counts * (counts - 1) / 2).sum())

    together, rows, columns = pairs(table), pairs(table.sum(1)), pairs(table.sum(0))
    expected = rows * columns / max(n * (n - 1) / 2, 1)
    highest = (rows + columns) / 2
    return 1.0 if highest == expected else (together - expected) / (highest - expected)


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
    people: tuple[Person, ...]
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
            "accuracy": plain(self.measures.accuracy),
            "balanced_accuracy": plain(self.measures.balanced_accuracy),
            "macro_f1": plain(self.measures.macro_f1),
            "log_loss": plain(self.log_loss),
            "ece_uncalibrated": plain(self.uncalibrated.ece),
            "ece": plain(self.calibrated.ece),
            "threshold": plain(self.threshold),
            "answered": plain(share),
            "accuracy_of_answers": plain(right),
            "accuracy_by_participant": {
                "mean": plain(each.mean()),
                "sd": plain(each.std(ddof=1) if len(each) > 1 else math.nan),
                "lowest": plain(each.min()),
                "highest": plain(each.max()),
            },
            "classes": {
                name: {
                    "recall": plain(self.measures.recall[k]),
                    "precision": plain(self.measures.precision[k]),
                    "f1": plain(self.measures.f1[k]),
                    "specificity": plain(self.measures.specificity[k]),
                }
                for k, name in enumerate(self.expressions)
            },
            "confusion": self.matrix.tolist(),
        }


def plain(value: float) -> float | None:
    """A number for JSON, rounded to six places; None for NaN."""
    return round(float(value), 6) if math.isfinite(value) else None


def evaluate(network: SelfNorm, snapshots: Snapshots, rows: np.ndarray | None = None) -> Evaluation:
    """Judge a network on labelled snapshots.

    Parameters
    ----------
    network : SelfNorm
    snapshots : Snapshots
        Classes are matched by name; snapshots of others are left out.
    rows : np.ndarray, optional
        Indices of those it is judged by; windows and baselines may look at the others.

    Raises
    ------
    ParameterError
        If no snapshot shows one of the network's classes.
    """
    snapshots = snapshots.relabelled(network.expressions)
    probabilities = network.classify(snapshots)
    known = _known(snapshots, rows)
    if not len(known):
        raise ParameterError(
            f"No snapshot is labelled {', '.join(network.expressions)}: what should the network "
            "be judged by?"
        )
    snapshots, probabilities = snapshots.take(known), probabilities[known]
    labels = snapshots.labels.astype(np.int64)
    predicted = probabilities.argmax(1)
    matrix = confusion(labels, predicted, len(network.expressions))
    raw = network.temperature * np.log(np.maximum(probabilities, 1e-30))
    raw = np.exp(raw - raw.max(1, keepdims=True))
    likelihood = probabilities[np.arange(len(labels)), labels]
    return Evaluation(
        expressions=network.expressions,
        matrix=matrix,
        measures=Measures.of(matrix),
        uncalibrated=reliability(raw / raw.sum(1, keepdims=True), labels),
        calibrated=reliability(probabilities, labels),
        coverage=coverage(probabilities, labels),
        threshold=network.threshold,
        people=by_participant(snapshots, predicted),
        log_loss=float(-np.log(np.maximum(likelihood, 1e-12)).mean()),
    )


def _known(snapshots: Snapshots, rows: np.ndarray | None) -> np.ndarray:
    rows = np.arange(len(snapshots)) if rows is None else rows
    return rows[snapshots.labels[rows] >= 0]


def calibrate(
    network: SelfNorm,
    snapshots: Snapshots,
    wanted: float | None = None,
    rows: np.ndarray | None = None,
) -> SelfNorm:
    """Set a network's temperature, and its threshold of abstention.

    Parameters
    ----------
    network : SelfNorm
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
    known = _known(snapshots, rows)
    labels = snapshots.labels[known].astype(np.int64)
    if not len(labels):
        raise ParameterError("There is no labelled snapshot to calibrate with.")
    network = network.calibrated(temperature(given[known], labels))
    if wanted is None:
        return network
    found = coverage(network.classify(snapshots)[known], labels).threshold_for(wanted)
    if found is None:
        raise ParameterError(
            f"No threshold makes {wanted:.0%} of the answers right: want less, or leave it out."
        )
    return network.calibrated(network.temperature, found)
