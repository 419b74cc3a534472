"""`mien review fetch` and `mien review chase`: searches over open interfaces, kept and resumed."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli import options
from mien.cli.bars import Bars
from mien.cli.given import given
from mien.cli.grouped import grouped
from mien.errors import ParameterError

if TYPE_CHECKING:
    from mien.review.records.record import Record
    from mien.review.search.apis.transport import Transport

_Email = Annotated[
    str, typer.Option(metavar="YOU@HOST", help="Your address, which the servers ask for.")
]
_Folder = Annotated[
    Path,
    options.out("FOLDER", "Where answers are kept; the same command goes on where it stopped."),
]
_DAY = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")


@dataclass(frozen=True)
class Search:
    """What is searched for, and where."""

    api: Annotated[
        list[str] | None,
        typer.Option(metavar="pubmed|openalex|crossref", help="Whom to ask; may be repeated."),
    ] = None
    query: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="Ask this instead, in the language of the interface."),
    ] = None
    since: Annotated[
        str | None, typer.Option(metavar="DAY", help="First day of publication, as 2021-09-30.")
    ] = None
    until: Annotated[str | None, typer.Option(metavar="DAY", help="Last day.")] = None
    entered: Annotated[
        bool,
        typer.Option("--entered", help="Days are of entering the database: what is new since."),
    ] = False


@grouped
def fetch(
    out: _Folder,
    email: _Email,
    wanted: Search,
    file: Annotated[
        Path | None,
        typer.Argument(metavar="PROTOCOL.toml", help="A protocol; the published one if none."),
    ] = None,
    as_json: Annotated[bool, options.as_json("what was found")] = False,
) -> None:
    """Search PubMed, OpenAlex or Crossref with a protocol's concepts; the records are a file then.

    Only the query, dates and your address leave this computer. FOLDER/records.json has the records.

    Example: [bold]mien review fetch protocol.toml -o search --api pubmed --email me@host.org[/bold]
    """
    from mien.review.protocol.protocol import Protocol, published
    from mien.review.search.apis.harvest import harvest, opened
    from mien.review.search.apis.pages import Query
    from mien.review.search.strings import search_string

    names = list(dict.fromkeys(wanted.api or ["pubmed"]))
    protocol = published() if file is None else Protocol.open(file)
    first = _day(wanted.since if wanted.since is not None else protocol.search.since, first=True)
    last = _day(wanted.until if wanted.until is not None else protocol.search.until, first=False)
    transport = _transport(email)
    _made(out)
    records: list[Record] = []
    said = []
    for name in names:
        syntax = "pubmed" if name == "pubmed" else "openalex"
        words = wanted.query or search_string(protocol.concepts, syntax).text
        with Bars(name, "records") as progress:
            found = harvest(
                out / name,
                name,
                Query(words, first, last, wanted.entered),
                transport,
                progress=progress,
            )
        records += found
        search = opened(out / name)
        said.append({"api": name, "query": words, "begun": search.begun, "records": len(found)})
    _finish(out, records)
    if as_json:
        print(json.dumps({"searches": said, "records": str(out / "records.json")}))
        return
    for one in said:
        print(f"{one['api']}: {one['records']:,} records")
    print(f"{out / 'records.json'} has them all.")


def chase(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Included studies, with DOIs; only read.")
    ],
    out: _Folder,
    email: _Email,
    backward: Annotated[
        bool, typer.Option("--backward/--no-backward", help="What the studies cite.")
    ] = True,
    forward: Annotated[
        bool, typer.Option("--forward/--no-forward", help="What cites the studies.")
    ] = True,
    as_json: Annotated[bool, options.as_json("what was found")] = False,
) -> None:
    """Find what included studies cite, and what cites them, by OpenAlex.

    Only identifiers and your address leave this computer.

    Example: [bold]mien review chase included.ris -o citations --email me@host.org[/bold]
    """
    from mien.review.records.reading import read_export
    from mien.review.search.apis.citations import BACKWARD, FORWARD
    from mien.review.search.apis.citations import chase as run

    wanted = [name for name, on in ((BACKWARD, backward), (FORWARD, forward)) if on]
    studies = read_export(file).records
    transport = _transport(email)
    _made(out)
    with Bars(file.name, "records") as progress:
        found = run(studies, wanted, out, transport, progress)
    _finish(out, list(found.records))
    if as_json:
        print(json.dumps({"records": len(found.records), "unknown": list(found.unknown)}))
        return
    print(f"{len(found.records):,} records; {out / 'records.json'} has them all.")
    if found.unknown:
        print(f"OpenAlex does not have {', '.join(found.unknown)}.")


def _transport(email: str) -> Transport:
    from mien.review.search.apis.transport import Web

    return given().transport or Web(email)


def _day(said: str, *, first: bool) -> str:
    """A day in full; of a year or month its first or last one."""
    if not said:
        return ""
    if not _DAY.fullmatch(said):
        raise ParameterError(f"{said!r} is no day: write it as 2021-09-30.")
    from mien.review.search.syntax import whole_day

    return whole_day(said, first=first)


def _made(out: Path) -> None:
    from mien.outputs import check_parent

    check_parent(out)
    if out.exists() and not out.is_dir():
        raise ParameterError(f"{out} is no folder: choose another name.")
    out.mkdir(exist_ok=True)


def _finish(out: Path, records: list[Record]) -> None:
    from mien.review.records.writing import write_records

    write_records(out / "records.json", records, overwrite=True)
