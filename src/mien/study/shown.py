"""One clip as one rater sees it."""

from __future__ import annotations

from dataclasses import dataclass

TRAINING = -1
"""Round of the clips with reference ratings, which come first."""


@dataclass(frozen=True)
class Shown:
    """One clip as one rater sees it."""

    rater: str
    round: int
    """0 for the first, `TRAINING` for training."""
    position: int
    """Within the round, from 0."""
    clip: str
    version: str
    """`original` or `result`."""
    repeat: int
    """0, or 1 for the hidden repeat."""
