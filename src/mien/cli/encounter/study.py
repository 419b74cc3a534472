"""`mien encounter study`: many encounters, counted and compared together."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli import options
from mien.cli.bars import Bars
from mien.cli.encounter.options import AsJson
from mien.cli.failure import need, tell
from mien.cli.places import keep_out
from mien.counted import plural
from mien.errors import OutputError, ParameterError
from mien.outputs import check_parent

if TYPE_CHECKING:
    from collections.abc import Callable

    from mien.encounter.cases import Case
    from mien.encounter.result import Encounter
    from mien.encounter.settings import AnalysisSettings
    from mien.progress import Progress
    from mien.report.encounter.cohort_page import CohortStudy


def study(
    table: Annotated[
        Path,
        typer.Argument(
            metavar="TABLE.csv|FOLDER",
            help="encounter; report, or doctor_video and patient_video, or video; doctor, sex, "
            "age, department, exclude, offset, doctor_is, patient_is; published. Or a folder with "
            "a folder for each encounter.",
        ),
    ],
    out: Annotated[Path, options.out("FOLDER", "Where the report goes: a new folder.")],
    keep: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Where analysed encounters are kept, and found again by the next start.",
        ),
    ] = None,
    classifiers: Annotated[
        list[str] | None,
        typer.Option(
            "--also",
            metavar="scores|both|MODEL.npz",
            help="Another classifier beside: the network of blendshape scores, it and the first "
            "one together, or a network of seven expressions of your own. Repeat it.",
        ),
    ] = None,
    least: Annotated[
        float,
        typer.Option(min=0, metavar="S", help="Assessed time that each face needs to be counted."),
    ] = 10.0,
    resolution: Annotated[
        float, typer.Option(metavar="S", help="Step of the timelines, 0.1 to 60 s.")
    ] = 1.0,
    moments: Annotated[
        float, typer.Option(metavar="N", help="How often a second faces are looked at, 1 to 30.")
    ] = 5.0,
    sure: Annotated[
        float,
        typer.Option(metavar="SHARE", help="Mean probability below which no expression is named."),
    ] = 0.3,
    landmarker: options.Landmarker = None,
    language: options.Language = "en",
    overwrite: Annotated[bool, options.overwrite("an older report in that folder")] = False,
    as_json: AsJson = False,
) -> None:
    """Count and compare the expressions of many encounters, as described by a classifier.

    Doctors against patients, expression by expression, with tests that know that the seconds of an
    encounter belong together. Needs the extra study: make study, or pip.

    Example: [bold]mien encounter study encounters.csv -o study --keep analysed[/bold]
    """
    need("study")
    from mien.encounter.cases import read_cases
    from mien.encounter.settings import AnalysisSettings
    from mien.report.encounter import cohort_page
    from mien.report.folder import check_folder
    from mien.report.language import check_language

    check_language(language)
    cases = read_cases(table)
    sources = [
        path for case in cases for path in (*case.recordings, case.report, case.published) if path
    ]
    keep_out(out, [table, *sources, *([] if keep is None else [keep])])
    check_folder(out, overwrite)
    if keep is not None:
        check_parent(keep)
        if keep.exists() and not keep.is_dir():
            raise OutputError(f"{keep} is not a folder: name another one with --keep.")
    if any(case.recordings for case in cases) and keep is None:
        tell("analysed encounters are not kept: with --keep FOLDER the next start is quick.")
    settings = AnalysisSettings(
        resolution=resolution, fps=moments, sure=sure, landmarker=landmarker
    )
    with Bars("encounters") as progress:
        made = _study(cases, _reader(keep, settings, progress), least, classifiers or [])
    cohort_page.write(made, out, overwrite=overwrite, language=language)
    summary = cohort_page.summary(made)
    if as_json:
        print(json.dumps(summary | {"report": str(out)}, indent=2))
        return
    _print(made, out)
    for sentence in summary["cautions"]:
        tell(sentence[:1].lower() + sentence[1:])


def _reader(
    keep: Path | None, settings: AnalysisSettings, progress: Progress
) -> Callable[[Case], Encounter]:
    """What gives the encounter of a case: loaded, or analysed and kept."""
    from mien.encounter.analysis import analyse
    from mien.encounter.result import Encounter

    def read(case: Case) -> Encounter:
        if case.report is not None:
            return Encounter.load(case.report)
        place = None if keep is None else keep / case.name
        if place is not None and (place / "encounter.json").is_file():
            kept = Encounter.load(place)
            if case.offset in (None, kept.offset.seconds) and kept.sure == settings.sure:
                return kept
        own = replace(settings, offset=case.offset, references=case.references)
        made = analyse(*case.recordings, settings=own, progress=progress)
        if place is not None:
            made.save(place, overwrite=True)
        return made

    return read


def _study(
    cases: list[Case],
    read: Callable[[Case], Encounter],
    least: float,
    classifiers: list[str],
) -> CohortStudy:
    """Counts and tests, and what other classifiers make of the same moments."""
    from functools import cache

    from mien.encounter.clustered import differences
    from mien.encounter.cohort import count_all
    from mien.encounter.observation import ROLES
    from mien.encounter.opinions import Classifier
    from mien.encounter.pooled import pool, read_published
    from mien.encounter.rereading import agreement_of, reread
    from mien.report.encounter.cohort_page import CohortStudy
    from mien.selfnorm.network import SelfNorm

    read = cache(read) if classifiers else read
    networks: dict[str, Classifier] = {
        name: SelfNorm.seven() if name in ("scores", "both") else SelfNorm.load(name)
        for name in dict.fromkeys(classifiers)
    }
    for name, network in networks.items():
        _check_seven(name, network)
    first = count_all(cases, read, least_s=least)
    others, agreement = {}, {}
    kept = [tally.case for tally in first.tallies]
    for name, network in networks.items():

        def reader(case: Case, network: Classifier = network, name: str = name) -> Encounter:
            return reread(read(case), network, both=name == "both")

        others[name] = count_all(kept, reader, least_s=0)
        agreement[name] = agreement_of(
            {
                f"{case.name} {role}": (
                    read(case).timelines[role].dominant,
                    reader(case).timelines[role].dominant,
                )
                for case in kept
                for role in ROLES
            }
        )
    found = differences(first) if len(first.tallies) > 1 else ()
    labels = pool([read_published(place) for place in _published(kept)])
    return CohortStudy(first, found, others, agreement, labels)


def _published(cases: list[Case]) -> list[Path]:
    """Folders that were published of these encounters; what stands twice counts once."""
    from mien.encounter.pooled import mark_of

    seen: dict[bytes, Path] = {}
    for case in cases:
        if case.published is not None:
            first = seen.setdefault(mark_of(case.published), case.published)
            if first != case.published:
                tell(f"{case.published} has the content of {first}, and its labels count once.")
    return list(seen.values())


def _check_seven(name: str, network: object) -> None:
    """Refuse a network that does not tell the seven expressions apart."""
    from mien.emotion.classifier import EXPRESSIONS

    lacking = [word for word in EXPRESSIONS if word not in getattr(network, "expressions", ())]
    if lacking:
        raise ParameterError(
            f"The network {name} does not know {lacking[0]}: --also takes networks of the seven "
            "expressions."
        )


def _print(made: CohortStudy, out: Path) -> None:
    cohort = made.cohort
    typer.echo(
        f"{plural(cohort.recruited, 'encounter')}, {len(cohort.excluded)} left out, "
        f"{len(cohort.tallies)} counted; expressions stand out in "
        f"{100 * cohort.detection[0]:.0f} % of the doctors' and "
        f"{100 * cohort.detection[1]:.0f} % of the patients' time."
    )
    for name, reason in cohort.excluded:
        other = f", {cohort.same_as[name]}" if name in cohort.same_as else ""
        typer.echo(f"  {name}, left out: {reason}{other}")
    for one in made.differences[:7]:
        odds = one.why_not or f"odds ratio {one.odds_ratio:.2f}"
        if math.isfinite(one.p_holm):
            odds += f", p {one.p_holm:.3g} (Holm; {one.test})"
        typer.echo(
            f"  {one.expression}: doctors {100 * one.doctor_share:.1f} %, patients "
            f"{100 * one.patient_share:.1f} %; {odds}"
        )
    if (labels := made.labels.get("all")) is not None and labels.steps:
        within = labels.interval
        spread = "" if within is None else f" (95 % {within[0]:.2f} to {within[1]:.2f})"
        typer.echo(
            "Labels before and after de-identification, "
            f"{plural(labels.encounters, 'published encounter')} as one: κ = {labels.kappa:.2f}"
            f"{spread}, {100 * labels.share:.0f} % of {plural(labels.steps, 'step')} the same, "
            f"{labels.lost} lost."
        )
    typer.echo(f"{out / 'report.md'} has it all.")
