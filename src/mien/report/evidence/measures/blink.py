"""Blinks: whether each is still there, and as deep."""

from __future__ import annotations

from typing import Any

import numpy as np

from mien.evidence.evaluate import Evidence
from mien.report.drawing import CEILING, ORIGINAL, RESULT, Made, canvas
from mien.report.evidence.agreement import agreement, both_clips
from mien.report.evidence.curves import Curves
from mien.report.numbers import number
from mien.report.sections import Section

_AGREEMENT = (
    *("f1", "precision", "recall", "own_f1", "own_precision", "own_recall"),
    *("ear_error_right", "ear_error_left"),
    *("ear_error_in_blinks_right", "ear_error_in_blinks_left"),
    *("completeness_error", "duration_error_s"),
)
_SIDES = (
    *("count_original", "count_right_original", "count_left_original", "rate_original"),
    *("open_right_original", "open_left_original", "open_difference_original"),
    *("completeness_original", "completeness_difference_original", "duration_s_original"),
)


def section(content: dict[str, Any]) -> Section:
    """What was found, in words and figures."""
    notes = []
    if content.get("threshold") is not None:
        notes.append(
            f"Best threshold: an eye aspect ratio of {content['threshold']:.2f}, with "
            f"{content['tp']} of {content['n_original']} blinks of the original found in the "
            f"result and {content['n_other']} there in all. It is chosen on this clip "
            "and flatters; the count by each clip's own threshold needs no choice."
        )
    else:
        notes.append("No blink was found in either clip at any threshold.")
    if (content.get("count_original") or 0) < 4:
        notes.append("Fewer than four blinks: shares of so few say little.")
    second = content.get("second_opinion") or {}
    if second.get("count_original") is not None:
        notes.append(
            f"Second opinion, MediaPipe alone: {second['count_original']} blinks in the original, "
            f"{second['count_other']} in the result, f1 {number(second.get('own_f1'))}."
        )
    return Section(
        "blink",
        "Blinks",
        "Whether each blink of the original is still there, at its time, as deep and on "
        "both sides.",
        (
            agreement("Agreement; of errors less is better", "blink", content, _AGREEMENT),
            both_clips("Both clips, by each one's own threshold", "blink", content, _SIDES),
        ),
        ("blinks",),
        tuple(notes),
        content.get("citation", ""),
    )


def _blinks(evidence: Evidence, curves: Curves) -> Made:
    metrics = evidence.metrics.measures["blink"] or {}
    rows = metrics.get("curve") or []
    if not rows:
        return None
    figure = canvas(2.7)
    left, right = figure.subplots(1, 2)

    def column(key: str) -> np.ndarray:
        return np.array([np.nan if row[key] is None else row[key] for row in rows], float)

    left.plot(column("recall"), column("precision"), "o-", ms=3, lw=1, color=RESULT)
    if metrics["precision"] is not None and metrics["recall"] is not None:
        left.plot(metrics["recall"], metrics["precision"], "*", ms=12, color="black")
        left.annotate(
            f"threshold {metrics['threshold']:.2f}",
            (metrics["recall"], metrics["precision"]),
            (-6, -14),
            textcoords="offset points",
            ha="right",
        )
    left.set(xlabel="recall", ylabel="precision", xlim=(-0.03, 1.05), ylim=(-0.03, 1.08))
    right.plot(
        column("threshold"), column("n_original"), "s-", ms=3, color=ORIGINAL, label="original"
    )
    right.plot(column("threshold"), column("n_other"), "o-", ms=3, color=RESULT, label="result")
    right.plot(column("threshold"), column("tp"), "x-", ms=4, color=CEILING, label="overlapping")
    right.set(xlabel="eye aspect ratio that counts as closed", ylabel="blinks")
    right.set_ylim(bottom=-0.3)
    right.set_xticks(np.arange(0.05, 0.301, 0.05))
    right.yaxis.get_major_locator().set_params(integer=True)
    right.legend(fontsize=7)
    caption = (
        "Blinks by the published count: precision and recall at each threshold (star: the best), "
        "and how many blinks each threshold finds."
    )
    return "blinks", caption, figure


DRAWINGS = (_blinks,)
"""What is drawn of it."""
