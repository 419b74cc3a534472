"""Whether every frame is there, at its time, and moves when the original moves.

A face that is only drawn now and then, or held while the original moves, correlates well on average
and is useless for a tremor. These measures find it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mien.fidelity.plain import plain, plain_intervals
from mien.fidelity.reading import Reading
from mien.statistics import mean_interval

CITATION = "mien: frame by frame comparison of presentation times and of changes of the face"
RATIO = ("face_found",)
_MOVING = 0.8  # grey levels, mean over the face: what counts as a change of the original
_QUIET = 5  # per cent of the frames, whose change is taken for noise
_HELD = 0.15  # of the original's change, below which the result's face stands still


@dataclass(frozen=True, eq=False)
class Continuity:
    """Agreement of two clips in time."""

    frames: int
    """Frames of the original."""
    missing: int
    """Frames of the original without a partner in the result."""
    face_found: float | None
    """Share of the frames with dlib finding the original's face in which it also finds the
    result's, 0 to 1; None if it never finds the original's."""
    held: float | None
    """Share of the original's changes of the face at which the result's stands still, 0 to 1."""
    held_frames: np.ndarray
    """Numbers of the original's frames at which it does."""
    interval: tuple[float, float] | None
    """Of `held`, 95 %."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "frames": self.frames,
            "missing": self.missing,
            "missing_share": round(self.missing / max(self.frames, 1), 5),
            "face_found": plain(self.face_found),
            "held": plain(self.held),
            "interval": plain_intervals({"held": self.interval}),
        }


def measure(original: Reading, other: Reading) -> Continuity:
    """Compare two readings of the same frames.

    Parameters
    ----------
    original, other : Reading
        Of equally many frames; those that the result lacks have no time in it.
    """
    missing = ~np.isfinite(other.times)
    seen = original.found
    # what changes even in the quietest frames is the camera's noise
    one, two = (_above_noise(reading.change) for reading in (original, other))
    moving = (one > _MOVING) & np.isfinite(two)
    held = moving & (two < _HELD * one)
    share = np.where(moving, held.astype(float), np.nan)
    return Continuity(
        frames=len(original.times),
        missing=int(missing.sum()),
        face_found=float((seen & other.found).sum() / seen.sum()) if seen.any() else None,
        held=float(held.sum() / moving.sum()) if moving.any() else None,
        held_frames=np.flatnonzero(held),
        interval=mean_interval(share, original.times) if moving.any() else None,
    )


def _above_noise(change: np.ndarray) -> np.ndarray:
    """Changes less the usual change of the quietest frames, grey levels, shape (n_frames,)."""
    known = change[np.isfinite(change)]
    return change - np.percentile(known, _QUIET) if len(known) else change
