"""One clock for two cameras: how much later one recording began, from the sound both heard.

The loudness of the sound says roughly where the recordings fit: it survives other microphones,
gains and rooms. There, stretch by stretch, the phase of the sound says it to the millisecond, and
the stretches have to agree.
"""

from __future__ import annotations

import math
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import signal
from scipy.ndimage import uniform_filter1d

from mien.encounter.soundtrack import Soundtrack, read_soundtrack
from mien.errors import ParameterError

_STEP = 80  # samples of one value of loudness: 10 ms
_BANDS = ((150, 450), (450, 1000), (1000, 2000), (2000, 3800))  # Hz
_SLOW_S = 1.0  # loudness is taken relative to its mean over so long
_SHARED_S = 2.0  # the least that two recordings must have in common
_CANDIDATES = 5
_NEAR_S = 0.25  # the second step looks so far to either side of the first one's answer
_STRETCH_S = 6.0
_STRETCHES = 40
_AGREE_S = 0.02
_SURE = 0.5  # confidence under which no common sound is admitted


@dataclass(frozen=True)
class Offset:
    """How the second recording's clock is turned into the first one's."""

    seconds: float
    """What to add to a time of the second recording to have it on the first one's clock: positive
    where the second camera was started later."""
    confidence: float
    """0 to 1: share of stretches of sound that agree within 20 ms; 1 where it was given."""
    source: str = "sound"
    """``"sound"``, ``"given"``, or ``"one camera"``."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    @classmethod
    def given(cls, seconds: float) -> Offset:
        """An offset that the caller knows.

        Raises
        ------
        ParameterError
            If it is no number of seconds.
        """
        try:
            value = float(seconds)
        except (TypeError, ValueError):
            value = math.nan
        if not math.isfinite(value):
            raise ParameterError(f"An offset is a number of seconds, not {seconds!r}.")
        return cls(value, 1.0, "given")


class ClockError(ParameterError):
    """Two recordings cannot be put on one clock: it is for this pair, not a setting of all."""

    code = "no-common-clock"


def align_files(first: str | os.PathLike[str], second: str | os.PathLike[str]) -> Offset:
    """The offset of two clips, from their sound; see `align`.

    Raises
    ------
    VideoError
        If a file cannot be opened.
    ClockError
        If one has no sound, or the two have no sound in common.
    """
    sounds = []
    for path in (first, second):
        sound = read_soundtrack(path)
        if sound is None or sound.is_silent:
            what = "no sound track" if sound is None else "a sound track that is silent"
            raise ClockError(
                f"{Path(path).name} has {what}, so its clock cannot be found: give the offset of "
                "the recordings in seconds."
            )
        sounds.append(sound)
    return align(*sounds)


def align(first: Soundtrack, second: Soundtrack) -> Offset:
    """How much to add to the second recording's times to have them on the first one's clock.

    Changes of loudness in four bands are cross-correlated over all shifts. Around the best few, the
    generalised cross-correlation with phase transform [1]_ of up to 40 stretches of 6 s is looked
    at; the offset is the median of the stretches that agree, which also tolerates clocks that drift
    apart by some ten milliseconds.

    Parameters
    ----------
    first, second : Soundtrack
        Of the same rate; lengths and gains may differ.

    Returns
    -------
    offset : Offset

    Raises
    ------
    ClockError
        If a recording is silent or shorter than two seconds, or nothing in the two recordings is
        the same.
    ParameterError
        If the rates differ.

    References
    ----------
    .. [1] Knapp & Carter, "The generalized correlation method for estimation of time delay", IEEE
       Transactions on Acoustics, Speech and Signal Processing 24(4), 1976.
    """
    if first.rate != second.rate:
        raise ParameterError(
            f"Sounds of {first.rate} and {second.rate} Hz cannot be aligned: read both at one rate."
        )
    for which, sound in (("first", first), ("second", second)):
        if len(sound.samples) < _SHARED_S * sound.rate:
            raise ClockError(
                f"The {which} recording's sound is shorter than {_SHARED_S:g} s: give the offset "
                "of the recordings in seconds."
            )
        if sound.is_silent:
            raise ClockError(
                f"The {which} recording is silent: give the offset of the recordings in seconds."
            )
    best = Offset(0.0, 0.0)
    a, b = _whitened(first), _whitened(second)
    for shift in _candidates(_onsets(first), _onsets(second), first.rate):
        refined = _refine(a, b, first.rate, shift)
        if refined.confidence > best.confidence:
            best = refined
    if best.confidence < _SURE:
        raise ClockError(
            "The two recordings have no sound in common: check that they are of one encounter, or "
            "give their offset in seconds."
        )
    return Offset(best.seconds + first.start - second.start, best.confidence)


def _onsets(sound: Soundtrack) -> np.ndarray:
    """Changes of loudness per band, each of unit size, shape (bands, n); every 10 ms."""
    count = len(sound.samples) // _STEP
    rows = []
    for low, high in _BANDS:
        sos = signal.butter(2, [low, high], "bandpass", fs=sound.rate, output="sos")
        part = signal.sosfilt(sos, sound.samples)[: count * _STEP]
        level = np.log(np.square(part).reshape(count, _STEP).mean(1) + 1e-9)
        level -= uniform_filter1d(level, round(_SLOW_S * sound.rate / _STEP), mode="nearest")
        rows.append(level / (level.std() + 1e-9))
    return np.stack(rows)


def _candidates(a: np.ndarray, b: np.ndarray, rate: int) -> list[float]:
    """Shifts in seconds at which loudness fits best, best first."""
    n, m = a.shape[1], b.shape[1]
    length = 1 << (n + m - 1).bit_length()
    product = np.fft.rfft(a, length) * np.conj(np.fft.rfft(b, length))
    circular = np.fft.irfft(product.sum(0), length)
    lags = np.arange(-(m - 1), n)
    score = circular[lags]
    shared = np.minimum(n, m + lags) - np.maximum(0, lags)
    # what chance gives grows with the root of the overlap: so short overlaps do not win by luck
    score = score / np.sqrt(np.maximum(shared, 1))
    score[shared < _SHARED_S * rate / _STEP] = -np.inf
    shifts: list[float] = []
    for _ in range(_CANDIDATES):
        k = int(score.argmax())
        if not np.isfinite(score[k]):
            break
        shifts.append(float(lags[k] * _STEP / rate))
        score[max(k - 20, 0) : k + 21] = -np.inf
    return shifts


def _whitened(sound: Soundtrack) -> np.ndarray:
    """The sound within speech's band, shape (n,)."""
    sos = signal.butter(4, [120, 3700], "bandpass", fs=sound.rate, output="sos")
    return np.asarray(signal.sosfilt(sos, sound.samples), np.float32)


def _refine(a: np.ndarray, b: np.ndarray, rate: int, shift: float) -> Offset:
    """The offset near a shift, and the share of stretches that agree on it."""
    lag = round(shift * rate)
    start, end = max(0, lag), min(len(a), len(b) + lag)
    size = min(round(_STRETCH_S * rate), max((end - start) // 3, rate))
    if end - start < size:
        return Offset(shift, 0.0)
    count = min(_STRETCHES, max(1, 2 * (end - start) // size - 1))
    starts = np.linspace(start, end - size, count).astype(int)
    reach = round(_NEAR_S * rate)
    length = 1 << (2 * size - 1).bit_length()
    around = np.arange(-reach, reach + 1)
    window = np.hanning(size)
    shifts, heights = [], []
    total = np.zeros(len(around))
    for begin in starts:
        x, y = a[begin : begin + size], b[begin - lag : begin - lag + size]
        if not (np.any(x) and np.any(y)):
            continue
        cross = np.fft.rfft(x * window, length) * np.conj(np.fft.rfft(y * window, length))
        size_of = np.abs(cross)
        peaks = np.fft.irfft(cross / (size_of + 1e-3 * size_of.max() + 1e-20), length)[around]
        peaks = peaks / (np.std(peaks) + 1e-12)
        total += peaks
        k = int(peaks.argmax())
        shifts.append(around[k] / rate)
        heights.append(peaks[k])
    if not shifts:
        return Offset(shift, 0.0)
    offsets = np.array(shifts)
    middle = around[int(total.argmax())] / rate
    agree = np.abs(offsets - middle) < _AGREE_S
    weight = np.array(heights)
    confidence = float(weight[agree].sum() / weight.sum())
    # one stretch agrees with itself, however little it says: its peak has to stand out
    confidence *= min(1.0, float(weight.max()) / 8.0, len(offsets) / 3.0)
    seconds = lag / rate + (float(np.median(offsets[agree])) if agree.any() else middle)
    return Offset(seconds, confidence)
