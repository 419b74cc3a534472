"""`mien review bias`: forms to judge risk of bias with, and what was judged, as figures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli import options
from mien.cli.failure import need
from mien.cli.grouped import grouped
from mien.cli.places import keep_out
from mien.cli.review.forms import Form, Out, write_form
from mien.errors import ParameterError

if TYPE_CHECKING:
    from mien.review.bias.consensus import Assessed


@grouped
def bias(
    form: Form,
    out: Out = None,
    judgements: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[CSV]...",
            help="What each assessor judged, and what they agreed on (assessor: consensus).",
        ),
    ] = None,
    tool: Annotated[
        str | None,
        typer.Option(
            metavar="cochrane|quadas2|probast|probast_ai", help="Where files do not name it."
        ),
    ] = None,
    assessor: Annotated[str, typer.Option(metavar="NAME", help="Of --form: who judges.")] = "A",
    language: options.Language = "en",
    overwrite: Annotated[bool, options.overwrite("what is there")] = False,
    as_json: Annotated[bool, options.as_json("what was judged")] = False,
) -> None:
    """Judge risk of bias: empty forms, two assessors, consensus, traffic lights, a page.

    Example: [bold]mien review bias anna.csv ben.csv agreed.csv --tool quadas2 -o bias[/bold]
    """
    need("review")
    from mien.report.language import check_language
    from mien.review.bias.consensus import settle
    from mien.review.bias.forms import FORMS
    from mien.review.bias.forms import form as open_form
    from mien.review.bias.judgements import read_judgements

    check_language(language)
    if form.form:
        _write_form(tool, form.studies(), assessor, out, overwrite)
        return
    if not judgements:
        raise ParameterError("Give a CSV of judgements, or --form for an empty one.")
    if out is not None:
        from mien.report.folder import check_folder

        keep_out(out, judgements)
        check_folder(out, overwrite)
    said = [one for path in judgements for one in read_judgements(path, tool)]
    used = [open_form(key) for key in FORMS if any(one.tool == key for one in said)]
    found = [settle(said, one) for one in used]
    if out is not None:
        from mien.report.review.bias_page import write
        from mien.review.living.review_folder import mark_of

        mark = mark_of(form.review, *judgements)
        write(found, said, out, mark=mark, overwrite=overwrite, language=language)
    if as_json:
        content = {one.form.key: one.as_dict() for one in found}
        print(json.dumps(content, indent=2, ensure_ascii=False))
        return
    _print(found)
    if out is not None:
        typer.echo(f"{out / 'report.html'} has it all.")


def _write_form(
    tool: str | None, studies: list[str], assessor: str, out: Path | None, overwrite: bool
) -> None:
    from mien.review.bias.judgements import empty_form, to_csv

    if tool is None or not studies or out is None:
        raise ParameterError("--form needs --tool, --out, and --study or --review.")
    write_form(out, to_csv(empty_form(tool, studies, assessor)), overwrite)


def _print(found: list[Assessed]) -> None:
    """Say how many judgements there are, and how many differ."""
    for one in found:
        left = sum(not difference.decided for difference in one.differences)
        agreement = one.agreement
        same = f", {agreement['share']:.0%} the same before" if agreement["n"] else ""
        typer.echo(
            f"{one.form.short}: {len(one.studies)} studies, {len(one.assessors)} assessors{same}; "
            f"{left} differences are open."
        )
