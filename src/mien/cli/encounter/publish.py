"""`mien encounter publish`: an encounter as a data set."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli import options
from mien.cli.bars import Bars
from mien.cli.encounter.options import AsJson, Recordings
from mien.cli.encounter.sources import BOTH
from mien.cli.failure import need, tell
from mien.cli.grouped import grouped
from mien.counted import plural

if TYPE_CHECKING:
    from mien.release.encounter import Published


@dataclass(frozen=True)
class Contents:
    """What the data set holds, and what its card says."""

    voice: Annotated[
        str,
        typer.Option(metavar="mute|keep", help="keep copies the sound: a voice names a person."),
    ] = "mute"
    baselines: Annotated[
        list[str] | None,
        typer.Option(
            metavar="blur|pixelate|mask",
            help="Also compare the labels after this; its video is not published. Repeat it.",
        ),
    ] = None
    title: Annotated[str | None, typer.Option(help="Heading of the card.")] = None
    consent: options.Consent = ""
    licence: options.Licence = ""
    contact: options.Contact = ""
    language: options.CardLanguage = "en"


@grouped
def publish(
    out: Annotated[Path, options.out("FOLDER", "The data set: a new folder.")],
    recordings: Recordings,
    contents: Contents,
    overwrite: Annotated[bool, options.overwrite("an older data set in that folder")] = False,
    as_json: AsJson = False,
) -> None:
    """Pack an encounter as a data set: de-identified videos, timelines, scores, a data card.

    The folder is searched for frames, names, paths and sound of the originals before it appears.

    Example: [bold]mien encounter publish --doctor d.mp4 --patient p.mp4 -o shared[/bold]
    """
    need("reports")
    from mien.release.encounter import Options
    from mien.release.encounter import publish as write

    sources = recordings.sources()
    wanted = Options(
        voice=contents.voice,
        consent=contents.consent,
        licence=contents.licence,
        contact=contents.contact,
        language=contents.language,
        baselines=tuple(dict.fromkeys(contents.baselines or [])),
        **({} if contents.title is None else {"title": contents.title}),
    )
    with Bars("encounter") as progress:
        made = write(
            sources.get(BOTH) or sources["doctor"],
            sources.get("patient"),
            out,
            wanted,
            analysis=recordings.settings(sources),
            overwrite=overwrite,
            progress=progress,
        )
    if as_json:
        print(json.dumps(made.manifest | {"folder": str(made.folder)}, indent=2))
        return
    _print(made)
    if not contents.consent:
        tell("the card says that consent is not stated: add --consent.")


def _print(made: Published) -> None:
    one = made.agreement
    typer.echo(f"{made.folder}: {len(made.manifest['files']) + 1} files, nothing of the originals.")
    if one.steps:
        interval = "" if one.interval is None else (
            f" (95 % {one.interval[0]:.2f} to {one.interval[1]:.2f})"
        )  # fmt: skip
        typer.echo(
            f"Labels before and after de-identification: κ = {one.kappa:.2f}{interval}, "
            f"{100 * one.share:.0f} % of {plural(one.steps, 'second')} the same, {one.lost} lost."
        )
    typer.echo(f"Read {made.folder / 'DATA_CARD.md'} before you share it.")
    typer.echo('In Python: pandas.read_parquet("timeline.parquet")')
