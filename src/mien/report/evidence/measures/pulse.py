"""The pulse in the skin, window by window."""

from __future__ import annotations

from typing import Any

import numpy as np

from mien.evidence.evaluate import Evidence
from mien.fidelity.pulse_wave import rates
from mien.report.drawing import ORIGINAL, RESULT, Made, canvas
from mien.report.evidence.agreement import agreement, both_clips
from mien.report.evidence.curves import Curves
from mien.report.sections import Section

_AGREEMENT = ("kept", "difference.pos", "difference.chrom")
_SIDES = ("original.heart_rate", "original.snr.pos", "original.snr.chrom", "original.share_clear")


def section(content: dict[str, Any]) -> Section:
    """What was found, in words and figures."""
    return Section(
        "pulse",
        "Pulse in the skin",
        "Whether the heart rate can still be read from the colour of the skin.",
        (
            agreement("Agreement", "pulse", content, _AGREEMENT),
            both_clips("Both clips", "pulse", content, _SIDES),
        ),
        ("pulse",),
        (content["note"],) if content.get("note") else (),
        content.get("citation", ""),
    )


def _rates(evidence: Evidence, curves: Curves) -> Made:
    assert evidence.readings is not None
    times = evidence.readings.original.times
    found = [
        rates(reading.skin, times)
        for reading in (evidence.readings.original, evidence.readings.other)
    ]
    if not all(len(side.times) and np.isfinite(side.heart_rate).any() for side in found):
        return None
    figure = canvas(2.3)
    axes = figure.subplots()
    for side, colour, mark, name in zip(
        found, (ORIGINAL, RESULT), ("s", "o"), ("original", "result"), strict=True
    ):
        rate = side.heart_rate.mean(1)
        size = 8 if mark == "s" else 5
        axes.plot(
            side.times, rate, mark, color=colour, ms=size, mfc="none", alpha=0.8, label=f"{name}"
        )
        axes.plot(
            side.times[side.clear], rate[side.clear], mark, color=colour, ms=size, alpha=0.8,
            label=f"{name}, clear",
        )  # fmt: skip
    axes.set(xlabel="seconds (middle of the window)", ylabel="beats a minute")
    axes.legend(ncols=2, fontsize=7)
    caption = (
        "Heart rate read from the colour of the skin in windows, original (squares) and result "
        "(circles); filled where the signal is clear, hollow where it is noise."
    )
    return "pulse", caption, figure


DRAWINGS = (_rates,)
"""What is drawn of it."""
