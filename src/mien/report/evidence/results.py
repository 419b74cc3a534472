"""Several results together: engines on one clip, and clips of a cohort, a table each."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from mien.evidence.cohort import pooled_blinks, pooled_words, unheld
from mien.evidence.matrices import over_clips
from mien.evidence.metrics import Metrics
from mien.fidelity.figures import Figure
from mien.report.drawing import CEILING, RESULT, Drawing, drawn, finish
from mien.report.evidence.columns import COLUMNS, OF_ENGINES, best, known
from mien.report.evidence.matrices import drawn_matrices, pairs_table, parts_table
from mien.report.evidence.verdict import ANSWERS
from mien.report.folder import write_files
from mien.report.language import DEFAULT, written_in
from mien.report.numbers import UNKNOWN, between, chance, number, number_or_dash
from mien.report.pages import in_page, render
from mien.report.spreadsheet import to_csv

_SIGNS = {
    "high": "more is better",
    "low": "less is better",
    "one": "1 is best",
    "zero": "0 is best",
}
_TESTS = (
    "measure", "n", "mean_original", "mean_result", "difference", "interval", "t", "p",
    "wilcoxon_p",
)  # fmt: skip


@dataclass(frozen=True)
class _Row:
    """One result."""

    name: str
    """What it is called."""
    metrics: Metrics | None
    """What was measured; None if nothing could be."""
    error: str
    """Why there is none, in one sentence."""
    values: list[float | None]
    """Its figures, one for each column."""

    @property
    def passed(self) -> bool | None:
        """Whether its profile holds; None if nothing was measured."""
        return None if self.metrics is None else self.metrics.profile.get("passed")

    @property
    def flag(self) -> int | None:
        """The same as 0 or 1."""
        return None if self.metrics is None else int(bool(self.passed))

    def figures(self, columns: Sequence[Figure]) -> dict[str, float | None]:
        """By their keys."""
        return {column.key: value for column, value in zip(columns, self.values, strict=True)}


def _read(
    rows: Sequence[dict[str, Any]], key: str, wanted: Sequence[Figure]
) -> tuple[list[_Row], list[Figure]]:
    """The results, and the columns in which somebody has a figure."""
    measured = [
        None if row.get("metrics") is None else Metrics.from_json(row["metrics"]) for row in rows
    ]
    columns = known(measured, wanted)
    found = [
        _Row(
            str(row[key]),
            one,
            str(row.get("error") or "") if one is None else "",
            [None if one is None else one.value(column) for column in columns],
        )
        for row, one in zip(rows, measured, strict=True)
    ]
    return found, columns


def write_comparison(
    rows: Sequence[dict[str, Any]],
    folder: str | os.PathLike[str],
    *,
    overwrite: bool = False,
    language: str = DEFAULT,
) -> None:
    """Write the table of several results of one clip as a page, as CSV, JSON and a picture.

    Parameters
    ----------
    rows : sequence of dict
        One for each result, in their order: ``engine``, its name; ``metrics``, what
        `metrics.json` holds, or None; ``error``, why there is none, in one sentence.
    folder : path
        Where to; it may exist.
    overwrite : bool
        Replace files of these names: ``comparison`` with five endings.
    language : str
        In which page and picture are written.

    Raises
    ------
    OutputError
        If a file is in the way or cannot be written.
    """
    found, columns = _read(rows, "engine", OF_ENGINES)
    first = next((row for row in found if row.metrics is not None), None)
    measured = None if first is None else first.metrics
    ceiling = [None if measured is None else measured.of_ceiling(column) for column in columns]
    marks = [best(column, [row.values[k] for row in found]) for k, column in enumerate(columns)]
    with written_in(language):
        drawing = _bars(found, columns, ceiling) if columns else None
        page = render(
            "comparison.html",
            columns=[(column.title, column.key, _SIGNS[column.better]) for column in columns],
            lines=[
                {
                    "name": row.name,
                    "error": row.error,
                    "cells": [(number(v), n in marks[k]) for k, v in enumerate(row.values)],
                }
                for n, row in enumerate(found)
            ],
            ceiling=[number_or_dash(value) for value in ceiling],
            source="no result" if first is None else first.name,
            about={} if measured is None else measured.unlinked().about,
            picture=_picture(drawing),
        )
    content = {
        "rows": [
            {
                "engine": row.name,
                "figures": row.figures(columns),
                "best": [column.key for k, column in enumerate(columns) if n in marks[k]],
                "error": row.error or None,
            }
            for n, row in enumerate(found)
        ],
        "ceiling": {column.key: v for column, v in zip(columns, ceiling, strict=True)},
    }
    table = to_csv(
        ["engine", *(column.key for column in columns), "error"],
        [*((row.name, *row.values, row.error) for row in found), ("ceiling", *ceiling, "")],
    )
    _write("comparison", page, table, content, drawing, Path(folder), overwrite)


def write_cohort(
    rows: Sequence[dict[str, Any]],
    tests: Sequence[dict[str, Any]],
    folder: str | os.PathLike[str],
    *,
    overwrite: bool = False,
    language: str = DEFAULT,
) -> None:
    """Write the tables of several clips as a page, as CSV, JSON and a picture.

    Parameters
    ----------
    rows : sequence of dict
        One for each clip, in their order: ``clip``, its name; ``metrics``, what `metrics.json`
        holds, or None; ``error``, why there is none, in one sentence; ``report``, where its report
        is, seen from the folder, by default ``CLIP/report.html``; ``pairs``, `Dynamics.pairs`, from
        which the matrices are made, if they are there.
    tests : sequence of dict
        What `mien.evidence.cohort.paired_tests` found.
    folder : path
        Where to; it may exist.
    overwrite : bool
        Replace files of these names: ``cohort`` with five endings, ``tests.csv`` and, with
        matrices, ``matrices`` with three.
    language : str
        In which page and pictures are written.

    Raises
    ------
    OutputError
        If a file is in the way or cannot be written.
    """
    found, columns = _read(rows, "clip", COLUMNS)
    missing = unheld(rows)
    pooled = pooled_blinks([row.metrics for row in found if row.metrics is not None])
    matrices = over_clips([row["pairs"] for row in rows if row.get("pairs") is not None])
    links = [given.get("report") or f"{given['clip']}/report.html" for given in rows]
    with written_in(language):
        drawing = _dots(found, columns) if columns else None
        map_ = None if matrices is None else drawn_matrices(matrices)
        page = render(
            "cohort.html",
            columns=[(column.title, column.key) for column in columns],
            lines=[_line(row, str(link)) for row, link in zip(found, links, strict=True)],
            summary=[_summary(row.values[k] for row in found) for k in range(len(columns))],
            tests=[_printed(test) for test in tests],
            held=sum(row.passed is True for row in found),
            unheld=[*missing, *pooled_words(pooled)],
            picture=_picture(drawing),
            matrices=None if matrices is None else parts_table(matrices),
            map=_picture(map_),
        )
    content = {
        "clips": [_told(row, columns) for row in found],
        "tests": [dict(test) for test in tests],
        "does_not_hold": missing,
        "blinks_pooled": pooled,
        "dynamics_pooled": None if matrices is None else matrices.as_dict(),
    }
    table = to_csv(
        ["clip", "passed", *(column.key for column in columns), "error"],
        ((row.name, row.flag, *row.values, row.error) for row in found),
    )
    files: dict[str, str | bytes] = {"tests.csv": _tests(tests)}
    if matrices is not None and map_ is not None:
        files |= {"matrices.csv": pairs_table(matrices)}
        files |= {"matrices.png": map_.png, "matrices.svg": map_.svg}
    _write("cohort", page, table, content, drawing, Path(folder), overwrite, files)


def _told(row: _Row, columns: Sequence[Figure]) -> dict[str, Any]:
    """A clip in the JSON file."""
    return {
        "clip": row.name,
        "passed": row.passed,
        "figures": row.figures(columns),
        "error": row.error or None,
    }


def _line(row: _Row, link: str) -> dict[str, Any]:
    """A clip as the page of a cohort prints it."""
    return {
        "name": row.name,
        "link": quote(link, safe="/"),
        "error": row.error,
        "answer": ANSWERS[row.passed],
        "cells": [number(value) for value in row.values],
    }


def _write(
    name: str,
    page: str,
    table: str,
    content: dict[str, Any],
    drawing: Drawing | None,
    folder: Path,
    overwrite: bool,
    more: dict[str, str | bytes] | None = None,
) -> None:
    files: dict[str, str | bytes] = {
        f"{name}.html": page,
        f"{name}.csv": table,
        **(more or {}),
        f"{name}.json": json.dumps(content, indent=2, allow_nan=False) + "\n",
    }
    if drawing is not None:
        files |= {f"{name}.png": drawing.png, f"{name}.svg": drawing.svg}
    write_files(folder, files, overwrite)


def _picture(drawing: Drawing | None) -> dict[str, str] | None:
    return None if drawing is None else in_page({drawing.name: drawing})[drawing.name]


def _tests(tests: Sequence[dict[str, Any]]) -> str:
    plain = [key for key in _TESTS if key != "interval"]
    return to_csv(
        [*plain, "interval_low", "interval_high"],
        (
            (*(test.get(key) for key in plain), *(test.get("interval") or (None, None)))
            for test in tests
        ),
    )


def _printed(test: dict[str, Any]) -> list[str]:
    return [
        str(test.get("measure")),
        number(test.get("n")),
        *(number(test.get(key)) for key in ("mean_original", "mean_result", "difference")),
        between(test.get("interval")),
        number(test.get("t"), 2),
        chance(test.get("p")),
        chance(test.get("wilcoxon_p")),
    ]


def _summary(values: Iterable[float | None]) -> str:
    there = [value for value in values if value is not None]
    if not there:
        return UNKNOWN
    return f"{number(float(np.mean(there)))} ({number(min(there))} to {number(max(there))})"


def _panels(columns: Sequence[Figure], height: float, space: float, **shared: Any) -> Any:
    """A figure with a panel for each column, four in a line, and its panels."""
    from matplotlib.figure import Figure as Canvas

    across = min(4, len(columns))
    down = -(-len(columns) // across)
    figure = Canvas(figsize=(8.2, height * down + space), layout="constrained")
    grid = figure.subplots(down, across, squeeze=False, **shared)
    for axes in grid.flat[len(columns) :]:
        axes.axis("off")
    for axes, column in zip(grid.flat, columns, strict=False):
        axes.set_title(column.title, fontsize=8)
        axes.tick_params(labelsize=7)
    return figure, grid.flat[: len(columns)]


@drawn
def _bars(
    found: Sequence[_Row], columns: Sequence[Figure], ceiling: Sequence[float | None]
) -> Drawing:
    figure, panels = _panels(columns, 0.7 + 0.22 * len(found), 0.3, sharey=True)
    rows = np.arange(len(found))
    for k, axes in enumerate(panels):
        numbers = [np.nan if (value := row.values[k]) is None else value for row in found]
        axes.barh(rows, numbers, color=RESULT, alpha=0.85)
        if ceiling[k] is not None:
            axes.axvline(ceiling[k], color=CEILING, lw=1.2, ls="--")
        axes.set_yticks(rows, [row.name for row in found])
    panels[0].set_ylim(len(found) - 0.4, -0.6)
    caption = (
        "Each figure of each result; dashed: what encoding alone leaves. Results without a bar "
        "have no such figure."
    )
    return finish("comparison", caption, figure)


@drawn
def _dots(found: Sequence[_Row], columns: Sequence[Figure]) -> Drawing:
    figure, panels = _panels(columns, 0.95, 0.2)
    for k, axes in enumerate(panels):
        numbers = np.array([row.values[k] for row in found], float)
        axes.plot(numbers, np.zeros(len(numbers)), "o", color=RESULT, alpha=0.6)
        axes.axvline(float(np.nanmean(numbers)), color="black", lw=1)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
    return finish("cohort", "Each figure of each clip (dots) and their mean (line).", figure)
