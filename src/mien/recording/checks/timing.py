"""Whether a camera gives enough pictures, by their own timestamps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mien.recording.checks.fault import Fault

RATE = 25.0
"""Pictures a second that are wanted: a tremor of 12 Hz needs as many."""
_ROUNDED = 0.5  # pictures a second that rounded timestamps may cost
_LEAST_S = 0.8  # seconds before it is judged


def rate(times: Sequence[float] | np.ndarray) -> float | None:
    """Pictures a second between the first and the last of them; None where that is too short.

    Parameters
    ----------
    times : sequence of float
        Of successive pictures, seconds.
    """
    if len(times) < 3 or times[-1] - times[0] < _LEAST_S:
        return None
    return float((len(times) - 1) / (times[-1] - times[0]))


def slow(pictures: float) -> bool:
    """Whether so many pictures a second are too few."""
    return pictures < RATE - _ROUNDED


def timing(times: Sequence[float] | np.ndarray) -> list[Fault]:
    """Whether there are too few; parameters are those of `rate`."""
    found = rate(times)
    return [Fault.SLOW] if found is not None and slow(found) else []
