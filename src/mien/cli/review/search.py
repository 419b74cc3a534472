"""`mien review search`: each database's string, from one table of concepts; and its flaws."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from mien.cli import options
from mien.errors import ParameterError


def search(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="PROTOCOL.toml", help="A protocol; the published one if none."),
    ] = None,
    database: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="pubmed, psycinfo, cinahl, ieee, scopus, embase, wos, cochrane; may be repeated. "
            "Those of the protocol if none.",
        ),
    ] = None,
    check: Annotated[
        str | None,
        typer.Option(metavar="STRING", help="Look this string through instead, for --database."),
    ] = None,
    out: Annotated[Path | None, options.out("FILE.txt", "Write the strings here.")] = None,
    overwrite: Annotated[bool, options.overwrite("the file if it exists")] = False,
    as_json: Annotated[bool, options.as_json("the strings")] = False,
) -> None:
    """Print the search string of each database, made from the concepts of a protocol.

    Field tags, truncation, phrases and limits are those of the database.

    Example: [bold]mien review search protocol.toml --database pubmed --database scopus[/bold]
    """
    from mien.outputs import check_free, complete
    from mien.review.protocol.protocol import Protocol, published
    from mien.review.search.strings import strings_of

    if check is not None:
        _check(check, database or [], as_json)
        return
    if out is not None:
        check_free(out, overwrite, kind="a text", endings=(".txt",))
    protocol = published() if file is None else Protocol.open(file)
    found = strings_of(protocol, database or ())
    text = ""
    for one in found:
        text += f"{one.database}\n{one.text}\n"
        text += "".join(f"  note: {note}\n" for note in one.notes) + "\n"
    if out is not None:
        with complete(out, overwrite=overwrite) as part:
            part.write_text(text, encoding="utf-8")
    if as_json:
        print(json.dumps({"strings": [asdict(one) for one in found]}, ensure_ascii=False))
        return
    print(text, end="")


def _check(text: str, databases: list[str], as_json: bool) -> None:
    from mien.review.search.lint import lint

    if len(databases) != 1:
        raise ParameterError("Say whose string it is: --database pubmed, or another.")
    flaws = lint(text, databases[0])
    if as_json:
        print(json.dumps({"flaws": [asdict(flaw) for flaw in flaws]}))
    elif not flaws:
        print("Nothing is wrong that can be seen from here.")
    else:
        for flaw in flaws:
            print(f"{flaw.place + 1}: {flaw.words}")
    if flaws:
        raise typer.Exit(1)
