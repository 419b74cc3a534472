"""`mien dataset`: results of a cohort as a data set, laid out after BIDS, with checksums."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli import options
from mien.cli.bars import Bars
from mien.cli.failure import need
from mien.cli.grouped import grouped
from mien.cli.release import sources_of

if TYPE_CHECKING:
    from mien.release.dataset.write import Dataset


@dataclass(frozen=True)
class Beside:
    """What belongs to the results."""

    original: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="CLIP",
            help="An original, to compare its result with, or a folder of them; may be repeated. "
            "It is not packed.",
        ),
    ] = None
    metrics: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="METRICS.json",
            help="Figures of mien evaluate, or a folder of its reports; may be repeated.",
        ),
    ] = None


@dataclass(frozen=True)
class Card:
    """What the data set says of itself."""

    title: Annotated[str, typer.Option(metavar="TEXT", help="Name of the data set.")] = ""
    consent: options.Consent = ""
    licence: options.Licence = ""
    contact: options.Contact = ""
    language: options.CardLanguage = "en"


@grouped
def dataset(
    results: Annotated[
        list[Path],
        typer.Argument(
            metavar="RESULT.mp4...",
            help="Clips that mien deidentify or mien batch made, or folders of them, the manifest "
            "beside each; only read.",
        ),
    ],
    out: Annotated[Path, options.out("FOLDER", "The data set: a new folder.")],
    beside: Beside,
    card: Card,
    keep_voice: Annotated[
        bool,
        typer.Option("--keep-voice", help="Pack the sound too: a voice identifies a person."),
    ] = False,
    fhir: Annotated[
        str | None,
        typer.Option(
            metavar="media|document",
            help="Also write FHIR R4 resources: Media or DocumentReference.",
        ),
    ] = None,
    as_json: Annotated[bool, options.as_json("the result")] = False,
) -> None:
    """Check results once more and lay them out as a data set: participants, sidecars, a datasheet.

    If a check fails, nothing is written and the exit status is 5.

    Example: [bold]mien dataset cohort/results/*.mp4 -o dataset --licence "CC BY 4.0"[/bold]
    """
    need("reports")
    from mien.release import Options
    from mien.release.dataset.write import write_dataset

    sources = sources_of(results, beside.original or [], beside.metrics or [])
    wanted = Options(
        voice="keep" if keep_voice else "mute",
        title=card.title,
        consent=card.consent,
        licence=card.licence,
        contact=card.contact,
        language=card.language,
    )
    with Bars(out.name) as progress:
        made = write_dataset(sources, out, wanted, fhir=fhir, progress=progress)
    if as_json:
        told = {
            "folder": str(made.folder),
            "participants": made.participants,
            "videos": made.videos,
            "files": made.files,
            "checks": [check.as_dict() for check in made.checks],
        }
        print(json.dumps(told, indent=2))
        return
    _print(made)


def _print(made: Dataset) -> None:
    """Say what was written."""
    for check in made.checks:
        if check.verdict == "warn":
            where = "all clips" if check.clip is None else f"clip {check.clip}"
            typer.echo(f"NOTE  {where}, {check.name}: {check.sentence}")
    typer.echo(
        f"{made.folder}: {made.participants} participants, {made.videos} videos, {made.files} "
        "files with checksums."
    )
    typer.echo(f"Read {made.folder / 'data' / 'DATASHEET.md'} before you share it.")
