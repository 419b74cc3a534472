"""The folder that `mien review bias` writes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from mien import __version__
from mien.report.drawing import put
from mien.report.folder import Staged
from mien.report.language import DEFAULT, written_in
from mien.report.pages import in_page, raw, render
from mien.report.review.bias_sections import bias_drawings, bias_section
from mien.review.bias.consensus import Assessed
from mien.review.bias.judgements import Judgement, to_csv


def write(
    found: Sequence[Assessed],
    judgements: Sequence[Judgement],
    folder: Path,
    *,
    mark: str = "",
    overwrite: bool = False,
    language: str = DEFAULT,
) -> None:
    """Write the folder; it appears when everything in it is written.

    Parameters
    ----------
    found : sequence of Assessed
        One a form.
    judgements : sequence of Judgement
        All that was said.
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
    with written_in(language), Staged(folder, overwrite) as staged:
        drawings = put((one for each in found for one in bias_drawings(each)), staged)
        content = {one.form.key: one.as_dict() for one in found}
        staged.write("bias.json", json.dumps(content, indent=2, ensure_ascii=False) + "\n")
        staged.write("judgements.csv", to_csv(judgements))
        staged.write(
            "report.html",
            render(
                "review.html",
                style=raw("review.css"),
                title="Risk of bias",
                kind="Systematic review",
                mark=mark,
                lead=[],
                contents=len(found) > 1,
                sections=[bias_section(one) for one in found],
                drawings=in_page(drawings),
                methods=[],
                made=f"Made by mien {__version__}. All judgements are in judgements.csv.",
            ),
        )
        staged.commit()
