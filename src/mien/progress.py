"""How far long work has come, for whoever asked for it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Progress = Callable[[str, int, int | None], None]
"""Called with a stage in words, how many of its parts are done (frames, unless the words say
otherwise), and how many there are, None if that is unknown. What it raises ends the work."""

_EVERY_S = 0.2  # of a bar in a notebook
_CELLS = 24


def silent(stage: str, done: int, total: int | None) -> None:
    """Progress of which nobody wants to know."""


def staged_as(progress: Progress | None, name: str) -> Progress | None:
    """The same with a name before every stage; None where nobody is told."""
    if progress is None:
        return None
    return lambda stage, done, total: progress(f"{name}{stage}", done, total)


@contextmanager
def usual(progress: Progress | None, name: str) -> Iterator[Progress]:
    """The progress that was asked for; without one a bar in a notebook, and silence elsewhere.

    Parameters
    ----------
    progress : callable or None
        What the caller was given.
    name : str
        What is worked on, for the bar.
    """
    if progress is not None:
        yield progress
        return
    if not in_notebook():
        yield silent
        return
    bar = NotebookBar(name)
    try:
        yield bar
    finally:
        bar.close()


def in_notebook() -> bool:
    """Whether this process is the kernel of a notebook."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return type(shell).__name__ == "ZMQInteractiveShell"


class NotebookBar:
    """One line under a cell: stage, bar, count, time left. It goes when the work is done.

    Parameters
    ----------
    name : str
        What is worked on.
    display : callable, optional
        IPython's ``display``: called as ``display(content, raw=True, display_id=True)`` it gives a
        handle with ``update``.
    """

    def __init__(self, name: str, display: Callable[..., Any] | None = None) -> None:
        if display is None:
            from IPython.display import display  # type: ignore[no-redef]
        assert display is not None
        self._name, self._stage = name, ""
        self._begun = self._drawn = time.monotonic()
        self._handle = display(_plain(name), raw=True, display_id=True)

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        """Note that `done` of `total` have passed a stage."""
        now = time.monotonic()
        if stage == self._stage and now - self._drawn < _EVERY_S and done != total:
            return
        if stage != self._stage:
            self._stage, self._begun = stage, now
        self._drawn = now
        self._handle.update(_plain(self._line(done, total, now - self._begun)), raw=True)

    def _line(self, done: int, total: int | None, since: float) -> str:
        if not total:
            return f"{self._name}: {self._stage}" + (f" {done}" if done else "")
        share = min(done / total, 1.0)
        bar = "█" * round(_CELLS * share) + "░" * (_CELLS - round(_CELLS * share))
        left = f", {since / share - since:.0f} s left" if 0 < share < 1 and since > 1 else ""
        return f"{self._name}: {self._stage} {bar} {done}/{total}{left}"

    def close(self) -> None:
        """Take the line away."""
        self._handle.update(_plain(""), raw=True)


def _plain(text: str) -> dict[str, str]:
    return {"text/plain": text}
