"""Episodes: runs of steps in which a face resembled one expression, and what follows what."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from mien.emotion.classifier import EXPRESSIONS
from mien.encounter.timeline import Timeline


@dataclass(frozen=True)
class Episode:
    """A run of steps in which a face resembled one expression."""

    role: str
    """Whose."""
    expression: str
    """Which of `EXPRESSIONS`."""
    start: float
    """Seconds on the encounter's clock."""
    end: float
    """Seconds on the encounter's clock."""
    confidence: float
    """Mean probability of the expression."""

    @property
    def seconds(self) -> float:
        """Length."""
        return self.end - self.start

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self) | {"seconds": self.seconds}


def episodes(timeline: Timeline, least: float = 0.0) -> list[Episode]:
    """Runs of one dominant expression; a step that could not be assessed ends a run.

    Parameters
    ----------
    timeline : Timeline
        Of any resolution.
    least : float
        Shorter runs are left out, seconds.
    """
    spells = []
    for start, end, k in runs(timeline.dominant):
        if k < 0 or (end - start) * timeline.resolution < least - 1e-6:
            continue
        spells.append(
            Episode(
                timeline.role,
                EXPRESSIONS[k],
                float(timeline.times[start]),
                float(timeline.times[start] + (end - start) * timeline.resolution),
                float(timeline.probabilities[start:end, k].mean()),
            )
        )
    return spells


def durations(timeline: Timeline) -> dict[str, dict[str, float | int]]:
    """Number of episodes of each expression, and their mean, median and longest length, seconds."""
    lengths: dict[str, list[float]] = {}
    for episode in episodes(timeline):
        lengths.setdefault(episode.expression, []).append(episode.seconds)
    return {
        name: {
            "episodes": len(lengths[name]),
            "mean_s": float(np.mean(lengths[name])),
            "median_s": float(np.median(lengths[name])),
            "longest_s": max(lengths[name]),
        }
        for name in EXPRESSIONS
        if name in lengths
    }


def transitions(timeline: Timeline) -> np.ndarray:
    """How often an expression is followed by another in the next step, shape (7, 7), int64.

    Rows are from, columns to; the diagonal counts steps in which nothing changes. Pairs with a step
    that could not be assessed are left out.
    """
    matrix = np.zeros((len(EXPRESSIONS), len(EXPRESSIONS)), np.int64)
    before, after = timeline.dominant[:-1], timeline.dominant[1:]
    both = (before >= 0) & (after >= 0)
    np.add.at(matrix, (before[both], after[both]), 1)
    return matrix


def runs(code: np.ndarray) -> list[tuple[int, int, int]]:
    """Start, end (exclusive) and value of every run of equal values."""
    if not len(code):
        return []
    edges = np.flatnonzero(np.diff(code)) + 1
    starts, ends = np.r_[0, edges], np.r_[edges, len(code)]
    return [(int(a), int(b), int(code[a])) for a, b in zip(starts, ends, strict=True)]
