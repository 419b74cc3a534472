"""`mien review protocol`: a protocol as a file, and the texts it becomes."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from mien.cli import options
from mien.cli.places import keep_out
from mien.errors import ParameterError


def protocol(
    file: Annotated[
        Path | None, typer.Argument(metavar="PROTOCOL.toml", help="A protocol; see --example.")
    ] = None,
    out: Annotated[
        Path | None, options.out("FOLDER", "Where the texts go: for PROSPERO, and PRISMA-P.")
    ] = None,
    example: Annotated[
        bool,
        typer.Option("--example", help="Print the published protocol of Su et al. 2021 as a file."),
    ] = False,
    language: Annotated[
        str,
        typer.Option(
            "--language",
            metavar="en|de",
            help="The language of prisma-p.md; PROSPERO takes English only, so prospero.txt is "
            "English in any case.",
        ),
    ] = "en",
    overwrite: Annotated[bool, options.overwrite("older texts in that folder")] = False,
    as_json: Annotated[bool, options.as_json("the protocol")] = False,
) -> None:
    """Check a protocol, and write what a registry and a paper want of it.

    Texts of a protocol within the folder of a review that is made up say so first.

    Example: [bold]mien review protocol --example > protocol.toml[/bold]
    """
    from mien.report.language import check_language, told, written_in
    from mien.review.living.review_folder import mark_of
    from mien.review.protocol.protocol import Protocol, published_text
    from mien.review.protocol.registration import prisma_p, prospero

    if example:
        typer.echo(published_text(), nl=False)
        return
    if file is None:
        raise ParameterError("Give a protocol; --example prints one to begin with.")
    check_language(language)
    found = Protocol.open(file)
    mark = mark_of(file)
    if out is not None:
        from mien.report.folder import Staged

        keep_out(out, [file])
        with Staged(out, overwrite) as staged:
            first = f"{mark}\n\n" if mark else ""
            staged.write("prospero.txt", first + prospero(found))
            with written_in(language):
                first = f"{told(mark)}\n\n" if mark else ""
                staged.write("prisma-p.md", first + prisma_p(found, _said))
            noted = f"# {mark}\n" if mark else ""
            staged.write("protocol.toml", noted + file.read_text("utf-8-sig"))
            staged.commit()
    if as_json:
        print(json.dumps(asdict(found), indent=2, ensure_ascii=False))
        return
    typer.echo(
        f"{found.title}, version {found.version}: {len(found.search.databases)} databases, "
        f"{len(found.concepts)} concepts, {len(found.include)} criteria, {len(found.exclude)} "
        f"reasons to exclude, {len(found.form)} fields."
    )
    if out is not None:
        english = " PROSPERO takes English only, so prospero.txt is English." * (language != "en")
        typer.echo(f"{out} holds prospero.txt and prisma-p.md.{english}")


def _said(line: str) -> str:
    """A line in the language that is written now: as a whole, else sentence by sentence."""
    from mien.report.language import told, told_each

    whole = told(line)
    return told_each(line) if whole == line else whole
