"""`mien study simulate`: answers of raters or judges who do not exist."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from mien.cli import options
from mien.cli.grouped import grouped
from mien.errors import ParameterError


@dataclass(frozen=True)
class Raters:
    """How the simulated raters are."""

    raters: Annotated[
        int | None, typer.Option(min=1, max=100, help="Simulated raters (3) or judges (7).")
    ] = None
    bias: Annotated[
        float, typer.Option(help="What results are scored higher by on hypomimia, points.")
    ] = -0.23
    self_agreement: Annotated[
        float, typer.Option(min=0, max=1, help="Share of hidden repeats that get the same score.")
    ] = 0.8
    not_sure: Annotated[
        float, typer.Option(min=0, max=1, help="Share of answers that are “not sure”.")
    ] = 0.05
    guessing: Annotated[
        bool, typer.Option("--guessing", help="The last rater, or every judge, guesses.")
    ] = False
    backwards: Annotated[
        bool, typer.Option("--backwards", help="The first rater reads the scale backwards.")
    ] = False


@grouped
def simulate(
    out: Annotated[Path, options.out("TABLE.csv", "The table of answers.")],
    how: Raters,
    kind: Annotated[
        str,
        typer.Option(metavar="ratings|trials", help="Raters, or judges who look for the patient."),
    ] = "ratings",
    clips: Annotated[int, typer.Option(min=1, help="Simulated recordings.")] = 76,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same answers.")] = 0,
    overwrite: Annotated[bool, options.overwrite()] = False,
    as_json: Annotated[bool, options.as_json("what was written")] = False,
) -> None:
    """Simulate a study whose truth is known, to try an analysis or plan a study.

    Example: [bold]mien study simulate -o ratings.csv --clips 30[/bold]
    """
    from dataclasses import replace

    from mien.outputs import check_free

    check_free(out, overwrite, kind="a table", endings=(".csv",))
    if kind == "trials":
        _trials(out, how.raters or 7, clips, how.guessing, seed, as_json)
        return
    if kind != "ratings":
        raise ParameterError(f"--kind is {kind!r}: choose ratings or trials.")
    from mien.report.ratings.page import COLUMNS
    from mien.study.simulated import SimulatedStudy, usual_raters
    from mien.study.simulated import simulate as make

    people = list(usual_raters(how.raters or 3, how.bias, how.self_agreement, how.not_sure))
    if how.backwards:
        people[0] = replace(people[0], backwards=True)
    if how.guessing:
        people[-1] = replace(people[-1], guesses=True, backwards=False)
    made = make(SimulatedStudy(clips=clips, raters=tuple(people), seed=seed))
    _write(
        out,
        COLUMNS,
        ((a.rater, a.clip, a.version, a.item, a.repeat, a.score) for a in made.answers),
    )
    options.say(
        as_json,
        f"{out}: {len(made.answers)} answers of {len(people)} simulated raters",
        {"output": str(out), "answers": len(made.answers), "raters": len(people), "seed": seed},
    )


def _trials(out: Path, judges: int, clips: int, blind: bool, seed: int, as_json: bool) -> None:
    from mien.report.ratings.trials_page import COLUMNS
    from mien.study.simulated_judges import SimulatedTrials, simulate_trials

    made = simulate_trials(SimulatedTrials(judges=judges, clips=clips, blind=blind, seed=seed))
    rows = ((t.judge, t.trial, t.arm, t.clip, t.faces, t.answer) for t in made)
    _write(out, COLUMNS, rows)
    options.say(
        as_json,
        f"{out}: {len(made)} answers of {judges} simulated judges",
        {"output": str(out), "answers": len(made), "judges": judges, "seed": seed},
    )


def _write(out: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    from mien.outputs import complete
    from mien.report.spreadsheet import to_csv

    with complete(out) as part:
        part.write_text(to_csv(header, rows), "utf-8")
