"""Oscillation of one coordinate over time: its spectrum, its peaks, and whether two go together.

A coordinate is put on an even clock, high-passed at 3 Hz and analysed in windows of 8 s, as Zhu et
al. do (FaceMotionPreserve, Scientific Reports 2024, doi 10.1038/s41598-024-67989-5).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import signal
from scipy.interpolate import CubicSpline

BAND_HZ = (4.0, 6.0)
"""Where a parkinsonian tremor of lip and jaw lies."""
NEIGHBOURS_HZ = (3.0, 12.0)
CUTOFF_HZ = 3.0
WINDOW_S = 8.0
SHORTEST_S = 2.0
LONGEST_GAP_S = 0.2
_HOP_S = 0.5
_COHERENCE_S = 2.0
_FEWEST_SEGMENTS = 3
REACH_HZ = 0.3
"""On each side of a peak: what belongs to it."""
# A tremor is a narrow line. Noise has no line (its peaks stay below 12 times the median); speech
# has its syllables at 3 to 5 Hz, but spread: hardly more than 60 % lie within 0.3 Hz.
_CLEAR = 16.0
_SHARE = 0.7
_SMALLEST = 0.0015  # outer-eye distances: below a tracker's own noise


@dataclass(frozen=True, eq=False)
class Series:
    """One coordinate of one site on an even clock, in pieces where the face was away."""

    step: float
    """Seconds from one sample to the next."""
    times: tuple[np.ndarray, ...]
    """Seconds of each piece, each of shape (n_samples,)."""
    values: tuple[np.ndarray, ...]
    """High-passed place, outer-eye distances, of the same shapes."""

    @property
    def seconds(self) -> float:
        """Length of all pieces together."""
        return self.step * sum(len(piece) for piece in self.values)


@dataclass(frozen=True, eq=False)
class Spectrogram:
    """Power over time and frequency."""

    frequencies: np.ndarray
    """Hz, shape (n_frequencies,); finer than the window resolves, so that peaks can be read."""
    times: np.ndarray
    """Middle of each window, seconds, shape (n_windows,)."""
    power: np.ndarray
    """Power density of the high-passed series, squared outer-eye distances per Hz, shape
    (n_frequencies, n_windows)."""
    weight: np.ndarray
    """Samples in each window, shape (n_windows,)."""

    @property
    def mean(self) -> np.ndarray:
        """Average over the windows, shape (n_frequencies,)."""
        return self.power @ (self.weight / self.weight.sum())


@dataclass(frozen=True)
class Oscillation:
    """What one clip's average spectrum shows."""

    power: float
    """Power from 4 to 6 Hz, squared outer-eye distances, what the high-pass took made good."""
    amplitude: float
    """Half of the peak-to-peak movement of a steady sinusoid of that power, outer-eye distances."""
    noise_power: float
    """What the power would be if the band held no more than its neighbours from 3 to 12 Hz."""
    peak_hz: float
    """Where the power is highest from 3 to 12 Hz; NaN without a peak in there."""
    band_peak_hz: float
    """Where it is highest from 4 to 6 Hz; NaN without a peak in there."""
    clear: float
    """Power density at the highest peak of the band over the median from 3 to 12 Hz around it."""
    share: float
    """Share of the power from 3 to 12 Hz that lies within 0.3 Hz of that peak, that median taken
    off everywhere."""
    peak_amplitude: float
    """Amplitude of that peak alone, noise taken off, outer-eye distances."""

    @property
    def present(self) -> bool:
        """Whether there is a tremor: a peak in the band that is clear, narrow and large enough.

        A tremor of somebody who talks at the same time is mostly not told from the syllables.
        """
        return self.clear >= _CLEAR and self.share >= _SHARE and self.peak_amplitude >= _SMALLEST


def series(times: np.ndarray, values: np.ndarray, step: float) -> Series:
    """Put values on an even clock and high-pass them at 3 Hz (2nd-order Butterworth, no lag).

    Gaps of at most 0.2 s are bridged linearly; at longer ones the series is split. Pieces shorter
    than 2 s are left out, and everything where the frame rate is too low for 6 Hz.

    Parameters
    ----------
    times, values : np.ndarray [shape=(n_frames,)]
        Seconds and one coordinate, NaN where unknown.
    step : float
        Seconds from one sample to the next: the usual time between frames.
    """
    known = np.isfinite(times) & np.isfinite(values)
    times, values = times[known], values[known]
    pieces: list[tuple[np.ndarray, np.ndarray]] = []
    if step < 1 / (2 * BAND_HZ[1] + 1) and len(times) > 3:
        sections = _sections(step)
        for piece in np.split(
            np.arange(len(times)), np.flatnonzero(np.diff(times) - step > LONGEST_GAP_S) + 1
        ):
            at, value = _bridged(times[piece], values[piece], step)
            count = int((at[-1] - at[0]) / step + 1e-6) + 1
            if count * step < SHORTEST_S - 1e-6:
                continue
            clock = at[0] + step * np.arange(count)
            even = CubicSpline(at, value)(clock)
            pieces.append((clock, signal.sosfiltfilt(sections, even - even.mean())))
    return Series(step, tuple(clock for clock, _ in pieces), tuple(value for _, value in pieces))


def spectrogram(trace: Series) -> Spectrogram | None:
    """Power over time: Tukey windows (0.25) of 8 s, every half second.

    A series whose longest piece is shorter has windows of that length, and a piece that is
    shorter than the windows is one window. None where the series is empty.

    Parameters
    ----------
    trace : Series
    """
    if not trace.values:
        return None
    rate = 1 / trace.step
    longest = max(len(values) for values in trace.values)
    window = min(round(WINDOW_S * rate), longest)
    fine = 2 ** math.ceil(math.log2(8 * window))
    times, power, weight = [], [], []
    for clock, values in zip(trace.times, trace.values, strict=True):
        length = min(window, len(values))
        frequencies, middle, density = signal.spectrogram(
            values,
            rate,
            window=("tukey", 0.25),
            nperseg=length,
            noverlap=length - max(min(round(_HOP_S * rate), length), 1),
            nfft=fine,
            detrend="constant",
        )
        times.append(clock[0] + middle)
        power.append(density)
        weight.append(np.full(len(middle), float(length)))
    return Spectrogram(
        frequencies, np.concatenate(times), np.concatenate(power, 1), np.concatenate(weight)
    )


def deviation(original: Series, other: Series) -> float:
    """Signed mean deviation of the other's spectrogram from the original's from 4 to 6 Hz.

    Both are divided by the largest power that the original has in that band, so that -1 to 0 is
    power lost and more than 0 is power added, evenly over time and frequency. What is added at one
    time and lost at another cancels out, as in the published figure [1]_, of which the scale
    is not stated.

    Parameters
    ----------
    original, other : Series
        With the same samples.

    Returns
    -------
    deviation : float
        NaN where there is no spectrogram, or the original has no power there.

    References
    ----------
    .. [1] Zhu et al., FaceMotionPreserve, Scientific Reports 2024.
    """
    one, two = spectrogram(original), spectrogram(other)
    if one is None or two is None:
        return math.nan
    band = (one.frequencies >= BAND_HZ[0]) & (one.frequencies <= BAND_HZ[1])
    largest = float(one.power[band].max())
    if largest <= 0:
        return math.nan
    return float((two.power[band] - one.power[band]).mean() / largest)


def spectrum(trace: Series) -> tuple[np.ndarray, np.ndarray]:
    """Average spectrum.

    Returns
    -------
    frequencies : np.ndarray [shape=(n,)]
        Hz.
    power : np.ndarray [shape=(n,)]
        Power density of the high-passed series, squared outer-eye distances per Hz; both are
        empty where the series is.
    """
    over_time = spectrogram(trace)
    if over_time is None:
        return np.zeros(0), np.zeros(0)
    return over_time.frequencies, over_time.mean


def oscillation(trace: Series) -> Oscillation | None:
    """Read the average spectrum; None where the series is empty.

    Parameters
    ----------
    trace : Series
    """
    frequencies, filtered = spectrum(trace)
    if not len(frequencies):
        return None
    wide = (frequencies >= NEIGHBOURS_HZ[0]) & (frequencies <= NEIGHBOURS_HZ[1])
    band = (frequencies >= BAND_HZ[0]) & (frequencies <= BAND_HZ[1])
    # what the filter takes, twice since it runs forwards and backwards, is made good
    taken = abs(signal.sosfreqz(_sections(trace.step), frequencies, fs=1 / trace.step)[1]) ** 4
    density = np.where(wide, filtered / np.where(wide, taken, 1.0), 0.0)
    bin_hz = float(frequencies[1])
    power = float(density[band].sum() * bin_hz)
    total = float(density[wide].sum() * bin_hz)

    peak, band_peak = _peak(frequencies, filtered, wide), _peak(frequencies, filtered, band)
    clear = share = height = 0.0
    centre = band_peak if math.isfinite(band_peak) else sum(BAND_HZ) / 2
    near = wide & (abs(frequencies - centre) <= REACH_HZ)
    beside = float(np.median(density[wide & ~near])) if (wide & ~near).any() else 0.0
    if math.isfinite(band_peak) and total > 0:
        top = float(density[near].max())
        clear = top / beside if beside > 0 else 1e6
        own = max(float(density[near].sum()) - beside * int(near.sum()), 0.0) * bin_hz
        above = total - beside * float(wide.sum()) * bin_hz
        share = min(own / above, 1.0) if above > 0 else 0.0
        height = math.sqrt(2 * own)
    return Oscillation(
        power=power,
        amplitude=math.sqrt(2 * power),
        noise_power=beside * (BAND_HZ[1] - BAND_HZ[0]),
        peak_hz=peak,
        band_peak_hz=band_peak,
        clear=min(clear, 1e6),
        share=share,
        peak_amplitude=height,
    )


def coherence(one: Series, two: Series) -> float:
    """Coherence from 4 to 6 Hz over segments of 2 s that overlap by half.

    Each frequency counts by the power that the first has there. NaN with less than 3 segments.

    Parameters
    ----------
    one, two : Series
        On the same clock.
    """
    length = round(_COHERENCE_S / one.step)
    options = {"fs": 1 / one.step, "nperseg": length, "noverlap": length // 2}
    count, sums = 0, np.zeros((3, length // 2 + 1), complex)
    frequencies = np.zeros(length // 2 + 1)
    for a, b in zip(one.values, two.values, strict=True):
        segments = (len(a) - length // 2) // (length - length // 2)
        if len(a) < length:
            continue
        for row, (x, y) in enumerate(((a, a), (b, b), (a, b))):
            frequencies, cross = signal.csd(x, y, **options)
            sums[row] += segments * cross
        count += segments
    if count < _FEWEST_SEGMENTS:
        return math.nan
    band = (frequencies >= BAND_HZ[0]) & (frequencies <= BAND_HZ[1])
    mine, theirs, shared = sums[0, band].real, sums[1, band].real, abs(sums[2, band]) ** 2
    if mine.sum() <= 0 or not (theirs > 0).all():
        return math.nan
    squared = shared / np.where(mine > 0, mine * theirs, np.inf)
    return float((squared * mine).sum() / mine.sum())


def _sections(step: float) -> np.ndarray:
    return np.asarray(signal.butter(2, CUTOFF_HZ, "highpass", fs=1 / step, output="sos"))


def _bridged(times: np.ndarray, values: np.ndarray, step: float) -> tuple[np.ndarray, np.ndarray]:
    """The same with points on straight lines where frames are missing."""
    missing = np.round(np.diff(times) / step).astype(int) - 1
    extra = [
        np.linspace(times[k], times[k + 1], missing[k] + 2)[1:-1]
        for k in np.flatnonzero(missing > 0)
    ]
    if not extra:
        return times, values
    every = np.sort(np.concatenate([times, *extra]))
    return every, np.interp(every, times, values)


def _peak(frequencies: np.ndarray, density: np.ndarray, within: np.ndarray) -> float:
    """Highest local maximum, between the bins by a parabola through the logarithms; or NaN."""
    inside = np.flatnonzero(within)
    tops = inside[
        (density[inside] > density[inside - 1])
        & (density[inside] >= density[np.minimum(inside + 1, len(density) - 1)])
        & (inside + 1 < len(density))
        & (density[inside] > 0)
    ]
    if not len(tops):
        return math.nan
    k = int(tops[density[tops].argmax()])
    before, top, after = np.log(np.maximum(density[k - 1 : k + 2], 1e-300))
    bend = before - 2 * top + after
    shift = 0.5 * (before - after) / bend if bend < 0 else 0.0
    return float(frequencies[k] + shift * (frequencies[1] - frequencies[0]))
