"""`mien train ablate`: what the landmark loss and the share of blinks are good for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from mien.cli import options
from mien.cli.bars import Bars
from mien.cli.failure import need
from mien.errors import OutputError, ParameterError
from mien.outputs import complete

_RESULT = "ablation.json"


def ablate(
    out: Annotated[Path, options.out("FOLDER", "Where checkpoints and the result go.")],
    phantoms: Annotated[int, typer.Option(min=2, help="Synthetic people who teach.")] = 24,
    people: Annotated[int, typer.Option(min=1, help="Others who judge.")] = 6,
    seconds: Annotated[float, typer.Option(min=0.5, help="Of each of their clips.")] = 4.0,
    frames: Annotated[int, typer.Option(min=2, help="Of each who teaches.")] = 40,
    steps: Annotated[int, typer.Option(min=1, help="Of each training.")] = 2400,
    first: Annotated[int, typer.Option(min=0, help="Of them for the landmark network.")] = 300,
    seeds: Annotated[int, typer.Option(min=1, help="Trainings of each arm.")] = 1,
    side: Annotated[int, typer.Option(help="Pixels of a picture's side.")] = 64,
    width: Annotated[int, typer.Option(help="Features at full size.")] = 16,
    halvings: Annotated[int, typer.Option(help="Of the resolution.")] = 2,
    blocks: Annotated[int, typer.Option(help="Identity blocks.")] = 4,
    batch: Annotated[int, typer.Option(min=1, max=1024, help="Faces a step.")] = 6,
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
    from mien.engines.gan.configuration import GanConfig
    from mien.training import ablation
    from mien.training.course import Course, run
    from mien.training.faces import of_phantoms
    from mien.training.gan import GanSettings, GanTraining

    told = {"side": side, "width": width, "halvings": halvings, "blocks": blocks, "identity": 256}
    config = GanConfig.of(told, "The command line")
    if first >= steps:
        raise ParameterError(f"All {steps} steps are for the landmark network: lower --first.")
    out.mkdir(exist_ok=True)
    scores: list[ablation.Scored] = []
    with Bars(out.name, "in all") as progress:
        judging = ablation.patients(people, seconds, seed, progress)
        for one in range(seed, seed + seeds):
            faces = of_phantoms(phantoms, side, frames, one, progress)
            usual = GanSettings(config, batch, first=first, seed=one)
            for name in ablation.ARMS:
                training = GanTraining(faces, ablation.arm(name, usual))
                path = out / f"{name}-{one}.pt"
                if path.is_file():
                    training.go_on(path)

                def after(made: Course, name: str = name) -> None:
                    progress(f"{name}, steps", made.step, steps)

                run(training, path, steps, 200, after)
                scores += ablation.score(training, name, judging)
    result = {
        "arms": ablation.table(scores),
        "claims": ablation.differences(scores),
        "scores": ablation.to_json(scores),
        "steps": steps,
    }
    with complete(out / _RESULT) as part:
        part.write_text(json.dumps(result, indent=2, allow_nan=False))
    if as_json:
        print(json.dumps(result, indent=2, allow_nan=False))
    else:
        typer.echo("\n".join(_lines(result)))


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
