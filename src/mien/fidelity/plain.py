"""Figures as JSON holds them: rounded, and None where nothing is known."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np


def plain(value: float | None, *, significant: bool = False) -> float | None:
    """A number rounded to five places, or to five digits; None for None, NaN and infinity."""
    if value is None or not math.isfinite(value):
        return None
    return float(f"{value:.5g}") if significant else round(float(value), 5)


def plain_each(values: Mapping[str, float | None]) -> dict[str, float | None]:
    """The same of numbers by name."""
    return {name: plain(value) for name, value in values.items()}


def plain_intervals(
    intervals: Mapping[str, tuple[float, float] | None],
) -> dict[str, list[float | None] | None]:
    """Intervals by the key of their figure; None where there is none."""
    return {
        key: None if ends is None else [plain(end) for end in ends]
        for key, ends in intervals.items()
    }


def mean_or_none(values: np.ndarray) -> float | None:
    """The mean of what is known; None where nothing is."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else None
