"""A worker that gets no further ends itself.

From outside nobody can tell a long clip from one on which a library hangs. A worker knows what was
last told of its progress; the watch is one of C, so that it also ends what holds Python's lock.
"""

from __future__ import annotations

import faulthandler
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mien.progress import Progress

PATIENCE_S = 1800.0
"""How long nothing may be told, s."""


@contextmanager
def ended_when_stuck(notes: Path, patience_s: float) -> Iterator[Progress]:
    """End this process if it gets no further within the context.

    Parameters
    ----------
    notes : Path
        Where it is written down where it was then, for whoever looks into it; gone if all goes
        well.
    patience_s : float
        How long nothing may be told.

    Yields
    ------
    progress : callable
        To be called whenever it got further, as what takes long calls it.
    """
    notes.parent.mkdir(parents=True, exist_ok=True)
    with notes.open("w") as stream:
        watched = 0.0

        def further(stage: str = "", done: int = 0, total: int | None = None) -> None:
            nonlocal watched
            now = time.monotonic()
            if now - watched > patience_s / 100:  # a new watch is a new thread
                faulthandler.dump_traceback_later(patience_s, exit=True, file=stream)
                watched = now

        further()
        try:
            yield further
        finally:
            faulthandler.cancel_dump_traceback_later()
    notes.unlink(missing_ok=True)


def was_stuck(notes: Path) -> bool:
    """Whether whoever wrote these notes ended because it got no further."""
    try:
        return notes.stat().st_size > 0
    except OSError:
        return False
