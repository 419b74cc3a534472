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

from mien.fidelity.aperture import EYES, aspect, mesh_aspect
from mien.fidelity.closures import Blink, Lids, lids, phases
from mien.fidelity.plain import plain, plain_intervals
from mien.fidelity.reading import Reading
from mien.statistics import blocks, interval, known_mean, mean_interval

CITATION = (
    "Soukupová & Čech, Real-Time Eye Blink Detection using Facial Landmarks, Computer Vision "
    "Winter Workshop (CVWW) 2016; compared as by Zhu et al., FaceMotionPreserve, Scientific "
    "Reports 2024, doi 10.1038/s41598-024-67989-5"
)
RATIO = ("f1", "precision", "recall", "own_f1", "own_precision", "own_recall")
"""Keys of `BlinkMeasure.as_dict` where more is better and a ratio to the ceiling makes sense."""
THRESHOLDS = np.round(np.arange(0.05, 0.301, 0.01), 2)
"""Eye aspect ratios below which an eye is tried as closed."""
_FEWEST = 4  # blinks in the original; fewer say nothing about chance


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
            "threshold": plain(self.threshold),
            "n_original": self.n_original,
            "n_other": self.n_other,
            "tp": self.tp,
            "precision": plain(self.precision),
            "recall": plain(self.recall),
            "f1": plain(self.f1),
        }

    def own_dict(self) -> dict[str, Any]:
        """JSON-ready, of blinks that have no common threshold."""
        return {
            "count_original": self.n_original,
            "count_other": self.n_other,
            "own_precision": plain(self.precision),
            "own_recall": plain(self.recall),
            "own_f1": plain(self.f1),
        }


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
        nothing = Agreement(math.nan, 0, 0, 0)
        own = _agreement(self.original.blinks, self.other.blinks)
        by_dlib, by_mediapipe = (
            _agreement(one, two).own_dict()
            for one, two in zip(self.original.by_tracker, self.other.by_tracker, strict=True)
        )
        found: dict[str, Any] = {
            "seen": bool(self.original.blinks),
            "any": bool(self.original.blinks or self.other.blinks),
            **(self.best or nothing).as_dict(),
            "curve": [row.as_dict() for row in self.curve],
            "eyes": {
                eye: row.as_dict() if row else None
                for eye, row in zip(EYES, self.by_eye, strict=True)
            },
            "count_matched": own.tp,
            "own_precision": plain(own.precision),
            "own_recall": plain(own.recall),
            "own_f1": plain(own.f1),
            **self.original.as_dict("original"),
            **self.other.as_dict("other"),
            "dlib_only": by_dlib,
        }
        second: dict[str, Any] = (self.best_second or nothing).as_dict()
        for name, clip in (("original", self.original), ("other", self.other)):
            second[f"completeness_{name}"] = plain(known_mean(clip.completeness_second[:, 0]))
        for part in (found, second):
            one, two = part["completeness_original"], part["completeness_other"]
            part["completeness_ratio"] = plain(two / one) if one and two is not None else None
        return found | {
            "second_opinion": second | by_mediapipe,
            "ear_error_right": plain(self.ear_error[0]),
            "ear_error_left": plain(self.ear_error[1]),
            "ear_error_in_blinks_right": plain(self.ear_error_in_blinks[0]),
            "ear_error_in_blinks_left": plain(self.ear_error_in_blinks[1]),
            "completeness_error": plain(self.completeness_error),
            "duration_difference_s": plain(self.duration_difference_s),
            "duration_error_s": plain(self.duration_error_s),
            "interval": plain_intervals(self.intervals),
        }


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
        ear_error=np.array([known_mean(column) for column in error.T]),
        ear_error_in_blinks=np.array([known_mean(column[blinking]) for column in error.T]),
        completeness_error=known_mean(np.abs(completeness)),
        duration_difference_s=known_mean(np.array(longer)),
        duration_error_s=known_mean(np.abs(longer)),
        intervals=intervals,
    )


def _spans(events: tuple[Blink, ...]) -> np.ndarray:
    return np.array([(blink.start, blink.end) for blink in events]).reshape(-1, 2)


def _agreement(one: tuple[Blink, ...], two: tuple[Blink, ...]) -> Agreement:
    """Agreement of blinks that were found by their clips' own thresholds."""
    return Agreement(math.nan, len(one), len(two), len(match(_spans(one), _spans(two))))


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
