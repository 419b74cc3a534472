"""What the commands of `mien train` share."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Generic, TypeVar

import typer

from mien.cli import options
from mien.cli.bars import Bars
from mien.cli.failure import tell
from mien.errors import ParameterError
from mien.outputs import check_free, complete

if TYPE_CHECKING:
    from mien.training.course import Course
    from mien.training.faces import Faces

C = TypeVar("C", bound="Course")
_ENDINGS = (".pt", ".pth", ".tar")
Seed = Annotated[int, typer.Option(min=0, help="Of the weights and of what is seen when.")]
Batch = Annotated[int, typer.Option(min=1, max=1024, help="Faces a step.")]


@dataclass(frozen=True)
class Source:
    """What is learned from."""

    clips: Annotated[
        Path | None,
        typer.Argument(
            metavar="FOLDER",
            help="Clips of faces, one person each, or folders of a person's pictures; only read.",
        ),
    ] = None
    phantoms: Annotated[
        int,
        typer.Option(min=0, metavar="N", help="Learn from so many synthetic people instead."),
    ] = 0
    frames: Annotated[int, typer.Option(min=2, help="Of each clip at most.")] = 64

    def check(self) -> None:
        """Refuse none, and two."""
        if (self.clips is None) == (self.phantoms == 0):
            raise ParameterError("Give a folder of clips, or --phantoms N, and not both.")

    def faces(self, side: int, seed: int, progress: Bars) -> Faces:
        """Cut faces out of clips, or draw synthetic people."""
        from mien.training.faces import of_folder, of_phantoms

        if self.clips is not None:
            return of_folder(self.clips, side, self.frames, progress)
        return of_phantoms(self.phantoms, side, self.frames, seed, progress)


@dataclass(frozen=True)
class Run:
    """Where a training is written, and how it goes on."""

    out: Annotated[
        Path, options.out("FILE", "The checkpoint, ending in .pt; what --weights takes.")
    ]
    every: Annotated[int, typer.Option(min=1, help="Steps between two checkpoints.")] = 200
    sheet: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.png",
            help="A picture of samples with each checkpoint. It SHOWS FACES of the clips.",
        ),
    ] = None
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the checkpoint that is there.")
    ] = False
    device: Annotated[str, typer.Option(help="Of torch: cpu, cuda.")] = "cpu"
    overwrite: Annotated[bool, options.overwrite("a checkpoint that is there")] = False

    def check(self) -> None:
        """Refuse places and a device that are not there before anything takes long."""
        free = self.overwrite or self.resume
        check_free(self.out, free, kind="a checkpoint", endings=_ENDINGS)
        if self.sheet is not None:
            check_free(self.sheet, free, kind="a picture", endings=(".png",))
        if self.resume and not self.out.is_file():
            raise ParameterError(f"There is no {self.out} to go on from: leave out --resume.")
        import torch

        try:
            torch.zeros(1, device=self.device)
        except (RuntimeError, AssertionError) as exc:
            raise ParameterError(f"There is no device {self.device!r} here: choose cpu.") from exc

    def teach(self, steps: int, make: Callable[[Bars], C]) -> Taught[C]:
        """Teach up to a number of steps in all what `make` returns."""
        from mien.training.course import run

        with Bars(self.out.name, "in all") as progress:
            training = make(progress)
            if self.resume:
                training.go_on(self.out)
            begun, before = time.perf_counter(), training.step
            if before >= steps:
                raise ParameterError(
                    f"{self.out} has had {before} steps already: ask for more --steps."
                )

            def after(made: Course) -> None:
                progress("steps", made.step, steps)
                if made.history and made.history[-1].step == made.step:
                    for sentence in made.history[-1].warnings:
                        tell(f"step {made.step}: {sentence}.")
                    if self.sheet is not None:
                        _draw(made, self.sheet)

            run(training, self.out, steps, self.every, after)
        return Taught(training, training.step - before, time.perf_counter() - begun)


@dataclass(frozen=True)
class Taught(Generic[C]):
    """What was taught."""

    training: C
    steps: int
    """In this run."""
    seconds: float
    """That it took."""


def _draw(training: Course, sheet: Path) -> None:
    """Write a picture of samples."""
    import cv2

    _, data = cv2.imencode(".png", training.sheet()[..., ::-1])
    with complete(sheet) as part:
        part.write_bytes(data.tobytes())
