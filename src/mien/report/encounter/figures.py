"""The figures of an encounter, for paper: PNG and SVG by matplotlib. None holds a picture."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from mien.emotion.classifier import EXPRESSIONS
from mien.encounter.judging import Feedback
from mien.encounter.observation import ROLES
from mien.encounter.result import Encounter
from mien.encounter.timeline import Timeline
from mien.report.drawing import Drawing, at_most, canvas, drawn, finish

COLOURS: dict[str, str] = dict(
    zip(
        EXPRESSIONS,
        ("#c8434f", "#8a6fc4", "#4a5fa8", "#d0901a", "#87929a", "#2f7bbf", "#2f9a63"),
        strict=True,
    )
)
"""Seen on light and on dark ground; every one also has a lane of its own."""
_ROLE = {"doctor": "#3b6fb6", "patient": "#d1691c"}
_HATCH = {"doctor": "", "patient": "///"}


def figures(encounter: Encounter, feedback: Sequence[Feedback]) -> Iterator[Drawing]:
    """All figures of an encounter.

    Parameters
    ----------
    encounter : Encounter
    feedback : sequence of Feedback
        Marked in the timeline.
    """
    yield _timeline(encounter, feedback)
    yield _shares(encounter)
    yield _transitions(encounter)
    if drawing := _synchrony(encounter):
        yield drawing


@drawn
def _timeline(encounter: Encounter, feedback: Sequence[Feedback]) -> Drawing:
    figure = canvas(4.6)
    axes = figure.subplots(2, 1, sharex=True)
    for axis, role in zip(axes, ROLES, strict=True):
        line = encounter.timelines[role]
        _lanes(axis, line)
        axis.set_title(role, loc="left")
        for number, item in enumerate(feedback, 1):
            if item.role == role:
                axis.axvline(item.time, color="black", lw=0.8, ls=":")
                axis.annotate(
                    str(number), (item.time, -1.1), ha="center", va="bottom", fontsize=7,
                    annotation_clip=False,
                )  # fmt: skip
    axes[-1].set_xlabel("seconds on the doctor's clock")
    caption = (
        "What each face resembled, second by second. Grey in the last lane: the face could not be "
        "assessed."
    )
    if feedback:
        caption += " Dotted lines, numbered: feedback, on the face that it is about."
    return finish("timeline", caption, figure)


def _lanes(axis: Any, line: Timeline) -> None:
    for k, name in enumerate(EXPRESSIONS):
        spans = [
            (float(line.times[a]), (b - a) * line.resolution)
            for a, b, value in runs(line.dominant)
            if value == k
        ]
        axis.broken_barh(spans, (k - 0.4, 0.8), color=COLOURS[name], lw=0)
    missing = [
        (float(line.times[a]), (b - a) * line.resolution)
        for a, b, value in runs(line.dominant)
        if value < 0
    ]
    axis.broken_barh(
        missing, (len(EXPRESSIONS) - 0.4, 0.8), facecolor="#c9ced1", hatch="////",
        edgecolor="#6a7379", lw=0,
    )  # fmt: skip
    axis.set_yticks(range(len(EXPRESSIONS) + 1), [*EXPRESSIONS, "not assessed"])
    axis.set_ylim(len(EXPRESSIONS) + 0.6, -0.6)
    axis.set_xlim(float(line.times[0]), line.end)


@drawn
def _shares(encounter: Encounter) -> Drawing:
    figure = canvas(2.8)
    axis = figure.subplots()
    place = np.arange(len(EXPRESSIONS))
    for k, role in enumerate(ROLES):
        counts = encounter.tables["counts"][role]
        shares = [100 * (counts["expressions"][name]["share"] or 0) for name in EXPRESSIONS]
        axis.bar(
            place + 0.4 * (k - 0.5), shares, 0.38, color=_ROLE[role], hatch=_HATCH[role],
            edgecolor="white", lw=0.4, label=f"{role} ({counts['assessed_s']:.0f} s assessed)",
        )  # fmt: skip
    axis.set_xticks(place, EXPRESSIONS)
    at_most(axis, 100)
    axis.set_ylabel("share of the assessed time, %")
    axis.legend()
    caption = "Share of each person's assessed time in which the face resembled each expression."
    return finish("shares", caption, figure)


@drawn
def _transitions(encounter: Encounter) -> Drawing:
    figure = canvas(3.5)
    for axis, role in zip(figure.subplots(1, 2, sharey=True), ROLES, strict=True):
        matrix = np.array(encounter.tables["transitions"][role], float)
        shown = np.log1p(matrix)
        axis.imshow(shown, cmap="Greys", vmin=0, vmax=max(shown.max(), 1) * 1.6)
        for (row, column), value in np.ndenumerate(matrix):
            if value:
                axis.text(column, row, f"{value:.0f}", ha="center", va="center", fontsize=7)
        axis.set_xticks(range(len(EXPRESSIONS)), EXPRESSIONS, rotation=45, ha="right")
        axis.set_yticks(range(len(EXPRESSIONS)), EXPRESSIONS)
        axis.set_title(role, loc="left")
        axis.grid(False)
    caption = (
        "How often one expression (row) was followed by another (column) in the next step; the "
        "diagonal counts steps without a change."
    )
    return finish("transitions", caption, figure)


@drawn
def _synchrony(encounter: Encounter) -> Drawing | None:
    entries = [entry for entry in encounter.tables["synchrony"] if entry["peak"] is not None]
    if not entries:
        return None
    figure = canvas(2.6)
    axis = figure.subplots()
    for entry, style in zip(entries, ("-", "--", ":"), strict=False):
        curve = [math.nan if v is None else v for v in entry["correlation"]]
        p = entry["p_holm"]
        words = entry["signal"] + ("" if p is None else f" (p = {p:.2g})")
        axis.plot(entry["lags_s"], curve, style, color="black", lw=1.2, label=words)
    axis.axvline(0, color="#7a7a7a", lw=0.6)
    axis.set(xlabel="lag, seconds (positive: the patient follows)", ylabel="correlation")
    axis.legend()
    caption = (
        "Windowed cross-correlation of the two faces. p, corrected for the number of signals: how "
        "often shifted signals go together as much."
    )
    return finish("synchrony", caption, figure)


def runs(code: np.ndarray) -> list[tuple[int, int, int]]:
    """Start, end (exclusive) and value of every run of equal values."""
    if not len(code):
        return []
    edges = np.flatnonzero(np.diff(code)) + 1
    starts, ends = np.r_[0, edges], np.r_[edges, len(code)]
    return [(int(a), int(b), int(code[a])) for a, b in zip(starts, ends, strict=True)]
