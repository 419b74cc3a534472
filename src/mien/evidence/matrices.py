"""How alike landmarks move against each other, over all clips of a cohort.

Correlations of each pair of landmarks are averaged over the clips first and over pairs then, as
published [1]_.

References
----------
.. [1] Zhu et al., FaceMotionPreserve, Scientific Reports 2024, doi:10.1038/s41598-024-67989-5.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mien.fidelity.dynamics import FIRST, SECOND

KEYS = ("r_x", "r_y", "r_cca")
"""What is correlated: sideways, up and down, both together."""
PARTS = (("brows", 0, 10), ("nose", 10, 19), ("eyes", 19, 31), ("lips", 31, 51))
"""Parts of the face, and their first and the end of their landmarks among the 51."""
_HIGH = 0.9
_DIGITS = 5


@dataclass(frozen=True, eq=False)
class Matrices:
    """Correlations of 1,275 pairs of 51 landmarks, means over clips."""

    pairs: dict[str, np.ndarray]
    """By `KEYS`, shape (1275,); NaN where no clip's original moves."""
    clips: np.ndarray
    """How many clips a pair is known of, shape (1275,), int."""

    def mean(self, key: str) -> float | None:
        """Over the pairs; None where none is known."""
        known = self.pairs[key][np.isfinite(self.pairs[key])]
        return round(float(known.mean()), _DIGITS) if len(known) else None

    def between(self, one: str, other: str, key: str) -> np.ndarray:
        """Those of a part of the face with another, or of a part with itself, shape (n,)."""
        first, second = _part()[FIRST], _part()[SECOND]
        names = [name for name, _, _ in PARTS]
        a, b = names.index(one), names.index(other)
        return self.pairs[key][(first == min(a, b)) & (second == max(a, b))]

    def as_dict(self) -> dict[str, Any]:
        """For JSON: means over pairs, and for each two parts mean and share of pairs over .9."""
        parts = []
        for k, (one, _, _) in enumerate(PARTS):
            for other, _, _ in PARTS[k:]:
                row: dict[str, Any] = {"parts": [one, other]}
                for key in KEYS:
                    values = self.between(one, other, key)
                    known = values[np.isfinite(values)]
                    row[key] = round(float(known.mean()), _DIGITS) if len(known) else None
                    row[f"{key}_over_90"] = (
                        round(float((known > _HIGH).mean()), _DIGITS) if len(known) else None
                    )
                parts.append(row)
        return {
            "clips": int(self.clips.max(initial=0)),
            **{key: self.mean(key) for key in KEYS},
            "parts": parts,
        }


def over_clips(clips: Sequence[Mapping[str, np.ndarray]]) -> Matrices | None:
    """Mean correlations over clips.

    Parameters
    ----------
    clips : sequence of dict
        `Dynamics.pairs` of each clip.

    Returns
    -------
    matrices : Matrices or None
        None where no clip has any.
    """
    known = [clip for clip in clips if np.isfinite(clip["r_cca"]).any()]
    if not known:
        return None
    pairs, count = {}, np.zeros(len(FIRST), int)
    for key in KEYS:
        values = np.stack([clip[key] for clip in known])
        there = np.isfinite(values)
        count = there.sum(0)
        sums = np.where(there, values, 0.0).sum(0)
        pairs[key] = np.where(count > 0, sums / np.maximum(count, 1), np.nan)
    return Matrices(pairs, count)


def _part() -> np.ndarray:
    """Which of `PARTS` each of the 51 landmarks belongs to, shape (51,)."""
    part = np.zeros(51, int)
    for number, (_, start, end) in enumerate(PARTS):
        part[start:end] = number
    return part
