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

from mien.face.topology import SIXTY_EIGHT
from mien.fidelity.plain import plain
from mien.fidelity.reading import Reading
from mien.fidelity.spectra import (
    REACH_HZ,
    Oscillation,
    coherence,
    deviation,
    oscillation,
    series,
)

CITATION = (
    "Zhu et al., FaceMotionPreserve (4 to 6 Hz spectrogram of lip and jaw), Scientific Reports "
    "2024, doi 10.1038/s41598-024-67989-5"
)
RATIO = ("lip.coherence", "jaw.coherence", "lip.in_head.coherence", "jaw.in_head.coherence")
"""Keys of `TremorMeasure.as_dict` where more is better and a ratio to the ceiling makes sense."""
SITES = {"lip": 66, "jaw": 8}
"""dlib's points: midpoint of the inner lower lip, and chin."""
# Windows in which a tremor that comes and goes is looked for: many are tried, so a line has to be
# purer in the picture (relative to the head it is noisier). Of 24 phantoms that talk for 40 s one
# is then taken for a tremor.
_SPAN_S, _SPAN_HOP_S, _SPAN_SHARE = 4.0, 1.0, 0.8
_RIGID = [27, 28, 29, 30, 36, 39, 42, 45]  # bridge of the nose and corners of the eyes


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
    deviation: float = math.nan
    """Signed mean deviation of the other's spectrogram from 4 to 6 Hz, see `spectra.deviation`."""

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
            "ratio": plain(self.ratio),
            "ratio_db": plain(10 * math.log10(self.ratio)) if self.ratio > 0 else None,
            "amplitude_ratio": plain(math.sqrt(self.ratio)) if self.ratio > 0 else None,
            "coherence": plain(self.coherence),
            "deviation": plain(self.deviation),
            "coherence_known": bool(self.original and self.original.present)
            and math.isfinite(self.coherence),
            "frequency_error": plain(abs(self.other.band_peak_hz - self.original.band_peak_hz))
            if self.original and self.other
            else None,
        }
        for name, one in (("original", self.original), ("other", self.other)):
            found[f"present_{name}"] = one.present if one else None
            for key in Oscillation.__dataclass_fields__:
                value = getattr(one, key) if one else math.nan
                # powers are tiny: five digits of their size, not of one
                found[f"{key}_{name}"] = plain(value, significant="power" in key)
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
            "seconds": plain(self.seconds),
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
            if before is not None and abs(hertz - before[0]) <= REACH_HZ:
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
                    oscillation(one), oscillation(two), coherence(one, two), deviation(one, two)
                )
    return TremorMeasure(seconds, traces)
