"""Who of a cohort belong together: pictures of one person, and people who look alike."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.sparse.csgraph import connected_components

from mien.recognition.recogniser import distances
from mien.surrogates.making.cohort import Member

SAME_PERSON = 0.5
"""Distance under which two pictures are taken to show one person: strangers in a cohort of some
hundred are often nearer than the recogniser's own 0.6, and hardly ever nearer than this."""


def partition(people: list[Member], group: np.ndarray, k: int) -> list[np.ndarray]:
    """Divide a group into clusters of k to 2k - 1 people who look alike.

    Parameters
    ----------
    people : list of Member
        The cohort.
    group : np.ndarray [shape=(n,), dtype=int]
        Whom to divide, at least k.
    k : int
        Size of a cluster; the last takes all who are left.

    Returns
    -------
    clusters : list of np.ndarray
        Positions in `group`; each person is in exactly one.
    """
    descriptors = np.stack([people[i].descriptor for i in group])
    left = np.arange(len(group))
    clusters = []
    while len(left) >= 2 * k:
        mean = descriptors[left].mean(0)
        outermost = left[np.linalg.norm(descriptors[left] - mean, axis=1).argmax()]
        away = np.linalg.norm(descriptors[left] - descriptors[outermost], axis=1)
        nearest = np.argsort(away, kind="stable")[:k]
        clusters.append(left[nearest])
        left = np.delete(left, nearest)
    return [*clusters, left]


def same_person(found: list[tuple[Path, Member]], folder: Path) -> list[list[int]]:
    """Groups of pictures of one person, the most useful picture of each first.

    Parameters
    ----------
    found : list of (Path, Member)
        Files in `folder` or below, and the faces in them.
    folder : Path
        Pictures in the same folder further down show the same person.
    """
    if not found:
        return []
    descriptors = np.stack([member.descriptor for _, member in found])
    alike = distances(descriptors, descriptors) < SAME_PERSON
    for i, (path, _) in enumerate(found):
        for j, (other, _) in enumerate(found[:i]):
            alike[i, j] |= path.parent == other.parent != folder
    count, labels = connected_components(alike, directed=False)
    effort = [abs(m.yaw) + m.causes[:3].sum() - min(m.scale, 200) / 400 for _, m in found]
    return [
        sorted(np.flatnonzero(labels == k).tolist(), key=lambda i: effort[i]) for k in range(count)
    ]
