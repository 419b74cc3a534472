"""`mien dicom deidentify`: one image or those of a study."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mien.cli import options
from mien.cli.bars import Bars
from mien.cli.failure import go_on_after, need, tell
from mien.cli.given import thoroughness
from mien.cli.grouped import grouped
from mien.errors import OutputError, ParameterError
from mien.shortfall import STATUS

if TYPE_CHECKING:
    from mien.dicom.burned_in import Box
    from mien.dicom.deidentify import Image, Options


@dataclass(frozen=True)
class Headers:
    """What becomes of the headers."""

    key: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="A secret (head -c 32 /dev/urandom > FILE). Images that are de-identified with "
            "one secret, today or later, stay one study with one patient; without it one is drawn "
            "for this run and forgotten.",
        ),
    ] = None
    patient: Annotated[
        str | None,
        typer.Option(
            metavar="CODE",
            help="The patient's new ID; one that follows from the secret if left out.",
        ),
    ] = None
    dates: Annotated[
        str,
        typer.Option(
            metavar="remove|shift",
            help="shift keeps dates, earlier by a number of days that is the patient's own.",
        ),
    ] = "remove"
    descriptors: Annotated[
        str,
        typer.Option(
            metavar="remove|clean",
            help="clean keeps those words of descriptions that are known to name nobody.",
        ),
    ] = "remove"


@dataclass(frozen=True)
class Drawing:
    """What becomes of the pictures."""

    text: Annotated[
        str,
        typer.Option(
            metavar="cover|refuse|checked",
            help="What becomes of text in the picture. The search can miss some: look. checked "
            "says that you did, and that none is left but under --cover-box.",
        ),
    ] = "cover"
    cover_box: Annotated[
        list[str] | None,
        typer.Option(
            metavar="L,T,R,B", help="An area to cover in every frame, pixels; may be repeated."
        ),
    ] = None
    engine: Annotated[
        str, typer.Option(help="As of mien deidentify: mesh, mask, blur, pixelate.")
    ] = "mesh"
    subject: Annotated[
        str | None,
        typer.Option(
            metavar="ID", help="Code of the patient in a study: images with one ID get one face."
        ),
    ] = None
    crf: Annotated[
        int, typer.Option(min=1, max=51, help="Quality of video that is stored; lower is better.")
    ] = 17
    landmarker: options.Landmarker = None


@grouped
def deidentify(
    inputs: Annotated[
        list[Path], typer.Argument(metavar="IN.dcm...", help="Images; they are only read.")
    ],
    out: Annotated[
        Path,
        options.out(
            "OUT.dcm",
            "The result; or an existing folder, in which each is called by its new UID. A manifest "
            "(.json) is written beside each.",
        ),
    ],
    headers: Headers,
    drawing: Drawing,
    overwrite: Annotated[bool, options.overwrite("results that exist already")] = False,
    as_json: Annotated[bool, options.as_json("the results")] = False,
) -> None:
    """De-identify pictures and headers of DICOM images, after PS3.15's Basic Profile.

    Video (H.264, HEVC, MPEG-2) becomes H.264 High Profile at level 4.1 or 4.2; JPEG and
    uncompressed frames stay what they are. Sound is left out.

    Example: [bold]mien dicom deidentify gait.dcm -o shared/gait.dcm --key study.key[/bold]
    """
    need("dicom")
    from mien.dicom.deidentify import Options
    from mien.dicom.header import Cleaning
    from mien.intake.secret import Secret
    from mien.pipeline.settings import Settings

    wanted = Options(
        Cleaning(
            Secret.drawn() if headers.key is None else Secret.read(headers.key),
            headers.dates,  # type: ignore[arg-type]  # checked by Cleaning
            headers.descriptors,  # type: ignore[arg-type]
            headers.patient,
        ),
        Settings(
            engine=drawing.engine,
            subject=drawing.subject,
            crf=drawing.crf,
            landmarker=None if drawing.landmarker is None else str(drawing.landmarker),
            thoroughness=thoroughness(),
        ),
        drawing.text,  # type: ignore[arg-type]  # checked by Options
        tuple(_box(written) for written in drawing.cover_box or ()),
    )
    if len(inputs) > 1 and not out.is_dir():
        raise OutputError(f"{out} is no folder: several images need an existing one as --out.")
    entries = [_run(source, out, wanted, overwrite, quiet=as_json) for source in inputs]
    if as_json:
        print(json.dumps({"results": entries}, indent=2))
    statuses = [entry["status"] for entry in entries]
    failed = [status for status in statuses if status not in (0, STATUS)]
    if len(entries) > 1 and failed:
        tell(f"{len(failed)} of {len(entries)} images failed.")
    raise typer.Exit(failed[0] if failed else max(statuses))


def _box(written: str) -> Box:
    parts = written.split(",")
    if len(parts) != 4 or not all(part.strip().isdigit() for part in parts):
        raise ParameterError(
            f"--cover-box is {written!r}: give left, top, right, bottom in pixels, as 0,0,200,40."
        )
    left, top, right, bottom = (int(part) for part in parts)
    return left, top, right, bottom


def _run(source: Path, out: Path, wanted: Options, overwrite: bool, quiet: bool) -> dict[str, Any]:
    """De-identify one image and report on it; a failure is an entry too."""
    from mien.dicom.deidentify import deidentify as run
    from mien.dicom.header import uid
    from mien.dicom.stored import open_image

    try:
        place = out
        if out.is_dir():  # a file's own name may be the patient's
            old = str(open_image(source).header.SOPInstanceUID)
            place = out / f"{uid(wanted.cleaning.secret, old)}.dcm"
        with Bars(source.name) as progress:
            made = run(source, place, wanted, overwrite=overwrite, progress=progress)
    except Exception as error:
        sentence, status = go_on_after(error)
        tell(sentence)
        return {"status": status, "error": sentence, "input": str(source), "output": None}
    if not quiet:
        _print(made, wanted)
    missing = made.result.missing
    return {
        "status": STATUS if missing.much else 0,
        "error": None,
        "input": str(source),
        "output": str(made.output),
        "manifest": str(made.manifest),
        "counts": made.result.ledger.counts(),
        "missing": missing.as_dict(),
        "surrogate": made.result.surrogates,
        "dicom": made.said,
    }


def _print(made: Image, wanted: Options) -> None:
    from mien.cli.told import judges, summary

    typer.echo(summary(made.result).replace(str(made.result.output), str(made.output), 1))
    for line in judges(made.result):
        typer.echo(line)
    for note in made.notes:
        typer.echo(note)
    if made.recognisable:
        typer.echo(
            "Recognizable Visual Features stays YES: no audit says that the faces hide everybody."
        )
    if wanted.text != "checked":
        areas = "1 area was" if len(made.text) == 1 else f"{len(made.text)} areas were"
        where = f"{areas} covered" if made.text else "none was seen"
        typer.echo(
            f"Text in the picture: {where}. The search can miss some: look, then say --text "
            "checked."
        )
