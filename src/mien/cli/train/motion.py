"""`mien train motion`: teach a first-order motion model."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli import options
from mien.cli.bars import Bars
from mien.cli.failure import need
from mien.cli.train.common import ENDINGS, check_device, draw, faces_of
from mien.errors import ParameterError
from mien.outputs import check_free

if TYPE_CHECKING:
    from mien.engines.motion.configuration import MotionConfig
    from mien.training.course import Course
    from mien.training.motion import MotionTraining


def motion(
    out: Annotated[
        Path, options.out("FILE", "The checkpoint, ending in .pt; what --weights takes.")
    ],
    clips: Annotated[
        Path | None,
        typer.Argument(
            metavar="FOLDER",
            help="Clips of faces, one person each, or folders of a person's pictures; only read.",
        ),
    ] = None,
    phantoms: Annotated[
        int,
        typer.Option(min=0, metavar="N", help="Learn from so many synthetic people instead."),
    ] = 0,
    config: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Sizes, YAML or JSON; by default a laptop's, 96 pixels."),
    ] = None,
    steps: Annotated[int, typer.Option(min=1, help="In all, those before --resume included.")] = (
        20_000
    ),
    batch: Annotated[int, typer.Option(min=1, max=1024, help="Pairs of frames a step.")] = 6,
    learning_rate: Annotated[float, typer.Option(help="Of Adam.")] = 2e-4,
    adversarial: Annotated[
        float, typer.Option(min=0, help="Weight of an adversary; 0 for none, 1 as published.")
    ] = 0.0,
    frames: Annotated[int, typer.Option(min=2, help="Of each clip at most.")] = 64,
    every: Annotated[int, typer.Option(min=1, help="Steps between two checkpoints.")] = 200,
    sheet: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.png",
            help="A picture of samples with each checkpoint. It SHOWS FACES of the clips.",
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the checkpoint that is there.")
    ] = False,
    device: Annotated[str, typer.Option(help="Of torch: cpu, cuda.")] = "cpu",
    seed: Annotated[int, typer.Option(min=0, help="Of the weights and of what is seen when.")] = 0,
    overwrite: Annotated[bool, options.overwrite("a checkpoint that is there")] = False,
    as_json: Annotated[bool, options.as_json("what was measured")] = False,
) -> None:
    """Teach a first-order motion model on clips of faces, for `--engine motion`.

    Needs torch: pip install 'mien\\[train]'. With --resume a run that was ended goes on.

    Example: [bold]mien train motion clips -o motion.pt --steps 20000[/bold]
    """
    need("train")
    if (clips is None) == (phantoms == 0):
        raise ParameterError("Give a folder of clips, or --phantoms N, and not both.")
    check_free(out, overwrite or resume, kind="a checkpoint", endings=ENDINGS)
    if sheet is not None:
        check_free(sheet, overwrite or resume, kind="a picture", endings=(".png",))
    if resume and not out.is_file():
        raise ParameterError(f"There is no {out} to go on from: leave out --resume.")
    from mien.training.course import run
    from mien.training.motion import MotionSettings, MotionTraining
    from mien.training.motion_losses import LossWeights

    sizes = _sizes(config)
    settings = MotionSettings(
        sizes, batch, learning_rate, LossWeights(adversarial=adversarial), seed
    )
    check_device(device)
    with Bars(out.name, "in all") as progress:
        faces = faces_of(clips, phantoms, sizes.side, frames, seed, progress)
        training = MotionTraining(faces, settings, device)
        if resume:
            training.go_on(out)
        begun, first = time.perf_counter(), training.step
        if first >= steps:
            raise ParameterError(f"{out} has had {first} steps already: ask for more --steps.")

        def told(made: Course) -> None:
            progress("steps", made.step, steps)
            if sheet is not None and made.history and made.history[-1].step == made.step:
                draw(made, sheet)

        run(training, out, steps, every, told)
    seconds = time.perf_counter() - begun
    _report(training, out, seconds, (training.step - first) * batch / seconds, as_json)


def _sizes(config: Path | None) -> MotionConfig:
    from mien.engines.motion.configuration import MotionConfig
    from mien.training.sizes import LAPTOP

    return LAPTOP if config is None else MotionConfig.open(config)


def _report(
    training: MotionTraining, out: Path, seconds: float, rate: float, as_json: bool
) -> None:
    """Say what came of it."""
    last = training.history[-1]
    if as_json:
        told = {
            "output": str(out),
            "seconds": seconds,
            "frames_per_second": rate,
            "clips": len(training.faces.clips),
            "history": [asdict(entry) for entry in training.history],
        }
        print(json.dumps(told, indent=2))
        return
    typer.echo(
        f"{out}: {last.step} steps on {len(training.faces.taught)} clips, {rate:.1f} pairs of "
        f"frames a second; frames are drawn to {last.error:.1f} grey levels (left as they are: "
        f"{last.unmoved:.1f})."
    )
