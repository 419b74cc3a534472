"""Observations: what one person's face showed at one moment.

Moments in which there was nothing to see are observations too, and say why.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mien.blendshapes.names import NAMES
from mien.emotion.classifier import EXPRESSIONS
from mien.errors import ParameterError

NEGATIVE: tuple[str, ...] = ("anger", "disgust", "fear", "sadness")
"""The expressions that the study counts as negative."""
ROLES: tuple[str, ...] = ("doctor", "patient")
NOT_SEEN = "not in the picture"
UNKNOWN = "not assessed"


@dataclass(frozen=True, eq=False)
class Observation:
    """One person at one moment."""

    time: float
    """Seconds on the encounter's clock."""
    role: str
    """``"doctor"`` or ``"patient"``."""
    probabilities: np.ndarray | None = None
    """Of `EXPRESSIONS`, shape (7,); None where not assessable."""
    scores: np.ndarray | None = None
    """Blendshapes in the order of `blendshapes.NAMES`, shape (51,); None where not measured."""
    pose: tuple[float, float, float] | None = None
    """Yaw (towards image right), pitch (downwards) and roll of the head, degrees."""
    reason: str | None = None
    """Why there are no probabilities; None where there are."""
    mouth: float | None = None
    """Opening of the lips, outer-eye distances."""
    towards: bool | None = None
    """Whether head and eyes are turned towards the other person; None where it cannot be told."""

    def __post_init__(self) -> None:
        check_role(self.role)
        if not math.isfinite(self.time):
            raise ParameterError(f"An observation needs a time in seconds, not {self.time!r}.")
        for name, count in (("probabilities", len(EXPRESSIONS)), ("scores", len(NAMES))):
            value = getattr(self, name)
            if value is None:
                continue
            value = np.asarray(value, np.float32)
            if value.shape != (count,):
                raise ParameterError(
                    f"The {name} of an observation have shape ({count},), not {value.shape}."
                )
            # half an answer is none
            object.__setattr__(self, name, value if np.isfinite(value).all() else None)
        if self.probabilities is None and self.reason is None:
            object.__setattr__(self, "reason", UNKNOWN)


def check_role(role: str) -> None:
    """Refuse what is no role; raises `ParameterError`."""
    if role not in ROLES:
        raise ParameterError(f"A role is {' or '.join(ROLES)}, not {role!r}.")
