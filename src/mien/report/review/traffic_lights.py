"""Risk of bias as figures: a light for each study and domain, and shares over all studies."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from matplotlib.figure import Figure

from mien.report.drawing import Drawing, as_written, drawn, finish
from mien.report.language import Verbatim, told
from mien.report.review.words import counted, joined, named
from mien.review.bias.consensus import OPEN, Assessed
from mien.review.bias.forms import OVERALL

LOOKS = {
    "low": ("#2f9e62", "+", "low"),
    "unclear": ("#e0b022", "?", "unclear"),
    "high": ("#c8372d", "−", "high"),
    OPEN: ("#b9c0c5", "…", "not agreed yet"),
}
"""Colour, sign and words of each level: the sign tells it without colour."""
_MOST_ROWS = 120


@drawn
def traffic_lights(found: Assessed, known: Collection[str] | None = None) -> Drawing:
    """A light for each study and domain; a second block says which studies fit the review.

    Parameters
    ----------
    found : Assessed
    known : collection of str, optional
        Studies of an earlier state: others are marked as new.
    """
    studies = found.studies[:_MOST_ROWS]
    keys = [domain.key for domain in found.form.domains] + [OVERALL]
    fits = [domain.key for domain in found.form.domains if domain.applicability]
    fits = [key for key in fits if any((study, key) in found.applicability for study in studies)]
    labels = _labels(found, keys, fits)
    places = [float(k) for k in range(len(keys))]
    places += [len(keys) + 0.5 + k for k in range(len(fits))]
    columns = len(keys) + (len(fits) + 0.5 if fits else 0)
    labels_of = [named(study, known) for study in studies]
    names = max(map(len, labels_of), default=5)
    above = max(2.2, 0.75 + 0.06 * max(map(len, labels)))
    figure = Figure(
        figsize=(0.9 + 0.072 * names + 0.46 * columns, above + 0.3 * len(studies)),
        layout="constrained",
    )
    axis = figure.subplots()
    for at, key in zip(places, keys, strict=False):
        _column(axis, at, [found.judgements.get((study, key), "") for study in studies])
    for at, key in zip(places[len(keys) :], fits, strict=True):
        _column(axis, at, [found.applicability.get((study, key), "") for study in studies])
    axis.axvline(len(keys) - 1.5, color="#9aa3a9", lw=0.7)
    axis.set_xticks(
        places,
        list(map(Verbatim, labels)),
        rotation=55,
        ha="left",
        rotation_mode="anchor",
        fontsize=7.5,
    )
    axis.xaxis.tick_top()
    axis.set_yticks(range(len(studies)), labels_of, fontsize=7.5)
    axis.set_xlim(-0.6, columns - 0.4)
    axis.set_ylim(len(studies) - 0.4, -0.6)
    axis.set_aspect("equal", anchor="S")  # below the names of columns, which need room
    axis.tick_params(length=0)
    axis.grid(False)
    for side in axis.spines.values():
        side.set_visible(False)
    _key(figure)
    words = (
        f"Risk of bias of {counted(len(found.studies))} by {found.form.short} ({found.form.source})"
    )
    caption = Verbatim(f"{joined([words, _decided(found)])}.")
    return finish(f"bias-{found.form.key}-studies", caption, figure)


def _labels(found: Assessed, keys: list[str], fits: list[str]) -> list[str]:
    """What stands above the columns, in the language that is written now."""
    titles = {domain.key: domain.title for domain in found.form.domains} | {OVERALL: "Overall"}
    short = [titles[key].rpartition(": ")[2] for key in fits]
    if len(set(short)) < len(short):  # the same of development and of evaluation
        short = [titles[key] for key in fits]
    return [told(titles[key]) for key in keys] + [told(f"fits: {name}") for name in short]


def _column(axis: Any, x: float, levels: list[str]) -> None:
    for level, (colour, _, _) in LOOKS.items():
        rows = [y for y, one in enumerate(levels) if one == level]
        axis.scatter([x] * len(rows), rows, s=125, color=colour, linewidths=0)
    for y, level in enumerate(levels):
        _, sign, _ = LOOKS.get(level, ("", "–", ""))
        pale = level not in LOOKS or level in ("unclear", OPEN)
        text = axis.text(
            x, y, sign, ha="center", va="center", fontsize=8, weight="bold",
            color="black" if pale else "white",
        )  # fmt: skip
        as_written(text)
        text.set_in_layout(False)  # it lies within: the layout need not measure hundreds


def _key(figure: Figure) -> None:
    from matplotlib.lines import Line2D

    lights = [
        Line2D([], [], marker="o", ls="", color=colour, ms=7, label=f"{sign}  {told(words)}")
        for colour, sign, words in LOOKS.values()
    ]
    legend = figure.legend(handles=lights, loc="outside lower center", ncols=4, fontsize=7.5)
    as_written(*legend.get_texts())


@drawn
def bias_summary(found: Assessed) -> Drawing:
    """Shares of studies at each level, by domain."""
    counts = found.summary()
    titles = {domain.key: domain.title for domain in found.form.domains} | {OVERALL: "Overall"}
    figure = Figure(figsize=(7.2, 1.1 + 0.32 * len(counts)), layout="constrained")
    axis = figure.subplots()
    n = max(len(found.studies), 1)
    for y, levels in enumerate(counts.values()):
        left = 0.0
        for level, count in levels.items():
            if not count:
                continue
            colour, sign, _ = LOOKS[level]
            width = 100 * count / n
            axis.barh(y, width, left=left, color=colour, height=0.72, edgecolor="white", lw=0.8)
            if width > 4:
                dark = "black" if level in ("unclear", OPEN) else "white"
                text = axis.text(
                    left + width / 2, y, f"{sign} {count}", ha="center", va="center",
                    fontsize=7.5, color=dark,
                )  # fmt: skip
                as_written(text)
            left += width
    axis.set_yticks(range(len(counts)), [titles[key] for key in counts], fontsize=8)
    axis.set_ylim(len(counts) - 0.4, -0.6)
    axis.set(xlim=(0, 100), xlabel="% of studies")
    axis.grid(axis="y", visible=False)
    _key(figure)
    words = (
        f"Risk of bias over {counted(len(found.studies))} by {found.form.short}, numbers of "
        "studies in the bars"
    )
    caption = Verbatim(f"{joined([words, _decided(found)])}.")
    return finish(f"bias-{found.form.key}-summary", caption, figure)


def _decided(found: Assessed) -> str:
    count = sum(level == OPEN for level in found.judgements.values())
    if not count:
        return "every judgement is agreed"
    return f"{counted(count, 'judgement is', 'judgements are')} not agreed yet"
