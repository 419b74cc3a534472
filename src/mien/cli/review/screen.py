"""`mien review screen` and `status`: several decide in a review, in their browsers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from mien.cli import options
from mien.cli.failure import need

Review = Annotated[Path, typer.Argument(metavar="REVIEW", help="The folder of a review.")]


def screen(
    review: Review,
    reviewer: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Who decides, blind to others; begins. Repeat it."),
    ] = None,
    arbiter: Annotated[
        str, typer.Option(metavar="NAME", help="Who settles conflicts of two or more.")
    ] = "",
    pilot: Annotated[
        int, typer.Option(metavar="N", min=0, help="Records that everybody decides first.")
    ] = 0,
    seed: Annotated[int, typer.Option(metavar="N", help="Of the order at the beginning.")] = 0,
    as_json: Annotated[bool, options.as_json("what was done")] = False,
) -> None:
    """Let people decide in a review: with names it begins, later it is brought up to date.

    Records that the review gained are given to everybody, and what was decided is written into its
    decisions.csv, which mien review report and update read.

    Example: [bold]mien review screen review --reviewer Ada --reviewer Ben --arbiter Cy[/bold]
    """
    need("review")
    from mien.review.project.founding import Founding, begin_screening, collect, refresh
    from mien.review.project.store import ReviewStore

    if reviewer:
        store = begin_screening(review, Founding(tuple(reviewer), arbiter, pilot, seed))
        fresh = 0
    else:
        store = ReviewStore(review)
        fresh = refresh(store)
    written = collect(store)
    with store.reading() as db:
        total = db.execute("SELECT COUNT(*) FROM records").fetchone()[0]
    if as_json:
        print(json.dumps({"records": total, "new": fresh, "decisions": written}))
        return
    news = f", {fresh:,} of them new" if fresh else ""
    print(f"{total:,} records to decide about{news}; {written:,} decisions in decisions.csv")
    print(f"Open it with: mien serve --review {review}")


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


_STAGES = {"title": "titles and abstracts", "full": "full texts"}


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
