"""The PRISMA 2020 flow diagram, drawn from its numbers."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from mien.report.drawing import Drawing, as_written, drawn, finish
from mien.report.language import Verbatim, told
from mien.report.review.words import joined, plain
from mien.review.prisma.flow import Flow

_LINE = 0.148  # inches, of 8 points
_PAD = 0.10
_MARKED = 0.3  # inches, where the diagram says that it is of no real review
_MARK = "Made up for a demonstration"
_GAP = 0.30  # between rows
_SIGNS = 16.2  # letters of 8 points in an inch, about
_PHASE = "#d9e4f2"
_HEAD = "#f3e3b3"
_BOX = "#44525c"
_COUNT = re.compile(r"\(n = [\d ]+\)")  # stays on one line


@dataclass(frozen=True)
class _Box:
    """A box: where it stands and what it says."""

    column: str
    row: int
    lines: tuple[str, ...]
    head: bool = False


_WIDTHS = {"previous": 1.75, "main": 2.45, "side": 2.45, "other": 2.2, "otherside": 2.2}
_ARROWS = {("main", "side"), ("other", "otherside")}


@drawn
def prisma_flow(flow: Flow) -> Drawing:
    """The diagram of a new or an updated review, with other methods if there are any."""
    whole = flow.filled()
    boxes = _boxes(whole)
    columns = [name for name in _WIDTHS if any(box.column == name for box in boxes)]
    left, x = {}, 0.42
    for name in columns:
        left[name] = x
        x += _WIDTHS[name] + 0.32
    rows = sorted({box.row for box in boxes})
    heights = {row: max(_height(box) for box in boxes if box.row == row) for row in rows}
    top, y = {}, 0.05 + _MARKED * whole.made_up
    for row in rows:
        top[row] = y
        y += heights[row] + (0.16 if row == 0 else _GAP)
    figure = Figure(figsize=(x - 0.22, y - _GAP + 0.1))
    FigureCanvasAgg(figure)
    axis = figure.add_axes((0, 0, 1, 1))
    axis.set_xlim(0, x - 0.22)
    axis.set_ylim(y - _GAP + 0.1, 0)
    axis.axis("off")
    if whole.made_up:
        mark = told(_MARK)
        as_written(
            axis.text(0.08, 0.16, mark, va="center", fontsize=9, weight="bold", color="#a3231c")
        )
    frames = {}
    for box in boxes:
        height = heights[box.row] if box.head else _height(box)
        frames[box.column, box.row] = (left[box.column], top[box.row], _WIDTHS[box.column], height)
        _draw_box(axis, box, frames[box.column, box.row])
    _draw_arrows(axis, frames, columns, rows)
    _draw_phases(axis, top, heights, rows)
    return finish("prisma-flow", _caption(whole), figure)


def _wrapped(text: str, width: float, head: bool = False) -> list[str]:
    """Lines as wide as a box; what follows the first of an entry is moved in."""
    whole = _COUNT.sub(lambda count: count.group().replace(" ", "\u00a0"), plain(told(text), 220))
    signs = int(width * _SIGNS * (0.82 if head else 1))  # bold letters are wider
    return textwrap.wrap(whole, signs, subsequent_indent="" if head else "   ") or [""]


def _height(box: _Box) -> float:
    count = sum(len(_wrapped(line, _WIDTHS[box.column], box.head)) for line in box.lines)
    return count * _LINE + 2 * _PAD


def _draw_box(axis: Any, box: _Box, frame: tuple[float, float, float, float]) -> None:
    x, y, width, height = frame
    axis.add_patch(
        FancyBboxPatch(
            (x, y), width, height, boxstyle="round,pad=0,rounding_size=0.05", lw=0.9,
            edgecolor=_BOX, facecolor=_HEAD if box.head else "white", zorder=2,
        )
    )  # fmt: skip
    lines = [part for line in box.lines for part in _wrapped(line, width, box.head)]
    text = "\n".join(lines)
    place = (x + width / 2, y + height / 2) if box.head else (x + _PAD, y + height / 2)
    written = axis.text(
        *place, text, ha="center" if box.head else "left", va="center", fontsize=8,
        weight="bold" if box.head else "normal", linespacing=1.25, zorder=3,
    )  # fmt: skip
    as_written(written)


def _draw_arrows(
    axis: Any,
    frames: dict[tuple[str, int], tuple[float, float, float, float]],
    columns: list[str],
    rows: list[int],
) -> None:
    for one, two in _ARROWS:
        for row in rows[1:]:
            if (one, row) in frames and (two, row) in frames:
                x, y, width, height = frames[one, row]
                x2, y2, _, height2 = frames[two, row]
                at = y + min(height, height2) / 2
                _arrow(axis, [(x + width, at), (x2, at)])
    last = max(row for column, row in frames if column == "main")
    for column in ("main", "other"):
        own = [row for row in rows[1:] if (column, row) in frames]
        for above, below in pairwise(own):
            x, y, width, height = frames[column, above]
            x2, y2, width2, _ = frames[column, below]
            _arrow(axis, [(x + width / 2, y + height), (x2 + width2 / 2, y2)])
    new = last - 1 if "previous" in columns else last
    if "other" in columns:
        x, y, width, height = frames["other", max(r for c, r in frames if c == "other")]
        x2, y2, width2, height2 = frames["main", new]
        at = y2 + height2 / 2
        _arrow(axis, [(x + width / 2, y + height), (x + width / 2, at), (x2 + width2, at)])
    if "previous" in columns:
        x, y, width, height = frames["previous", 1]
        x2, y2, _, height2 = frames["main", last]
        at = y2 + height2 / 2
        _arrow(axis, [(x + width / 2, y + height), (x + width / 2, at), (x2, at)])


def _arrow(axis: Any, points: list[tuple[float, float]]) -> None:
    for (x, y), (x2, y2) in pairwise(points[:-1]):
        axis.plot([x, x2], [y, y2], color=_BOX, lw=0.9, zorder=1, solid_capstyle="butt")
    axis.add_patch(
        FancyArrowPatch(
            points[-2], points[-1], arrowstyle="-|>", mutation_scale=8, lw=0.9, color=_BOX,
            shrinkA=0, shrinkB=0, zorder=1,
        )
    )  # fmt: skip


def _draw_phases(
    axis: Any, top: dict[int, float], heights: dict[int, float], rows: list[int]
) -> None:
    for name, first, final in (
        ("Identification", 1, 1),
        ("Screening", 2, 4),
        ("Included", 5, max(rows)),
    ):
        y, y2 = top[first], top[final] + heights[final]
        axis.add_patch(
            FancyBboxPatch(
                (0.08, y), 0.22, y2 - y, boxstyle="round,pad=0,rounding_size=0.05", lw=0,
                facecolor=_PHASE, zorder=1,
            )
        )  # fmt: skip
        name = told(name)
        size = 8 if y2 - y > 0.085 * len(name) else 6
        written = axis.text(
            0.19, (y + y2) / 2, name, rotation=90, ha="center", va="center", fontsize=size,
            weight="bold",
        )  # fmt: skip
        as_written(written)


def _n(count: int | None) -> str:
    return f"(n = {count:,})".replace(",", " ")


def _list(counts: dict[str, int], word: str) -> list[str]:
    """Lines of named counts, after their sum."""
    if not counts:
        return []
    return [f"{word} {_n(sum(counts.values()))}", *(f"– {k} {_n(v)}" for k, v in counts.items())]


def _boxes(flow: Flow) -> list[_Box]:
    of = "new studies" if flow.updated else "studies"
    removed = [
        f"{words} {_n(count)}"
        for words, count in (
            ("Duplicate records", flow.duplicates),
            ("Marked as ineligible by automation tools", flow.automation),
            ("Removed for other reasons", flow.removed_otherwise),
        )
        if count or words.startswith("Duplicate")
    ]
    found = _list(flow.databases, "Databases") + _list(flow.registers, "Registers")
    boxes = [
        _Box("main", 0, (f"{of.capitalize()} from databases and registers",), True),
        _Box("main", 1, ("Records identified from:", *(found or ["Databases (n = 0)"]))),
        _Box("side", 1, ("Records removed before screening:", *removed)),
        _Box("main", 2, (f"Records screened {_n(flow.screened)}",)),
        _Box("side", 2, (f"Records excluded {_n(flow.excluded)}",)),
        _Box("main", 3, (f"Reports sought for retrieval {_n(flow.sought)}",)),
        _Box("side", 3, (f"Reports not retrieved {_n(flow.not_retrieved)}",)),
        _Box("main", 4, (f"Reports assessed for eligibility {_n(flow.assessed)}",)),
        _Box("side", 4, _reasons(flow.excluded_full_text)),
    ]
    if flow.other or flow.other_assessed:
        boxes += [
            _Box("other", 0, (f"{of.capitalize()} from other methods",), True),
            _Box("other", 1, ("Records identified from:",
                              *(f"– {k} {_n(v)}" for k, v in flow.other.items()))),
            *_left_out(flow),
            _Box("other", 3, (f"Reports sought for retrieval {_n(flow.other_sought)}",)),
            _Box("otherside", 3, (f"Reports not retrieved {_n(flow.other_not_retrieved)}",)),
            _Box("other", 4, (f"Reports assessed for eligibility {_n(flow.other_assessed)}",)),
            _Box("otherside", 4, _reasons(flow.other_excluded_full_text)),
        ]  # fmt: skip
    return boxes + _included(flow)


def _left_out(flow: Flow) -> list[_Box]:
    """Records of other methods of which no report is sought; no box where there are none."""
    lines = [
        f"{words} {_n(count)}"
        for words, count in (
            ("Duplicate records", flow.other_duplicates),
            ("Excluded by title and abstract", flow.other_excluded),
        )
        if count
    ]
    return [_Box("otherside", 1, ("Records removed before retrieval:", *lines))] if lines else []


def _included(flow: Flow) -> list[_Box]:
    pooled = [] if flow.pooled is None else [f"Studies in the meta-analysis {_n(flow.pooled)}"]
    if not flow.updated:
        lines = (
            f"Studies included in review {_n(flow.studies)}",
            f"Reports of included studies {_n(flow.reports)}",
            *pooled,
        )
        return [_Box("main", 5, lines)]
    before = [
        f"{words} {_n(count)}"
        for words, count in (
            ("Studies included in the version before", flow.previous_studies),
            ("Reports of these studies", flow.previous_reports),
        )
        if count is not None
    ]
    numbers = flow.as_dict()
    total = [f"Total studies included in review {_n(numbers['total_studies'])}"]
    if flow.previous_reports is not None:
        total.append(f"Reports of total included studies {_n(numbers['total_reports'])}")
    return [
        _Box("previous", 0, ("Previous studies",), True),
        _Box("previous", 1, tuple(before)),
        _Box("main", 5, (
            f"New studies included in review {_n(flow.studies)}",
            f"Reports of new included studies {_n(flow.reports)}",
        )),
        _Box("main", 6, (*total, *pooled)),
    ]  # fmt: skip


def _reasons(counts: dict[str, int]) -> tuple[str, ...]:
    if not counts:
        return ("Reports excluded (n = 0)",)
    return (f"Reports excluded {_n(sum(counts.values()))}:",
            *(f"– {k} {_n(v)}" for k, v in counts.items()))  # fmt: skip


def _caption(flow: Flow) -> str:
    parts = [
        f"Records identified: {flow.identified}",
        f"removed before screening: {flow.removed}",
        f"screened: {flow.screened}",
        f"reports read in full: {flow.assessed}",
    ]
    if flow.otherwise:
        parts += [
            f"identified by other methods: {flow.otherwise}",
            f"known already: {flow.other_duplicates}",
            f"excluded by title and abstract: {flow.other_excluded}",
            f"reports read in full: {flow.other_assessed}",
        ]
    total = f", {flow.as_dict()['total_studies']} in all" * flow.updated
    parts.append(f"studies included: {flow.studies}{total}")
    before = [f"{_MARK}."] if flow.made_up else []
    return Verbatim(f"{joined([*before, 'PRISMA 2020 flow.'], ' ')} {joined(parts)}.")
