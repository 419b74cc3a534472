"""`mien train gan`: teach a generator that swaps identities."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli import options
from mien.cli.failure import need
from mien.cli.grouped import grouped
from mien.cli.train.common import Batch, Run, Seed, Source
from mien.cli.train.sizes import Sizes

if TYPE_CHECKING:
    from mien.cli.bars import Bars
    from mien.cli.train.common import Taught
    from mien.training.gan import GanTraining


@dataclass(frozen=True)
class Learning:
    """How a generator learns."""

    first: Annotated[
        int, typer.Option(min=0, help="Of them in which only the landmark network learns.")
    ] = 400
    batch: Batch = 6
    learning_rate: Annotated[float, typer.Option(help="Of Adam.")] = 1e-4
    blinks: Annotated[
        float, typer.Option(min=0, max=1, help="Share of faces with closed eyes; 0 for d-.")
    ] = 0.08
    landmarks: Annotated[
        float, typer.Option(min=0, help="Weight of the loss of face dynamics; 0 for l-.")
    ] = 0.2


@grouped
def gan(
    source: Source,
    sizes: Sizes,
    learning: Learning,
    course: Run,
    steps: Annotated[int, typer.Option(min=1, help="In all, those before --resume included.")] = (
        10_000
    ),
    seed: Seed = 0,
    as_json: Annotated[bool, options.as_json("what was measured")] = False,
) -> None:
    """Teach a generator that draws faces with other identities, for `--engine gan`.

    Needs torch (the extra train). With --resume a run that was ended goes on.

    Example: [bold]mien train gan --phantoms 60 -o gan.pt --steps 20000[/bold]
    """
    need("train")
    source.check()
    course.check()
    from mien.training.gan import GanSettings, GanTraining, GanWeights

    settings = GanSettings(
        sizes.config(),
        learning.batch,
        learning.learning_rate,
        GanWeights(landmarks=learning.landmarks),
        learning.blinks,
        learning.first,
        seed=seed,
    )

    def make(progress: Bars) -> GanTraining:
        return GanTraining(source.faces(sizes.side, seed, progress), settings, course.device)

    taught = course.teach(steps, make)
    _report(taught, course, as_json)


def _report(taught: Taught[GanTraining], course: Run, as_json: bool) -> None:
    """Say what came of it, and what the sampler did."""
    training, out = taught.training, course.out
    asked, natural = training.settings.blinks, training.sampler.natural
    rate = taught.steps * training.settings.batch / taught.seconds
    last = training.history[-1]
    if as_json:
        told = {
            "output": str(out),
            "faces_per_second": rate,
            "blinks": {"asked": asked, "drawn": last.blinks, "in_the_clips": natural},
            "history": [asdict(entry) | {"warnings": entry.warnings} for entry in training.history],
        }
        print(json.dumps(told, indent=2))
        return
    typer.echo(
        f"{out}: {last.step} steps, {rate:.1f} faces a second; identity given {last.given:.2f}, "
        f"own kept {last.kept:.2f} (cosines), landmarks' distances changed by {last.dynamics:.3f} "
        "outer-eye distances."
    )
    typer.echo(
        f"Closed eyes: {last.blinks:.1%} of the faces that were seen ({asked:.0%} asked), "
        f"{natural:.1%} of those that there are. The landmark network is {last.landmarks:.3f} "
        "outer-eye distances from the truth on the faces that judge."
    )
