"""Studies in ROC space: the summary point, its regions, and the summary curve."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from mien.report.drawing import Drawing, as_written, drawn, finish
from mien.report.language import Verbatim, told
from mien.report.review.words import counted, joined, plain, quoted
from mien.review.synthesis.bivariate import Bivariate
from mien.review.synthesis.hsroc import region
from mien.review.synthesis.synthesis import Group, Synthesis

_COLOURS = ("#3b6fb6", "#d1691c", "#2a8a57", "#8a4fa3", "#a3231c", "#5c6b73")
_MARKS = ("o", "s", "^", "D", "v", "P")
_MOST_GROUPS = len(_COLOURS)
_SEEN = 0.005  # of the width of the figure: lines nearer than this lie on each other


@drawn
def sroc(
    synthesis: Synthesis, column: str | None = None, earlier: Synthesis | None = None
) -> Drawing:
    """Summary ROC plot, of the subgroups of a column if one is given; an earlier state in grey."""
    groups = synthesis.subgroups[column] if column else {"": synthesis.whole}
    shown = dict(list(groups.items())[:_MOST_GROUPS])
    figure = Figure(figsize=(5.6, 5.4), layout="constrained")
    axis = figure.subplots()
    axis.plot([0, 1], [0, 1], color="#b8bec2", lw=0.8, ls=":")
    if earlier is not None and earlier.whole.pooled is not None:
        _draw_earlier(axis, earlier.whole.pooled)
    for (level, group), colour, mark in zip(shown.items(), _COLOURS, _MARKS, strict=False):
        _draw_group(
            axis, group, plain(told(quoted(level)), 30), colour, mark, regions=len(shown) <= 3
        )
    axis.set(xlabel="1 − specificity", ylabel="sensitivity", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    axis.set_aspect("equal")
    as_written(*axis.legend(loc="lower right", fontsize=7.5).get_texts())
    name = (
        "sroc" if not column else f"sroc-{''.join(s if s.isalnum() else '-' for s in column)[:40]}"
    )
    return finish(name, _caption(synthesis, column, len(groups) - len(shown)), figure)


def _draw_group(
    axis: Any, group: Group, level: str, colour: str, mark: str, *, regions: bool
) -> None:
    of = f", {level}" if level else ""
    table = group.table
    both = (table.diseased > 0) & (table.healthy > 0)
    x = table.fp[both] / table.healthy[both]
    y = table.tp[both] / table.diseased[both]
    people = (table.diseased + table.healthy)[both]
    size = 12 + 90 * np.sqrt(people / max(people.max(initial=1), 1))
    axis.scatter(
        x, y, s=size, marker=mark, facecolors="none", edgecolors=colour, lw=0.9,
        label=told(counted(len(table))) + of, alpha=0.8,
    )  # fmt: skip
    fit = group.pooled
    if fit is None:
        return
    if regions:
        _draw_regions(axis, fit, of, colour)
    curve = group.curve
    if curve is not None and len(x) and np.ptp(x) > 0:
        whole = np.linspace(1e-4, 1 - 1e-4, 400)
        inside = np.linspace(max(x.min(), 1e-4), min(x.max(), 1 - 1e-4), 200)
        axis.plot(whole, curve.sensitivity(whole), color=colour, lw=0.6, alpha=0.5, ls=(0, (1, 2)))
        axis.plot(
            inside, curve.sensitivity(inside), color=colour, lw=1.6, label=told("HSROC curve") + of
        )
    sensitivity, specificity = fit.sensitivity[0], fit.specificity[0]
    axis.plot(1 - specificity, sensitivity, mark, color=colour, ms=7, label=told("summary") + of)


def _draw_regions(axis: Any, fit: Bivariate, of: str, colour: str) -> None:
    """Both regions; one line where they are the same, as where studies do not differ."""
    inner, outer = (region(fit, prediction=prediction) for prediction in (False, True))
    shown = {
        "95 % confidence region": (inner, "-"),
        "95 % prediction region": (outer, "--"),
    }
    if np.abs(outer - inner).max() < _SEEN:
        shown = {"95 % confidence and prediction region": (inner, "-")}
    for words, (border, style) in shown.items():
        axis.plot(*border.T, color=colour, lw=1.0, ls=style, label=told(words) + of)


def _draw_earlier(axis: Any, fit: Bivariate) -> None:
    grey = "#7a7a7a"
    words = told("95 % confidence, before")
    axis.plot(*region(fit, prediction=False).T, color=grey, lw=0.9, label=words)
    axis.plot(
        1 - fit.specificity[0],
        fit.sensitivity[0],
        "X",
        color=grey,
        ms=8,
        label=told("summary, before"),
        mec="white",
        zorder=5,
    )


def _caption(synthesis: Synthesis, column: str | None, left: int) -> str:
    words = f"{counted(len(synthesis.table))} in ROC space, larger marks for more people"
    parts = [f"{words}, by {told(quoted(column))}" if column else words]
    fit = synthesis.whole.pooled
    if fit is None:
        return Verbatim(f"{joined([*parts, 'not pooled'])}.")
    (sens, low, high), (spec, low2, high2) = fit.sensitivity, fit.specificity
    parts += [
        f"bivariate {fit.model} model: sensitivity {sens:.3f} ({low:.3f}–{high:.3f}), specificity "
        f"{spec:.3f} ({low2:.3f}–{high2:.3f}) over all studies",
        "a region holds both at once and is wider than the interval of each",
    ]
    curve = synthesis.whole.curve
    if curve is not None:
        parts.append(f"curve thick where studies lie, area {curve.auc:.3f} over all rates")
    if left > 0:
        parts.append(f"{counted(left, 'more group is', 'more groups are')} in the tables")
    return Verbatim(f"{joined(parts)}.")
