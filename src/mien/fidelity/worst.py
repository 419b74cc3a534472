"""The moments at which result and original differ most: where a person should look first."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from mien.face.pose import without_pose
from mien.fidelity.dynamics import REGIONS
from mien.fidelity.reading import Reading

_APART_S = 1.0  # moments of one kind lie further apart
_MOST = 8
_WORTH = 3.0  # usual differences, from which a difference is worth a look
_LEAST = 0.02  # outer-eye distances, below which nobody sees a difference
_LOST_S = 0.1  # shortest time without a face that is listed


@dataclass(frozen=True)
class Moment:
    """Something to look at."""

    frame: int
    """Number of the original's frame."""
    time: float
    """Seconds since the first frame."""
    kind: str
    """``"brows"``, ``"eyes"``, ``"mouth"``, ``"jaw"``, ``"lost"`` or ``"held"``."""
    words: str
    """What differs, in one sentence."""
    weight: float
    """How far it is beyond the usual; moments of all kinds are sorted by it."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def worst_moments(
    original: Reading, other: Reading, measures: dict[str, Any], most: int = _MOST
) -> list[Moment]:
    """List the moments that differ most, the worst first.

    Parameters
    ----------
    original, other : Reading
        Of the same frames.
    measures : dict
        What the measures found, by name; ``continuity`` tells where the face is held.
    most : int
        How many at most.
    """
    found = [*_lost(original, other), *_held(original, other, measures.get("continuity"))]
    apart = differences(original, other)
    for name in ("brows", "eyes", "mouth", "jaw"):
        found += _peaks(apart[name], original.times, name)
    found.sort(key=lambda moment: -moment.weight)
    return found[:most]


def differences(original: Reading, other: Reading) -> dict[str, np.ndarray]:
    """How far each region is from where it should be, outer-eye distances, shape (n_frames,) each.

    The head's movement is taken out, and so is the usual difference of the two faces: what is left
    is a difference of movement. NaN where a face was not found.
    """
    apart = without_pose(other.points) - without_pose(original.points)
    known = np.isfinite(apart).all(axis=(1, 2))
    if known.any():
        apart = apart - np.median(apart[known], axis=0)
    # root mean square: one eye that does not close counts, though the other does
    squares = (apart**2).sum(2)
    return {name: np.sqrt(squares[:, points].mean(1)) for name, points in REGIONS.items()}


def _peaks(apart: np.ndarray, times: np.ndarray, name: str) -> list[Moment]:
    known = np.isfinite(apart)
    if not known.any():
        return []
    usual = float(np.median(apart[known]))
    left = np.where(known, apart, -1.0)
    found: list[Moment] = []
    while len(found) < _MOST:
        frame = int(left.argmax())
        value = float(left[frame])
        if value < max(_WORTH * usual, _LEAST):
            break
        found.append(
            Moment(
                frame,
                round(float(times[frame]), 3),
                name,
                f"The {name} {'are' if name.endswith('s') else 'is'} {value:.0%} of the eyes' "
                "distance away from where the original's movement would have them.",
                round(value / max(usual, _LEAST / _WORTH), 2),
            )
        )
        left[np.abs(times - times[frame]) < _APART_S] = -1.0
    return found


def _lost(original: Reading, other: Reading) -> list[Moment]:
    """Spans in which dlib sees the original's face and not the result's."""
    return [
        Moment(
            first,
            round(float(original.times[first]), 3),
            "lost",
            f"For {seconds:.1f} s no face is found in the result where the original shows one.",
            round(10 + seconds, 2),
        )
        for first, seconds in _spans(original.found & ~other.found, original)
        if seconds >= _LOST_S
    ]


def _held(original: Reading, other: Reading, continuity: Any) -> list[Moment]:
    """Spans in which a face that is there stands still, the longest three."""
    if continuity is None or not len(continuity.held_frames):
        return []
    held = np.zeros(len(original.times), bool)
    held[continuity.held_frames] = True
    held &= other.found
    spans = sorted(_spans(held, original), key=lambda span: -span[1])[:3]
    return [
        Moment(
            first,
            round(float(original.times[first]), 3),
            "held",
            f"The result's face stands still for {seconds:.2f} s while the original's moves.",
            round(5 + 10 * seconds, 2),
        )
        for first, seconds in spans
    ]


def _spans(flags: np.ndarray, reading: Reading) -> list[tuple[int, float]]:
    """First frame and length in seconds of every run of true."""
    edges = np.diff(np.r_[False, flags, False].astype(int))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    times = np.r_[reading.times, reading.times[-1:] + reading.step]
    return [(int(s), float(times[e] - times[s])) for s, e in zip(starts, ends, strict=True)]
