"""`mien review extract`: forms to take data with, two extractors, the bias chart."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli import options
from mien.cli.failure import need, tell
from mien.cli.grouped import grouped
from mien.cli.places import keep_out
from mien.cli.review.forms import Form, Out, write_form
from mien.errors import ParameterError

if TYPE_CHECKING:
    from mien.review.extraction.adjudication import Extracted
    from mien.review.protocol.protocol import Protocol


@grouped
def extract(
    form: Form,
    values: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[CSV]...",
            help="What each extractor took, and what was decided (extractor: consensus).",
        ),
    ] = None,
    out: Out = None,
    protocol: Annotated[
        Path | None,
        typer.Option(metavar="TOML", help="Whose form it is; the published one if not given."),
    ] = None,
    extractor: Annotated[str, typer.Option(metavar="NAME", help="Of --form: who extracts.")] = "A",
    language: options.Language = "en",
    overwrite: Annotated[bool, options.overwrite("what is there")] = False,
    as_json: Annotated[bool, options.as_json("what is settled")] = False,
) -> None:
    """Take data from studies: empty forms, two extractors, decisions, who is reported on.

    Example: [bold]mien review extract anna.csv ben.csv decided.csv -o data[/bold]
    """
    need("review")
    from mien.report.language import check_language

    check_language(language)
    used = _protocol(protocol, form.review)
    if form.form:
        _write_form(used, form.studies(), extractor, out, overwrite)
        return
    if not values:
        raise ParameterError("Give a CSV of values, or --form for an empty one.")
    from mien.review.extraction.adjudication import adjudicate, check_counts
    from mien.review.extraction.fairness import fairness
    from mien.review.extraction.values import read_values

    if out is not None:
        from mien.report.folder import check_folder

        keep_out(out, values)
        check_folder(out, overwrite)
    taken = [one for path in values for one in read_values(path, used)]
    found = adjudicate(taken, used)
    if out is not None:
        from mien.report.review.extraction_page import write
        from mien.review.living.review_folder import mark_of

        mark = mark_of(form.review, protocol, *values)
        write(found, taken, out, mark=mark, overwrite=overwrite, language=language)
    for words in check_counts(found):
        tell(words)
    if as_json:
        content = found.as_dict() | {"fairness": fairness(found).as_dict()}
        print(json.dumps(content, indent=2, ensure_ascii=False))
        return
    _print(found)
    if out is not None:
        typer.echo(f"{out / 'report.html'} has it all.")


def _protocol(path: Path | None, review: Path | None) -> Protocol:
    """That of the file, else of the review, else the published one."""
    from mien.review.protocol.protocol import Protocol, published

    if path is not None:
        return Protocol.open(path)
    return published() if review is None else Protocol.open(review / "protocol.toml")


def _write_form(
    used: Protocol, studies: list[str], extractor: str, out: Path | None, overwrite: bool
) -> None:
    from mien.review.extraction.values import empty_form, to_csv

    if not studies or out is None:
        raise ParameterError("--form needs --out, and --study or --review.")
    write_form(out, to_csv(empty_form(used, studies, extractor)), overwrite)


def _print(found: Extracted) -> None:
    """Say what differs, what is missing, and who is reported on."""
    from mien.review.extraction.fairness import fairness

    still = sum(one.decided is None for one in found.disagreements)
    typer.echo(
        f"{len(found.studies)} studies; {len(found.disagreements)} values were taken differently, "
        f"{still} are not decided; {len(found.missing)} required values are missing."
    )
    for attribute, counts in fairness(found).reported.items():
        typer.echo(
            f"By {attribute}: accuracy in {counts['accuracy']} studies, people only in "
            f"{counts['people']}, nothing in {counts['nothing']}."
        )
