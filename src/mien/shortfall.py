"""How much of a clip could not be read, when that is too much to go unsaid, and who is told.

A download that was cut short, a card that failed: a decoder gives what is there and no error. What
it gives can be worked on, but nobody may take it for the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MUCH = 0.05
"""Share of the frames from which on a loss is said before anything else."""
MUCH_S = 1.0
"""Seconds missing at the end of a clip from which on that is said before anything else."""
STATUS = 7
"""Exit status of a command that did its work on a clip of which much is missing."""


@dataclass(frozen=True)
class Shortfall:
    """What one pass over a clip did not give."""

    lost: int = 0
    """Frames that gave no picture, or a damaged one, or that have no time of their own."""
    of: int = 0
    """Frames that the file announces, or that were met where these are more."""
    cut_short_s: float = 0.0
    """Seconds that the file announces and that it ends without."""
    same_time: int = 0
    """Of those that were lost, frames that decode, but have the time of the frame before."""

    @property
    def share(self) -> float:
        """Share of the frames that were lost, 0 to 1."""
        return self.lost / self.of if self.of else 0.0

    @property
    def much(self) -> bool:
        """Whether so much is lost that it has to be said first: see `MUCH` and `MUCH_S`."""
        return self.share > MUCH or self.cut_short_s > MUCH_S

    def sentence(self, name: str) -> str:
        """What is missing of a clip of this name, and what to do."""
        unread = self.lost - self.same_time
        end = f", the last {self.cut_short_s:.1f} s among them" if self.cut_short_s > MUCH_S else ""
        what = [f"{unread} of its {self.of} frames cannot be read{end}"] if unread else []
        todo = ["copy or download it again"] if unread else []
        if self.same_time:
            what.append(
                f"{self.same_time} of its {self.of} frames have the time of the frame before and "
                "were left out"
            )
            todo.append("store it again with a time for each frame")
        return (
            f"{name} is incomplete: {' and '.join(what)}; {', or '.join(todo)}, for what was made "
            "of it holds only the rest."
        )

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "frames": self.lost,
            "of": self.of,
            "share": round(self.share, 4),
            "cut_short_s": round(self.cut_short_s, 3),
            "same_time": self.same_time,
            "much": self.much,
        }


Listener = Callable[[Path, Shortfall], None]
_listeners: list[Listener] = []


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Be told of every clip of which much is missing, when a pass over it ends, in any thread.

    Parameters
    ----------
    listener : callable
        Called as ``listener(path, shortfall)``, again for every pass.
    """
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


def report(path: Path, shortfall: Shortfall) -> None:
    """Tell whoever listens, if much is missing."""
    if shortfall.much:
        for listener in list(_listeners):
            listener(path, shortfall)
