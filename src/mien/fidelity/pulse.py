"""Whether the pulse still shows in the colour of the skin, and at which rate it beats.

The colour of forehead and cheeks, averaged per frame, is turned into a pulse wave in two ways, POS
and CHROM. In windows of 10 s the rate is the highest peak of the spectrum. Any trace has a highest
peak: a window counts only if the peak stands out and both ways find the same rate.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import cv2
import numpy as np
from scipy import signal

from mien.errors import ParameterError
from mien.fidelity.reading import Reading
from mien.statistics import blocks, interval

CITATION = (
    "Wang, den Brinker, Stuijk, de Haan, Algorithmic principles of remote PPG, IEEE TBME 2017, "
    "doi 10.1109/TBME.2016.2609282 (POS); de Haan, Jeanne, Robust pulse rate from "
    "chrominance-based rPPG, IEEE TBME 2013, doi 10.1109/TBME.2013.2266196 (CHROM, SNR)"
)
RATIO = ("kept",)

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
_SHARE = 0.2  # of the windows that must be clear before a rate of the clip is given
_CHUNK_S = 1.6  # of POS and CHROM
_GAP_S = 0.5  # of a lost face, bridged by a straight line
_KNOWN = 0.9  # share of a window in which the face is seen
_SLOWEST = 2.2 * BAND[1]  # frames per second from which the band is sampled
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


@dataclass(frozen=True)
class Side:
    """The pulse of one of the two clips; None where it cannot be told."""

    heart_rate: float | None
    """Beats a minute: median over the windows with enough signal, mean of both ways; None if fewer
    than a fifth of the windows have enough."""
    by_method: dict[str, float | None]
    """The same by each way alone."""
    snr: dict[str, float | None]
    """Median signal-to-noise ratio of all windows by each way, dB."""
    share_clear: float | None
    """Share of the windows with enough signal."""


@dataclass(frozen=True)
class Pulse:
    """The pulse in the skin of two clips."""

    windows: int
    """Windows looked at."""
    window_s: float | None
    """Length of a window, seconds."""
    original: Side
    """The original."""
    other: Side
    """The other."""
    kept: float | None
    """Share of the original's windows with enough signal in which the other has enough as well and
    the same rate within 6 beats a minute; None if the original shows no pulse."""
    difference: dict[str, float | None]
    """Mean absolute difference of the rates over the windows with enough signal in both, beats a
    minute, by each way."""
    note: str
    """What keeps the pulse from being measured, in words; empty if nothing does."""
    interval: dict[str, tuple[float, float] | None]
    """95 % intervals of `kept` and the differences, from blocks of 10 s."""

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "windows": self.windows,
            "window_s": _plain(self.window_s),
            "original": _side(self.original),
            "other": _side(self.other),
            "kept": _plain(self.kept),
            "difference": {name: _plain(value) for name, value in self.difference.items()},
            "note": self.note,
            "interval": {
                name: None if ends is None else [_plain(end) for end in ends]
                for name, ends in self.interval.items()
            },
        }


def measure(original: Reading, other: Reading) -> Pulse:
    """Compare the pulse in the skin of two readings with equal frames.

    References
    ----------
    .. [1] Wang, den Brinker, Stuijk & de Haan, "Algorithmic principles of remote PPG", IEEE TBME
       2017, doi 10.1109/TBME.2016.2609282.
    .. [2] de Haan & Jeanne, "Robust pulse rate from chrominance-based rPPG", IEEE TBME 2013,
       doi 10.1109/TBME.2013.2266196.
    """
    first, second = rates(original.skin, original.times), rates(other.skin, original.times)
    here, there = first.clear, second.clear
    both = here & there
    apart = np.abs(first.heart_rate - second.heart_rate)
    apart[~both] = np.nan
    same = np.where(here, both & (np.nan_to_num(apart, nan=np.inf).max(1) <= AGREE), np.nan)
    sides = _summary(first), _summary(second)
    shows = sides[0].heart_rate is not None
    seconds = float(np.ptp(original.times)) + original.step if len(original.times) > 1 else 0.0
    return Pulse(
        windows=len(here),
        window_s=min(WINDOW_S, seconds) if len(here) else None,
        original=sides[0],
        other=sides[1],
        kept=_mean(same) if shows else None,
        difference={name: _mean(apart[:, k]) for k, name in enumerate(METHODS)},
        note=_note(original, sides, len(here), seconds),
        interval={
            "kept": _interval(same, first.times) if shows else None,
            **{f"difference.{name}": _interval(apart[:, k], first.times)
               for k, name in enumerate(METHODS)},
        },
    )  # fmt: skip


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


def skin_colour(image: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Mean colour of forehead and cheeks, away from eyes, brows, nose and mouth.

    Parameters
    ----------
    image : np.ndarray [shape=(height, width, 3), dtype=uint8]
        RGB.
    points : np.ndarray [shape=(68, 2)]
        dlib's points, pixels; NaN where there is no face.

    Returns
    -------
    colour : np.ndarray [shape=(3,)]
        Mean red, green and blue, 0 to 255; NaN if there is no face or none of its skin is in the
        picture.
    """
    nothing = np.full(3, np.nan)
    if not np.isfinite(points).all():
        return nothing
    regions = skin_regions(points)
    corners = np.concatenate(regions)
    size = np.array(image.shape[1::-1])
    low = np.clip(np.floor(corners.min(0)), 0, size).astype(int)
    high = np.clip(np.ceil(corners.max(0)) + 1, 0, size).astype(int)
    if (high <= low).any():
        return nothing
    crop = image[low[1] : high[1], low[0] : high[0]]
    mask = np.zeros(crop.shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.round(region - low).astype(np.int32) for region in regions], (255,))
    if not mask.any():
        return nothing
    return np.array(cv2.mean(crop, mask)[:3])


def skin_regions(points: np.ndarray) -> list[np.ndarray]:
    """Polygons of the forehead and the patient's right and left cheek, each (n, 2) in pixels.

    Parameters
    ----------
    points : np.ndarray [shape=(68, 2)]
        dlib's points, pixels.
    """
    right, left = points[36:42].mean(0), points[42:48].mean(0)
    brows = points[[18, 19, 20, 23, 24, 25]]
    up = (right + left) / 2 - points[33]  # from under the nose to between the eyes
    forehead = np.concatenate([brows + 0.22 * up, brows[::-1] + 0.58 * up])
    # lid, jaw beside it, jaw below, corner of the mouth, wing of the nose
    return [forehead] + [
        _cheek(*points[list(p)]) for p in ((41, 1, 4, 48, 31), (46, 15, 12, 54, 35))
    ]


def _cheek(
    lid: np.ndarray, beside: np.ndarray, below: np.ndarray, mouth: np.ndarray, nose: np.ndarray
) -> np.ndarray:
    down = mouth - lid
    return np.array(
        [
            nose + 0.35 * (lid - nose) + 0.12 * (beside - nose),
            lid + 0.33 * down,
            lid + 0.33 * down + 0.55 * (beside - lid),
            mouth + 0.55 * (below - mouth),
            mouth + 0.22 * (below - mouth) - 0.12 * down,
            nose + 0.30 * (beside - nose) + 0.15 * down,
        ]
    )


def _even(skin: np.ndarray, times: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Evenly spaced times, colours there (NaN in long gaps) and frames per second."""
    nothing = np.zeros(0), np.zeros((0, 3)), 1.0
    if len(times) < 2:
        return nothing
    step = float(np.median(np.diff(times)))
    if step <= 0 or 1 / step < _SLOWEST or times[-1] - times[0] + step < _CHUNK_S + step:
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


def _summary(found: Rates) -> Side:
    clear = found.clear
    share = _mean(clear)
    known = np.isfinite(found.snr).all(1)
    enough = share is not None and share >= _SHARE
    by_method: dict[str, float | None] = {
        name: float(np.median(found.heart_rate[clear, k])) if enough else None
        for k, name in enumerate(METHODS)
    }
    return Side(
        heart_rate=float(np.median(found.heart_rate[clear].mean(1))) if enough else None,
        by_method=by_method,
        snr={
            name: float(np.median(found.snr[known, k])) if known.any() else None
            for k, name in enumerate(METHODS)
        },
        share_clear=share,
    )


def _note(original: Reading, sides: tuple[Side, Side], windows: int, seconds: float) -> str:
    if not windows and seconds < SHORTEST_S:
        return (
            f"The pulse cannot be measured: the clip lasts {seconds:.1f} s, and a rate needs "
            f"{SHORTEST_S:.0f} s of the face."
        )
    if not windows:
        return (
            f"The pulse cannot be measured: {1 / original.step:.1f} frames per second are too few, "
            f"it needs {_SLOWEST:.1f}."
        )
    names = [
        name
        for name, side in zip(("the original", "the other clip"), sides, strict=True)
        if side.heart_rate is None
    ]
    if not names:
        return ""
    return (
        f"There is not enough signal in {' and in '.join(names)}: a pulse stands out of the noise "
        f"in fewer than {100 * _SHARE:.0f} % of the windows."
    )


def _interval(values: np.ndarray, times: np.ndarray) -> tuple[float, float] | None:
    if not len(times):
        return None
    number = blocks(times, WINDOW_S)
    known = np.isfinite(values)
    count = number.max(initial=-1) + 1
    total = np.bincount(number, np.where(known, values, 0.0), minlength=count)
    return interval(
        np.stack([total, np.bincount(number, known, minlength=count)], 1), lambda s: s[0] / s[1]
    )


def _side(side: Side) -> dict[str, Any]:
    return {
        "heart_rate": _plain(side.heart_rate),
        "by_method": {name: _plain(value) for name, value in side.by_method.items()},
        "snr": {name: _plain(value) for name, value in side.snr.items()},
        "share_clear": _plain(side.share_clear),
    }


def _mean(values: np.ndarray) -> float | None:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else None


def _plain(value: float | None) -> float | None:
    return None if value is None or not np.isfinite(value) else round(float(value), 5)
