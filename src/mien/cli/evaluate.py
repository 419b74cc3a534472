"""`mien evaluate`: what a de-identified clip kept, and what it hides."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mien.cli import options
from mien.cli.bars import Bars
from mien.cli.failure import go_on_after, need, tell
from mien.cli.places import keep_out
from mien.errors import ParameterError

if TYPE_CHECKING:
    from mien.evidence.evaluate import Evidence
    from mien.fidelity.profile import Profile

_ONLY = ("fidelity", "privacy")
FAILED = 1


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
    landmarker: options.Landmarker = None,
    overwrite: Annotated[bool, options.overwrite("an older report in that folder")] = False,
    as_json: Annotated[bool, options.as_json("the metrics")] = False,
) -> None:
    """Measure what a de-identified clip kept of the motion, and whether it hides the person.

    The folder holds report.html, to be read, and metrics.json, for programs. Exit status 0 if
    everything in the profile holds, 1 if something does not.

    Example: [bold]mien evaluate visit.mp4 shared/visit.mp4 -o report --profile parkinson[/bold]
    """
    from mien.fidelity.profile import Profile
    from mien.report.folder import check_folder

    if only is not None and only not in _ONLY:
        raise ParameterError(f"--only is {only!r}: choose fidelity or privacy, or leave it out.")
    wanted = Profile.open(profile)
    keep_out(out, (original, deidentified))
    need("reports")
    check_folder(out, overwrite)
    settings = {
        "only": only or "both",
        "person": person,
        "landmarker": None if landmarker is None else str(landmarker),
    }
    if original.is_dir() or deidentified.is_dir():
        _folders(
            original, deidentified, out, wanted, settings, include_original, overwrite, as_json
        )
        return
    evidence = _one(original, deidentified, out, wanted, settings, include_original, overwrite)
    if as_json:
        print(json.dumps(evidence.metrics.to_json(), indent=2))
    else:
        typer.echo("\n".join(words(evidence)))
        typer.echo(f"{out / 'report.html'} has it all.")
        if include_original:
            typer.echo(f"{out} shows the patient: keep it where the original is.")
    raise typer.Exit(0 if evidence.passed else FAILED)


def words(evidence: Evidence) -> list[str]:
    """The verdict, a line for everything the profile asks."""
    marks = {True: "holds ", False: "FAILS ", None: "  -   "}
    lines = [f"{marks[line.passed]} {line.words}" for line in evidence.lines]
    asked = [line for line in evidence.lines if line.passed is not None]
    held = sum(line.passed is True for line in asked)
    title = evidence.metrics.profile["name"]
    return [f"{held} of {len(asked)} requirements of the profile {title} hold.", *lines]


def _one(
    original: Path,
    deidentified: Path,
    out: Path,
    profile: Profile,
    settings: dict[str, Any],
    include_original: bool,
    overwrite: bool,
) -> Evidence:
    from mien.evidence.evaluate import evaluate as measure
    from mien.report.evidence import page as report

    with Bars(deidentified.name) as progress:
        evidence = measure(original, deidentified, profile=profile, progress=progress, **settings)
        report.write(
            evidence,
            out,
            include_original=include_original,
            overwrite=overwrite,
            progress=progress,
        )
    return evidence


def _folders(
    original: Path,
    deidentified: Path,
    out: Path,
    profile: Profile,
    settings: dict[str, Any],
    include_original: bool,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Every pair of two folders, a report for each, and a table of all."""
    from mien.evidence import cohort
    from mien.evidence.metrics import Metrics
    from mien.report.evidence.results import write_cohort
    from mien.report.folder import remove_if_empty, write_files
    from mien.video import clips

    pairs, alone = clips.pairs(original, deidentified)
    for name in alone:
        tell(f"{name} has no counterpart in the other folder and is left out.")
    write_files(out, {})  # if this run is interrupted, the next may overwrite what is there
    rows: list[dict[str, Any]] = []
    try:
        for one, two in pairs:
            row: dict[str, Any] = {"clip": two.stem, "error": None, "metrics": None}
            try:
                evidence = _one(
                    one, two, out / two.stem, profile, settings, include_original, overwrite
                )
                row["metrics"] = evidence.metrics.to_json()
            except Exception as error:
                sentence, _ = go_on_after(error)
                tell(f"{two.name}: {sentence}")
                # the table tells nobody where the originals are
                row["error"] = sentence.replace(str(one), one.name).replace(str(two), two.name)
            rows.append(row)
        tests = cohort.paired_tests(
            [Metrics.from_json(row["metrics"]) for row in rows if row["metrics"]]
        )
        write_cohort(rows, tests, out, overwrite=overwrite)
    finally:
        remove_if_empty(out)
    failed = [row for row in rows if not (row["metrics"] and row["metrics"]["profile"]["passed"])]
    if as_json:
        print(json.dumps({"clips": rows, "tests": tests}, indent=2))
    else:
        for row in rows:
            done = "could not be measured" if row["error"] else "something does not hold"
            typer.echo(f"{row['clip']}: {done if row in failed else 'everything holds'}")
        typer.echo(f"{out / 'cohort.html'} has it all.")
    raise typer.Exit(FAILED if failed else 0)
