"""Progress on stderr: bars with the time left on a terminal, one line per stage elsewhere."""

from __future__ import annotations

import sys
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, ProgressColumn, Task, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars
from rich.text import Text

from mien.cli.failure import check


class Progress:
    """Shows how far a run has come; pass it where a progress callback is expected.

    Parameters
    ----------
    title : str
        What is being worked on, usually a file name.
    """

    def __init__(self, title: str) -> None:
        self._title = title
        self._stage: str | None = None
        self._task: TaskID | None = None
        console = Console(stderr=True)
        self._bars: Bars | None = None
        if console.is_interactive and sys.stderr.isatty():
            self._bars = Bars(
                TextColumn("{task.description}", markup=False),
                BarColumn(),
                _Count(),
                _Rate(),
                TimeRemainingColumn(compact=True),
                console=console,
                transient=True,
            )

    def __enter__(self) -> Progress:
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
            frames = f", {total} frames" if total else ""
            print(f"{self._title}: {stage}{frames}", file=sys.stderr, flush=True)
            return
        if self._task is not None:  # an announced number of frames may have been wrong
            done = self._bars.tasks[-1].completed
            self._bars.update(self._task, total=done or 1, completed=done or 1)
        self._task = self._bars.add_task(
            f"{self._title}: {stage}", total=total, counted=total is not None
        )


class _Count(ProgressColumn):
    """Frames done, of how many."""

    def render(self, task: Task) -> Text:
        if not task.completed or not (task.fields["counted"] or task.total is None):
            return Text("")
        whole = "?" if task.total is None else f"{task.total:.0f}"
        return Text(f"{task.completed:.0f}/{whole} frames")


class _Rate(ProgressColumn):
    """Frames per second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:.1f} fps" if speed and task.completed > 1 else "")
