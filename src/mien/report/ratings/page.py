"""The folder of a rating study's report: a page, numbers for programs, tables, figures."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from mien.counted import plural
from mien.progress import Progress
from mien.report.drawing import put
from mien.report.folder import Staged
from mien.report.language import DEFAULT, written_in
from mien.report.pages import in_page, render
from mien.report.ratings.figures import figures
from mien.report.ratings.methods import guidelines, paragraph
from mien.report.ratings.sections import overview, section
from mien.report.sections import Section
from mien.report.spreadsheet import exact, to_csv
from mien.study.analysis import Analysis
from mien.study.ratings import Ratings

COLUMNS = ("rater", "clip", "version", "item", "repeat", "score")
"""Of ratings.csv."""
_NOTES = (
    "“–” stands for a figure that is not defined; statistics.json says why under “why”.",
    "The paper's figures are of other patients, other raters and another method: they say what "
    "was published, not what has to be reached.",
    "κ is low where nearly all scores are the same, however well raters agree: read AC1 with it.",
    "ICC takes scores for numbers on a line; κ, AC2 and α for steps in an order.",
)


def write(
    analysis: Analysis,
    ratings: Ratings,
    folder: str | os.PathLike[str],
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
    language: str = DEFAULT,
) -> None:
    """Write the report; the folder appears when everything in it is written.

    Parameters
    ----------
    analysis : Analysis
    ratings : Ratings
        What was analysed.
    folder : path
    overwrite : bool
        Replace an older report in that folder.
    progress : callable, optional
        Called as ``progress("drawing", done, None)``.
    language : str
        Of the page, its figures and the paragraph on methods; files for programs are the same in
        all.

    Raises
    ------
    OutputError
        If the folder cannot be written, or something is in the way.
    ParameterError
        If mien does not write that language.
    """
    parts = [section(item) for item in analysis.items.values()]
    with written_in(language), Staged(Path(folder), overwrite) as staged:
        drawings = put(figures(analysis, ratings), staged, progress)
        staged.write("statistics.json", as_text(analysis.to_json()))
        staged.write("ratings.csv", to_csv(COLUMNS, (_row(one) for one in ratings.answers)))
        staged.write("methods.txt", paragraph(analysis) + "\n")
        write_tables(staged, parts)
        page = render(
            "ratings.html",
            kind="Rating study: originals and de-identified results",
            title=_title(analysis),
            lead=[
                f"{plural(len(analysis.raters), 'rater')}, {plural(analysis.clips, 'recording')}, "
                f"{analysis.ratings} ratings.",
            ],
            warnings=[
                check.words
                for item in analysis.items.values()
                for check in item.checks.values()
                if check.words
            ],
            overview=overview(analysis),
            sections=parts,
            drawings=in_page(drawings),
            methods=paragraph(analysis),
            guidelines=guidelines(analysis),
            notes=[*analysis.notes, *_NOTES],
        )
        staged.write("report.html", page)
        staged.commit()


def as_text(content: dict[str, Any]) -> str:
    """JSON as it stands in a file; a number that is none is an error."""
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def write_tables(staged: Staged, parts: list[Section]) -> None:
    """Write each table of the page as CSV, too."""
    for k, part in enumerate(parts):
        for n, table in enumerate(part.tables):
            name = f"tables/{k + 1:02d}-{n + 1:02d}-{_plain(table.caption)}.csv"
            staged.write(name, to_csv(table.header, table.rows))


def _title(analysis: Analysis) -> str:
    """Of all items, how many are rated alike, and of how many that cannot be said."""
    judged = [item.equivalence.equivalent for item in analysis.items.values()]
    alike, open_ = judged.count(True), judged.count(None)
    if open_ == len(judged):
        return "Ratings of originals and results"
    left = f"; {open_} cannot be judged" if open_ else ""
    return (
        f"{alike} of {plural(len(judged), 'item')} {'is' if 1 in (alike, len(judged)) else 'are'} "
        f"rated alike within the margin{left}."
    )


def _plain(caption: str) -> str:
    words = "".join(c if c.isascii() and c.isalnum() else " " for c in caption.lower()).split()
    return "-".join(words[:6]) or "table"


def _row(one: Any) -> tuple[Any, ...]:
    return one.rater, one.clip, one.version, one.item, one.repeat, exact(one.score)
