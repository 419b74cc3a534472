"""`mien review new`, `update`, `status`, `export`: a review as a folder that several decide in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mien.cli import options
from mien.cli.failure import need, tell
from mien.cli.review.options import Files

if TYPE_CHECKING:
    from mien.review.project.founding import Added
    from mien.review.records.record import Record

Review = Annotated[
    Path, typer.Argument(metavar="REVIEW", help="A folder that mien review new made.")
]


def new(
    files: Files,
    out: Annotated[Path, options.out("FOLDER", "The review: a new folder.")],
    reviewer: Annotated[
        list[str], typer.Option(metavar="NAME", help="Who decides, blind to others; repeat it.")
    ],
    arbiter: Annotated[
        str, typer.Option(metavar="NAME", help="Who settles conflicts of two or more.")
    ] = "",
    protocol: Annotated[
        Path | None,
        typer.Option(metavar="PROTOCOL.toml", help="Reasons and words; the published one if none."),
    ] = None,
    pilot: Annotated[
        int, typer.Option(metavar="N", min=0, help="Records that everybody decides first.")
    ] = 0,
    seed: Annotated[int, typer.Option(metavar="N", help="Of the order at the beginning.")] = 0,
) -> None:
    """Make a review of exports: duplicates are merged, and everybody gets a link for mien serve.

    Example: [bold]mien review new *.ris -o review --reviewer Ada --reviewer Ben --arbiter Cy[/bold]
    """
    need("review")
    from mien.review.project.founding import Founding, found_review
    from mien.review.protocol.protocol import Protocol, published

    plan = published() if protocol is None else Protocol.open(protocol)
    founding = Founding(tuple(reviewer), arbiter, pilot, seed)
    added = found_review(out, _records(files), plan, founding)
    _tell(added)
    print(f"Open it with: mien serve --review {out}")


def update(
    review: Review,
    files: Files,
    as_json: Annotated[bool, options.as_json("what was added")] = False,
) -> None:
    """Add what a later search found; decisions stay, and what is there is not added again.

    Example: [bold]mien review update review since/records.json[/bold]
    """
    need("review")
    from dataclasses import asdict

    from mien.review.project.founding import add_records
    from mien.review.project.store import ReviewStore

    store = ReviewStore(review)
    added = add_records(store, _records(files))
    if as_json:
        print(json.dumps(asdict(added), ensure_ascii=False))
        return
    _tell(added)


def status(
    review: Review,
    as_json: Annotated[bool, options.as_json("all of it")] = False,
) -> None:
    """Say how far a review is: who decided what, how far they agree, when to stop.

    Example: [bold]mien review status review[/bold]
    """
    need("review")
    from mien.review.project.standing import standing
    from mien.review.project.store import ReviewStore

    found = standing(ReviewStore(review))
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
        return
    print(f"{found['title']}: {found['records']:,} records")
    for one in found["people"]:
        _show_person(one)
    for stage, count in found["conflicts"].items():
        if count:
            print(f"{count:,} conflicts about {_STAGES[stage]}")
    for pair in found["agreement"]:
        numbers = pair["agreement"]
        if numbers["n"]:
            kappa = "–" if numbers["kappa"] is None else f"{numbers['kappa']:.2f}"
            where = "the pilot round" if pair["pilot"] else _STAGES[pair["stage"]]
            print(
                f"{' and '.join(pair['people'])}, {where}: {numbers['n']:,} decided by both, "
                f"{numbers['share']:.1%} alike, kappa {kappa}, adjusted {numbers['pabak']:.2f}"
            )


def export(
    review: Review,
    out: Annotated[Path, options.out("FOLDER", "Where the text goes: a new folder.")],
) -> None:
    """Write a review as plain text: decisions, outcomes, the log, records, numbers for PRISMA.

    Example: [bold]mien review export review -o text && mien review prisma text/prisma.json[/bold]
    """
    need("review")
    from mien.outputs import check_parent
    from mien.review.project.standing import write_plain
    from mien.review.project.store import ReviewStore

    store = ReviewStore(review)
    check_parent(out)
    write_plain(store, out)
    print(f"{out} has it all.")


_STAGES = {"abstract": "titles and abstracts", "full": "full texts"}


def _records(files: list[Path]) -> list[Record]:
    from mien.review.records.reading import read_exports

    exports = read_exports(files)
    for export in exports:
        for note in export.notes:
            tell(note)
    return [record for export in exports for record in export.records]


def _tell(added: Added) -> None:
    sources = ", ".join(f"{name} {count:,}" for name, count in added.identified.items())
    print(
        f"{sum(added.identified.values()):,} records ({sources}): {added.duplicates:,} duplicates, "
        f"{added.fresh:,} to decide about"
    )


def _show_person(one: dict[str, Any]) -> None:
    parts = [
        f"{counts['done']:,} of {counts['all']:,} {_STAGES[stage]}"
        for stage, counts in one["counts"].items()
        if counts["all"]
    ]
    print(f"{one['name']} ({one['role']}): {', '.join(parts) or 'nothing yet'}")
    stop = one["stopping"]
    if stop is not None and stop["stop"]:
        print(f"  may stop: sure of a recall of {stop['at_least']:.2f}")
