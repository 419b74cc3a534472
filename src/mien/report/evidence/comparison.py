"""Several results of one clip side by side: the table of a model comparison."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mien.report.evidence.columns import Column, best, known
from mien.report.evidence.figures import CEILING, RESULT, Drawing, drawn, finish
from mien.report.evidence.page import environment, picture_uri, policy, raw
from mien.report.evidence.sections import number
from mien.report.evidence.tables import to_csv
from mien.report.folder import write_files

NAMES = tuple(f"comparison.{ending}" for ending in ("html", "csv", "json", "png", "svg"))
"""Files that are written."""
_SIGNS = {"high": "more is better", "low": "less is better", "one": "1 is best"}


def write_comparison(
    rows: Sequence[dict[str, Any]], folder: str | os.PathLike[str], *, overwrite: bool = False
) -> None:
    """Write the table as a page, as CSV, JSON and a picture.

    Parameters
    ----------
    rows : sequence of dict
        One for each result, in their order: ``engine``, its name; ``metrics``, what
        `metrics.json` holds, or None; ``error``, why there is none, in one sentence.
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
    first = next((one for one in metrics if one is not None), None)
    ceiling = [column.of_ceiling(first) for column in columns]
    marks = [best(column, [line[k] for line in values]) for k, column in enumerate(columns)]
    lines = [
        {
            "name": str(row["engine"]),
            "error": str(row.get("error") or "") if row.get("metrics") is None else "",
            "cells": [(number(v), n in marks[k]) for k, v in enumerate(line)],
        }
        for n, (row, line) in enumerate(zip(rows, values, strict=True))
    ]
    names = [str(row["engine"]) for row in rows]
    drawing = _drawing(names, columns, values, ceiling) if columns else None
    source = next(
        (str(row["engine"]) for row in rows if row.get("metrics") is not None), "no result"
    )
    page = str(
        environment()
        .get_template("comparison.html")
        .render(
            policy=policy([]),
            style=raw("style.css"),
            columns=[(column.title, column.key, _SIGNS[column.better]) for column in columns],
            lines=lines,
            ceiling=[number(value) if value is not None else "–" for value in ceiling],
            source=source,
            about=(first or {}).get("about") or {},
            uri=picture_uri(drawing.png) if drawing else None,
            caption=drawing.caption if drawing else "",
        )
    )
    content: dict[str, str | bytes] = {
        "comparison.html": page,
        "comparison.csv": to_csv(
            ["engine", *(column.key for column in columns), "error"],
            [
                *(
                    (line["name"], *cells, line["error"])
                    for line, cells in zip(lines, values, strict=True)
                ),
                ("ceiling", *ceiling, ""),
            ],
        ),
        "comparison.json": json.dumps(
            {
                "rows": [
                    {
                        "engine": line["name"],
                        "figures": {c.key: v for c, v in zip(columns, cells, strict=True)},
                        "best": [c.key for k, c in enumerate(columns) if n in marks[k]],
                        "error": line["error"] or None,
                    }
                    for n, (line, cells) in enumerate(zip(lines, values, strict=True))
                ],
                "ceiling": {c.key: v for c, v in zip(columns, ceiling, strict=True)},
            },
            indent=2,
            allow_nan=False,
        )
        + "\n",
    }
    if drawing is not None:
        content |= {"comparison.png": drawing.png, "comparison.svg": drawing.svg}
    write_files(Path(folder), content, overwrite)


@drawn
def _drawing(
    names: list[str],
    columns: list[Column],
    values: list[list[float | None]],
    ceiling: list[float | None],
) -> Drawing:
    from matplotlib.figure import Figure

    across = min(4, len(columns))
    down = -(-len(columns) // across)
    figure = Figure(figsize=(8.2, (0.7 + 0.22 * len(names)) * down + 0.3), layout="constrained")
    grid = figure.subplots(down, across, squeeze=False, sharey=True)
    rows = np.arange(len(names))
    for axes in grid.flat[len(columns) :]:
        axes.axis("off")
    for k, (axes, column) in enumerate(zip(grid.flat, columns, strict=False)):
        numbers = [np.nan if line[k] is None else line[k] for line in values]
        axes.barh(rows, numbers, color=RESULT, alpha=0.85)
        if ceiling[k] is not None:
            axes.axvline(ceiling[k], color=CEILING, lw=1.2, ls="--")
        axes.set_title(column.title, fontsize=8)
        axes.set_yticks(rows, names)
        axes.tick_params(labelsize=7)
    grid.flat[0].set_ylim(len(names) - 0.4, -0.6)
    caption = (
        "Each figure of each result; dashed: what encoding alone leaves. Results without a bar "
        "have no such figure."
    )
    return finish("comparison", caption, figure)
