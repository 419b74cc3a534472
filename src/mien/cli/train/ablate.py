"""`mien train ablate`: what the landmark loss and the share of blinks are good for."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mien.cli import options
from mien.cli.bars import Bars
from mien.cli.failure import need
from mien.cli.grouped import grouped
from mien.cli.train.common import Batch
from mien.cli.train.sizes import Sizes
from mien.errors import OutputError, ParameterError
from mien.outputs import complete

if TYPE_CHECKING:
    from mien.engines.gan.configuration import GanConfig
    from mien.training.ablation import Scored

_RESULT = "ablation.json"


@dataclass(frozen=True)
class Amounts:
    """How many teach and judge, for how long."""

    phantoms: Annotated[int, typer.Option(min=2, help="Synthetic people who teach.")] = 24
    people: Annotated[int, typer.Option(min=1, help="Others who judge.")] = 6
    seconds: Annotated[float, typer.Option(min=0.5, help="Of each of their clips.")] = 4.0
    frames: Annotated[int, typer.Option(min=2, help="Of each who teaches.")] = 40
    steps: Annotated[int, typer.Option(min=1, help="Of each training.")] = 2400
    first: Annotated[int, typer.Option(min=0, help="Of them for the landmark network.")] = 300
    seeds: Annotated[int, typer.Option(min=1, help="Trainings of each arm.")] = 1


@grouped
def ablate(
    out: Annotated[Path, options.out("FOLDER", "Where checkpoints and the result go.")],
    amounts: Amounts,
    sizes: Sizes,
    batch: Batch = 6,
    seed: Annotated[int, typer.Option(min=0, help="The first of the seeds.")] = 0,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on in a folder of an ablation that was ended.")
    ] = False,
    as_json: Annotated[bool, options.as_json("the result")] = False,
) -> None:
    """Teach generators without and with the landmark loss and the share of blinks, and judge them.

    The arms are d-l-, d-l+ and d+l+. What they make of synthetic people whom none was taught on is
    read by trackers that had no part in it; differences are taken person by person.

    Example: [bold]mien train ablate -o ablation[/bold]
    """
    need("train")
    if out.exists() and not (resume and out.is_dir()):
        raise OutputError(f"{out} already exists: choose another name, or go on with --resume.")
    from mien.training import ablation

    config = sizes.config()
    if amounts.first >= amounts.steps:
        raise ParameterError(
            f"All {amounts.steps} steps are for the landmark network: lower --first."
        )
    out.mkdir(exist_ok=True)
    with Bars(out.name, "in all") as progress:
        scores = _scores(out, amounts, config, range(seed, seed + amounts.seeds), batch, progress)
    result = {
        "arms": ablation.table(scores),
        "claims": ablation.differences(scores),
        "scores": ablation.to_json(scores),
        "steps": amounts.steps,
    }
    with complete(out / _RESULT) as part:
        part.write_text(json.dumps(result, indent=2, allow_nan=False))
    if as_json:
        print(json.dumps(result, indent=2, allow_nan=False))
    else:
        typer.echo("\n".join(_lines(result)))


def _scores(
    out: Path, amounts: Amounts, config: GanConfig, seeds: range, batch: int, progress: Bars
) -> list[Scored]:
    """Teach each arm with each seed, or go on, and judge it."""
    from mien.training import ablation
    from mien.training.course import Course, run
    from mien.training.faces import of_phantoms
    from mien.training.gan import GanSettings, GanTraining

    scores: list[Scored] = []
    steps = amounts.steps
    judging = ablation.patients(amounts.people, amounts.seconds, seeds.start, progress)
    for seed in seeds:
        faces = of_phantoms(amounts.phantoms, config.side, amounts.frames, seed, progress)
        usual = GanSettings(config, batch, first=amounts.first, seed=seed)
        for name in ablation.ARMS:
            training = GanTraining(faces, ablation.arm(name, usual))
            path = out / f"{name}-{seed}.pt"
            if path.is_file():
                training.go_on(path)

            def after(made: Course, name: str = name) -> None:
                progress(f"{name}, steps", made.step, steps)

            run(training, path, steps, 200, after)
            scores += ablation.score(training, name, judging)
    return scores


def _lines(result: dict[str, Any]) -> list[str]:
    """The result as a table, and whether the claims hold."""
    from mien.training.ablation import FIGURES

    lines = [f"{'arm':<6}" + "".join(f"{name:>21}" for name in FIGURES)]
    for name, figures in result["arms"].items():
        lines.append(f"{name:<6}" + "".join(f"{_cell(figures[key]):>21}" for key in FIGURES))
    for claim in result["claims"]:
        verdict = "holds" if claim["holds"] else "is turned round" if claim["turned"] else "is open"
        lines.append(f"{claim['claim']} ({claim['figure']}): {verdict}, {_cell(claim)}")
    return lines


def _cell(found: dict[str, Any]) -> str:
    if found["mean"] is None:
        return "-"
    if found["low"] is None:
        return f"{found['mean']:.3f}"
    return f"{found['mean']:.3f} [{found['low']:.2f}, {found['high']:.2f}]"
