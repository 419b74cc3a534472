"""Pictures that are described as they come, for they pile up."""

from __future__ import annotations

import numpy as np

from mien.recognition.recogniser import Recogniser

AT_ONCE = 32
"""Chips that are described together, as many as a network takes at once."""


class Described:
    """Chips for the recogniser, of which no more are held than it describes at once.

    Parameters
    ----------
    recogniser : Recogniser
        Describes them.
    """

    def __init__(self, recogniser: Recogniser) -> None:
        self._recogniser = recogniser
        self._chips: list[np.ndarray] = []
        self._found: list[np.ndarray] = []

    def add(self, chips: list[np.ndarray]) -> None:
        """Describe chips, soon."""
        self._chips += chips
        while len(self._chips) >= AT_ONCE:
            self._found.append(self._recogniser.describe_all(self._chips[:AT_ONCE]))
            del self._chips[:AT_ONCE]

    def descriptors(self) -> np.ndarray:
        """Of all that were added, in order, shape (n, size)."""
        if self._chips or not self._found:
            self._found.append(self._recogniser.describe_all(self._chips))
            self._chips = []
        return np.concatenate(self._found)
