"""Progress on stderr: bars with the time left on a terminal, one line per stage elsewhere."""

from __future__ import annotations

import math
import sys
from types import TracebackType
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, ProgressColumn, Task, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress
from rich.text import Text

from mien.cli.failure import check

if TYPE_CHECKING:
    from mien.selfnorm.training import Epoch


class Bars:
    """Shows how far a run has come; pass it where a progress callback is expected.

    Parameters
    ----------
    title : str
        What is being worked on, usually a file name.
    unit : str
        What is counted.
    """

    def __init__(self, title: str, unit: str = "frames") -> None:
        self._title = title
        self._unit = unit
        self._stage: str | None = None
        self._task: TaskID | None = None
        console = Console(stderr=True)
        self._bars: RichProgress | None = None
        if console.is_interactive and sys.stderr.isatty():
            self._bars = RichProgress(
                TextColumn("{task.description}", markup=False),
                BarColumn(),
                _Count(),
                _Rate(),
                TimeRemainingColumn(compact=True),
                console=console,
                transient=True,
            )

    def __enter__(self) -> Bars:
        if self._bars is not None:
            self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._bars is not None:
            self._bars.stop()

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        """Note that `done` of `total` frames (None if unknown) have passed a stage."""
        check()
        if stage != self._stage:
            self._begin(stage, total)
        if self._bars is not None and self._task is not None:
            self._bars.update(self._task, completed=done, total=total)

    def _begin(self, stage: str, total: int | None) -> None:
        self._stage = stage
        if self._bars is None:
            frames = f", {total} {self._unit}" if total else ""
            print(f"{self._title}: {stage}{frames}", file=sys.stderr, flush=True)
            return
        if self._task is not None:  # an announced number of frames may have been wrong
            done = self._bars.tasks[-1].completed
            self._bars.update(self._task, total=done or 1, completed=done or 1)
        self._task = self._bars.add_task(
            f"{self._title}: {stage}", total=total, counted=total is not None, unit=self._unit
        )


class Epochs:
    """Progress of training: a bar of epochs with the time left, or a line now and then."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._said = 0.0
        self._bars: RichProgress | None = None
        console = Console(stderr=True)
        if console.is_interactive and sys.stderr.isatty():
            self._bars = RichProgress(
                TextColumn("{task.description}", markup=False),
                BarColumn(),
                TextColumn("{task.completed:.0f}/{task.total:.0f} epochs"),
                TextColumn("{task.fields[words]}", markup=False),
                TimeRemainingColumn(),
                console=console,
                transient=True,
            )

    def __enter__(self) -> Epochs:
        if self._bars is not None:
            self._bars.start()
            self._task = self._bars.add_task(f"{self._title}: teaching", total=None, words="")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bars is not None:
            self._bars.stop()

    def __call__(self, entry: Epoch, total: int) -> None:
        check()
        words = (
            f"loss {entry.validation_loss:.3f}, accuracy {entry.validation_accuracy:.3f} "
            "(validation)"
        )
        if math.isnan(entry.validation_loss):
            words = f"loss {entry.train_loss:.3f}, accuracy {entry.train_accuracy:.3f} (training)"
        if self._bars is not None:
            self._bars.update(self._task, completed=entry.epoch, total=total, words=words)
            return
        last = entry.epoch == total
        if entry.epoch == 1 or last or entry.seconds - self._said >= 10:
            self._said = entry.seconds
            left = entry.seconds / entry.epoch * (total - entry.epoch)
            rest = "" if last else f", at most {_duration(left)} left"
            print(
                f"{self._title}: epoch {entry.epoch} of {total}, {words}{rest}",
                file=sys.stderr,
                flush=True,
            )


def _duration(seconds: float) -> str:
    minutes = int(seconds // 60)
    return f"{minutes} min" if minutes else f"{seconds:.0f} s"


class _Count(ProgressColumn):
    """Frames done, of how many."""

    def render(self, task: Task) -> Text:
        if not task.completed or not (task.fields["counted"] or task.total is None):
            return Text("")
        whole = "?" if task.total is None else f"{task.total:.0f}"
        return Text(f"{task.completed:.0f}/{whole} {task.fields['unit']}")


class _Rate(ProgressColumn):
    """Frames per second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:.1f} fps" if speed and task.completed > 1 else "")
