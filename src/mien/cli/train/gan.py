"""`mien train gan`: teach a generator that swaps identities."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli import options
from mien.cli.bars import Bars
from mien.cli.failure import need, tell
from mien.cli.train.common import ENDINGS, check_device, draw, faces_of
from mien.errors import ParameterError
from mien.outputs import check_free

if TYPE_CHECKING:
    from mien.training.course import Course
    from mien.training.gan import GanSettings


def gan(
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
    side: Annotated[int, typer.Option(help="Pixels of a picture's side; 224 as published.")] = 64,
    width: Annotated[int, typer.Option(help="Features at full size; 64 as published.")] = 16,
    halvings: Annotated[int, typer.Option(help="Of the resolution; 3 at 224 pixels.")] = 2,
    blocks: Annotated[int, typer.Option(help="Identity blocks; 9 as published.")] = 4,
    steps: Annotated[int, typer.Option(min=1, help="In all, those before --resume included.")] = (
        10_000
    ),
    first: Annotated[
        int, typer.Option(min=0, help="Of them in which only the landmark network learns.")
    ] = 400,
    batch: Annotated[int, typer.Option(min=1, max=1024, help="Faces a step.")] = 6,
    learning_rate: Annotated[float, typer.Option(help="Of Adam.")] = 1e-4,
    blinks: Annotated[
        float, typer.Option(min=0, max=1, help="Share of faces with closed eyes; 0 for d-.")
    ] = 0.08,
    landmarks: Annotated[
        float, typer.Option(min=0, help="Weight of the loss of face dynamics; 0 for l-.")
    ] = 0.2,
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
    """Teach a generator that draws faces with other identities, for `--engine gan`.

    Needs torch: pip install 'mien\\[train]'. With --resume a run that was ended goes on.

    Example: [bold]mien train gan --phantoms 60 -o gan.pt --steps 20000[/bold]
    """
    need("train")
    if (clips is None) == (phantoms == 0):
        raise ParameterError("Give a folder of clips, or --phantoms N, and not both.")
    check_free(out, overwrite or resume, kind="a checkpoint", endings=ENDINGS)
    if sheet is not None:
        check_free(sheet, overwrite or resume, kind="a picture", endings=(".png",))
    if resume and not out.is_file():
        raise ParameterError(f"There is no {out} to go on from: leave out --resume.")
    from mien.engines.gan.configuration import GanConfig
    from mien.training.course import run
    from mien.training.gan import GanSettings, GanTraining, GanWeights

    told = {"side": side, "width": width, "halvings": halvings, "blocks": blocks, "identity": 256}
    settings = GanSettings(
        GanConfig.of(told, "The command line"),
        batch,
        learning_rate,
        GanWeights(landmarks=landmarks),
        blinks,
        first,
        seed=seed,
    )
    check_device(device)
    with Bars(out.name, "in all") as progress:
        faces = faces_of(clips, phantoms, side, frames, seed, progress)
        training = GanTraining(faces, settings, device)
        if resume:
            training.go_on(out)
        begun, before = time.perf_counter(), training.step
        if before >= steps:
            raise ParameterError(f"{out} has had {before} steps already: ask for more --steps.")

        def after(made: Course) -> None:
            progress("steps", made.step, steps)
            if made.history and made.history[-1].step == made.step:
                for sentence in made.history[-1].warnings:
                    tell(f"step {made.step}: {sentence}.")
                if sheet is not None:
                    draw(made, sheet)

        run(training, out, steps, every, after)
    seconds = time.perf_counter() - begun
    rate = (training.step - before) * batch / seconds
    _report(training, settings, out, training.sampler.natural, rate, as_json)


def _report(
    training: Course, settings: GanSettings, out: Path, natural: float, rate: float, as_json: bool
) -> None:
    """Say what came of it, and what the sampler did."""
    last = training.history[-1]
    if as_json:
        told = {
            "output": str(out),
            "faces_per_second": rate,
            "blinks": {"asked": settings.blinks, "drawn": last.blinks, "in_the_clips": natural},
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
        f"Closed eyes: {last.blinks:.1%} of the faces that were seen ({settings.blinks:.0%} "
        f"asked), {natural:.1%} of those that there are. The landmark network is "
        f"{last.landmarks:.3f} outer-eye distances from the truth on the faces that judge."
    )
