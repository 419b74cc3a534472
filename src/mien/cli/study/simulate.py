"""`mien study simulate`: answers of raters who do not exist."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mien.cli import options


def simulate(
    out: Annotated[Path, options.out("RATINGS.csv", "The table of answers.")],
    clips: Annotated[int, typer.Option(min=1, help="Simulated recordings.")] = 76,
    raters: Annotated[int, typer.Option(min=1, max=100, help="Simulated raters.")] = 3,
    bias: Annotated[
        float, typer.Option(help="What results are scored higher by on hypomimia, points.")
    ] = -0.23,
    self_agreement: Annotated[
        float, typer.Option(min=0, max=1, help="Share of hidden repeats that get the same score.")
    ] = 0.8,
    not_sure: Annotated[
        float, typer.Option(min=0, max=1, help="Share of answers that are “not sure”.")
    ] = 0.05,
    guessing: Annotated[bool, typer.Option("--guessing", help="The last rater guesses.")] = False,
    backwards: Annotated[
        bool, typer.Option("--backwards", help="The first rater reads the scale backwards.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same answers.")] = 0,
    overwrite: Annotated[bool, options.overwrite()] = False,
) -> None:
    """Simulate a rating study whose truth is known, to try an analysis or plan a study.

    Example: [bold]mien study simulate -o ratings.csv --clips 30[/bold]
    """
    from dataclasses import replace

    from mien.outputs import check_free, complete
    from mien.report.ratings.page import COLUMNS
    from mien.report.spreadsheet import to_csv
    from mien.study.simulated import SimulatedStudy, usual_raters
    from mien.study.simulated import simulate as make

    check_free(out, overwrite, kind="a table", endings=(".csv",))
    people = list(usual_raters(raters, bias, self_agreement, not_sure))
    if backwards:
        people[0] = replace(people[0], backwards=True)
    if guessing:
        people[-1] = replace(people[-1], guesses=True, backwards=False)
    made = make(SimulatedStudy(clips=clips, raters=tuple(people), seed=seed))
    rows = ((a.rater, a.clip, a.version, a.item, a.repeat, a.score) for a in made.answers)
    with complete(out, overwrite=overwrite) as part:
        part.write_text(to_csv(COLUMNS, rows))
    typer.echo(f"{out}: {len(made.answers)} answers of {raters} simulated raters")
