"""Where pictures come from: a camera of this computer, or a clip in its place."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from time import monotonic, sleep
from typing import Protocol

from mien.live.shot import Shot
from mien.recording.camera import pictures
from mien.video import Reader

CLOCK = Fraction(1, 90_000)
"""Seconds in a tick of a camera's timestamps."""


class Source(Protocol):
    """What gives pictures, in order."""

    def __iter__(self) -> Iterator[Shot]:
        """The pictures, until there are no more."""
        ...


class Camera:
    """A camera of this computer.

    Parameters
    ----------
    number : int
        0 is the first one.
    """

    def __init__(self, number: int) -> None:
        self._number = number

    def __iter__(self) -> Iterator[Shot]:
        first: float | None = None
        seen = pictures(self._number)
        try:
            for time, image in seen:
                first = time if first is None else first
                yield Shot(image, round((time - first) / CLOCK), CLOCK, time)
        finally:
            seen.close()


class Replay:
    """A clip in a camera's place.

    Parameters
    ----------
    path : Path
        The clip; only read.
    paced : bool
        Whether each picture comes when a camera would give it; otherwise as soon as it is wanted.
    loop : bool
        Whether it begins again at its end, without end.
    """

    def __init__(self, path: Path, paced: bool = True, loop: bool = False) -> None:
        self._path, self._paced, self._loop = path, paced, loop

    def __iter__(self) -> Iterator[Shot]:
        began, offset = monotonic(), 0
        with Reader(self._path) as reader:
            while True:
                first, last, step = None, 0, 1
                for frame in reader:
                    first = frame.pts if first is None else first
                    pts = frame.pts - first + offset
                    step, last = max(pts - last, 1), pts
                    due = began + float(pts * frame.time_base)
                    if self._paced:
                        sleep(max(0.0, due - monotonic()))
                    yield Shot(frame.image, pts, frame.time_base, monotonic())
                if not self._loop:
                    return
                offset = last + step
