"""Which frames a step learns from: decided by its number alone, so that training can be resumed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

_LIGHT = 0.1  # by which a pair's brightness, contrast and colours are changed, at most


def pairs(
    clips: Sequence[np.ndarray], count: int, rng: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """Two frames each of some clips, mirrored and lit alike.

    Parameters
    ----------
    clips : sequence of np.ndarray [shape=(n_frames, side, side, 3), dtype=uint8]
        Two frames each at least.
    count : int
        Pairs.
    rng : np.random.Generator
        Decides which.

    Returns
    -------
    source, driving : Tensor [shape=(count, 3, side, side)]
        0-1.
    """
    made = np.empty((2, count, *clips[0].shape[1:]), np.float32)
    for k in range(count):
        clip = clips[int(rng.integers(len(clips)))]
        both = clip[rng.choice(len(clip), 2, replace=False)].astype(np.float32) / 255
        if rng.random() < 0.5:
            both = both[:, :, ::-1]
        gain = rng.uniform(1 - _LIGHT, 1 + _LIGHT) * rng.uniform(1 - _LIGHT / 2, 1 + _LIGHT / 2, 3)
        lift = rng.uniform(-_LIGHT, _LIGHT)
        made[:, k] = np.clip((both - 0.5) * gain + 0.5 + lift, 0, 1)
    source, driving = (torch.from_numpy(part).permute(0, 3, 1, 2).contiguous() for part in made)
    return source, driving
