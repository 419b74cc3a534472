"""`mien review report`: the page of a review."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from mien.cli import options
from mien.cli.bars import Bars
from mien.cli.failure import need, tell
from mien.cli.places import keep_out
from mien.errors import ParameterError


def report(
    folder: Annotated[
        Path, typer.Argument(metavar="REVIEW", help="The folder of a review; it is only read.")
    ],
    out: Annotated[
        Path | None, options.out("FOLDER", "Where the report goes: a new folder.")
    ] = None,
    since: Annotated[
        int | None,
        typer.Option(metavar="N", help="The version to compare with; the one before if not given."),
    ] = None,
    language: options.Language = "en",
    overwrite: Annotated[bool, options.overwrite("an older report in that folder")] = False,
    as_json: Annotated[bool, options.as_json("all numbers")] = False,
) -> None:
    """Report on a review: flow, agreement, risk of bias, synthesis, who it works for, changes.

    Example: [bold]mien review report review -o report[/bold]
    """
    need("review")
    from mien.report.language import check_language
    from mien.review.living.findings import findings
    from mien.review.living.review_folder import open_review

    check_language(language)
    if out is None and not as_json:
        raise ParameterError("Say where the report goes with --out, or add --json.")
    if out is not None:
        from mien.report.folder import check_folder

        keep_out(out, [folder])
        check_folder(out, overwrite)
    review = open_review(folder)
    states = {one.version: one for one in review.earlier}
    wanted = since if since is not None else max(states, default=None)
    if wanted is not None and wanted not in states:
        there = ", ".join(map(str, states)) or "none"
        raise ParameterError(f"There is no earlier version {wanted}; there: {there}.")
    found = findings(review)
    earlier = findings(states[wanted], brief=True) if wanted is not None else None
    for problem in found.flow.problems():
        tell(f"the flow does not add up yet: {problem}")
    from mien.report.review.review_page import summary, write

    if out is not None:
        with Bars("report") as progress:
            write(
                found, out, earlier=earlier, overwrite=overwrite, progress=progress,
                language=language,
            )  # fmt: skip
    if as_json:
        content = summary(found, earlier)
        print(json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False))
    elif out is not None:
        flow = found.flow.as_dict()
        typer.echo(f"{flow['total_studies']} studies; {out / 'report.html'} has it all.")
