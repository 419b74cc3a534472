"""The bias chart: what studies report of groups of people, and where accuracy differs."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from matplotlib.figure import Figure

from mien.report.drawing import ORIGINAL, RESULT, Drawing, as_written, drawn, finish
from mien.report.language import Verbatim, told
from mien.report.review.words import counted, joined, named, plain
from mien.review.extraction.fairness import LEVELS, Fairness, Gap

_LOOKS = {
    "accuracy": ("#2f9e62", "accuracy by group"),
    "people": ("#e0b022", "numbers of people only"),
    "nothing": ("#b9c0c5", "nothing"),
}
_MOST = 60


@drawn
def fairness_chart(found: Fairness, known: Collection[str] | None = None) -> Drawing:
    """Shares of studies that report each attribute, above accuracy by group of those that do.

    Studies that are not `known` from an earlier state are marked as new.
    """
    gaps = sorted(found.gaps, key=lambda gap: (gap.attribute, -gap.difference))[:_MOST]
    heights = [0.55 + 0.3 * max(len(found.reported), 1), 0.5 + 0.27 * max(len(gaps), 1)]
    figure = Figure(figsize=(7.6, 0.9 + sum(heights)), layout="constrained")
    above, below = figure.subplots(2, 1, gridspec_kw={"height_ratios": heights})
    _draw_reported(above, found)
    _draw_gaps(below, gaps, known)
    words = joined(
        f"{attribute}: {counts['accuracy']} of {found.studies} "
        f"{'gives' if counts['accuracy'] == 1 else 'give'} accuracy by group"
        for attribute, counts in found.reported.items()
    )
    reports = "reports" if found.studies == 1 else "report"
    first = (
        f"What {counted(found.studies)} {reports} of groups of people, and "
        "accuracy by group where that is given."
    )
    caption = joined([first, Verbatim(f"{words[:1].upper()}{words[1:]}." * bool(words))], " ")
    return finish("fairness", caption, figure)


def _draw_reported(axis: Any, found: Fairness) -> None:
    for y, counts in enumerate(found.reported.values()):
        left = 0.0
        for level in LEVELS:
            width = 100 * counts[level] / max(found.studies, 1)
            colour, words = _LOOKS[level]
            axis.barh(
                y, width, left=left, color=colour, height=0.7, edgecolor="white", lw=0.8,
                label=words if y == 0 else None,
            )  # fmt: skip
            if width > 4:
                axis.text(left + width / 2, y, f"{counts[level]}", ha="center", va="center")
            left += width
    axis.set_yticks(range(len(found.reported)), list(found.reported))
    axis.set_ylim(len(found.reported) - 0.4, -0.6)
    axis.set(xlim=(0, 100), xlabel="% of studies")
    axis.set_title("What is reported by …", loc="left", pad=16)
    axis.grid(axis="y", visible=False)
    axis.legend(loc="lower left", bbox_to_anchor=(-0.01, 0.98), ncols=3, fontsize=7.5)


def _draw_gaps(axis: Any, gaps: list[Gap], known: Collection[str] | None) -> None:
    axis.set_title("Accuracy by group; the gap with its 95 % interval", loc="left")
    if not gaps:
        axis.text(0.5, 0.5, "no study gives accuracy by group", ha="center", va="center",
                  transform=axis.transAxes, style="italic")  # fmt: skip
        axis.set_yticks([])
        axis.set_xticks([])
        return
    for y, gap in enumerate(gaps):
        values = [value for _, value, _ in gap.groups]
        axis.plot([min(values), max(values)], [y, y], color="#9aa3a9", lw=1.2, zorder=1)
        for one in gap.groups:
            edge = RESULT if one == gap.worst else ORIGINAL
            axis.plot(one[1], y, "o", color=edge, ms=4.5)
        for (name, value, _), away, side, colour in (
            (gap.worst, -5, "right", RESULT),
            (gap.best, 5, "left", ORIGINAL),
        ):
            group = axis.annotate(
                plain(name, 18), (value, y), xytext=(away, 0), fontsize=6.5,
                textcoords="offset points", ha=side, va="center", color=colour,
            )  # fmt: skip
            as_written(group)
        ends = gap.interval()
        words = f"{gap.difference:.2f}"
        if ends:
            words += f" ({ends[0]:.2f} to {ends[1]:.2f})".replace("-0.00", "0.00").replace("-", "−")
        axis.text(1.01, y, words, fontsize=7, va="center", transform=axis.get_yaxis_transform())
    names = [Verbatim(f"{named(gap.study, known, 26)}, {told(gap.attribute)}") for gap in gaps]
    axis.set_yticks(range(len(gaps)), names, fontsize=7)
    axis.set_ylim(len(gaps) - 0.4, -0.6)
    low = min(value for gap in gaps for _, value, _ in gap.groups)
    high = max(value for gap in gaps for _, value, _ in gap.groups)
    room = 0.22 * max(high - low, 0.05)
    axis.set_xlim(low - room, high + room)
    axis.set_xlabel("accuracy")
    axis.grid(axis="y", visible=False)
