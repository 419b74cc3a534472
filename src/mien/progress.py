"""How far long work has come, for whoever asked for it."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int | None], None]
"""Called with a stage in words, how many of its parts are done (frames, unless the words say
otherwise), and how many there are, None if that is unknown. What it raises ends the work."""


def silent(stage: str, done: int, total: int | None) -> None:
    """Progress of which nobody wants to know."""


def staged_as(progress: Progress | None, name: str) -> Progress | None:
    """The same with a name before every stage; None where nobody is told."""
    if progress is None:
        return None
    return lambda stage, done, total: progress(f"{name}{stage}", done, total)
