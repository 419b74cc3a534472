"""`mien encounter`: expressions of a doctor and a patient, with a report, or as a data set."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from mien.cli import options
from mien.cli.bars import Bars
from mien.cli.failure import STATUSES, explain, guarded, need, tell
from mien.errors import OutputError, ParameterError, PrivacyError, TrackingError
from mien.progress import Progress, staged_as

if TYPE_CHECKING:
    from mien.encounter.judging import Feedback
    from mien.encounter.result import Encounter
    from mien.encounter.settings import AnalysisSettings
    from mien.phantom.encounter_script import EncounterScript

_BOTH = "both"
_ROLES = ("doctor", "patient")


class _Reporting(TyperGroup):
    """A group whose first command need not be named."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands:
            args = ["report", *args]
        return super().parse_args(ctx, args)


encounter = typer.Typer(
    cls=_Reporting,
    rich_markup_mode="rich",
    no_args_is_help=True,
    help="Expressions of a doctor and a patient, second by second.",
)

Video = Annotated[
    Path | None,
    typer.Argument(metavar="VIDEO", help="One recording that shows both; only read."),
]
Doctor = Annotated[
    Path | None, typer.Option(metavar="VIDEO", help="The doctor's recording; only read.")
]
Patient = Annotated[
    Path | None, typer.Option(metavar="VIDEO", help="The patient's recording; only read.")
]
DoctorIs = Annotated[
    str | None,
    typer.Option(
        metavar="left|right|N|PICTURE",
        help="Who the doctor is: a side, a number of `mien people`, or a picture of the face.",
    ),
]
PatientIs = Annotated[
    str | None, typer.Option(metavar="left|right|N|PICTURE", help="Who the patient is.")
]
Shift = Annotated[
    float | None,
    typer.Option(
        "--offset",
        metavar="S",
        help="How much later the patient's camera was started, s; found from the sound if not "
        "given.",
    ),
]
Resolution = Annotated[float, typer.Option(metavar="S", help="Step of the timelines, 0.1 to 60 s.")]
Moments = Annotated[
    float, typer.Option(metavar="N", help="How often a second faces are looked at, 1 to 30.")
]
Landmarker = options.Landmarker
AsJson = Annotated[bool, options.as_json("what was found")]


def report(
    out: Annotated[Path, options.out("FOLDER", "Where the report goes: a new folder.")],
    video: Video = None,
    doctor: Doctor = None,
    patient: Patient = None,
    doctor_is: DoctorIs = None,
    patient_is: PatientIs = None,
    offset: Shift = None,
    resolution: Resolution = 1.0,
    moments: Moments = 5.0,
    deidentified: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="VIDEO",
            help="What became of the recordings, doctor's first, for the page; made by mien now "
            "if not given.",
        ),
    ] = None,
    no_video: Annotated[
        bool, typer.Option("--no-video", help="A page without video: much quicker.")
    ] = False,
    include_original: Annotated[
        bool,
        typer.Option(
            "--include-original", help="Show the recordings. The report then SHOWS THE PEOPLE."
        ),
    ] = False,
    rules: Annotated[
        Path | None, typer.Option(metavar="TOML", help="Rules of feedback of your own.")
    ] = None,
    language: Annotated[
        str, typer.Option(metavar="en|de", help="Language of the feedback.")
    ] = "en",
    landmarker: Landmarker = None,
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
    if demo:
        if video or doctor or patient or deidentified:
            raise ParameterError("--demo draws its own recordings: leave the videos out.")
        sources, script = _draw(out, overwrite)
        out, offset = out / "report", None
    else:
        sources, script = _sources(video, doctor, patient), None
    _keep_out(out, sources)
    need("reports")
    check_folder(out, overwrite)
    shown = _given(deidentified or [], sources)
    began = time.monotonic()
    with Bars("encounter") as progress:
        settings = _settings(
            sources, doctor_is, patient_is, offset, resolution, moments, landmarker
        )
        found = _analyse(sources, settings, progress)
        took = time.monotonic() - began
        said = _feedback(found, wanted, language)
        with TemporaryDirectory(prefix="mien-encounter-") as folder:
            why = ""
            made: dict[str, Path] = {}
            if not shown and not no_video and not include_original:
                shown, made, why = _deidentify(sources, Path(folder), landmarker, progress)
            _write(
                found, said, out, shown, sources, include_original, made, why, overwrite, progress
            )
    if as_json:
        content = found.as_dict() | {"feedback": [item.as_dict() for item in said]}
        print(json.dumps(content | {"report": str(out)}, indent=2, ensure_ascii=False))
        return
    _tell_all(found, said, out, took, script)
    if include_original:
        typer.echo(f"{out} shows the people: keep it where the originals are.")


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
    landmarker: Landmarker = None,
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

    sources = _sources(video, doctor, patient)
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
            sources.get(_BOTH) or sources["doctor"],
            sources.get("patient"),
            out,
            options,
            analysis=_settings(
                sources, doctor_is, patient_is, offset, resolution, moments, landmarker
            ),
            overwrite=overwrite,
            progress=progress,
        )
    if as_json:
        print(json.dumps(made.manifest | {"folder": str(made.folder)}, indent=2))
        return
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
    if not consent:
        tell("the card says that consent is not stated: add --consent.")


# --- steps ----------------------------------------------------------------------------------------


def _sources(video: Path | None, doctor: Path | None, patient: Path | None) -> dict[str, Path]:
    if video is not None and not (doctor or patient):
        return {_BOTH: video}
    if video is None and doctor is not None and patient is not None:
        return {"doctor": doctor, "patient": patient}
    raise ParameterError(
        "Give one VIDEO that shows both, or --doctor and --patient with a recording each."
    )


def _keep_out(out: Path, sources: Mapping[str, Path]) -> None:
    """A report that is replaced takes its folder with it."""
    for source in sources.values():
        if out.resolve() in (source.resolve(), *source.resolve().parents):
            raise OutputError(f"{source} lies in {out}: choose another folder for the report.")


def _given(deidentified: list[Path], sources: Mapping[str, Path]) -> dict[str, Path]:
    from mien.outputs import checksum
    from mien.video import Reader

    if not deidentified:
        return {}
    if len(deidentified) != len(sources):
        raise ParameterError(
            f"--deidentified is given {len(deidentified)} times for {len(sources)} "
            f"recording{'s' if len(sources) > 1 else ''}: give one for each, the doctor's first."
        )
    for clip in [*deidentified, *sources.values()]:
        with Reader(clip):  # says what is wrong
            pass
    sums = {checksum(source) for source in sources.values()}
    for clip in deidentified:
        if checksum(clip) in sums:
            raise PrivacyError(f"{clip} is a recording itself, not what became of it: change it.")
    return dict(zip(sources, deidentified, strict=True))


def _settings(
    sources: Mapping[str, Path],
    doctor_is: str | None,
    patient_is: str | None,
    offset: float | None,
    resolution: float,
    moments: float,
    landmarker: Path | None,
) -> AnalysisSettings:
    from mien.encounter.settings import AnalysisSettings

    if offset is not None and len(sources) == 1:
        raise ParameterError("One recording has one clock: leave --offset out.")
    references = dict(zip(_ROLES, (doctor_is, patient_is), strict=True))
    return AnalysisSettings(
        offset=offset,
        references={role: given for role, given in references.items() if given is not None},
        resolution=resolution,
        fps=moments,
        landmarker=landmarker,
    )


def _analyse(
    sources: Mapping[str, Path], settings: AnalysisSettings, progress: Progress
) -> Encounter:
    from mien.encounter.analysis import analyse

    return analyse(*sources.values(), settings=settings, progress=progress)


def _feedback(found: Encounter, rules: Any, language: str) -> list[Feedback]:
    from mien.encounter.feedback import feedback_on

    return feedback_on(found, rules, language=language)


def _deidentify(
    sources: Mapping[str, Path], folder: Path, landmarker: Path | None, progress: Progress
) -> tuple[dict[str, Path], dict[str, Path], str]:
    """De-identified videos by role, files to keep with the report, and why there are none."""
    from mien.pipeline.deidentify import deidentify
    from mien.pipeline.settings import Settings

    shown: dict[str, Path] = {}
    kept: dict[str, Path] = {}
    reasons: list[str] = []
    settings = Settings(voice="mute", landmarker=None if landmarker is None else str(landmarker))
    for role, source in sources.items():
        clip = folder / f"{role}.mp4"
        try:
            result = deidentify(
                source,
                clip,
                settings,
                progress=staged_as(progress, f"{role}, "),
            )
        except (PrivacyError, TrackingError) as error:
            sentence, _ = explain(error)
            who = "the recording" if role == _BOTH else f"the {role}'s recording"
            tell(f"the page has no video of {who}: {sentence}")
            reasons.append(
                f"{who[0].upper()}{who[1:]} is not shown, because it could not be de-identified: "
                f"{sentence}"
            )
            continue
        shown[role] = clip
        kept[f"videos/{role}.mp4"], kept[f"videos/{role}.json"] = clip, result.manifest
    return shown, kept, " ".join(reasons)


def _write(
    found: Encounter,
    said: list[Feedback],
    out: Path,
    shown: Mapping[str, Path],
    sources: Mapping[str, Path],
    include_original: bool,
    made: Mapping[str, Path],
    why: str,
    overwrite: bool,
    progress: Progress,
) -> None:
    from mien.report.encounter.page import Videos, write

    videos = Videos(shown, sources, include_original, checked=bool(made), why_missing=why)
    write(found, said, out, videos=videos, extra=made, overwrite=overwrite, progress=progress)


def _tell_all(
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
        right, all_of = _recovered(found, script)
        typer.echo(f"{right} of {all_of} scripted seconds were read as they were scripted.")
    typer.echo(f"{out / 'report.html'} has it all.")


# --- demo -----------------------------------------------------------------------------------------


def demo_script() -> EncounterScript:
    """A consultation of 40 s: a greeting, bad news, a question, and a doctor who frowns."""
    from mien.phantom.encounter_script import EncounterScript

    return EncounterScript(
        seconds=40,
        doctor=((1, 5, "happiness"), (32, 37, "anger")),
        patient=((2, 5, "happiness"), (9, 15, "sadness"), (20, 26, "fear")),
        doctor_speaks=((1, 4), (6, 9), (16, 19), (28, 31)),
        patient_speaks=((4, 6), (26, 28)),
        offset=1.24,
        patient_seconds=38,
        fps=12,
        seed=3,
    )


def _draw(out: Path, overwrite: bool) -> tuple[dict[str, Path], EncounterScript]:
    from mien.phantom.encounter import render_encounter

    script = demo_script()
    with Bars("phantom") as progress:
        made = render_encounter(script, out, overwrite=overwrite, progress=progress)
    assert made.patient is not None
    return {"doctor": made.doctor, "patient": made.patient}, script


def _recovered(found: Encounter, script: EncounterScript) -> tuple[int, int]:
    """Seconds of one scripted expression that were read as such, of how many."""
    right = all_of = 0
    for role, line in found.timelines.items():
        for start, name in zip(line.times, line.names(), strict=True):
            scripted = {
                script.expression(role, float(start) + part * line.resolution)
                for part in (0.1, 0.5, 0.9)
            }
            if len(scripted) == 1 and name is not None:
                all_of += 1
                right += name in scripted
    return right, all_of


encounter.command(epilog=STATUSES)(guarded(report))
encounter.command(epilog=STATUSES)(guarded(publish))
