"""Observations of people who follow a script, without any video."""

from __future__ import annotations

import numpy as np

from mien.emotion.classifier import EXPRESSIONS
from mien.encounter.observation import NOT_SEEN, Observation

TINY = np.full(7, 0.05)
TINY[EXPRESSIONS.index("neutral")] = 0.7


def resembling(name: str) -> np.ndarray:
    """Probabilities of a clear expression."""
    found = np.full(7, 0.04, np.float32)
    found[EXPRESSIONS.index(name)] = 0.76
    return found


def observed(
    role: str,
    seconds: float,
    course,
    *,
    fps: float = 5.0,
    missing=(),
    start: float = 0.0,
) -> list[Observation]:
    """One observation per moment: neutral, but for the spells of the course."""
    found = []
    for k in range(round(seconds * fps)):
        time = start + k / fps
        if any(a <= time + 1e-9 < b for a, b in missing):
            found.append(Observation(time, role, reason=NOT_SEEN))
            continue
        name = next((n for a, b, n in course if a <= time + 1e-9 < b), "neutral")
        scores = np.full(51, 0.1, np.float32)
        found.append(Observation(time, role, resembling(name), scores, (0.0, 0.0, 0.0)))
    return found
