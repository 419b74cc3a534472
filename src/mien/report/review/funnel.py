"""Deeks' funnel plot, and what the summary would be without each study."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from mien.report.drawing import ORIGINAL, RESULT, Drawing, drawn, finish
from mien.report.language import Verbatim
from mien.report.numbers import number, p_value
from mien.report.review.words import counted, plain
from mien.review.synthesis.synthesis import Synthesis

_MOST_ROWS = 120


@drawn
def funnel(synthesis: Synthesis) -> Drawing | None:
    """Deeks' funnel plot; None where the test cannot be made."""
    test = synthesis.deeks
    if test is None:
        return None
    figure = Figure(figsize=(5.6, 4.2), layout="constrained")
    axis = figure.subplots()
    axis.plot(test.log_odds, test.inverse_root, "o", mfc="none", color=ORIGINAL, ms=5)
    ends = np.array([0.0, test.inverse_root.max() * 1.05])
    axis.plot(test.intercept + test.slope * ends, ends, color=RESULT, lw=1.3, ls="--")
    axis.set_ylim(ends[1], 0)
    axis.set(xlabel="log diagnostic odds ratio", ylabel="1 / √(effective sample size)")
    slope = number(test.slope, 2)
    axis.set_title(f"Deeks' test: slope {slope}, {p_value(test.p)}", loc="left")
    caption = (
        f"Funnel plot of {counted(test.n)} with the regression line of Deeks' test (slope "
        f"{slope}, {p_value(test.p)}); a slope says that small studies differ from large "
        f"ones, "
        "of which missing studies are one reason."
    )
    return finish("funnel", caption, figure)


@drawn
def influence(synthesis: Synthesis) -> Drawing | None:
    """The summary point without each study in turn; None where that was not computed."""
    rows = [row for row in synthesis.influence if "not_estimable" not in row][:_MOST_ROWS]
    fit = synthesis.whole.binomial
    if not rows or fit is None:
        return None
    figure = Figure(figsize=(7.2, 1.0 + 0.17 * len(rows)), layout="constrained")
    axes = figure.subplots(1, 2, sharey=True)
    for axis, side, whole in zip(
        axes, ("sensitivity", "specificity"), (fit.sensitivity, fit.specificity), strict=True
    ):
        axis.axvspan(*whole[1:], color=RESULT, alpha=0.12, lw=0)
        axis.axvline(whole[0], color=RESULT, lw=1)
        for y, row in enumerate(rows):
            axis.plot(row[f"{side}_ci"], [y, y], color=ORIGINAL, lw=1)
            axis.plot(row[side], y, "s", color=ORIGINAL, ms=3.5)
        axis.set_xlabel(side)
        axis.grid(axis="y", visible=False)
    names = [Verbatim(plain(row["without"], 36)) for row in rows]
    axes[0].set_yticks(range(len(rows)), names, fontsize=7)
    axes[0].set_ylim(len(rows) - 0.3, -0.7)
    axes[0].set_title("Without …", loc="left")
    caption = (
        "Summary sensitivity and specificity without each study in turn, with 95 % intervals; line "
        "and band: all studies."
    )
    return finish("leave-one-out", caption, figure)
