"""Forest plots: every study's sensitivity and specificity, and what was pooled of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from mien.report.drawing import CEILING, ORIGINAL, RESULT, Drawing, as_written, drawn, finish
from mien.report.language import Verbatim, told
from mien.report.review.words import counted, joined, plain, quoted
from mien.review.synthesis.synthesis import Group, Synthesis

_ROW = 0.19  # inches
_MOST_ROWS = 150
_SIDES = ("sensitivity", "specificity")


@drawn
def forest(
    synthesis: Synthesis, column: str | None = None, earlier: Synthesis | None = None
) -> Drawing:
    """Paired forest plot, by the subgroups of a column if one is given.

    Parameters
    ----------
    synthesis : Synthesis
    column : str, optional
        Whose levels stand under each other.
    earlier : Synthesis, optional
        An earlier state: its summary is added, and studies that it lacks are marked as new.
    """
    groups = synthesis.subgroups[column] if column else {"": synthesis.whole}
    rows = _rows(groups, synthesis)
    if earlier is not None:
        _mark_new(rows, earlier)
    shown, left = rows[:_MOST_ROWS], len(rows) - _MOST_ROWS
    figure = Figure(figsize=(9.2, 1.0 + _ROW * (len(shown) + 1)), layout="constrained")
    text, *axes = figure.subplots(
        1, 3, sharey=True, gridspec_kw={"width_ratios": (4.0, 2.4, 2.4), "wspace": 0.02}
    )
    _write_names(text, shown)
    for axis, side in zip(axes, _SIDES, strict=True):
        _draw_side(axis, side, shown)
    if not column and synthesis.whole.pooled:
        for axis, value in zip(axes, synthesis.whole.pooled.mu, strict=True):
            axis.axvline(1 / (1 + np.exp(-value)), color=RESULT, lw=0.8, ls=":", zorder=0)
    text.set_ylim(len(shown) + 0.4, -1.6)
    caption = _caption(synthesis, column, left)
    return finish("forest" if not column else f"forest-{_safe(column)}", caption, figure)


def _mark_new(rows: list[dict[str, Any]], earlier: Synthesis) -> None:
    known = set(earlier.table.labels)
    for row in rows:
        if row["kind"] == "study" and row["name"] not in known:
            row["name"], row["new"] = f"{row['name']}  ({told('new')})", True
    if earlier.whole.pooled is not None:
        pooled, _ = _summary(earlier.whole, "")
        name = told(f"Pooled before ({counted(len(earlier.table))})")
        rows.append(pooled | {"kind": "earlier", "name": name})


def _safe(column: str) -> str:
    return "".join(sign if sign.isalnum() else "-" for sign in column)[:40]


def _rows(groups: dict[str, Group], synthesis: Synthesis) -> list[dict[str, Any]]:
    """Lines from the top: headings, studies, pooled values, and where a new one would lie."""
    from mien.review.synthesis.narrative import study_rows

    rows: list[dict[str, Any]] = []
    for level, group in groups.items():
        if level:
            rows.append({"kind": "heading", "name": told(quoted(level))})
        for study in study_rows(group.table):
            rows.append({"kind": "study", "name": study["study"], **study})
        rows += _summary(group, level)
    if len(groups) > 1:
        rows += [{"kind": "heading", "name": ""}, *_summary(synthesis.whole, told("all studies"))]
    return rows


def _summary(group: Group, level: str) -> list[dict[str, Any]]:
    fit = group.pooled
    if fit is None:
        name = told(f"not pooled ({counted(len(group.table))})")
        return [{"kind": "heading", "name": name}]
    of = [quoted(level)] if level else []
    pooled: dict[str, Any] = {"kind": "pooled", "name": joined(["Pooled", *of], ", ")}
    new: dict[str, Any] = {"kind": "prediction", "name": joined(["95 % prediction", *of], ", ")}
    for k, side in enumerate(_SIDES):
        value, low, high = fit.sensitivity if k == 0 else fit.specificity
        pooled |= {side: value, f"{side}_ci": [low, high]}
        new |= {side: value, f"{side}_ci": list(fit.predicted(k))}
    return [pooled, new]


def _write_names(axis: Any, rows: list[dict[str, Any]]) -> None:
    axis.axis("off")
    axis.set_xlim(0, 1)
    places = dict(zip(("tp", "fp", "fn", "tn"), (0.66, 0.77, 0.88, 0.99), strict=True))
    axis.text(0, -0.9, "Study", weight="bold", va="center")
    for cell, x in places.items():
        axis.text(x, -0.9, cell.upper(), weight="bold", ha="right", va="center")
    for y, row in enumerate(rows):
        plainly = row["kind"] == "study" and not row.get("new")
        weight = "normal" if plainly else "bold"
        texts = [axis.text(0, y, plain(row["name"], 36), weight=weight, va="center", fontsize=8)]
        for cell, x in places.items():
            if cell in row:
                texts.append(axis.text(x, y, f"{row[cell]}", ha="right", va="center", fontsize=8))
        as_written(texts[0])
        for text in texts:
            text.set_in_layout(False)  # the layout measures the heading, which is no narrower


def _draw_side(axis: Any, side: str, rows: list[dict[str, Any]]) -> None:
    for y, row in enumerate(rows):
        ends = row.get(f"{side}_ci")
        if ends is None:
            if row["kind"] == "study":
                axis.text(0.02, y, "nobody examined", fontsize=7, va="center", style="italic")
            continue
        value = row[side]
        if row["kind"] == "study":
            axis.plot(ends, [y, y], color=ORIGINAL, lw=1.1)
            axis.plot(value, y, "s", color=ORIGINAL, ms=3.6)
        elif row["kind"] in ("pooled", "earlier"):
            colour = RESULT if row["kind"] == "pooled" else CEILING
            axis.fill(
                [ends[0], value, ends[1], value], [y, y - 0.32, y, y + 0.32], color=colour, lw=0
            )
        else:
            axis.plot(ends, [y, y], color=RESULT, lw=1.4, ls=(0, (3, 1.5)))
        words = f"{value:.2f} ({ends[0]:.2f}–{ends[1]:.2f})"
        if row["kind"] == "prediction":
            words = f"({ends[0]:.2f}–{ends[1]:.2f})"
        text = axis.text(1.04, y, words, fontsize=7.5, va="center", clip_on=False)
        text.set_in_layout(False)
    axis.set_xlim(0, 1)
    axis.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", ".25", ".5", ".75", "1"])
    axis.set_xlabel(side)
    axis.tick_params(axis="y", length=0, labelleft=False)
    axis.spines["left"].set_visible(False)
    axis.grid(axis="y", visible=False)
    # room for the numbers at the right, which the layout counts as part of the axes
    words = told(f"{side} (95 %)")
    as_written(axis.text(1.04, -0.9, f"{words} ", weight="bold", fontsize=7.5, va="center"))


def _caption(synthesis: Synthesis, column: str | None, left: int) -> str:
    studies = counted(len(synthesis.table))
    words = f"Sensitivity and specificity of {studies} with exact 95 % intervals"
    parts = [f"{words}, by {told(quoted(column))}" if column else words]
    fit = synthesis.whole.pooled
    if fit is None:
        parts.append("not pooled")
    else:
        (sens, *_), (spec, *_) = fit.sensitivity, fit.specificity
        parts += [
            f"diamonds: pooled by the bivariate {fit.model} model ({sens:.3f} and {spec:.3f} over "
            "all)",
            "broken lines: where a new study would lie",
        ]
    if left > 0:
        parts.append(f"{counted(left, 'more line is', 'more lines are')} in the tables")
    return Verbatim(f"{joined(parts)}.")
