"""Everything that moves, over time."""

from __future__ import annotations

from typing import Any

import numpy as np

from mien.evidence.evaluate import Evidence
from mien.report.drawing import LONG, ORIGINAL, RESULT, Made, canvas
from mien.report.evidence.curves import Curves


def _two(axes: Any, times: np.ndarray, one: np.ndarray, two: np.ndarray) -> None:
    flat = len(times) > LONG
    axes.plot(times, one, color=ORIGINAL, lw=1.8, alpha=0.75, label="original", rasterized=flat)
    axes.plot(times, two, color=RESULT, lw=0.9, label="result", rasterized=flat)


def _curves(evidence: Evidence, curves: Curves) -> Made:
    if not (curves.found[0].any() or curves.found[1].any()):
        return None
    figure = canvas(7.6)
    axes = figure.subplots(6, 1, sharex=True)
    rows: list[tuple[str, np.ndarray, np.ndarray]] = [
        ("right eye\naspect ratio", curves.ear[0][:, 0], curves.ear[1][:, 0]),
        ("left eye\naspect ratio", curves.ear[0][:, 1], curves.ear[1][:, 1]),
        ("gap of lips", *curves.lips),
        ("lower lip\nabove 3 Hz", *curves.lip),
        ("jaw\nabove 3 Hz", *curves.jaw),
    ]
    for axis, (label, one, two) in zip(axes, rows, strict=False):
        _two(axis, curves.times, one, two)
        axis.set_ylabel(label)
    for (name, values), mark in zip(
        curves.regions.items(), ("-", "--", "-.", ":", "-"), strict=True
    ):
        axes[5].plot(
            curves.times, values, lw=0.9, ls=mark, label=name, rasterized=len(values) > LONG
        )
    axes[5].set_ylabel("difference")
    axes[5].legend(ncols=5, loc="upper right", fontsize=7)
    axes[0].legend(ncols=2, loc="upper right", fontsize=7)
    axes[5].set_xlabel("seconds")
    caption = (
        "Movement over time, original (thick, blue) and result (thin, orange): aspect ratio of "
        "each eye, gap of the lips, trembling of lower lip and jaw, and how far each region is "
        "from where it should be; lengths in distances of the outer corners of the eyes."
    )
    return "curves", caption, figure


DRAWINGS = (_curves,)
"""What is drawn of it."""
