"""Tremor of lower lip and jaw at 4 to 6 Hz: whether its strength, frequency and timing are kept.

The place of the inner lower lip's midpoint and of the chin is taken in the full frame, divided by
the distance of the outer corners of the eyes, put on an even clock, high-passed at 3 Hz and
analysed in windows of 8 s, as published [1]_. The same is done relative to the head, which takes
a moving head and much of a tracker's jitter out.

References
----------
.. [1] Zhu et al., FaceMotionPreserve, Scientific Reports 2024, doi 10.1038/s41598-024-67989-5.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from scipy import signal
from scipy.interpolate import CubicSpline

from mien.face.topology import SIXTY_EIGHT
from mien.fidelity.reading import Reading

CITATION = (
    "Zhu et al., FaceMotionPreserve (4 to 6 Hz spectrogram of lip and jaw), Scientific Reports "
    "2024, doi 10.1038/s41598-024-67989-5"
)
RATIO = ("lip.coherence", "jaw.coherence", "lip.in_head.coherence", "jaw.in_head.coherence")
"""Keys of `TremorMeasure.as_dict` where more is better and a ratio to the ceiling makes sense."""
SITES = {"lip": 66, "jaw": 8}
"""dlib's points: midpoint of the inner lower lip, and chin."""
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
# Windows in which a tremor that comes and goes is looked for: many are tried, so a line has to be
# purer in the picture (relative to the head it is noisier). Of 24 phantoms that talk for 40 s one
# is then taken for a tremor.
_SPAN_S, _SPAN_HOP_S, _SPAN_SHARE = 4.0, 1.0, 0.8
_RIGID = [27, 28, 29, 30, 36, 39, 42, 45]  # bridge of the nose and corners of the eyes
_REACH_HZ = 0.3  # on each side of a peak: what belongs to it
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


@dataclass(frozen=True, eq=False)
class Trace:
    """One coordinate of one site in two clips."""

    original: Oscillation | None
    """None where the face is not seen for 2 s on end or the frame rate is too low."""
    other: Oscillation | None
    """The same of the other clip, from the same times."""
    coherence: float
    """Coherence of the two from 4 to 6 Hz, each frequency weighted by the original's power;
    NaN if less than three half-overlapping segments of 2 s are seen. Of two clips that have
    nothing in common it is about one over the number of segments."""

    @property
    def ratio(self) -> float:
        """Power of the other clip over the original's; NaN where not measurable."""
        if self.original is None or self.other is None or self.original.power <= 0:
            return math.nan
        return self.other.power / self.original.power

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        found: dict[str, Any] = {
            "present": self.original.present if self.original else None,
            "ratio": _number(self.ratio),
            "ratio_db": _number(10 * math.log10(self.ratio)) if self.ratio > 0 else None,
            "amplitude_ratio": _number(math.sqrt(self.ratio)) if self.ratio > 0 else None,
            "coherence": _number(self.coherence),
            "coherence_known": bool(self.original and self.original.present)
            and math.isfinite(self.coherence),
            "frequency_error": _number(abs(self.other.band_peak_hz - self.original.band_peak_hz))
            if self.original and self.other
            else None,
        }
        for name, one in (("original", self.original), ("other", self.other)):
            found[f"present_{name}"] = one.present if one else None
            for key in Oscillation.__dataclass_fields__:
                value = getattr(one, key) if one else math.nan
                # powers are tiny: five digits of their size, not of one
                found[f"{key}_{name}"] = _number(value, "power" in key)
        return found


@dataclass(frozen=True, eq=False)
class TremorMeasure:
    """Tremor of lip and jaw in an original and another clip of it."""

    seconds: float
    """Length of what is analysed: both faces seen for at least 2 s on end."""
    traces: dict[tuple[str, str, str], Trace]
    """By site (`SITES`), axis (``"vertical"``, ``"horizontal"``) and ``"frame"`` or ``"head"``."""
    second: dict[tuple[str, str, str], Trace] = field(default_factory=dict)
    """The same by MediaPipe, which follows small movements of the lips more evenly than dlib."""
    during: np.ndarray | None = None
    """Frames that are compared because the original trembles in them, shape (n_frames,), bool;
    None where it does so all the time or never, and the whole clip is compared."""

    @property
    def present(self) -> bool | None:
        """Whether the original's lip or jaw trembles vertically, in the picture as well as
        relative to the head; None where not measurable."""
        known = []
        for site in SITES:
            pair = [self.traces[site, "vertical", frame].original for frame in ("frame", "head")]
            if pair[0] and pair[1]:
                known.append(pair[0].present and pair[1].present)
        return any(known) if known else None

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready: the vertical in the frame, as published; the rest below it."""
        found: dict[str, Any] = {
            "seconds": _number(self.seconds),
            "present": self.present,
            "whole_clip": self.during is None,
        }
        for site in SITES:
            found[site] = {
                **self.traces[site, "vertical", "frame"].as_dict(),
                "in_head": self.traces[site, "vertical", "head"].as_dict(),
                "horizontal": self.traces[site, "horizontal", "frame"].as_dict(),
                "horizontal_in_head": self.traces[site, "horizontal", "head"].as_dict(),
            }
        found["second_opinion"] = {
            "tracker": "MediaPipe Face Mesh",
            **{
                site: self.second[site, "vertical", "frame"].as_dict()
                for site in SITES
                if self.second
            },
        }
        return found | {"interval": {}}


def place(points: np.ndarray, site: str, *, in_head: bool = False) -> np.ndarray:
    """Where a site is, in outer-eye distances (median over the clip).

    Parameters
    ----------
    points : np.ndarray [shape=(n_frames, 68, 2)]
        dlib's points, pixels, NaN where there is no face.
    site : str
        One of `SITES`.
    in_head : bool
        Relative to bridge of the nose and corners of the eyes, by the similarity of each frame to
        their usual arrangement, instead of in the picture.

    Returns
    -------
    place : np.ndarray [shape=(n_frames, 2)]
        To the right and down (in the head: along and across the line of the eyes).
    """
    known = np.isfinite(points[:, 0, 0])
    found = np.full((len(points), 2), np.nan)
    if not known.any():
        return found
    points = points[known]
    chosen = points[:, SITES[site]]
    if not in_head:
        found[known] = chosen / np.median(np.linalg.norm(points[:, 36] - points[:, 45], axis=1))
        return found
    # complex numbers: a similarity of the plane is one multiplication and one addition
    rigid = points[:, _RIGID, 0] + 1j * points[:, _RIGID, 1]
    right, left = rigid[:, 4], rigid[:, 7]
    level = (rigid - ((right + left) / 2)[:, None]) / (left - right)[:, None]
    usual = np.median(level.real, axis=0) + 1j * np.median(level.imag, axis=0)
    usual = usual / abs(usual[7] - usual[4])
    away = rigid - rigid.mean(1, keepdims=True)
    turn = (away.conj() @ (usual - usual.mean())) / (abs(away) ** 2).sum(1)
    moved = turn * (chosen[:, 0] + 1j * chosen[:, 1] - rigid.mean(1)) + usual.mean()
    found[known] = np.stack([moved.real, moved.imag], 1)
    return found


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
    near = wide & (abs(frequencies - centre) <= _REACH_HZ)
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


def measure(original: Reading, other: Reading) -> TremorMeasure:
    """Compare the tremor of two clips.

    Parameters
    ----------
    original, other : Reading
        With the same frames. What is analysed is where both faces are found; where the other
        never is, the original alone.
    """
    both = original.found & other.found
    found = _compare(original, other, both)
    if found.present:
        return _with_second(found, original, other, both)
    # a tremor that comes and goes drowns in the average: where there is one, it alone is compared
    during = trembling(original)
    if (both & during).any():
        part = _compare(original, other, both & during)
        if part.present:
            part = replace(part, during=during)
            return _with_second(part, original, other, both & during)
    return _with_second(found, original, other, both)


def trembling(reading: Reading) -> np.ndarray:
    """Frames in which lip or jaw trembles, shape (n_frames,), bool.

    A tremor has to last for two windows of 4 s that begin one second apart, both in the picture and
    relative to the head, at one frequency.

    Parameters
    ----------
    reading : Reading
    """
    during = np.zeros(len(reading.times), bool)
    if len(reading.times) < 2:
        return during
    step = reading.step
    starts = np.arange(reading.times[0], reading.times[-1] - _SPAN_S + step, _SPAN_HOP_S)
    for site in SITES:
        tracks = [place(reading.points, site, in_head=head)[:, 1] for head in (False, True)]
        before: tuple[float, np.ndarray] | None = None
        for start in starts:
            inside = (reading.times >= start) & (reading.times < start + _SPAN_S)
            seen = [
                oscillation(series(reading.times, np.where(inside, track, np.nan), step))
                for track in tracks
            ]
            one, two = seen
            if not (one and two and one.present and two.present and one.share >= _SPAN_SHARE):
                before = None
                continue
            hertz = one.band_peak_hz
            if before is not None and abs(hertz - before[0]) <= _REACH_HZ:
                during |= before[1] | inside
            before = hertz, inside
    return during


def _with_second(
    found: TremorMeasure, original: Reading, other: Reading, frames: np.ndarray
) -> TremorMeasure:
    """The same with what MediaPipe reads in the same frames."""
    one, two = (
        replace(reading, points=reading.mesh[:, SIXTY_EIGHT, :2].astype(np.float64))
        for reading in (original, other)
    )
    return replace(found, second=_compare(one, two, frames & one.found & two.found).traces)


def _compare(original: Reading, other: Reading, both: np.ndarray) -> TremorMeasure:
    times, step = original.times, original.step
    traces = {}
    seconds = 0.0
    for site in SITES:
        for frame in ("frame", "head"):
            places = [
                place(points, site, in_head=frame == "head")
                for points in (original.points, other.points)
            ]
            for column, axis in ((1, "vertical"), (0, "horizontal")):
                one, two = (
                    series(times, np.where(both, p[:, column], np.nan), step) for p in places
                )
                if not one.values:
                    alone = series(times, places[0][:, column], step)
                    traces[site, axis, frame] = Trace(oscillation(alone), None, math.nan)
                    continue
                seconds = one.seconds
                traces[site, axis, frame] = Trace(
                    oscillation(one), oscillation(two), coherence(one, two)
                )
    return TremorMeasure(seconds, traces)


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


def _number(value: float, significant: bool = False) -> float | None:
    if not math.isfinite(value):
        return None
    return float(f"{value:.5g}") if significant else round(float(value), 5)
