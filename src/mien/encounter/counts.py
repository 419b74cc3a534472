"""How much of the time a face resembled each expression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mien.emotion.classifier import EXPRESSIONS
from mien.encounter.timeline import Timeline
from mien.statistics import finite_or_none


@dataclass(frozen=True, eq=False)
class Counts:
    """How much of the time a face resembled each expression."""

    role: str
    """Whose."""
    seconds: np.ndarray
    """Per expression of `EXPRESSIONS`, shape (7,)."""
    steps: np.ndarray
    """The same in steps of the timeline, shape (7,), int64."""
    assessed_s: float
    """Seconds with a dominant expression."""
    missing_s: dict[str, float]
    """Seconds without, by reason."""

    @property
    def shares(self) -> np.ndarray:
        """Of the assessed time, shape (7,); NaN where none was assessed."""
        with np.errstate(invalid="ignore"):
            return np.asarray(self.seconds / (self.assessed_s or np.nan))

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "role": self.role,
            "assessed_s": self.assessed_s,
            "missing_s": self.missing_s,
            "expressions": {
                name: {"seconds": float(s), "share": finite_or_none(share)}
                for name, s, share in zip(EXPRESSIONS, self.seconds, self.shares, strict=True)
            },
        }


def counts(timeline: Timeline) -> Counts:
    """How much of a timeline resembles each expression, and how much could not be assessed."""
    steps = np.bincount(timeline.dominant[timeline.known], minlength=len(EXPRESSIONS))
    missing: dict[str, float] = {}
    for reason in timeline.reasons:
        if reason:
            missing[reason] = missing.get(reason, 0.0) + timeline.resolution
    return Counts(
        role=timeline.role,
        seconds=steps * timeline.resolution,
        steps=steps.astype(np.int64),
        assessed_s=float(steps.sum() * timeline.resolution),
        missing_s={reason: round(seconds, 6) for reason, seconds in sorted(missing.items())},
    )
