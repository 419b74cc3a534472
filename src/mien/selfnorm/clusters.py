"""Which faces fall together without being told what they show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.cluster.vq import kmeans2

from mien.errors import ParameterError
from mien.selfnorm.snapshots import Snapshots


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
    faces, labels, people = _mean_faces(snapshots)
    present = np.unique(labels)
    count = len(present) if count is None else count
    if not 2 <= count < len(faces):
        raise ParameterError(f"{len(faces)} mean faces cannot be put into {count} clusters.")
    who = np.unique(people, return_inverse=True)[1]
    if centred:
        own = np.stack([np.bincount(who, column) for column in faces.T], 1)
        faces = faces - (own / np.bincount(who)[:, None])[who]
    spread = faces.std(0)
    faces = faces / np.where(spread > 1e-3, spread, 1)
    cluster = _groups(faces, method, count, seed)
    means = np.stack([faces[labels == label].mean(0) for label in present])
    return Clusters(
        method=method,
        participants=tuple(people.tolist()),
        expressions=tuple(snapshots.expressions[label] for label in labels),
        clusters=np.asarray(cluster, np.int64),
        rand_expression=adjusted_rand(labels, cluster),
        rand_participant=adjusted_rand(who, cluster),
        tree=linkage(means, "ward") if len(means) > 1 else None,
        classes=tuple(snapshots.expressions[label] for label in present),
    )


def _mean_faces(snapshots: Snapshots) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean of each recording, shape (n, c), and its label and participant."""
    recording = snapshots.recordings()
    n = int(recording.max()) + 1 if len(recording) else 0
    size = np.bincount(recording, minlength=n)[:, None]
    faces = np.stack(
        [np.bincount(recording, snapshots.scores[:, k], n) for k in range(len(snapshots.names))], 1
    ) / np.maximum(size, 1)
    first = np.unique(recording, return_index=True)[1]
    return faces, snapshots.labels[first], snapshots.participants[first]


def _groups(faces: np.ndarray, method: str, count: int, seed: int) -> np.ndarray:
    """Number of the cluster of each face, from 0; the best of ten starts of k-means."""
    if method == "hierarchical":
        return fcluster(linkage(faces, "ward"), count, "maxclust") - 1
    starts = [
        kmeans2(faces, count, minit="++", seed=seed + start, missing="warn") for start in range(10)
    ]
    return min(starts, key=lambda given: float(((faces - given[0][given[1]]) ** 2).sum()))[1]


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
