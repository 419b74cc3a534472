"""Checking a result with a recogniser before anybody gets it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from mien.errors import PrivacyError
from mien.privacy.recognisers import Dlib


@dataclass(frozen=True)
class Audit:
    """How near one person's replaced face comes to any of the original ones."""

    person: int
    """Number of the person."""
    frames: int
    """Output frames that were compared."""
    gallery: int
    """Original frames that each was compared with."""
    nearest: float
    """Smallest distance found."""
    mean: float
    """Mean over the output frames of the distance to their nearest original."""
    threshold: float
    """Distance under which the recogniser takes two faces for one person."""

    @property
    def passed(self) -> bool:
        """Whether no compared frame is recognised."""
        return self.nearest >= self.threshold

    def as_dict(self) -> dict[str, Any]:
        """For the manifest."""
        return {**asdict(self), "passed": self.passed}


def audit(person: int, originals: np.ndarray, results: np.ndarray, recogniser: Dlib) -> Audit:
    """Compare descriptors of a person's output frames with all sampled originals.

    Parameters
    ----------
    person : int
        Number of the person.
    originals, results : np.ndarray [shape=(n, 128)]
        Descriptors.
    recogniser : Dlib
        Where they come from.
    """
    distance = np.linalg.norm(results[:, None] - originals[None], axis=2).min(1)
    return Audit(
        person,
        len(results),
        len(originals),
        round(float(distance.min()), 4),
        round(float(distance.mean()), 4),
        recogniser.threshold,
    )


def enforce(audits: list[Audit]) -> None:
    """Withhold a result in which somebody is recognised.

    Raises
    ------
    PrivacyError
        Naming the person and the distance.
    """
    for found in audits:
        if not found.passed:
            raise PrivacyError(
                f"The output was withheld: person {found.person + 1} can still be recognised "
                f"(distance {found.nearest:.2f}, needed {found.threshold:.2f}); try another "
                "--surrogate, or --engine mask."
            )
