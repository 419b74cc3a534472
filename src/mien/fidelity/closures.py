"""When eyes close: blinks by an absolute threshold, and by a clip's own.

A dip of the eye aspect ratio is a blink if it is short and comes at least two thirds as deep as the
clip's own deep dips, both measured from the open level around them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.ndimage import median_filter
from scipy.signal import find_peaks, peak_widths

from mien.fidelity.aperture import opening
from mien.fidelity.plain import plain
from mien.statistics import known_mean, known_median

SHORTEST_S, LONGEST_S = 0.060, 0.700
_AROUND_S = 1.0  # on each side of a dip: where its open level is looked for
_APART_S = 0.2  # lids do not shut twice in this time, trackers do
_STEADY_S = 0.1  # span of the median that removes a tracker's slip of one frame
_SHARE = 2 / 3  # of the depth of the clip's own closures
_SHALLOWEST = 0.25  # no blink: noise and glances of clips in which nobody blinks
_DEEP = 0.7  # share of the deepest dip from which a dip is one of the closures


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

    def as_dict(self, name: str) -> dict[str, Any]:
        """JSON-ready, under keys that end with a name of the clip."""
        mean = [known_mean(self.completeness[:, k]) for k in range(3)]
        durations = np.array([blink.end - blink.start for blink in self.blinks])
        return {
            f"count_{name}": len(self.blinks),
            f"count_right_{name}": self.count_by_eye[0],
            f"count_left_{name}": self.count_by_eye[1],
            f"rate_{name}": plain(self.rate),
            f"seen_s_{name}": plain(self.seen_s),
            f"own_threshold_{name}": plain(self.threshold),
            f"open_right_{name}": plain(self.open_level[0]),
            f"open_left_{name}": plain(self.open_level[1]),
            f"open_difference_{name}": plain(self.open_level[0] - self.open_level[1]),
            f"completeness_{name}": plain(mean[0]),
            f"completeness_right_{name}": plain(mean[1]),
            f"completeness_left_{name}": plain(mean[2]),
            f"completeness_difference_{name}": plain(mean[1] - mean[2]),
            f"duration_s_{name}": plain(known_mean(durations)),
        }


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
        open_level=np.array([known_median(column[between]) for column in ear.T]),
        completeness=_completeness(ear, times, found, between),
        completeness_second=_completeness(mesh_ear, times, found, between),
    )


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
    usual = np.array([known_median(column[between]) for column in three.T])
    depths = np.full((len(found), 3), np.nan)
    for row, blink in zip(depths, found, strict=True):
        around = between & (np.abs(times - blink.moment) <= _AROUND_S)
        local = np.median(three[around], axis=0) if around.sum() >= 3 else usual
        inside = (times >= blink.start - 1e-9) & (times <= blink.end + 1e-9)
        inside = known & (inside | (np.abs(times - blink.moment) < 1e-9))
        if inside.any():
            row[:] = 1 - three[inside].min(0) / local
    return depths


def _blink_long(seconds: np.ndarray) -> np.ndarray:
    return (seconds >= SHORTEST_S - 1e-6) & (seconds <= LONGEST_S + 1e-6)


def _step(times: np.ndarray) -> float:
    return float(np.median(np.diff(times))) if len(times) > 1 else 1.0
