"""Which frames of two clips of the same recording belong together."""

from __future__ import annotations

import numpy as np

_NEAR = 0.6  # of a frame's length


def partners(times: np.ndarray, others: np.ndarray) -> np.ndarray:
    """For each frame of one clip, the frame of the other that is shown at that moment.

    Clips with equally many frames are paired by order, others by the time since their first frame.

    Parameters
    ----------
    times, others : np.ndarray [shape=(n,), (m,)]
        Seconds, ascending, each of at least one frame.

    Returns
    -------
    partner : np.ndarray [shape=(n,), dtype=int]
        Numbers of frames; -1 where none is near enough.
    """
    since, others = times - times[0], others - others[0]
    if len(since) == len(others):
        return np.arange(len(since))
    step = float(np.median(np.diff(since))) if len(since) > 1 else 1.0
    if len(others) > 1:
        step = max(step, float(np.median(np.diff(others))))
    right = np.searchsorted(others, since).clip(1, max(len(others) - 1, 1))
    left = right - 1
    right = right.clip(0, len(others) - 1)
    nearer = np.where(np.abs(others[left] - since) <= np.abs(others[right] - since), left, right)
    return np.where(np.abs(others[nearer] - since) <= _NEAR * step, nearer, -1)
