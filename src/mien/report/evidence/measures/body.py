"""The body: whether a pose estimator sees it where it was."""

from __future__ import annotations

from typing import Any

import numpy as np

from mien.evidence.evaluate import Evidence
from mien.fidelity.figures import look_up
from mien.report.drawing import LONG, RESULT, Made, canvas
from mien.report.evidence.agreement import agreement
from mien.report.evidence.curves import Curves
from mien.report.numbers import number
from mien.report.sections import Section, Table

_AGREEMENT = (
    *("oks_mean", "oks_without_face", "share_over_95", "share_over_995", "without_face_over_95"),
    *("ap_50", "ap_50_95", "found"),
)
_SHARES = ("oks_mean", "share_over_95", "share_over_995", "ap_50", "ap_50_95")
_WITH_NECK = tuple(f"with_neck.{name}" for name in _SHARES)


def section(content: dict[str, Any]) -> Section:
    """What was found, in words and figures."""
    distance = content.get("distance") or {}
    shown = tuple(
        (
            name.replace("_", " "),
            number(value, 1),
            number(look_up(content, f"ceiling.distance.{name}"), 1),
        )
        for name, value in distance.items()
        if value is not None
    )
    tables = [
        agreement("Agreement of the keypoints", "body", content, _AGREEMENT),
        agreement("The same with the neck, as of 18 keypoints", "body", content, _WITH_NECK),
    ]
    if shown:
        header = ("keypoint", "mean distance (pixels)", "ceiling")
        tables.append(Table("Distance of each keypoint that is in view", header, shown))
    notes = [f"Compared in {content.get('frames', 0)} frames in which the original shows a body."]
    if content.get("oks_mean") is None:
        notes.append("Not measurable: the original shows no body to compare.")
    notes.append(
        "Of a talking head most keypoints lie in the face itself, which was exchanged: the line "
        "without the face's keypoints tells whether the body stands as it did."
    )
    return Section(
        "body",
        "Body",
        "Whether a pose estimator sees the body where it was: 1 means in the same place.",
        tuple(tables),
        ("body",),
        tuple(notes),
        content.get("citation", ""),
    )


def _similarity(evidence: Evidence, curves: Curves) -> Made:
    known = np.isfinite(curves.oks)
    if not known.any():
        return None
    figure = canvas(2.3)
    left, right = figure.subplots(1, 2, width_ratios=(2, 1))
    flat = len(curves.times) > LONG
    left.plot(
        curves.times[known], curves.oks[known], ".-", ms=2, color=RESULT, lw=1, rasterized=flat
    )
    left.axhline(0.95, color="black", lw=0.8, ls="--")
    low = min(0.9, float(np.nanmin(curves.oks)) - 0.02)
    left.set(xlabel="seconds", ylabel="OKS", ylim=(low, 1.005))
    right.hist(curves.oks[known], bins=np.linspace(low, 1, 31), color=RESULT)
    right.axvline(0.95, color="black", lw=0.8, ls="--")
    right.set(xlabel="OKS", ylabel="frames")
    caption = (
        "Similarity of the body's keypoints (OKS) in each frame, over time and as a histogram; "
        "dashed: .95."
    )
    return "body", caption, figure


DRAWINGS = (_similarity,)
"""What is drawn of it."""
