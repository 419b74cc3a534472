"""`mien encounter publish`: an encounter as a data set."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli import options
from mien.cli.bars import Bars
from mien.cli.encounter.options import (
    AsJson,
    Doctor,
    DoctorIs,
    Moments,
    Patient,
    PatientIs,
    Resolution,
    Shift,
    Video,
)
from mien.cli.encounter.sources import BOTH, settings_of, sources_of
from mien.cli.failure import need, tell

if TYPE_CHECKING:
    from mien.release.encounter import Published


def publish(
    out: Annotated[Path, options.out("FOLDER", "The data set: a new folder.")],
    video: Video = None,
    doctor: Doctor = None,
    patient: Patient = None,
    doctor_is: DoctorIs = None,
    patient_is: PatientIs = None,
    offset: Shift = None,
    resolution: Resolution = 1.0,
    moments: Moments = 5.0,
    voice: Annotated[
        str,
        typer.Option(metavar="mute|keep", help="keep copies the sound: a voice names a person."),
    ] = "mute",
    baselines: Annotated[
        list[str] | None,
        typer.Option(
            metavar="blur|pixelate|mask",
            help="Also compare the labels after this; its video is not published. Repeat it.",
        ),
    ] = None,
    title: Annotated[str | None, typer.Option(help="Heading of the card.")] = None,
    consent: options.Consent = "",
    licence: options.Licence = "",
    contact: options.Contact = "",
    landmarker: options.Landmarker = None,
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

    sources = sources_of(video, doctor, patient)
    options = Options(
        voice=voice,
        consent=consent,
        licence=licence,
        contact=contact,
        baselines=tuple(dict.fromkeys(baselines or [])),
        **({} if title is None else {"title": title}),
    )
    with Bars("encounter") as progress:
        made = write(
            sources.get(BOTH) or sources["doctor"],
            sources.get("patient"),
            out,
            options,
            analysis=settings_of(
                sources, doctor_is, patient_is, offset, resolution, moments, landmarker
            ),
            overwrite=overwrite,
            progress=progress,
        )
    if as_json:
        print(json.dumps(made.manifest | {"folder": str(made.folder)}, indent=2))
        return
    _print(made)
    if not consent:
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
            f"{100 * one.share:.0f} % of {one.steps} seconds the same, {one.lost} lost."
        )
    typer.echo(f"Read {made.folder / 'DATA_CARD.md'} before you share it.")
    typer.echo('In Python: pandas.read_parquet("timeline.parquet")')
