"""The pulse as a wave in the colour of the skin, in two ways, and its rate in windows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import cv2
import numpy as np
from scipy import signal

from mien.errors import ParameterError

METHODS = ("pos", "chrom")
BAND = (0.7, 4.0)
"""Heart rates looked for, Hz: 42 to 240 beats a minute."""
WINDOW_S = 10.0
SHORTEST_S = 6.0
"""Shorter clips carry too few beats for a rate."""
STEP_S = 1.0
AGREE = 6.0
"""Beats a minute by which two rates may differ and be the same."""
CLEAR_DB = 2.0
"""Signal-to-noise ratio from which a peak stands out. Of 400 traces of white, pink and brown noise
each, at most 0.3 % of those of 10 s reach it with both ways agreeing, and 6 % of those of 6 s."""
_CHUNK_S = 1.6  # of POS and CHROM
_GAP_S = 0.5  # of a lost face, bridged by a straight line
_KNOWN = 0.9  # share of a window in which the face is seen
SLOWEST = 2.2 * BAND[1]
"""Frames per second from which the band is sampled."""
_PER_MINUTE = 60.0


@dataclass(frozen=True)
class Rates:
    """Heart rate in each window of one clip."""

    times: np.ndarray
    """Middle of each window, seconds, shape (n_windows,)."""
    heart_rate: np.ndarray
    """Beats a minute by each of `METHODS`, NaN where too little of the face is seen, shape
    (n_windows, 2)."""
    snr: np.ndarray
    """Signal-to-noise ratio, dB, shape (n_windows, 2)."""

    @property
    def clear(self) -> np.ndarray:
        """Windows with enough signal: both ways agree within 6 beats a minute and both reach a
        ratio of 2 dB, shape (n_windows,), bool."""
        with np.errstate(invalid="ignore"):
            same = np.abs(self.heart_rate[:, 0] - self.heart_rate[:, 1]) <= AGREE
            return same & (self.snr >= CLEAR_DB).all(1)


def pulse_wave(skin: np.ndarray, times: np.ndarray, method: str) -> tuple[np.ndarray, np.ndarray]:
    """The pulse as a wave, evenly sampled at the clip's typical frame rate.

    Parameters
    ----------
    skin : np.ndarray [shape=(n_frames, 3)]
        Mean red, green and blue, NaN where there is no face.
    times : np.ndarray [shape=(n_frames,)]
        Seconds, ascending, possibly uneven.
    method : str
        ``"pos"`` or ``"chrom"``.

    Returns
    -------
    times : np.ndarray [shape=(n,)]
        Seconds.
    wave : np.ndarray [shape=(n,)]
        Share of the mean colour, within 0.7 to 4 Hz; NaN where the face is lost for more than half
        a second. Both are empty for fewer than 1.6 s or 8.8 frames per second.

    Raises
    ------
    ParameterError
        If there is no such method.

    References
    ----------
    .. [1] Wang, den Brinker, Stuijk & de Haan, "Algorithmic principles of remote PPG", IEEE TBME
       2017, doi 10.1109/TBME.2016.2609282.
    .. [2] de Haan & Jeanne, "Robust pulse rate from chrominance-based rPPG", IEEE TBME 2013,
       doi 10.1109/TBME.2013.2266196.
    """
    if method not in METHODS:
        raise ParameterError(f'method must be "pos" or "chrom", not {method!r}.')
    even, colour, rate = _even(skin, times)
    if not len(even):
        return even, np.zeros(0)
    lost = ~np.isfinite(colour[:, 0])
    if lost.all():
        return even, np.full(len(even), np.nan)
    index = np.arange(len(even))
    whole = np.stack([np.interp(index, index[~lost], c[~lost]) for c in colour.T], 1)
    whole = np.maximum(whole, 1e-3)  # a black trace has no share
    sections = signal.butter(2, BAND, "bandpass", fs=rate, output="sos")
    band = partial(signal.sosfiltfilt, sections, axis=0)
    chunk = int(np.ceil(_CHUNK_S * rate))
    wave = band(_pos(whole, chunk)) if method == "pos" else _chrom(whole, chunk, band)
    wave[lost] = np.nan
    return even, wave


def rates(skin: np.ndarray, times: np.ndarray) -> Rates:
    """Heart rate in windows of 10 s, one a second; one window of a clip of 6 to 10 s.

    Parameters
    ----------
    skin, times
        See `pulse_wave`.
    """
    waves = [pulse_wave(skin, times, method) for method in METHODS]
    even = waves[0][0]
    step = even[1] - even[0] if len(even) > 1 else 1.0
    seconds = len(even) * step
    if seconds < SHORTEST_S - 1e-6:
        return Rates(np.zeros(0), np.zeros((0, 2)), np.zeros((0, 2)))
    length = round(min(WINDOW_S, seconds) / step)
    starts = np.arange(0, len(even) - length + 1, STEP_S / step).round().astype(int)
    found = np.array(
        [[_peak(wave[s : s + length], 1 / step) for _, wave in waves] for s in starts]
    )  # (n_windows, 2, 2)
    return Rates(even[0] + (starts + length / 2) * step, found[..., 0], found[..., 1])


def _even(skin: np.ndarray, times: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Evenly spaced times, colours there (NaN in long gaps) and frames per second."""
    nothing = np.zeros(0), np.zeros((0, 3)), 1.0
    if len(times) < 2:
        return nothing
    step = float(np.median(np.diff(times)))
    if step <= 0 or 1 / step < SLOWEST or times[-1] - times[0] + step < _CHUNK_S + step:
        return nothing
    even = np.arange(times[0], times[-1] + step / 2, step)
    known = np.isfinite(skin).all(1)
    if not known.any():
        return even, np.full((len(even), 3), np.nan), 1 / step
    seen = times[known]
    colour = np.stack([np.interp(even, seen, c[known]) for c in skin.T], 1)
    after = np.searchsorted(seen, even - 1e-9)
    following = np.append(seen, np.inf)[after]
    before = np.concatenate([[-np.inf], seen])[np.searchsorted(seen, even + 1e-9)]
    colour[following - before > max(_GAP_S, 2.5 * step)] = np.nan
    return even, colour, 1 / step


def _pos(colour: np.ndarray, chunk: int) -> np.ndarray:
    """Algorithm 1 of [1]_ of `pulse_wave`: every stretch of 1.6 s is projected and added."""
    wave = np.zeros(len(colour))
    for start in range(len(colour) - chunk + 1):
        part = colour[start : start + chunk]
        red, green, blue = (part / part.mean(0)).T
        x, y = green - blue, green + blue - 2 * red
        pulse = x + _ratio(x, y) * y
        wave[start : start + chunk] += pulse - pulse.mean()
    return wave / chunk


def _chrom(colour: np.ndarray, chunk: int, band: Any) -> np.ndarray:
    """Chrominance of [2]_ of `pulse_wave`, in half-overlapping Hann windows of 1.6 s.

    The filter needs longer than a window: colours are divided by their running mean and filtered as
    a whole, and only the ratio between the two chrominances is found window by window.
    """
    mean = cv2.blur(colour, (1, chunk), borderType=cv2.BORDER_REPLICATE)
    red, green, blue = (colour / mean).T
    x, y = band(3 * red - 2 * green), band(1.5 * red + green - 1.5 * blue)
    half = chunk // 2
    weight = signal.get_window("hann", 2 * half)
    wave = np.zeros(len(colour) + 2 * half)
    for start in range(-half, len(colour), half):
        low, high = max(start, 0), min(start + 2 * half, len(colour))
        part = slice(low, high)
        pulse = x[part] - _ratio(x[part], y[part]) * y[part]
        wave[part] += weight[low - start : high - start] * (pulse - pulse.mean())
    return wave[: len(colour)]


def _ratio(x: np.ndarray, y: np.ndarray) -> float:
    below = float(y.std())
    return float(x.std()) / below if below > 1e-12 else 0.0


def _peak(wave: np.ndarray, rate: float) -> tuple[float, float]:
    """Heart rate, beats a minute, and signal-to-noise ratio, dB, of one window.

    The ratio is de Haan's: energy within 0.1 Hz (or one over the length of a shorter window, which
    cannot tell closer ones apart) of the peak and within 0.2 Hz of its first harmonic, against the
    rest of the band.
    """
    known = np.isfinite(wave)
    if known.mean() < _KNOWN:
        return np.nan, np.nan
    trace = np.where(known, wave, 0.0)
    trace = signal.detrend(trace) * signal.get_window("hann", len(trace))
    count = 1 << int(np.ceil(np.log2(rate * 120)))  # half a beat a minute from line to line
    power = np.abs(np.fft.rfft(trace, max(count, len(trace)))) ** 2
    hertz = np.fft.rfftfreq(max(count, len(trace)), 1 / rate)
    inside = (hertz >= BAND[0]) & (hertz <= BAND[1])
    power, hertz = power[inside], hertz[inside]
    if len(power) < 3 or power.sum() <= 1e-24:
        return np.nan, np.nan
    top = int(np.clip(power.argmax(), 1, len(power) - 2))
    left, middle, right = power[top - 1 : top + 2]
    bend = left - 2 * middle + right
    shift = np.clip(0.5 * (left - right) / bend, -1, 1) if bend < 0 else 0.0
    peak = hertz[top] + shift * (hertz[1] - hertz[0])
    resolved = rate / len(trace)
    pulse = (np.abs(hertz - peak) <= max(0.1, resolved)) | (
        np.abs(hertz - 2 * peak) <= max(0.2, resolved)
    )
    noise = max(float(power[~pulse].sum()), 1e-6 * float(power.sum()))
    return peak * _PER_MINUTE, float(10 * np.log10(power[pulse].sum() / noise))
