"""`mien encounter report`: timelines, tables, feedback, a page."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli import options
from mien.cli.bars import Bars
from mien.cli.encounter.options import AsJson, Recordings
from mien.cli.encounter.sources import results_of
from mien.cli.encounter.videos import Made, videos_of
from mien.cli.failure import need, tell
from mien.cli.grouped import grouped
from mien.cli.places import keep_out
from mien.errors import ParameterError

if TYPE_CHECKING:
    from mien.encounter.judging import Feedback
    from mien.encounter.result import Encounter
    from mien.phantom.encounter_script import EncounterScript


@dataclass(frozen=True)
class Shown:
    """What the page shows."""

    deidentified: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="VIDEO",
            help="What became of the recordings, doctor's first, for the page; made by mien now "
            "if not given.",
        ),
    ] = None
    no_video: Annotated[
        bool, typer.Option("--no-video", help="A page without video: much quicker.")
    ] = False
    include_original: Annotated[
        bool,
        typer.Option(
            "--include-original", help="Show the recordings. The report then SHOWS THE PEOPLE."
        ),
    ] = False


@grouped
def report(
    out: Annotated[Path, options.out("FOLDER", "Where the report goes: a new folder.")],
    recordings: Recordings,
    shown: Shown,
    rules: Annotated[
        Path | None, typer.Option(metavar="TOML", help="Rules of feedback of your own.")
    ] = None,
    language: options.Language = "en",
    demo: Annotated[
        bool,
        typer.Option(
            "--demo", help="Draw a synthetic encounter into the folder and report on that."
        ),
    ] = False,
    overwrite: Annotated[bool, options.overwrite("an older report in that folder")] = False,
    as_json: AsJson = False,
) -> None:
    """Say what two faces resembled, second by second: timelines, tables, feedback, a page.

    Two recordings are put on one clock by their sound. The page shows de-identified videos. See
    also [bold]mien encounter publish --help[/bold].

    Example: [bold]mien encounter --doctor doctor.mp4 --patient patient.mp4 -o report[/bold]
    """
    from mien.encounter.rules import LANGUAGES, Rules
    from mien.report.folder import check_folder

    if language not in LANGUAGES:
        raise ParameterError(f"--language is {language!r}: choose {' or '.join(LANGUAGES)}.")
    wanted = Rules.open(rules)
    need("reports")
    if demo:
        if recordings.given or shown.deidentified:
            raise ParameterError("--demo draws its own recordings: leave the videos out.")
        recordings.settings({"doctor": out, "patient": out})  # refuses before anything is made
        if (out / "report").exists():
            check_folder(out / "report", overwrite)
        sources, script = _draw(out, overwrite)
        out, recordings = out / "report", replace(recordings, offset=None)
    else:
        sources, script = recordings.sources(), None
    keep_out(out, sources.values())
    from mien.encounter.analysis import analyse
    from mien.encounter.feedback import feedback_on
    from mien.report.encounter.page import Videos, write

    check_folder(out, overwrite)
    results = results_of(shown.deidentified or [], sources)
    began = time.monotonic()
    with Bars("encounter") as progress, TemporaryDirectory(prefix="mien-encounter-") as folder:
        settings = recordings.settings(sources)
        found = analyse(*sources.values(), settings=settings, progress=progress)
        took = time.monotonic() - began
        said = feedback_on(found, wanted, language=language)
        made = Made(results)
        if not results and not shown.no_video and not shown.include_original:
            made = videos_of(sources, Path(folder), recordings.landmarker, progress)
        videos = Videos(
            made.shown,
            sources,
            shown.include_original,
            checked=bool(made.kept),
            why_missing=made.why_missing,
        )
        write(
            found, said, out, videos=videos, extra=made.kept, overwrite=overwrite,
            progress=progress, language=language,
        )  # fmt: skip
    if as_json:
        content = found.as_dict() | {"feedback": [item.as_dict() for item in said]}
        print(json.dumps(content | {"report": str(out)}, indent=2, ensure_ascii=False))
        return
    _print(found, said, out, took, script)
    if shown.include_original:
        typer.echo(f"{out} shows the people: keep it where the originals are.")


def _print(
    found: Encounter,
    said: list[Feedback],
    out: Path,
    took: float,
    script: EncounterScript | None,
) -> None:
    line = found.timelines["doctor"]
    length = line.end - float(line.times[0])
    assessed = ", ".join(
        f"{100 * other.known.mean():.0f} % of the {role}'s"
        for role, other in found.timelines.items()
    )
    typer.echo(f"{length:.0f} s of an encounter, analysed in {took:.0f} s; assessed: {assessed}.")
    if found.offset.source == "sound":
        typer.echo(f"The patient's recording begins {found.offset.seconds:+.3f} s (by the sound).")
    for note in found.notes:
        if "assumed" in note:
            tell(note[:1].lower() + note[1:])
    for item in said:
        typer.echo(f"{item.start:5.0f} s  {item.words}")
    if not said:
        typer.echo("No feedback: nothing was clear for long enough.")
    if script is not None:
        from mien.phantom.consultation import read_as_scripted

        right, all_of = read_as_scripted(found, script)
        typer.echo(f"{right} of {all_of} scripted seconds were read as they were scripted.")
    typer.echo(f"{out / 'report.html'} has it all.")


def _draw(out: Path, overwrite: bool) -> tuple[dict[str, Path], EncounterScript]:
    """The recordings of a synthetic encounter, and its script."""
    from mien.phantom.consultation import consultation
    from mien.phantom.encounter import render_encounter

    script = consultation()
    with Bars("phantom") as progress:
        made = render_encounter(script, out, overwrite=overwrite, progress=progress)
    assert made.patient is not None
    return {"doctor": made.doctor, "patient": made.patient}, script
