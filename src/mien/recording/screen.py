"""Where a capture stands, and what the participant is to see of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Stage(Enum):
    """Where a capture stands."""

    CONSENT = "consent"
    """Waits until consent is on record."""
    INSTRUCTION = "instruction"
    """Says what to show, and waits for the participant to start."""
    FIXATION = "fixation"
    """Shows the point to look at; nothing is recorded yet."""
    RECORDING = "recording"
    """Keeps a snapshot of every moment with a face."""
    PAUSED = "paused"
    """The face is lost or turned away; nothing is recorded."""
    DONE = "done"
    """Every expression has been recorded."""
    ABORTED = "aborted"
    """The participant or the researcher stopped; what there is can be saved."""

    @property
    def over(self) -> bool:
        """Whether nothing more happens."""
        return self in (Stage.DONE, Stage.ABORTED)


@dataclass(frozen=True)
class Screen:
    """What to show now."""

    stage: Stage
    """Where the capture stands."""
    text: str
    """For the participant, in the protocol's language."""
    expression: str | None
    """What is asked for; None before the first and after the last."""
    named: str | None
    """What it is called in the protocol's language."""
    number: int
    """Of the expression, from 1; 0 before the first."""
    total: int
    """How many expressions there are."""
    kept: int
    """Snapshots of this expression so far."""
    wanted: int
    """Snapshots that make it complete."""
    fixation: tuple[float, float] | None
    """Where to show the point, shares of the screen's width and height; None for no point."""
    waits: bool
    """Whether it waits for the participant to start."""
    paused: str | None
    """Why it pauses: ``"lost"`` or ``"turned"``; None if it does not."""

    @property
    def progress(self) -> float:
        """Of this expression, 0 to 1."""
        return min(self.kept / self.wanted, 1.0)
