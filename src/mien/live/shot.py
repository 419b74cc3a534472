"""One picture on its way from a camera to whoever watches."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from time import monotonic

import numpy as np

from mien.live.doubt import Doubt


@dataclass(eq=False)
class Shot:
    """A picture of a camera, and what becomes of it, stage by stage."""

    image: np.ndarray
    """RGB as the camera gave it, shape (height, width, 3), uint8; never shown."""
    pts: int
    """When it was taken, ticks of `time_base`."""
    time_base: Fraction
    """Seconds in one tick."""
    came: float = field(default_factory=monotonic)
    """When it came, seconds of a clock that never jumps."""
    landmarks: np.ndarray | None = None
    """The one face in it, pixels, shape (478, 3); None without one."""
    run: int = 0
    """Of the pictures that show one face, followed without a cut, see `Seen.run`."""
    doubt: Doubt | None = None
    """Why the face may not be shown; None where nothing speaks against it."""
    result: np.ndarray | None = None
    """What may be shown, shape (height, width, 3), uint8; None to show nothing new."""
    spent: dict[str, float] = field(default_factory=dict)
    """Seconds in each stage, by its name."""

    @property
    def time(self) -> float:
        """When it was taken, seconds."""
        return float(self.pts * self.time_base)
