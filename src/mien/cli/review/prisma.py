"""`mien review prisma`: the flow diagram of a review, from its numbers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli import options
from mien.cli.failure import need, tell
from mien.cli.places import keep_input, keep_out
from mien.errors import ParameterError
from mien.outputs import check_free, complete

if TYPE_CHECKING:
    from mien.review.prisma.flow import Flow

_PICTURES = (".png", ".svg")


def prisma(
    numbers: Annotated[
        Path | None,
        typer.Argument(
            metavar="NUMBERS|REVIEW",
            help="A file of numbers: .json, .toml, or .csv, see --example; or a review's folder.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        options.out("PLACE", "A picture, .png or .svg; or a new folder for both and a page."),
    ] = None,
    example: Annotated[
        bool, typer.Option("--example", help="Print a file of numbers to begin with.")
    ] = False,
    language: options.Language = "en",
    overwrite: Annotated[bool, options.overwrite("what is there")] = False,
    as_json: Annotated[bool, options.as_json("the numbers, with what follows from them")] = False,
) -> None:
    """Draw the PRISMA 2020 flow of a new or an updated review; a folder also gets the checklist.

    Example: [bold]mien review prisma numbers.toml -o flow.svg[/bold]
    """
    from mien.review.prisma.files import EXAMPLE, read_flow

    if example:
        typer.echo(EXAMPLE, nl=False)
        return
    if numbers is None:
        raise ParameterError("Give a file of numbers; --example prints one to begin with.")
    need("review")
    from mien.report.language import check_language
    from mien.review.living.review_folder import MADE_UP

    flow = _of_review(numbers) if numbers.is_dir() else read_flow(numbers)
    if out is not None:
        _write(flow, numbers, out, overwrite, check_language(language))
    content = flow.as_dict() | {"problems": flow.problems()}
    if flow.made_up:
        tell(MADE_UP[:1].lower() + MADE_UP[1:])
    for problem in content["problems"]:
        tell(f"this does not add up: {problem}")
    if as_json:
        print(json.dumps(content, indent=2, ensure_ascii=False))
    elif out is not None:
        typer.echo(f"{out} shows {content['total_studies']} studies included.")
    else:
        for name, value in content.items():
            if isinstance(value, int) and not isinstance(value, bool):
                typer.echo(f"{name} {value}")


def _of_review(folder: Path) -> Flow:
    """The flow of a review as it is now."""
    from mien.review.living.flow import flow_of, waiting
    from mien.review.living.review_folder import open_review

    review = open_review(folder)
    left = waiting(review)
    if any(left.values()):
        tell(f"{left['title']} titles and {left['full']} full texts await a decision.")
    return flow_of(review)


def _write(flow: Flow, numbers: Path, out: Path, overwrite: bool, language: str) -> None:
    from mien.report.language import written_in
    from mien.report.review.prisma_flow import prisma_flow

    if out.suffix.lower() in _PICTURES:
        check_free(out, overwrite)
        keep_input(out, numbers)
        with written_in(language):
            drawing = prisma_flow(flow)
        with complete(out, overwrite=overwrite) as part:
            part.write_bytes(drawing.svg if out.suffix.lower() == ".svg" else drawing.png)
        return
    from mien.report.folder import check_folder
    from mien.report.review.prisma_page import write

    keep_out(out, [numbers])
    check_folder(out, overwrite)
    write(flow, out, overwrite=overwrite, language=language)
