"""The folder that `mien review extract` writes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from mien import __version__
from mien.report.drawing import put
from mien.report.folder import Staged
from mien.report.language import DEFAULT, written_in
from mien.report.pages import in_page, raw, render
from mien.report.review.extraction_sections import (
    agreement_section,
    characteristics_section,
    fairness_section,
)
from mien.report.review.fairness_chart import fairness_chart
from mien.report.review.synthesis_page import put_tables
from mien.report.review.words import quoted
from mien.review.extraction.adjudication import Extracted, accuracy_table
from mien.review.extraction.fairness import fairness
from mien.review.extraction.values import Value, to_csv
from mien.review.synthesis.accuracy_table import CELLS, AccuracyTable


def write(
    found: Extracted,
    values: Sequence[Value],
    folder: Path,
    *,
    mark: str = "",
    overwrite: bool = False,
    language: str = DEFAULT,
) -> None:
    """Write the folder; it appears when everything in it is written.

    Parameters
    ----------
    found : Extracted
    values : sequence of Value
        All that was taken.
    folder : Path
    mark : str
        What the page says first, of data that are made up.
    overwrite : bool
        Replace an older report in that folder.
    language : str
        Of the page and its figures; files for programs are the same in all.

    Raises
    ------
    OutputError
        If the folder cannot be written, or something is in the way.
    ParameterError
        If mien does not write that language.
    """
    groups = fairness(found)
    with written_in(language), Staged(folder, overwrite) as staged:
        drawings = put([fairness_chart(groups)] if groups.reported else [], staged)
        sections = [characteristics_section(found), agreement_section(found)]
        if groups.reported:
            sections.append(fairness_section(groups))
        content = found.as_dict() | {"fairness": groups.as_dict()}
        staged.write("extracted.json", json.dumps(content, indent=2, ensure_ascii=False) + "\n")
        staged.write("values.csv", to_csv(values))
        table = accuracy_table(found)
        if table is not None:
            staged.write("accuracy.csv", accuracy_csv(table))
        put_tables(sections, staged)
        staged.write(
            "report.html",
            render(
                "review.html",
                style=raw("review.css"),
                title=quoted(found.protocol.title),
                kind="Data of a systematic review",
                mark=mark,
                lead=[],
                contents=True,
                sections=sections,
                drawings=in_page(drawings),
                methods=[],
                made=f"Made by mien {__version__}. Every value with its quote and page is in "
                "values.csv; accuracy.csv can be pooled by mien review meta.",
            ),
        )
        staged.commit()


def accuracy_csv(table: AccuracyTable) -> str:
    """The counts as `mien review meta` reads them."""
    from mien.report.spreadsheet import to_csv as written

    rows = [
        [
            label,
            *(int(getattr(table, cell)[k]) for cell in CELLS),
            *(values[k] for values in table.columns.values()),
        ]
        for k, label in enumerate(table.labels)
    ]
    return written(["study", *CELLS, *table.columns], rows)
