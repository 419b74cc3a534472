"""Pitch of a voice, and whether there is any, every 10 ms.

References
----------
.. [1] de Cheveigné & Kawahara, YIN, a fundamental frequency estimator for speech and music, JASA
   111, 2002.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import scipy  # loads its parts when they are used

HOP_S = 0.01
LOWEST_HZ, HIGHEST_HZ = 60.0, 400.0
_BLOCK_S = 0.025  # over which a period is compared with the next
_HEARD_HZ = 900.0  # below which a period is looked for: harmonics, and little of formants
_PERIOD = 0.12  # of YIN's normalised difference: the first lag with less is the period
_VOICED = 0.3  # with less at the best lag there is a period
_QUIET = 1e-3  # root mean square of full scale under which nothing is voiced: -60 dB
_RATE = 8000.0  # about the rate to which everything is brought: a pitch needs no more


class Pitch:
    """Follows the pitch of one voice as it comes.

    Parameters
    ----------
    rate : int
        Samples a second.
    """

    def __init__(self, rate: int) -> None:
        self._skip = max(1, int(rate / _RATE))
        self._rate = rate / self._skip
        self._longest = int(self._rate / LOWEST_HZ) + 2
        self._shortest = max(2, int(self._rate / HIGHEST_HZ))
        self._block = int(_BLOCK_S * self._rate)
        self._hop = HOP_S * self._rate
        self._waiting = np.zeros(0)
        self._rest = np.zeros(0)
        self._start = self._next = 0.0
        self._low = scipy.signal.butter(4, _HEARD_HZ, fs=rate, output="sos")
        self._state = np.zeros((len(self._low), 2))
        self._found: list[float] = []

    def push(self, samples: np.ndarray) -> None:
        """Take samples [shape=(n,), -1 to 1]."""
        if not len(samples):
            return
        low, self._state = scipy.signal.sosfilt(self._low, samples, zi=self._state)
        raw = np.concatenate([self._rest, low])
        whole = len(raw) - len(raw) % self._skip
        self._rest = raw[whole:]
        self._waiting = np.concatenate([self._waiting, raw[: whole : self._skip]])
        need = self._block + self._longest
        while self._next + need <= self._start + len(self._waiting):
            first = int(self._next - self._start)
            self._found.append(self._pitch(self._waiting[first : first + need]))
            self._next += self._hop
        gone = min(int(self._next - self._start), len(self._waiting))
        self._waiting = self._waiting[gone:]
        self._start += gone

    def hertz(self) -> np.ndarray:
        """Pitch every 10 ms, NaN where there is none."""
        return np.array(self._found)

    def _pitch(self, frame: np.ndarray) -> float:
        block, longest = self._block, self._longest
        still = frame[:block] - frame.mean()
        if np.sqrt(np.mean(still**2)) < _QUIET:
            return np.nan
        size = 1 << (block + len(frame)).bit_length()
        centred = frame - frame.mean()
        spectrum = np.fft.rfft(centred, size) * np.conj(np.fft.rfft(still, size))
        together = np.fft.irfft(spectrum, size)[:longest]
        squares = np.concatenate([[0.0], np.cumsum(centred**2)])
        energy = squares[block : block + longest] - squares[:longest]
        difference = np.maximum(energy[0] + energy - 2 * together, 0)
        lags = np.arange(1, longest)
        mean = np.cumsum(difference[1:]) / lags
        normal = np.concatenate([[1.0], difference[1:] / np.maximum(mean, 1e-12)])
        possible = normal[self._shortest :]
        low = np.flatnonzero(possible < _PERIOD)
        lag = (int(low[0]) if len(low) else int(possible.argmin())) + self._shortest
        if normal[lag] > _VOICED:
            return np.nan
        while lag + 1 < longest and normal[lag + 1] < normal[lag]:
            lag += 1
        if lag + 1 >= longest:
            return np.nan
        before, here, after = normal[lag - 1 : lag + 2]
        bend = before - 2 * here + after
        return float(self._rate / (lag + (0.5 * (before - after) / bend if bend > 0 else 0.0)))


@dataclass(frozen=True)
class Kept:
    """What was kept of a voice."""

    TOLD: ClassVar[tuple[str, ...]] = ("f0_correlation", "voiced_agreement", "voiced_s")
    """What others may be told of it."""

    f0_correlation: float | None
    """Correlation of the pitch, where both voices have one; None with less than a second of it, or
    where it does not move."""
    voiced_agreement: float | None
    """Share of the moments in which both or neither have a pitch, 0 to 1; None without sound."""
    voiced_s: float
    """Seconds in which the original has a pitch."""

    def as_dict(self) -> dict[str, Any]:
        """For the manifest."""
        return {
            "f0_correlation": None
            if self.f0_correlation is None
            else round(self.f0_correlation, 4),
            "voiced_agreement": None
            if self.voiced_agreement is None
            else round(self.voiced_agreement, 4),
            "voiced_s": round(self.voiced_s, 2),
        }


def kept(before: np.ndarray, after: np.ndarray) -> Kept:
    """Compare two tracks of pitch [shape=(n,), Hz, NaN where there is none]."""
    count = min(len(before), len(after))
    if not count:
        return Kept(None, None, 0.0)
    before, after = before[:count], after[:count]
    had, has = ~np.isnan(before), ~np.isnan(after)
    both = had & has
    correlation = None
    if both.sum() >= 1 / HOP_S and before[both].std() > 0 and after[both].std() > 0:
        correlation = float(np.corrcoef(np.log(before[both]), np.log(after[both]))[0, 1])
    return Kept(correlation, float((had == has).mean()), float(had.sum() * HOP_S))
