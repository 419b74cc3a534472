"""What every trained network does with its probabilities: abstain where it is not sure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np


@dataclass(frozen=True, eq=False, kw_only=True)
class Abstaining:
    """A classifier that may say nothing."""

    temperature: float = 1.0
    """What logits are divided by, so that probabilities are frequencies (Guo et al. 2017)."""
    threshold: float = 0.0
    """Below this probability `decide` abstains."""

    def decide(self, probabilities: np.ndarray) -> np.ndarray:
        """The likeliest class, or -1 where its probability is below the threshold, shape (n,)."""
        best = probabilities.argmax(-1)
        sure = probabilities.max(-1) >= self.threshold  # false for NaN
        return np.where(sure, best, -1)

    def calibrated(self, temperature: float, threshold: float | None = None) -> Self:
        """The same network with another temperature and threshold of abstention."""
        kept = self.threshold if threshold is None else threshold
        return replace(self, temperature=float(temperature), threshold=float(kept))
