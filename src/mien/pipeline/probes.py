"""What the recogniser is shown of a rendering."""

from __future__ import annotations

import numpy as np

from mien.recognition.described import Described
from mien.recognition.recogniser import Recogniser


class Probes:
    """One person's frames for the recogniser.

    Parameters
    ----------
    recogniser : Recogniser
        Describes them.

    Attributes
    ----------
    recogniser : str
        Its name.
    frames : list of int
        Number of the frame of each chip in `results`.
    results : Described
        Chips of output frames.
    originals : Described
        Chips of the original, where detectors that mien does not track with found the face.
    hidden : Described
        Those of them that show a hand over it.
    """

    def __init__(self, recogniser: Recogniser) -> None:
        self.recogniser = recogniser.name
        self.frames: list[int] = []
        self.results = Described(recogniser)
        self.originals = Described(recogniser)
        self.hidden = Described(recogniser)

    def add(self, frame: int, chips: list[np.ndarray]) -> None:
        """Keep views of the face in an output frame."""
        self.frames += [frame] * len(chips)
        self.results.add(chips)

    def add_glimpse(
        self, frame: int, before: np.ndarray, after: np.ndarray, hidden: bool = False
    ) -> None:
        """Keep what those detectors saw in one frame, of the original, where a hand may lie over
        the face, and of the output."""
        (self.hidden if hidden else self.originals).add([before])
        self.add(frame, [after])
