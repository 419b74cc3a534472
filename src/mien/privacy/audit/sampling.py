"""How many frames an audit looks at, and which."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Sampling:
    """How many frames an audit looks at; fewer where something else is what is tested."""

    gallery: int = 48
    """Original frames of each person."""
    probes: int = 60
    """Output frames of each person: none recognised means at most 5 % of all are."""
    least_changed: int = 6
    """Further output frames: those in which the face differs least from the original."""
    scanned: int = 60
    """Output frames that the independent detectors see, as many as are compared."""


SAMPLING = Sampling()
"""What is looked at unless something else is said."""


def even(numbers: np.ndarray, count: int) -> list[int]:
    """At most `count` of some numbers, at even steps."""
    steps = np.linspace(0, len(numbers) - 1, min(count, len(numbers)))
    return [int(n) for n in numbers[steps.round().astype(int)]]
