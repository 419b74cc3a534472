"""`mien surrogates`: what a bank holds, and how to build one of one's own cohort."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli import options
from mien.cli.bars import Bars
from mien.cli.failure import STATUSES, guarded
from mien.cli.sheet import write_sheet
from mien.outputs import check_free

if TYPE_CHECKING:
    from mien.surrogates.making.bank import Built

_PER_ROW = 5

surrogates = typer.Typer(rich_markup_mode="rich")


def list_bank(
    context: typer.Context,
    out: Annotated[Path | None, options.out("PNG", "Write a sheet of portraits here.")] = None,
    bank: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="A bank of your own instead of the one of mien."),
    ] = None,
    overwrite: Annotated[bool, options.overwrite("the sheet if it exists")] = False,
) -> None:
    """List the faces that a patient can be given; each is an average of many portraits.

    Example: [bold]mien surrogates -o surrogates.png[/bold]
    """
    if context.invoked_subcommand is not None:
        return
    from rich.console import Console
    from rich.table import Table

    from mien.surrogates.bank import Bank
    from mien.surrogates.portrait import portrait

    if out is not None:
        check_free(out, overwrite, kind="a picture", endings=(".png",))
    opened = Bank.open(bank)
    table = Table()
    for heading in ("id", "apparent sex", "tone", "people (k)", "born"):
        table.add_column(heading, justify="right" if heading == "people (k)" else "left")
    for name, card in opened.cards.items():
        born = card.get("members_born")
        table.add_row(
            name,
            card.get("apparent_sex") or "–",
            card.get("apparent_tone") or "–",
            str(card["k"]),
            f"{min(born)}–{max(born)}" if born else "–",
        )
    Console(highlight=False).print(table)
    if out is None:
        typer.echo("For their pictures: mien surrogates -o surrogates.png")
        return
    faces = [(portrait(opened.load(name))[0], name) for name in opened.cards]
    write_sheet(
        out,
        "Surrogates: averages of many portraits, nobody's likeness",
        [faces[start : start + _PER_ROW] for start in range(0, len(faces), _PER_ROW)],
    )
    typer.echo(f"{out}: {len(faces)} portraits")


def build(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="FOLDER",
            help="Pictures and clips of your cohort, one face each, from the front; only read. "
            "What lies in one folder inside it shows one person.",
        ),
    ],
    out: Annotated[Path, options.out("BANK", "The bank: a folder that is made.")],
    k: Annotated[int, typer.Option("--k", help="People in each composite, at least 5.")] = 10,
    landmarker: Annotated[Path | None, options.landmarker("measure")] = None,
    overwrite: Annotated[bool, options.overwrite("the bank if it exists")] = False,
    as_json: Annotated[bool, options.as_json("what was done")] = False,
) -> None:
    """Build a bank of composites of your own cohort (k-Same), with its k-anonymity statement.

    Example: [bold]mien surrogates build cohort --k 10 -o bank[/bold]
    """
    from mien.models.landmarker import open_backend
    from mien.surrogates.making.bank import build as build_bank

    backend = None if landmarker is None else open_backend(landmarker)
    try:
        with Bars(folder.name or "cohort") as progress:
            built = build_bank(
                folder, out, k, overwrite=overwrite, backend=backend, progress=progress
            )
    finally:
        if backend is not None:
            backend.close()
    if as_json:
        print(
            json.dumps(
                {
                    "bank": str(built.folder),
                    "composites": built.composites,
                    "left_out": built.left_out,
                    "merged": built.merged,
                    "statement": built.statement,
                },
                indent=2,
            )
        )
        return
    _print(built)


def _print(built: Built) -> None:
    from mien.surrogates.making.cohort import REASONS

    counts = built.statement["counts"]
    for why, names in built.left_out.items():
        typer.echo(f"{len(names)} left out, because {REASONS[why]}: {', '.join(names)}")
    for names in built.merged:
        typer.echo(f"One person, used once: {', '.join(names)}")
    low, high = counts["people_per_composite"]
    each = f"{low}" if low == high else f"{low} to {high}"
    typer.echo(
        f"{built.folder}: {counts['composites']} composites of {each} people each, made of "
        f"{counts['people_used']} people; nearest to a face of the cohort "
        f"{built.statement['smallest_distance_to_the_cohort']:.2f}"
    )
    if counts["composites_withheld"]:
        typer.echo(
            f"{counts['composites_withheld']} more were withheld: the recogniser took them for "
            "somebody of the cohort."
        )
    typer.echo(f"Read {built.folder / 'STATEMENT.md'} before you pass the bank on.")


surrogates.callback(invoke_without_command=True, epilog=STATUSES)(guarded(list_bank))
surrogates.command(epilog=STATUSES)(guarded(build))
