"""Every frame in its place."""

from __future__ import annotations

from typing import Any

import numpy as np

from mien.evidence.evaluate import Evidence
from mien.report.drawing import ORIGINAL, RESULT, Made, canvas
from mien.report.evidence.agreement import agreement
from mien.report.evidence.curves import Curves
from mien.report.sections import Section


def section(content: dict[str, Any]) -> Section:
    """What was found, in words and figures."""
    return Section(
        "continuity",
        "Every frame in its place",
        "Whether every frame is there, shows a face where the original does, and moves when the "
        "original moves.",
        (agreement("Shares", "continuity", content, ("missing", "face_found", "held")),),
        ("continuity",),
        (),
        content.get("citation", ""),
    )


def _spans(evidence: Evidence, curves: Curves) -> Made:
    if not len(curves.times):
        return None
    figure = canvas(1.7)
    axes = figure.subplots()
    rows = (
        ("face found, original", curves.found[0], ORIGINAL),
        ("face found, result", curves.found[1], RESULT),
        ("held in the result", curves.held, "black"),
        ("missing in the result", curves.partner < 0, "black"),
    )
    step = float(np.median(np.diff(curves.times))) if len(curves.times) > 1 else 1.0
    ends = np.r_[curves.times, curves.times[-1] + step]
    for row, (_, flags, colour) in enumerate(rows):
        edges = np.diff(np.r_[0, flags.astype(int), 0])
        first, last = ends[np.flatnonzero(edges == 1)], ends[np.flatnonzero(edges == -1)]
        axes.broken_barh(
            list(zip(first, last - first, strict=True)), (row - 0.35, 0.7), color=colour
        )
    axes.set_yticks(range(len(rows)), [name for name, _, _ in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlim(ends[0], ends[-1])
    axes.set_xlabel("seconds")
    caption = (
        "When a face is found in each clip, and when the result's stands still or a frame of it is "
        "missing."
    )
    return "continuity", caption, figure


DRAWINGS = (_spans,)
"""What is drawn of it."""
