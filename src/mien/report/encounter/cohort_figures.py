"""The figures of a study of many encounters."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import numpy as np
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from mien.emotion.classifier import EXPRESSIONS
from mien.encounter.clustered import Difference
from mien.encounter.cohort import NEUTRAL, Cohort
from mien.report.drawing import ORIGINAL, RESULT, Drawing, canvas, drawn, finish
from mien.report.language import told

_SIGNS = 38  # letters in a box


@drawn
def flow(cohort: Cohort) -> Drawing:
    """Who was recruited, who was left out and why, who is counted."""
    left_out = [f"{told(reason)}: n = {n}" for reason, n in cohort.reasons.items()]
    boxes = [
        (0.0, [f"Encounters recruited: n = {cohort.recruited}"]),
        (1.0, [f"Left out: n = {len(cohort.excluded)}", *left_out]),
        (0.0, [f"Encounters counted: n = {len(cohort.tallies)}"]),
    ]
    wrapped = [
        (column, [line for one in lines for line in textwrap.wrap(one, _SIGNS)])
        for column, lines in boxes
    ]
    heights = [0.2 + 0.17 * len(lines) for _, lines in wrapped]
    figure = canvas(sum(heights) + 1.0, 6.4)
    axis = figure.subplots()
    axis.set(xlim=(0, 6.4), ylim=(-sum(heights) - 0.9, 0.1))
    axis.axis("off")
    top, places = 0.0, []
    for (column, lines), height in zip(wrapped, heights, strict=True):
        x = 0.1 + 3.25 * column
        axis.add_patch(
            FancyBboxPatch(
                (x, top - height), 2.9, height, boxstyle="round,pad=0.03", fc="white", ec="#44525c"
            )
        )
        axis.text(x + 1.45, top - height / 2, "\n".join(lines), ha="center", va="center")
        places.append((x, top, height))
        top -= height + 0.35
    start, side, end = places
    axis.add_patch(_arrow((start[0] + 1.45, start[1] - start[2]), (end[0] + 1.45, end[1])))
    middle = side[1] - side[2] / 2
    axis.add_patch(_arrow((start[0] + 1.45, middle), (side[0], middle)))
    words = "; ".join(left_out) or "nobody"
    caption = (
        f"Flow: encounters recruited: {cohort.recruited}, left out: {len(cohort.excluded)} "
        f"({words}), counted: {len(cohort.tallies)}."
    )
    return finish("flow", caption, figure)


def _arrow(start: tuple[float, float], end: tuple[float, float]) -> FancyArrowPatch:
    return FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=10, color="#44525c")


@drawn
def shares(cohort: Cohort) -> Drawing:
    """Shares of the expressions other than neutral, doctors beside patients."""
    values = cohort.without_neutral()[1]
    order = [k for k in range(len(EXPRESSIONS)) if k != NEUTRAL]
    order.sort(key=lambda k: -np.nansum(values[:, k]))
    figure = canvas(3.0)
    axis = figure.subplots()
    place = np.arange(len(order))
    for row, (role, colour) in enumerate((("doctors", ORIGINAL), ("patients", RESULT))):
        axis.bar(place + 0.2 * (2 * row - 1), values[row, order], 0.38, color=colour, label=role)
    axis.set_xticks(place, [EXPRESSIONS[k] for k in order])
    axis.set_ylabel("share of what is not neutral")
    axis.legend()
    n = cohort.without_neutral()[0].sum(1)
    caption = (
        "What faces resembled, other than neutral: shares of steps "
        f"(doctors: {n[0]:.0f}, patients: {n[1]:.0f}; encounters: {len(cohort.tallies)})."
    )
    return finish("shares", caption, figure)


@drawn
def odds(found: Sequence[Difference]) -> Drawing | None:
    """Odds ratios of doctors against patients, with intervals."""
    shown = [entry for entry in found if entry.odds_interval is not None]
    if not shown:
        return None
    figure = canvas(0.9 + 0.28 * len(shown))
    axis = figure.subplots()
    for row, entry in enumerate(shown):
        assert entry.odds_interval is not None
        low, high = entry.odds_interval
        axis.plot([low, high], [-row, -row], color=ORIGINAL, lw=1.6)
        axis.plot(entry.odds_ratio, -row, "s", color=ORIGINAL, ms=4)
    axis.axvline(1, color="#7a7a7a", lw=0.9, ls="--")
    axis.set_xscale("log")
    axis.set_yticks(-np.arange(len(shown)), [entry.expression for entry in shown])
    axis.set_xlabel("odds of doctors by odds of patients, 95 % interval (log scale)")
    caption = (
        "Doctors against patients: odds ratio of each expression with its 95 % interval, whole "
        "encounters as clusters. Right of the line doctors' faces resembled it more often."
    )
    return finish("odds", caption, figure)


_STEPS = (
    ("Recordings of doctor\nand patient", "read only"),
    ("Expressions as\ndescribed by a\nclassifier", "of the originals"),
    ("De-identified\nvideos", "faces replaced"),
    ("Expressions as\ndescribed by the\nsame classifier", "of the results"),
    ("Compared: κ,\nshare the same", "labels and videos\nthat can be shared"),
)


@drawn
def workflow(cohort: Cohort) -> Drawing:
    """How expressions of originals and of de-identified videos come together: Figure 1."""
    figure = canvas(2.0)
    axis = figure.subplots()
    axis.set(xlim=(0, 10), ylim=(0, 3))
    axis.axis("off")
    boxes = {0: (0.1, 1.0), 1: (3.0, 1.8), 2: (3.0, 0.1), 3: (5.6, 0.1), 4: (8.1, 1.0)}
    for k, (x, y) in boxes.items():
        words, below = _STEPS[k]
        axis.add_patch(
            FancyBboxPatch((x, y), 1.75, 1.0, boxstyle="round,pad=0.03", fc="white", ec="#44525c")
        )
        axis.text(x + 0.88, y + 0.6, words, ha="center", va="center", fontsize=7.5)
        axis.text(x + 0.88, y + 0.12, below, ha="center", va="center", fontsize=6, color="#5b6770")
    for a, b in ((0, 1), (0, 2), (2, 3), (1, 4), (3, 4)):
        (xa, ya), (xb, yb) = boxes[a], boxes[b]
        axis.add_patch(_arrow((xa + 1.8, ya + 0.5), (xb - 0.05, yb + 0.5)))
    caption = (
        "Workflow, after Figure 1 of Yang et al. 2022: expressions are described from the "
        "originals and from what the originals became; where both agree, labels hold for "
        f"what is shared. Encounters here: {len(cohort.tallies)}; `mien encounter publish` "
        "measures the agreement."
    )
    return finish("figure-1-workflow", caption, figure)
