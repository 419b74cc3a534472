"""A patient's voice on its way to the doctor: another one, or none, or as it is."""

from __future__ import annotations

from enum import Enum

import numpy as np

from mien.live.calls.tracks import RATE
from mien.live.errors import Errors
from mien.voice.mcadams import Changer


class VoiceMode(Enum):
    """What becomes of a voice, by the name that programs read."""

    CHANGED = "changed"
    MUTED = "muted"
    KEPT = "kept"


class Voice:
    """Changes a voice as it comes; after an error there is none.

    Parameters
    ----------
    mode : VoiceMode
        What becomes of it.
    errors : Errors
        Where what fails is counted.
    """

    def __init__(self, mode: VoiceMode, errors: Errors) -> None:
        self.mode = mode
        self._errors = errors
        self._changer = Changer(RATE, 1)

    def change(self, samples: np.ndarray) -> np.ndarray:
        """What may be heard of some sound.

        Parameters
        ----------
        samples : np.ndarray [shape=(n,), dtype=int16]
            48,000 a second.

        Returns
        -------
        heard : np.ndarray [shape=(m,), dtype=int16]
            About as many, later by 23 ms where the voice is changed; none if it is muted.
        """
        if self.mode is VoiceMode.KEPT:
            return samples
        if self.mode is VoiceMode.MUTED:
            return samples[:0]
        try:
            done = self._changer.push(samples[None] / 32768.0)[0]
            return (done * 32767).round().astype(np.int16)
        except Exception as exc:
            self._errors.add("voice", exc)
            self.mode = VoiceMode.MUTED
            return samples[:0]
