"""Blinks: whether they are still there, when, how deep and on both sides.

Two counts are made. The published one calls an eye closed below an absolute eye aspect ratio and
tries all thresholds [1]_, [2]_; its best threshold is chosen on the clip it judges and flatters.
The second needs no choice: a blink is a short dip that comes at least two thirds as deep as the
clip's own deep dips, both measured from the open level around them, so that partly closed lids,
a squint or a turned head do not count and do not hide a blink. It looks at both trackers, since
either misses blinks on some faces: dlib's points leave the lids of some people altogether when
they shut. What each of them counts alone stands beside it.

References
----------
.. [1] Soukupová & Čech, "Real-Time Eye Blink Detection using Facial Landmarks", CVWW 2016.
.. [2] Zhu et al., FaceMotionPreserve, Scientific Reports 2024, doi 10.1038/s41598-024-67989-5.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.ndimage import median_filter
from scipy.signal import find_peaks, peak_widths

from mien.face import topology
from mien.fidelity.reading import Reading
from mien.statistics import blocks, interval, mean_interval

CITATION = (
    "Soukupová & Čech, Real-Time Eye Blink Detection using Facial Landmarks, Computer Vision "
    "Winter Workshop (CVWW) 2016; compared as by Zhu et al., FaceMotionPreserve, Scientific "
    "Reports 2024, doi 10.1038/s41598-024-67989-5"
)
RATIO = ("f1", "precision", "recall", "own_f1", "own_precision", "own_recall")
"""Keys of `BlinkMeasure.as_dict` where more is better and a ratio to the ceiling makes sense."""
THRESHOLDS = np.round(np.arange(0.05, 0.301, 0.01), 2)
"""Eye aspect ratios below which an eye is tried as closed."""
SHORTEST_S, LONGEST_S = 0.060, 0.700
EYES = ("right", "left")
_RING = {"right": 36, "left": 42}  # first of the six points of each eye
# the same six on MediaPipe's mesh: corner, two above, corner, two below
_MESH_RINGS = tuple(
    np.r_[corners[0], upper[[2, 4]], corners[1], lower[[4, 2]]]
    for corners, upper, lower in (
        (topology.RIGHT_EYE_CORNERS, topology.RIGHT_EYE_UPPER, topology.RIGHT_EYE_LOWER),
        (topology.LEFT_EYE_CORNERS, topology.LEFT_EYE_UPPER, topology.LEFT_EYE_LOWER),
    )
)
_AROUND_S = 1.0  # on each side of a dip: where its open level is looked for
_APART_S = 0.2  # lids do not shut twice in this time, trackers do
_STEADY_S = 0.1  # span of the median that removes a tracker's slip of one frame
_SHARE = 2 / 3  # of the depth of the clip's own closures
_SHALLOWEST = 0.25  # no blink: noise and glances of clips in which nobody blinks
_DEEP = 0.7  # share of the deepest dip from which a dip is one of the closures
_FEWEST = 4  # blinks in the original; fewer say nothing about chance


@dataclass(frozen=True)
class Blink:
    """One blink by the clip's own threshold."""

    start: float
    """When the lids pass half their way down, seconds."""
    end: float
    """When they pass it again, seconds."""
    moment: float
    """When they are lowest, seconds."""
    depth: float
    """How far the eye aspect ratio falls, share of the open level around."""


@dataclass(frozen=True)
class Agreement:
    """Blinks of two clips at one threshold."""

    threshold: float
    """Eye aspect ratio below which an eye counts as closed."""
    n_original: int
    """Blinks in the original."""
    n_other: int
    """Blinks in the other clip."""
    tp: int
    """Blinks of the two that overlap, one to one."""

    @property
    def precision(self) -> float:
        """Share of the other clip's blinks that are the original's; NaN if it has none."""
        return self.tp / self.n_other if self.n_other else math.nan

    @property
    def recall(self) -> float:
        """Share of the original's blinks that are in the other clip; NaN if it has none."""
        return self.tp / self.n_original if self.n_original else math.nan

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; NaN if there is no blink at all."""
        total = self.n_original + self.n_other
        return 2 * self.tp / total if total else math.nan

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "threshold": _number(self.threshold),
            "n_original": self.n_original,
            "n_other": self.n_other,
            "tp": self.tp,
            "precision": _number(self.precision),
            "recall": _number(self.recall),
            "f1": _number(self.f1),
        }


@dataclass(frozen=True, eq=False)
class Lids:
    """How one clip blinks, by its own threshold."""

    blinks: tuple[Blink, ...]
    """Blinks of both eyes, by both trackers together, in order of time."""
    threshold: float
    """Depth from which a dip is a blink, share of the open level around it."""
    seen_s: float
    """Time in which the face is seen by either tracker, seconds."""
    by_tracker: tuple[tuple[Blink, ...], tuple[Blink, ...]]
    """Blinks of both eyes that dlib and MediaPipe see alone."""
    count_by_eye: tuple[int, int]
    """Blinks of the right and of the left eye alone, both trackers together."""
    open_level: np.ndarray
    """Eye aspect ratio between blinks, median, right and left eye, shape (2,)."""
    completeness: np.ndarray
    """How far the lids come down in each blink: 1 - lowest / open level around it, for the mean
    of both eyes, the right and the left one, by dlib, shape (n_blinks, 3). A tracker's ratio of a
    shut eye is not 0, so that 1 is not reached: compare clips, not people."""
    completeness_second: np.ndarray
    """The same by MediaPipe, shape (n_blinks, 3)."""

    @property
    def rate(self) -> float:
        """Blinks per minute of time in which the face is seen; NaN if it never is."""
        return 60 * len(self.blinks) / self.seen_s if self.seen_s > 0 else math.nan


@dataclass(frozen=True, eq=False)
class BlinkMeasure:
    """Blinks of an original and of another clip of it."""

    curve: tuple[Agreement, ...]
    """At every threshold at which there is a blink, mean of both eyes."""
    best: Agreement | None
    """Where f1 is highest (ties: most blinks); None without any blink. Chosen on this clip:
    it flatters."""
    by_eye: tuple[Agreement | None, Agreement | None]
    """The best of the right and of the left eye alone."""
    best_second: Agreement | None
    """The best by MediaPipe, mean of both eyes."""
    original: Lids
    """The original by its own threshold."""
    other: Lids
    """The other clip by its own threshold."""
    matched: tuple[tuple[int, int], ...]
    """Blinks of `original` and `other` that overlap."""
    ear_error: np.ndarray
    """Mean absolute difference of the eye aspect ratio, right and left eye, all frames in which
    both faces are found, shape (2,)."""
    ear_error_in_blinks: np.ndarray
    """The same within the original's blinks, shape (2,)."""
    completeness_error: float
    """Mean absolute difference of completeness over matched blinks."""
    duration_difference_s: float
    """Mean difference of duration at half depth over matched blinks, other - original, seconds."""
    duration_error_s: float
    """The same without sign, seconds."""
    intervals: dict[str, tuple[float, float] | None]
    """95 % intervals by block bootstrap; None with fewer than 4 blinks or blocks. Where every blink
    is matched the interval is 1 to 1: chance then shows in the number of blinks only."""

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready: plain numbers, None where not measurable."""
        best = self.best or Agreement(math.nan, 0, 0, 0)
        own = _agreement(self.original.blinks, self.other.blinks)
        alone = [
            _agreement(one, two)
            for one, two in zip(self.original.by_tracker, self.other.by_tracker, strict=True)
        ]
        second = (self.best_second or Agreement(math.nan, 0, 0, 0)).as_dict()
        found: dict[str, Any] = {
            "seen": bool(self.original.blinks),
            "any": bool(self.original.blinks or self.other.blinks),
            **best.as_dict(),
            "curve": [row.as_dict() for row in self.curve],
            "eyes": {
                eye: row.as_dict() if row else None
                for eye, row in zip(EYES, self.by_eye, strict=True)
            },
            "count_matched": own.tp,
            "own_precision": _number(own.precision),
            "own_recall": _number(own.recall),
            "own_f1": _number(own.f1),
        }
        for name, lids in (("original", self.original), ("other", self.other)):
            mean = [_mean(lids.completeness[:, k]) for k in range(3)]
            durations = np.array([blink.end - blink.start for blink in lids.blinks])
            second[f"completeness_{name}"] = _number(_mean(lids.completeness_second[:, 0]))
            found |= {
                f"count_{name}": len(lids.blinks),
                f"count_right_{name}": lids.count_by_eye[0],
                f"count_left_{name}": lids.count_by_eye[1],
                f"rate_{name}": _number(lids.rate),
                f"seen_s_{name}": _number(lids.seen_s),
                f"own_threshold_{name}": _number(lids.threshold),
                f"open_right_{name}": _number(lids.open_level[0]),
                f"open_left_{name}": _number(lids.open_level[1]),
                f"open_difference_{name}": _number(lids.open_level[0] - lids.open_level[1]),
                f"completeness_{name}": _number(mean[0]),
                f"completeness_right_{name}": _number(mean[1]),
                f"completeness_left_{name}": _number(mean[2]),
                f"completeness_difference_{name}": _number(mean[1] - mean[2]),
                f"duration_s_{name}": _number(_mean(durations)),
            }
        for which, agreement in (("dlib_only", alone[0]), ("mediapipe_only", alone[1])):
            found[which] = {
                "count_original": agreement.n_original,
                "count_other": agreement.n_other,
                "own_precision": _number(agreement.precision),
                "own_recall": _number(agreement.recall),
                "own_f1": _number(agreement.f1),
            }
        for part in (found, second):
            one, two = part["completeness_original"], part["completeness_other"]
            part["completeness_ratio"] = _number(two / one) if one and two is not None else None
        return found | {
            "second_opinion": second | found.pop("mediapipe_only"),
            "ear_error_right": _number(self.ear_error[0]),
            "ear_error_left": _number(self.ear_error[1]),
            "ear_error_in_blinks_right": _number(self.ear_error_in_blinks[0]),
            "ear_error_in_blinks_left": _number(self.ear_error_in_blinks[1]),
            "completeness_error": _number(self.completeness_error),
            "duration_difference_s": _number(self.duration_difference_s),
            "duration_error_s": _number(self.duration_error_s),
            "interval": {
                name: [_number(low_high[0]), _number(low_high[1])] if low_high else None
                for name, low_high in self.intervals.items()
            },
        }


def aspect(points: np.ndarray) -> np.ndarray:
    """Eye aspect ratio [1]_: mean height of the opening over its width.

    Parameters
    ----------
    points : np.ndarray [shape=(n_frames, 68, 2)]
        dlib's points, NaN where there is no face.

    Returns
    -------
    ear : np.ndarray [shape=(n_frames, 2)]
        Right and left eye, dimensionless; NaN where there is no face.
    """
    ratios = []
    for eye in EYES:
        ratios.append(_ratio(points[:, _RING[eye] : _RING[eye] + 6]))
    return np.stack(ratios, 1)


def mesh_aspect(mesh: np.ndarray) -> np.ndarray:
    """Eye aspect ratio of MediaPipe's mesh, from the same six points of each eye.

    Parameters
    ----------
    mesh : np.ndarray [shape=(n_frames, 478, 3)]
        NaN where there is no face.

    Returns
    -------
    ear : np.ndarray [shape=(n_frames, 2)]
        Right and left eye.
    """
    return np.stack([_ratio(mesh[:, ring, :2]) for ring in _MESH_RINGS], 1)


def opening(ear: np.ndarray, mesh_ear: np.ndarray) -> np.ndarray:
    """How far eyes are open, by the tracker that sees them shut more.

    Parameters
    ----------
    ear, mesh_ear : np.ndarray [shape=(n_frames,)]
        Eye aspect ratio by dlib and by MediaPipe, NaN where there is no face.

    Returns
    -------
    opening : np.ndarray [shape=(n_frames,)]
        The smaller of the two ratios, each over its clip's median: about 1 where eyes are as open
        as usual; where only one tracker finds the face, by that one; NaN where neither does.
    """
    usual = [_median(ratio[np.isfinite(ratio)]) for ratio in (ear, mesh_ear)]
    relative = [
        ratio / level if level > 0 else np.full(len(ratio), np.nan)
        for ratio, level in zip((ear, mesh_ear), usual, strict=True)
    ]
    return np.fmin(*relative)


def phases(ear: np.ndarray, times: np.ndarray, threshold: float) -> np.ndarray:
    """Blinks by an absolute threshold: runs of 60 to 700 ms in which the eye is closed.

    A run lasts until the frame after its last one; a frame without a face ends it.

    Parameters
    ----------
    ear, times : np.ndarray [shape=(n_frames,)]
        Eye aspect ratio, NaN where there is no face, and seconds.
    threshold : float
        Below it the eye is closed.

    Returns
    -------
    spans : np.ndarray [shape=(n_blinks, 2)]
        Start and end, seconds.
    """
    if not len(times):
        return np.zeros((0, 2))
    change = np.diff(np.r_[0, (ear < threshold).astype(int), 0])
    edges = np.r_[times, times[-1] + _step(times)]
    spans = np.stack([edges[change == 1], edges[change == -1]], 1)
    return spans[_blink_long(spans[:, 1] - spans[:, 0])]


def blinks(ear: np.ndarray, times: np.ndarray) -> tuple[list[Blink], float]:
    """Blinks by the clip's own threshold.

    A dip is measured from the lower of the open levels within a second before and after it (its
    prominence), so that a squint is not a blink and one within it is. It is a blink if it lasts
    60 to 700 ms at half depth and is at least two thirds as deep as the clip's own closures
    (the median of the dips that reach 70 % of the deepest). No dip of less than a quarter of the
    open level counts. Slips of a single frame are removed by a median over 0.1 s beforehand. A
    blink that the clip's start or end cuts off is not counted.

    Parameters
    ----------
    ear, times : np.ndarray [shape=(n_frames,)]
        Eye aspect ratio, NaN where there is no face, and seconds.

    Returns
    -------
    blinks : list of Blink
        In order of time.
    threshold : float
        Depth from which a dip is a blink, share of the open level around it.
    """
    step = _step(times)
    dips: list[Blink] = []
    change = np.diff(np.r_[0, np.isfinite(ear).astype(int), 0])
    for start, end in zip(*(np.flatnonzero(change == sign) for sign in (1, -1)), strict=True):
        if end - start >= 3:
            dips += _dips(ear[start:end], times[start:end], step)
    deepest = max((dip.depth for dip in dips), default=0.0)
    closures = [dip.depth for dip in dips if dip.depth >= _DEEP * deepest]
    threshold = max(_SHALLOWEST, _SHARE * float(np.median(closures)) if closures else 0.0)
    return [dip for dip in dips if dip.depth >= threshold], threshold


def match(spans: np.ndarray, others: np.ndarray) -> list[tuple[int, int]]:
    """Pair spans that overlap, each with one at most.

    Parameters
    ----------
    spans, others : np.ndarray [shape=(n, 2)]
        Start and end, seconds; ascending and apart from each other within each list.
    """
    pairs, i, j = [], 0, 0
    while i < len(spans) and j < len(others):
        if spans[i][0] < others[j][1] and others[j][0] < spans[i][1]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif spans[i][1] <= others[j][0]:
            i += 1
        else:
            j += 1
    return pairs


def curve(original: np.ndarray, other: np.ndarray, times: np.ndarray) -> list[Agreement]:
    """Agreement at every threshold at which one of the clips has a blink.

    Parameters
    ----------
    original, other, times : np.ndarray [shape=(n_frames,)]
        Eye aspect ratios and seconds.
    """
    rows = []
    for threshold in THRESHOLDS:
        one, two = phases(original, times, threshold), phases(other, times, threshold)
        if len(one) or len(two):
            rows.append(Agreement(float(threshold), len(one), len(two), len(match(one, two))))
    return rows


def best(rows: list[Agreement]) -> Agreement | None:
    """The row of highest f1; of equal ones that with most blinks."""
    return max(rows, key=lambda row: (row.f1, row.n_original + row.n_other), default=None)


def lids(ear: np.ndarray, mesh_ear: np.ndarray, times: np.ndarray) -> Lids:
    """How one clip blinks.

    Parameters
    ----------
    ear, mesh_ear : np.ndarray [shape=(n_frames, 2)]
        Eye aspect ratio of the right and the left eye by dlib and by MediaPipe, NaN where there
        is no face.
    times : np.ndarray [shape=(n_frames,)]
        Seconds.
    """
    open_ = opening(ear.mean(1), mesh_ear.mean(1))
    found, threshold = blinks(open_, times)
    between = np.ones(len(times), bool)
    for blink in found:  # at half depth the lids are still on their way
        margin = (blink.end - blink.start) / 2 + 0.05
        between &= (times < blink.start - margin) | (times > blink.end + margin)
    lasts = np.diff(np.r_[times, times[-1] + _step(times)]) if len(times) else times
    eyes = [opening(ear[:, k], mesh_ear[:, k]) for k in range(2)]
    return Lids(
        blinks=tuple(found),
        threshold=threshold,
        seen_s=float(lasts[np.isfinite(open_)].sum()),
        by_tracker=(
            tuple(blinks(ear.mean(1), times)[0]),
            tuple(blinks(mesh_ear.mean(1), times)[0]),
        ),
        count_by_eye=(len(blinks(eyes[0], times)[0]), len(blinks(eyes[1], times)[0])),
        open_level=np.array([_median(column[between & np.isfinite(column)]) for column in ear.T]),
        completeness=_completeness(ear, times, found, between),
        completeness_second=_completeness(mesh_ear, times, found, between),
    )


def measure(original: Reading, other: Reading) -> BlinkMeasure:
    """Compare the blinks of two clips.

    Parameters
    ----------
    original, other : Reading
        With the same frames.
    """
    times = original.times
    ears = aspect(original.points), aspect(other.points)
    means = ears[0].mean(1), ears[1].mean(1)
    rows = curve(*means, times)
    chosen = best(rows)
    seconds = mesh_aspect(original.mesh), mesh_aspect(other.mesh)
    own = lids(ears[0], seconds[0], times), lids(ears[1], seconds[1], times)
    spans = _spans(own[0].blinks), _spans(own[1].blinks)
    pairs = match(*spans)

    error = np.abs(ears[0] - ears[1])
    blinking = np.zeros(len(times), bool)
    for start, end in spans[0]:
        blinking |= (times >= start) & (times <= end)
    completeness = [own[1].completeness[j, 0] - own[0].completeness[i, 0] for i, j in pairs]
    longer = [float(np.ptp(spans[1][j]) - np.ptp(spans[0][i])) for i, j in pairs]

    intervals: dict[str, tuple[float, float] | None] = {
        f"ear_error_{eye}": mean_interval(error[:, k], times) if len(times) else None
        for k, eye in enumerate(EYES)
    }
    if chosen is not None:
        at_best = tuple(phases(mean, times, chosen.threshold) for mean in means)
    else:
        at_best = (np.zeros((0, 2)), np.zeros((0, 2)))
    for prefix, (one, two) in (("", at_best), ("own_", spans)):
        intervals |= _intervals(one, two, times, prefix)
    return BlinkMeasure(
        curve=tuple(rows),
        best=chosen,
        by_eye=(
            best(curve(ears[0][:, 0], ears[1][:, 0], times)),
            best(curve(ears[0][:, 1], ears[1][:, 1], times)),
        ),
        best_second=best(curve(seconds[0].mean(1), seconds[1].mean(1), times)),
        original=own[0],
        other=own[1],
        matched=tuple(pairs),
        ear_error=np.array([_mean(column) for column in error.T]),
        ear_error_in_blinks=np.array([_mean(column[blinking]) for column in error.T]),
        completeness_error=_mean(np.abs(completeness)),
        duration_difference_s=_mean(np.array(longer)),
        duration_error_s=_mean(np.abs(longer)),
        intervals=intervals,
    )


def _ratio(ring: np.ndarray) -> np.ndarray:
    """Aspect ratio of eyes given by six points, shape (n_frames, 6, 2)."""
    heights = np.linalg.norm(ring[:, [1, 2]] - ring[:, [5, 4]], axis=2).sum(1)
    widths = np.linalg.norm(ring[:, 0] - ring[:, 3], axis=1)
    return heights / np.where(widths > 0, 2 * widths, np.nan)


def _spans(events: tuple[Blink, ...]) -> np.ndarray:
    return np.array([(blink.start, blink.end) for blink in events]).reshape(-1, 2)


def _agreement(one: tuple[Blink, ...], two: tuple[Blink, ...]) -> Agreement:
    """Agreement of blinks that were found by their clips' own thresholds."""
    return Agreement(math.nan, len(one), len(two), len(match(_spans(one), _spans(two))))


def _dips(ear: np.ndarray, times: np.ndarray, step: float) -> list[Blink]:
    """Dips of one stretch of frames that all have a face and that last as long as a blink."""
    width = round(_STEADY_S / step)
    steady = median_filter(ear, size=width + 1 - width % 2, mode="nearest")
    around = max(2 * round(_AROUND_S / step) + 1, 3)
    lows, found = find_peaks(
        -steady, prominence=1e-6, wlen=around, distance=max(round(_APART_S / step), 1)
    )
    if not len(lows):
        return []
    depth = found["prominences"]
    bases = (depth, found["left_bases"], found["right_bases"])
    _, _, left, right = peak_widths(-steady, lows, 0.5, prominence_data=bases)
    frames = np.arange(len(times))
    start, end = np.interp(left, frames, times), np.interp(right, frames, times)
    share = depth / np.maximum(steady[lows] + depth, 1e-9)
    lasting = _blink_long(end - start)
    return [
        Blink(float(a), float(b), float(t), float(d))
        for a, b, t, d in zip(
            start[lasting], end[lasting], times[lows[lasting]], share[lasting], strict=True
        )
    ]


def _completeness(
    ear: np.ndarray, times: np.ndarray, found: list[Blink], between: np.ndarray
) -> np.ndarray:
    """1 - lowest / open level around, of both eyes, the right and the left, (n_blinks, 3)."""
    three = np.column_stack([ear.mean(1), ear])
    known = np.isfinite(three).all(1)
    between = between & known
    usual = np.array([_median(column[between]) for column in three.T])
    depths = np.full((len(found), 3), np.nan)
    for row, blink in zip(depths, found, strict=True):
        around = between & (np.abs(times - blink.moment) <= _AROUND_S)
        local = np.median(three[around], axis=0) if around.sum() >= 3 else usual
        inside = (times >= blink.start - 1e-9) & (times <= blink.end + 1e-9)
        inside = known & (inside | (np.abs(times - blink.moment) < 1e-9))
        if inside.any():
            row[:] = 1 - three[inside].min(0) / local
    return depths


def _intervals(
    one: np.ndarray, two: np.ndarray, times: np.ndarray, prefix: str
) -> dict[str, tuple[float, float] | None]:
    """Intervals of f1, precision and recall; each event counts in the block it starts in."""
    names = ("f1", "precision", "recall")
    if len(one) < _FEWEST:
        return {prefix + name: None for name in names}
    number = blocks(times)
    sums = np.zeros((number.max() + 1, 3))
    matched = one[[i for i, _ in match(one, two)]]
    for column, spans in enumerate((matched, one, two)):
        frames = np.searchsorted(times, spans[:, 0] + 1e-9, side="right") - 1
        np.add.at(sums[:, column], number[np.clip(frames, 0, None)], 1)
    # a match may start in the next block in the other clip: no share exceeds 1
    statistics = (
        lambda s: min(2 * s[0] / (s[1] + s[2]), 1.0),
        lambda s: min(s[0] / s[2], 1.0),
        lambda s: s[0] / s[1],
    )
    return {
        prefix + name: interval(sums, statistic)
        for name, statistic in zip(names, statistics, strict=True)
    }


def _blink_long(seconds: np.ndarray) -> np.ndarray:
    return (seconds >= SHORTEST_S - 1e-6) & (seconds <= LONGEST_S + 1e-6)


def _step(times: np.ndarray) -> float:
    return float(np.median(np.diff(times))) if len(times) > 1 else 1.0


def _mean(values: np.ndarray) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else math.nan


def _median(values: np.ndarray) -> float:
    return float(np.median(values)) if len(values) else math.nan


def _number(value: float) -> float | None:
    return round(float(value), 5) if math.isfinite(value) else None
