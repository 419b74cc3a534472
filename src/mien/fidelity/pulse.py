"""Whether the pulse still shows in the colour of the skin, and at which rate it beats.

The colour of forehead and cheeks, averaged per frame, is turned into a pulse wave in two ways, POS
and CHROM. In windows of 10 s the rate is the highest peak of the spectrum. Any trace has a highest
peak: a window counts only if the peak stands out and both ways find the same rate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mien.fidelity.plain import mean_or_none, plain, plain_each, plain_intervals
from mien.fidelity.pulse_wave import AGREE, METHODS, SHORTEST_S, SLOWEST, WINDOW_S, Rates, rates
from mien.fidelity.reading import Reading
from mien.statistics import blocks, interval

CITATION = (
    "Wang, den Brinker, Stuijk, de Haan, Algorithmic principles of remote PPG, IEEE TBME 2017, "
    "doi 10.1109/TBME.2016.2609282 (POS); de Haan, Jeanne, Robust pulse rate from "
    "chrominance-based rPPG, IEEE TBME 2013, doi 10.1109/TBME.2013.2266196 (CHROM, SNR)"
)
RATIO = ("kept",)
_SHARE = 0.2  # of the windows that must be clear before a rate of the clip is given


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
            "window_s": plain(self.window_s),
            "original": _side(self.original),
            "other": _side(self.other),
            "kept": plain(self.kept),
            "difference": plain_each(self.difference),
            "note": self.note,
            "interval": plain_intervals(self.interval),
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
        kept=mean_or_none(same) if shows else None,
        difference={name: mean_or_none(apart[:, k]) for k, name in enumerate(METHODS)},
        note=_note(original, sides, len(here), seconds),
        interval={
            "kept": _interval(same, first.times) if shows else None,
            **{f"difference.{name}": _interval(apart[:, k], first.times)
               for k, name in enumerate(METHODS)},
        },
    )  # fmt: skip


def _summary(found: Rates) -> Side:
    clear = found.clear
    share = mean_or_none(clear)
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
            f"it needs {SLOWEST:.1f}."
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
        "heart_rate": plain(side.heart_rate),
        "by_method": plain_each(side.by_method),
        "snr": plain_each(side.snr),
        "share_clear": plain(side.share_clear),
    }
