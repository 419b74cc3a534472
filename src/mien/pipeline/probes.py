"""What the recogniser is shown of a rendering: described as it comes, for pictures pile up."""

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


class Probes:
    """One person's frames for the recogniser.

    Parameters
    ----------
    recogniser : Recogniser
        Describes them.

    Attributes
    ----------
    frames : list of int
        Number of the frame of each chip in `results`.
    results : Described
        Chips of output frames.
    originals : Described
        Chips of the original, where detectors that mien does not track with found the face.
    """

    def __init__(self, recogniser: Recogniser) -> None:
        self.frames: list[int] = []
        self.results = Described(recogniser)
        self.originals = Described(recogniser)

    def add(self, frame: int, chips: list[np.ndarray]) -> None:
        """Keep views of the face in an output frame."""
        self.frames += [frame] * len(chips)
        self.results.add(chips)

    def add_glimpse(self, frame: int, before: np.ndarray, after: np.ndarray) -> None:
        """Keep what those detectors saw in one frame, of the original and of the output."""
        self.originals.add([before])
        self.add(frame, [after])
