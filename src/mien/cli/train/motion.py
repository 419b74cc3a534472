"""`mien train motion`: teach a first-order motion model."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli import options
from mien.cli.failure import need
from mien.cli.grouped import grouped
from mien.cli.train.common import Run, Seed, Source

if TYPE_CHECKING:
    from mien.cli.bars import Bars
    from mien.cli.train.common import Taught
    from mien.engines.motion.configuration import MotionConfig
    from mien.training.motion import MotionTraining


@dataclass(frozen=True)
class Learning:
    """How a motion model learns."""

    batch: Annotated[int, typer.Option(min=1, max=1024, help="Pairs of frames a step.")] = 6
    learning_rate: Annotated[float, typer.Option(help="Of Adam.")] = 2e-4
    adversarial: Annotated[
        float, typer.Option(min=0, help="Weight of an adversary; 0 for none, 1 as published.")
    ] = 0.0


@grouped
def motion(
    source: Source,
    learning: Learning,
    course: Run,
    config: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Sizes, YAML or JSON; by default a laptop's, 96 pixels."),
    ] = None,
    steps: Annotated[int, typer.Option(min=1, help="In all, those before --resume included.")] = (
        20_000
    ),
    seed: Seed = 0,
    as_json: Annotated[bool, options.as_json("what was measured")] = False,
) -> None:
    """Teach a first-order motion model on clips of faces, for `--engine motion`.

    Needs torch (the extra train). With --resume a run that was ended goes on.

    Example: [bold]mien train motion clips -o motion.pt --steps 20000[/bold]
    """
    need("train")
    source.check()
    course.check()
    from mien.training.motion import MotionSettings, MotionTraining
    from mien.training.motion_losses import LossWeights

    sizes = _sizes(config)
    weights = LossWeights(adversarial=learning.adversarial)
    settings = MotionSettings(sizes, learning.batch, learning.learning_rate, weights, seed)

    def make(progress: Bars) -> MotionTraining:
        return MotionTraining(source.faces(sizes.side, seed, progress), settings, course.device)

    taught = course.teach(steps, make)
    _report(taught, course, as_json)


def _sizes(config: Path | None) -> MotionConfig:
    from mien.engines.motion.configuration import MotionConfig
    from mien.training.sizes import LAPTOP

    return LAPTOP if config is None else MotionConfig.open(config)


def _report(taught: Taught[MotionTraining], course: Run, as_json: bool) -> None:
    """Say what came of it."""
    training = taught.training
    rate = taught.steps * training.settings.batch / taught.seconds
    last = training.history[-1]
    if as_json:
        told = {
            "output": str(course.out),
            "seconds": taught.seconds,
            "frames_per_second": rate,
            "clips": len(training.faces.clips),
            "history": [asdict(entry) for entry in training.history],
        }
        print(json.dumps(told, indent=2))
        return
    typer.echo(
        f"{course.out}: {last.step} steps on {len(training.faces.taught)} clips, {rate:.1f} pairs "
        f"of frames a second; frames are drawn to {last.error:.1f} grey levels (left as they are: "
        f"{last.unmoved:.1f})."
    )
