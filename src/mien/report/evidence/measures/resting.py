"""The face at rest: its two sides, lids and lips."""

from __future__ import annotations

from typing import Any

import numpy as np

from mien.evidence.evaluate import Evidence
from mien.fidelity.figures import RESTING
from mien.report.drawing import CEILING, ORIGINAL, RESULT, Made, canvas
from mien.report.evidence.agreement import both_clips
from mien.report.evidence.curves import Curves
from mien.report.numbers import number
from mien.report.sections import Section


def section(content: dict[str, Any]) -> Section:
    """What was found, in words and figures."""
    keys = [f"{name}.original" for name in RESTING]
    second = [f"second_opinion.{key}" for key in keys]
    intervals = {f"{name}.original": name for name in RESTING}
    frames = content.get("frames") or 0
    notes = (
        f"Read in {frames} frames ({number(content.get('seconds'), 1)} s) in which the original's "
        "face rests. The interval is that of the mean difference.",
        "A replaced face has its own height of lids and lips; differences of the two sides are "
        "what a palsy shows."
        if frames
        else "Not measurable: the original's face never rests long enough.",
    )
    return Section(
        "resting",
        "The face at rest",
        "Whether drooping corners of the mouth, brows and lids and parted lips at rest are as they "
        "were.",
        (
            both_clips(
                "By dlib, in per cent of the face's width", "resting", content, keys, intervals
            ),
            both_clips("Second opinion, not independent: MediaPipe", "resting", content, second),
        ),
        ("resting",),
        notes,
        content.get("citation", ""),
    )


def _sides(evidence: Evidence, curves: Curves) -> Made:
    metrics = evidence.metrics.measures["resting"] or {}
    names = [n for n in RESTING if not n.startswith("aperture")]
    names = [n for n in names if metrics[n]["original"] is not None]
    if not names:
        return None
    figure = canvas(2.6)
    axes = figure.subplots()
    rows = np.arange(len(names))
    one, two = (
        np.array([metrics[n][side] for n in names], float) for side in ("original", "other")
    )
    axes.hlines(rows, np.fmin(one, two), np.fmax(one, two), color=CEILING, lw=1.5)
    axes.plot(one, rows, "s", color=ORIGINAL, ms=6, label="original")
    axes.plot(two, rows, "o", color=RESULT, ms=5, label="result")
    axes.axvline(0, color="black", lw=0.8)
    axes.set_yticks(rows, [RESTING[n] for n in names])
    axes.invert_yaxis()
    axes.set_xlabel("per cent of the face's width")
    axes.legend(fontsize=7)
    caption = (
        "The face at rest, original (squares) and result (circles): differences of the two sides, "
        "height of lids and gap of the lips."
    )
    return "resting", caption, figure


DRAWINGS = (_sides,)
"""What is drawn of it."""
