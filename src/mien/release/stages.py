"""How far a release is, told by stage."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int | None], None]


def staged_as(progress: Progress | None, name: str) -> Progress | None:
    """The same with a name before every stage; None where nobody is told."""
    if progress is None:
        return None
    return lambda stage, done, total: progress(f"{name}{stage}", done, total)
