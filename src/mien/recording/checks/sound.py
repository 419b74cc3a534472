"""Whether a voice is loud enough, and not too loud for the microphone."""

from __future__ import annotations

import numpy as np

from mien.recording.checks.fault import Fault

QUIET_DB = -45.0
"""Level of the loudest twentieth of a stretch, dB of full scale, that a voice has to reach."""
CLIPPED = 0.001
"""Share of samples at full scale that may be."""
_FULL = 0.99
_WINDOW_S = 0.05


def level(samples: np.ndarray, hertz: int) -> float:
    """Level of the loudest twentieth of a stretch of sound, dB of full scale.

    Parameters
    ----------
    samples : np.ndarray [shape=(n,)]
        -1 to 1.
    hertz : int
        Samples a second.
    """
    window = max(1, round(_WINDOW_S * hertz))
    whole = len(samples) // window * window
    if not whole:
        return -np.inf
    power = np.square(np.asarray(samples[:whole], np.float64)).reshape(-1, window).mean(1)
    return float(10 * np.log10(max(float(np.percentile(power, 95)), 1e-12)))


def sound(samples: np.ndarray, hertz: int, wants_voice: bool = True) -> list[Fault]:
    """What is wrong with a stretch of sound.

    Parameters
    ----------
    samples, hertz
        As for `level`.
    wants_voice : bool
        Whether somebody is asked to speak in it.
    """
    faults = []
    if wants_voice and level(samples, hertz) < QUIET_DB:
        faults.append(Fault.QUIET)
    if len(samples) and float((np.abs(samples) >= _FULL).mean()) > CLIPPED:
        faults.append(Fault.CLIPPED)
    return faults
