"""Several clips together: each one's figures, and paired tests over all of them."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from mien.report.evidence.columns import Column, known
from mien.report.evidence.figures import RESULT, Drawing, drawn, finish
from mien.report.evidence.page import ANSWERS, environment, picture_uri, policy, raw
from mien.report.evidence.sections import UNKNOWN, between, number
from mien.report.evidence.tables import to_csv
from mien.report.folder import write_files

NAMES = (*(f"cohort.{ending}" for ending in ("html", "csv", "json", "png", "svg")), "tests.csv")
"""Files that are written."""
_TESTS = (
    "measure", "n", "mean_original", "mean_result", "difference", "interval", "t", "p",
    "wilcoxon_p",
)  # fmt: skip


def write_cohort(
    rows: Sequence[dict[str, Any]],
    tests: Sequence[dict[str, Any]],
    folder: str | os.PathLike[str],
    *,
    overwrite: bool = False,
) -> None:
    """Write the tables as a page, as CSV, JSON and a picture.

    Parameters
    ----------
    rows : sequence of dict
        One for each clip, in their order: ``clip``, its name; ``metrics``, what `metrics.json`
        holds, or None; ``error``, why there is none, in one sentence; ``report``, where its report
        is, seen from the folder, by default ``CLIP/report.html``.
    tests : sequence of dict
        ``measure``, ``n``, ``mean_original``, ``mean_result``, ``difference``, ``interval`` (two
        numbers or None), ``t``, ``p``, ``wilcoxon_p``; None where not measurable.
    folder : path
        Where to; it may exist.
    overwrite : bool
        Replace files of these names.

    Raises
    ------
    OutputError
        If a file is in the way or cannot be written.
    """
    metrics = [row.get("metrics") for row in rows]
    columns = known(metrics)
    values = [[column.value(one) for column in columns] for one in metrics]
    lines = [
        {
            "name": str(row["clip"]),
            "link": quote(str(row.get("report") or f"{row['clip']}/report.html"), safe="/"),
            "error": str(row.get("error") or "") if one is None else "",
            "answer": ANSWERS[((one or {}).get("profile") or {}).get("passed")],
            "cells": [number(value) for value in line],
        }
        for row, one, line in zip(rows, metrics, values, strict=True)
    ]
    drawing = _drawing(columns, values) if columns else None
    page = str(
        environment()
        .get_template("cohort.html")
        .render(
            policy=policy([]),
            style=raw("style.css"),
            columns=[(column.title, column.key) for column in columns],
            lines=lines,
            summary=[_summary([line[k] for line in values]) for k in range(len(columns))],
            tests=[_printed(test) for test in tests],
            held=sum(line["answer"] == ANSWERS[True] for line in lines),
            uri=picture_uri(drawing.png) if drawing else None,
            caption=drawing.caption if drawing else "",
        )
    )
    content: dict[str, str | bytes] = {
        "cohort.html": page,
        "cohort.csv": to_csv(
            ["clip", "passed", *(column.key for column in columns), "error"],
            (
                (
                    line["name"],
                    None if one is None else int(bool((one.get("profile") or {}).get("passed"))),
                    *cells,
                    line["error"],
                )
                for line, one, cells in zip(lines, metrics, values, strict=True)
            ),
        ),
        "tests.csv": to_csv(
            [*(key for key in _TESTS if key != "interval"), "interval_low", "interval_high"],
            (
                (
                    *(test.get(key) for key in _TESTS if key != "interval"),
                    *(test.get("interval") or (None, None)),
                )
                for test in tests
            ),
        ),
        "cohort.json": json.dumps(
            {
                "clips": [
                    {
                        "clip": line["name"],
                        "passed": ((one or {}).get("profile") or {}).get("passed"),
                        "figures": {c.key: v for c, v in zip(columns, cells, strict=True)},
                        "error": line["error"] or None,
                    }
                    for line, one, cells in zip(lines, metrics, values, strict=True)
                ],
                "tests": [dict(test) for test in tests],
            },
            indent=2,
            allow_nan=False,
        )
        + "\n",
    }
    if drawing is not None:
        content |= {"cohort.png": drawing.png, "cohort.svg": drawing.svg}
    write_files(Path(folder), content, overwrite)


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


def chance(p: Any) -> str:
    """A p-value as printed."""
    if not isinstance(p, int | float):
        return UNKNOWN
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def _summary(values: list[float | None]) -> str:
    there = [value for value in values if value is not None]
    if not there:
        return UNKNOWN
    return f"{number(float(np.mean(there)))} ({number(min(there))} to {number(max(there))})"


@drawn
def _drawing(columns: list[Column], values: list[list[float | None]]) -> Drawing:
    from matplotlib.figure import Figure

    across = min(4, len(columns))
    down = -(-len(columns) // across)
    figure = Figure(figsize=(8.2, 0.95 * down + 0.2), layout="constrained")
    grid = figure.subplots(down, across, squeeze=False)
    for axes in grid.flat[len(columns) :]:
        axes.axis("off")
    for k, (axes, column) in enumerate(zip(grid.flat, columns, strict=False)):
        numbers = np.array([np.nan if line[k] is None else line[k] for line in values], float)
        axes.plot(numbers, np.zeros(len(numbers)), "o", color=RESULT, alpha=0.6)
        axes.axvline(float(np.nanmean(numbers)), color="black", lw=1)
        axes.set_title(column.title, fontsize=8)
        axes.set_yticks([])
        axes.tick_params(labelsize=7)
        axes.spines["left"].set_visible(False)
    return finish("cohort", "Each figure of each clip (dots) and their mean (line).", figure)
