"""`mien study reid`: a plain table of trials of human re-identification, analysed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from mien.cli import options
from mien.cli.bars import Bars
from mien.cli.failure import need
from mien.cli.places import keep_out


def reid(
    trials: Annotated[
        Path,
        typer.Argument(
            metavar="TRIALS.csv",
            help="A line for each answer: judge, trial, answer (none, original-result, "
            "surrogate-result, other); arm, clip and faces if you have them. Or a line-up of mien "
            "study lineup. Only read.",
        ),
    ],
    out: Annotated[Path, options.out("FOLDER", "Where the report goes: a new folder.")],
    language: options.Language = "en",
    overwrite: Annotated[bool, options.overwrite("an older report in that folder")] = False,
    as_json: Annotated[bool, options.as_json("the statistics")] = False,
) -> None:
    """Analyse how often judges found the patient, against chance and the published rates.

    The folder holds report.html, to be read, and statistics.json, for programs.

    Example: [bold]mien study reid trials.csv -o report[/bold]
    """
    from mien.report.folder import check_folder
    from mien.report.language import check_language
    from mien.study.lineup_export import is_lineup, trials_of
    from mien.study.lineup_store import LineupStore
    from mien.study.trials import read_trials

    keep_out(out, [trials])
    need("study")
    check_folder(out, overwrite)
    check_language(language)
    table = trials_of(LineupStore(trials)) if is_lineup(trials) else read_trials(trials)
    from mien.counted import plural
    from mien.report.numbers import share
    from mien.report.ratings import trials_page
    from mien.report.ratings.words import short
    from mien.study.reidentification import analyse_trials
    from mien.study.trials import ARMS

    with Bars("study") as progress:
        progress("analysing", 0, None)
        found = analyse_trials(table)
        trials_page.write(
            found, table, out, overwrite=overwrite, progress=progress, language=language
        )
    if as_json:
        content = found.to_json() | {"report": str(out)}
        print(json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False))
        return
    for arm in found.arms.values():
        between = arm.clustered.interval
        judges = "" if between is None else (
            f"; as judges differ, {share(between[0])} to {share(between[1])}"
        )  # fmt: skip
        typer.echo(
            f"{ARMS[arm.arm][:1].upper()}{ARMS[arm.arm][1:]}: the patient was found in "
            f"{arm.counts[arm.hit]} of {plural(arm.trials, 'trial')}, "
            f"{short(arm.rates[arm.hit], as_share=True)}{judges}."
        )
        if arm.chance is not None:
            typer.echo(f"  {arm.chance.words}")
    typer.echo(f"{out / 'report.html'} has it all.")
