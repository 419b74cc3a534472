"""The folder that `mien review meta` writes: a page, numbers, tables, figures."""

from __future__ import annotations

import json
from pathlib import Path

from mien import __version__
from mien.progress import Progress
from mien.report.drawing import put
from mien.report.folder import Staged
from mien.report.language import DEFAULT, told, told_each, written_in
from mien.report.pages import in_page, raw, render
from mien.report.review.synthesis_sections import synthesis_drawings, synthesis_sections
from mien.report.sections import Section
from mien.report.spreadsheet import to_csv
from mien.review.synthesis.methods import methods
from mien.review.synthesis.synthesis import Synthesis


def write(
    synthesis: Synthesis,
    folder: Path,
    *,
    title: str = "Diagnostic accuracy",
    mark: str = "",
    overwrite: bool = False,
    progress: Progress | None = None,
    language: str = DEFAULT,
) -> None:
    """Write the folder; it appears when everything in it is written.

    Parameters
    ----------
    synthesis : Synthesis
    folder : Path
    title : str
        Of the page.
    mark : str
        What the page says first, of data that are made up.
    overwrite : bool
        Replace an older report in that folder.
    progress : callable, optional
        Called as ``progress("drawing", done, None)``.
    language : str
        Of the page, its figures and the methods as text; files for programs are the same in all.

    Raises
    ------
    OutputError
        If the folder cannot be written, or something is in the way.
    ParameterError
        If mien does not write that language.
    """
    with written_in(language), Staged(folder, overwrite) as staged:
        drawings = put(synthesis_drawings(synthesis), staged, progress)
        sections = synthesis_sections(synthesis, drawings)
        said = [*filter(None, [told(mark)]), *map(told_each, methods(synthesis))]
        staged.write(
            "synthesis.json",
            json.dumps(synthesis.as_dict(), indent=2, ensure_ascii=False, allow_nan=False) + "\n",
        )
        put_tables(sections, staged)
        staged.write("methods.txt", "\n\n".join(said) + "\n")
        staged.write(
            "report.html",
            render(
                "review.html",
                style=raw("review.css"),
                title=title,
                kind="Synthesis of diagnostic studies",
                mark=mark,
                lead=[],
                contents=True,
                sections=sections,
                drawings=in_page(drawings),
                methods=said,
                made=f"Made by mien {__version__}. Figures as SVG and PNG and tables as CSV lie "
                "beside this page.",
            ),
        )
        staged.commit()


def put_tables(sections: list[Section], staged: Staged) -> None:
    """Write the tables of sections as CSV into the folder ``tables``."""
    for section in sections:
        for k, table in enumerate(section.tables):
            name = section.key if k == 0 else f"{section.key}-{k + 1}"
            staged.write(f"tables/{name}.csv", to_csv(table.header, table.rows))
