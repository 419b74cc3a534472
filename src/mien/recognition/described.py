"""Pictures that are described as they come, for they pile up."""

from __future__ import annotations

from hashlib import blake2b

import numpy as np

from mien.recognition.recogniser import Recogniser

AT_ONCE = 32
"""Chips that are described together, as many as a network takes at once."""
Known = dict[bytes, np.ndarray]
"""Descriptors, shape (size,), by the sums of the chips that they are of."""


class Described:
    """Chips for the recogniser, of which no more are held than it describes at once.

    Parameters
    ----------
    recogniser : Recogniser
        Describes them.
    known : dict, optional
        Descriptors by the chips' sums, shared with others of the same recogniser: a chip that is
        the same to the last bit is not described again.
    """

    def __init__(self, recogniser: Recogniser, known: Known | None = None) -> None:
        self._recogniser = recogniser
        self._known = known
        self._chips: list[np.ndarray] = []
        self._found: list[np.ndarray] = []

    def add(self, chips: list[np.ndarray]) -> None:
        """Describe chips, soon."""
        self._chips += chips
        while len(self._chips) >= AT_ONCE:
            self._found.append(self._describe(self._chips[:AT_ONCE]))
            del self._chips[:AT_ONCE]

    def descriptors(self) -> np.ndarray:
        """Of all that were added, in order, shape (n, size)."""
        if self._chips or not self._found:
            self._found.append(self._describe(self._chips))
            self._chips = []
        return np.concatenate(self._found)

    def _describe(self, chips: list[np.ndarray]) -> np.ndarray:
        """Descriptors of chips, of each that is new once."""
        if self._known is None or not chips:
            return self._recogniser.describe_all(chips)
        sums = [blake2b(chip.tobytes(), digest_size=16).digest() for chip in chips]
        new = {one: chip for one, chip in zip(sums, chips, strict=True) if one not in self._known}
        if new:
            found = self._recogniser.describe_all(list(new.values()))
            self._known.update(zip(new, found, strict=True))
        return np.array([self._known[one] for one in sums])
