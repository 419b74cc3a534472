"""`mien evaluate`: what a de-identified clip kept, and what it hides."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mien.cli import options
from mien.cli.bars import Bars
from mien.cli.failure import go_on_after, need, tell
from mien.cli.places import keep_out
from mien.errors import ParameterError

if TYPE_CHECKING:
    from mien.evidence.evaluate import Evidence, Only
    from mien.fidelity.profile import Profile
    from mien.privacy.audit import Sampling

_ONLY = ("fidelity", "privacy")
FAILED = 1


@dataclass(frozen=True)
class _Wanted:
    """What is measured, and how it is shown."""

    profile: Profile
    """What has to hold."""
    only: Only
    """``"fidelity"``, ``"privacy"`` or ``"both"``."""
    person: int
    """Whose motion, from 1."""
    landmarker: str | None
    """A model to track with."""
    include_original: bool
    """Whether reports show the original."""
    overwrite: bool
    """Whether older reports are replaced."""
    recognisers: tuple[str, ...]
    """Who is asked."""
    sampling: Sampling
    """About which frames."""
    language: str
    """Of the pages."""


def evaluate(
    original: Annotated[
        Path,
        typer.Argument(
            metavar="ORIGINAL", help="The clip as recorded, or a folder of clips; only read."
        ),
    ],
    deidentified: Annotated[
        Path,
        typer.Argument(
            metavar="DEIDENTIFIED",
            help="What became of it, with mien or anything else; or a folder of clips with the "
            "names of the originals.",
        ),
    ],
    out: Annotated[Path, options.out("FOLDER", "Where the report goes: a new folder.")],
    profile: Annotated[
        str,
        typer.Option(
            metavar="parkinson|palsy|generic|FILE",
            help="What has to hold, each with its threshold: a profile of mien, or a TOML file.",
        ),
    ] = "generic",
    only: Annotated[
        str | None,
        typer.Option(metavar="fidelity|privacy", help="Measure and ask only one of the two."),
    ] = None,
    person: Annotated[
        int,
        typer.Option(
            min=1,
            metavar="N",
            help="Whose motion is measured, as numbered by `mien people`; privacy is everybody's.",
        ),
    ] = 1,
    include_original: Annotated[
        bool,
        typer.Option(
            "--include-original",
            help="Put the original beside the result. The report then SHOWS THE PATIENT.",
        ),
    ] = False,
    recogniser: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME|PATH",
            help="Who is asked whether the patient is recognised, each by itself: dlib, "
            "mobileface, faceres (these three by default), arcface, or a file in InsightFace's "
            "ONNX format. Repeat it.",
        ),
    ] = None,
    audit: options.Audited = "sample",
    landmarker: options.Landmarker = None,
    language: options.Language = "en",
    overwrite: Annotated[bool, options.overwrite("an older report in that folder")] = False,
    as_json: Annotated[bool, options.as_json("the metrics")] = False,
) -> None:
    """Measure what a clip kept of the motion, and whether a recogniser knows the person in it.

    The folder holds report.html, to be read, and metrics.json, for programs. Exit status 0 if
    everything in the profile holds, 1 if something does not.

    Example: [bold]mien evaluate visit.mp4 shared/visit.mp4 -o report --profile parkinson[/bold]
    """
    from mien.fidelity.profile import Profile
    from mien.privacy.audit import EVERYBODY, sampling
    from mien.recognition.registry import check_name
    from mien.report.folder import check_folder
    from mien.report.language import check_language

    if only is not None and only not in _ONLY:
        raise ParameterError(f"--only is {only!r}: choose fidelity or privacy, or leave it out.")
    asked = Profile.open(profile)
    keep_out(out, (original, deidentified))
    need("reports")
    check_folder(out, overwrite)
    wanted = _Wanted(
        asked,
        only or "both",  # type: ignore[arg-type]  # checked above
        person,
        None if landmarker is None else str(landmarker),
        include_original,
        overwrite,
        tuple(dict.fromkeys(recogniser or EVERYBODY)),
        sampling(audit),
        check_language(language),
    )
    for name in wanted.recognisers:
        check_name(name)
    if original.is_dir() or deidentified.is_dir():
        passed = _folders(original, deidentified, out, wanted, as_json)
    else:
        passed = _clip(original, deidentified, out, wanted, as_json)
    raise typer.Exit(0 if passed else FAILED)


def words(evidence: Evidence) -> list[str]:
    """The verdict, a line for everything the profile asks."""
    marks = {True: "holds ", False: "FAILS ", None: "  -   "}
    lines = [f"{marks[line.passed]} {line.figures}" for line in evidence.lines]
    asked = [line for line in evidence.lines if line.passed is not None]
    held = sum(line.passed is True for line in asked)
    title = evidence.metrics.profile["name"]
    return [f"{held} of {len(asked)} requirements of the profile {title} hold.", *lines]


def _one(original: Path, deidentified: Path, out: Path, wanted: _Wanted, title: str) -> Evidence:
    """Measure a clip and write its report; meanwhile it is called by its title."""
    from mien.evidence.evaluate import evaluate as measure
    from mien.report.evidence import page as report

    with Bars(title) as progress:
        evidence = measure(
            original,
            deidentified,
            profile=wanted.profile,
            only=wanted.only,
            person=wanted.person,
            landmarker=wanted.landmarker,
            recognisers=wanted.recognisers,
            progress=progress,
            sampling=wanted.sampling,
        )
        report.write(
            evidence,
            out,
            include_original=wanted.include_original,
            overwrite=wanted.overwrite,
            progress=progress,
            heading=f"measured on {date.today().isoformat()}",
            language=wanted.language,
        )
    return evidence


def _clip(original: Path, deidentified: Path, out: Path, wanted: _Wanted, as_json: bool) -> bool:
    """One clip; whether everything holds."""
    evidence = _one(original, deidentified, out, wanted, deidentified.name)
    if as_json:
        print(json.dumps(evidence.metrics.to_json(), indent=2))
    else:
        typer.echo("\n".join(words(evidence)))
        typer.echo(f"{out / 'report.html'} has it all.")
        if wanted.include_original:
            typer.echo(f"{out} shows the patient: keep it where the original is.")
    return evidence.passed


def _folders(original: Path, deidentified: Path, out: Path, wanted: _Wanted, as_json: bool) -> bool:
    """Every pair of two folders, with a report for each and a table; whether everything holds."""
    from mien.evidence import cohort
    from mien.evidence.metrics import Metrics
    from mien.report.evidence.results import write_cohort
    from mien.report.folder import remove_if_empty, write_files
    from mien.video import clips

    pairs, alone = clips.pairs(original, deidentified)
    for name in alone:
        tell(f"{name} has no counterpart in the other folder and is left out.")
    write_files(out, {})  # if this run is interrupted, the next may overwrite what is there
    try:
        rows = [_row(one, two, named(two, deidentified), out, wanted) for one, two in pairs]
        measured = [Metrics.from_json(row["metrics"]) for row in rows if row["metrics"]]
        tests = cohort.paired_tests(measured)
        write_cohort(rows, tests, out, overwrite=wanted.overwrite, language=wanted.language)
        for row in rows:
            row.pop("pairs", None)
    finally:
        remove_if_empty(out)
    failed = [row for row in rows if not (row["metrics"] and row["metrics"]["profile"]["passed"])]
    if as_json:
        print(json.dumps({"clips": rows, "tests": tests}, indent=2))
    else:
        for line in (*cohort.unheld(rows), *cohort.pooled_words(cohort.pooled_blinks(measured))):
            typer.echo(line)
        for row in rows:
            done = "could not be measured" if row["error"] else "something does not hold"
            typer.echo(f"{row['clip']}: {done if row in failed else 'everything holds'}")
        typer.echo(f"{out / 'cohort.html'} has it all.")
    return not failed


def named(clip: Path, folder: Path) -> str:
    """What a clip of a folder is called in its tables: its place, without its ending."""
    return clip.relative_to(folder).with_name(clip.stem).as_posix()


def _row(
    original: Path, deidentified: Path, name: str, out: Path, wanted: _Wanted
) -> dict[str, Any]:
    """One clip of many: its metrics, or why there are none."""
    title = Path(name).with_name(deidentified.name).as_posix()
    try:
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        evidence = _one(original, deidentified, out / name, wanted, title)
        found = evidence.measures.get("dynamics")
        return {
            "clip": name,
            "error": None,
            "metrics": evidence.metrics.to_json(),
            "pairs": None if found is None else found.pairs,
        }
    except Exception as error:
        with suppress(OSError):
            (out / name).parent.rmdir()  # which refuses one that holds something
        sentence, _ = go_on_after(error)
        tell(f"{title}: {sentence}")
        # the table tells nobody where the originals are
        for path in (original, deidentified):
            sentence = sentence.replace(str(path), path.name)
        return {"clip": name, "error": sentence, "metrics": None}
