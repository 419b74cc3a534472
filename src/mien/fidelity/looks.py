"""Whether a new face looks as if it had been filmed: its edge, its grain, its calm.

What gives a drawn face away is rarely the face. It is an edge that was not there, skin that is
smoother or crisper than the neck below it, skin that swims or flickers while the patient keeps
still, and an expression that nothing can be made of any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mien.fidelity.plain import plain, plain_intervals
from mien.fidelity.reading import Reading
from mien.fidelity.surface import GRAIN, OUTLINE, STILL
from mien.statistics import mean_interval

CITATION = "mien: brightness across the outline, fine detail of skin, changes of still skin"
RATIO = ("as_sure",)
_AS_SURE = 0.9  # of the original's, how sure the expression network has to be
_FEWEST = 5  # frames that are compared


@dataclass(frozen=True)
class Looks:
    """How a result's face compares with the original's; None where it was not seen."""

    frames: int
    """Frames in which both surfaces were seen."""
    seam: float | None
    """Mean size of the change of the brightness step across the outline, per cent."""
    grain: float | None
    """Fine detail of skin in shares of the neck's, result / original; 1 if the new skin is as
    sharp and noisy as the old one was. Where no neck is seen, of the skin itself."""
    flicker: float | None
    """Change of still places on the skin from frame to frame, result less original, grey levels."""
    as_sure: float | None
    """Share of the frames in which the expression network is as sure as of the original (to a
    tenth)."""
    interval: dict[str, tuple[float, float] | None]
    """95 % intervals of `seam` and `as_sure`."""

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "frames": self.frames,
            "seam": plain(self.seam),
            "grain": plain(self.grain),
            "flicker": plain(self.flicker),
            "as_sure": plain(self.as_sure),
            "interval": plain_intervals(self.interval),
        }


def measure(original: Reading, other: Reading) -> Looks:
    """Compare the surfaces of two readings of the same frames."""
    sure, sure_of_it = _sureness(original, other)
    if original.surface is None or other.surface is None:
        return Looks(0, None, None, None, sure, {"seam": None, "as_sure": sure_of_it})
    steps = np.abs(other.surface[:, OUTLINE] - original.surface[:, OUTLINE])
    seam = _mean_over(steps)
    known = np.isfinite(seam)
    enough = known.sum() >= _FEWEST
    return Looks(
        frames=int(known.sum()),
        seam=100 * float(seam[known].mean()) if enough else None,
        grain=_grain(original.surface[:, GRAIN], other.surface[:, GRAIN]),
        flicker=_flicker(original.surface[:, STILL], other.surface[:, STILL]),
        as_sure=sure,
        interval={
            "seam": mean_interval(100 * seam, original.times) if enough else None,
            "as_sure": sure_of_it,
        },
    )


def _mean_over(values: np.ndarray) -> np.ndarray:
    """Mean of each row over what is known, shape (n,); NaN where nothing is."""
    known = np.isfinite(values)
    total = np.where(known, values, 0).sum(1)
    return np.where(known.any(1), total / np.maximum(known.sum(1), 1), np.nan)


def _grain(original: np.ndarray, other: np.ndarray) -> float | None:
    """Ratio of the skin's fine detail to the neck's, or of the skin's alone without a neck."""
    apart = other - original
    against = np.isfinite(apart).all(1)
    if against.sum() >= _FEWEST:
        return float(np.exp(np.median(apart[against, 0] - apart[against, 1])))
    skin = np.isfinite(apart[:, 0])
    return float(np.exp(np.median(apart[skin, 0]))) if skin.sum() >= _FEWEST else None


def _flicker(original: np.ndarray, other: np.ndarray) -> float | None:
    """How much more places on the skin change that lie still, grey levels."""
    changes = []
    for places in (original, other):
        # what all places have in common is the light
        steady = places - np.median(places, axis=1, keepdims=True)
        changes.append(np.abs(steady[2:] - 2 * steady[1:-1] + steady[:-2]))
    both = np.isfinite(changes[0]) & np.isfinite(changes[1])
    if both.sum() < _FEWEST * both.shape[1]:
        return None
    return float(np.median(changes[1][both]) - np.median(changes[0][both]))


def _sureness(original: Reading, other: Reading) -> tuple[float | None, tuple[float, float] | None]:
    """Share of frames in which the expression is read as surely, and its interval."""
    if original.labels is None or other.labels is None:
        return None, None
    one, two = original.labels.max(1), other.labels.max(1)
    known = np.isfinite(one) & np.isfinite(two)
    if not known.any():
        return None, None
    share = np.where(known, (two >= _AS_SURE * one).astype(float), np.nan)
    return float(share[known].mean()), mean_interval(share, original.times)
