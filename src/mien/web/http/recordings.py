"""Guided recordings that are under way in browsers: what the checks say of each, and consent.

A browser sends small pictures, which are looked at and forgotten; its clips arrive as uploads.
"""

from __future__ import annotations

import json
import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from mien.errors import OutputError
from mien.outputs import complete
from mien.recording.checks.fault import Fault
from mien.recording.guided.guide import Guide
from mien.web.http.problems import Problem

if TYPE_CHECKING:
    from mien.models.landmarker import Backend
    from mien.recording.checks.checker import Checker

RECORDINGS = "recordings"
"""The folder within the data folder of what happened: consent, steps, faults; no picture."""
_MOST = 8  # recordings under way at once; the one that was asked longest ago goes
_SIDES = (64, 512)  # pixels of the pictures that are looked at


@dataclass
class Sitting:
    """One guided recording."""

    id: str
    guide: Guide
    checker: Checker
    lock: Lock = field(default_factory=Lock)


class Recordings:
    """Guided recordings by id.

    Parameters
    ----------
    home : Path
        Where what happened is written.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._sittings: OrderedDict[str, Sitting] = OrderedDict()
        self._backend: Backend | None = None
        self._lock = Lock()
        self._measuring = Lock()

    def begin(self, guide: Guide) -> Sitting:
        """Begin one, whose consent is on record."""
        from mien.models.landmarker import open_backend
        from mien.recording.checks.checker import Checker

        with self._lock:
            if self._backend is None:
                self._backend = open_backend(None)
            made = Sitting(secrets.token_hex(16), guide, Checker(self._backend))
            self._sittings[made.id] = made
            gone = self._sittings.popitem(last=False)[1] if len(self._sittings) > _MOST else None
        if gone is not None:
            with gone.lock:
                gone.checker.close()
        self.save(made)
        return made

    def get(self, sitting: str) -> Sitting:
        """One that is under way; a `Problem` if there is none of that id."""
        with self._lock:
            found = self._sittings.get(sitting)
            if found is None:
                raise no_recording()
            self._sittings.move_to_end(sitting)
            return found

    def look(
        self, sitting: Sitting, pixels: bytes, width: int, time: float, rate: float | None
    ) -> None:
        """Check a picture, and go on.

        Parameters
        ----------
        sitting : Sitting
            The recording.
        pixels : bytes
            Red, green, blue and opacity of each pixel, row by row.
        width : int
            Pixels of a row.
        time : float
            Seconds of the browser's clock.
        rate : float or None
            Pictures a second that the camera gives; None if unknown.
        """
        from mien.recording.checks.timing import slow

        height = len(pixels) // (4 * width)
        low, high = _SIDES
        if len(pixels) != 4 * width * height or not low <= height <= high:
            raise Problem(422, "invalid", "A picture has 64 to 512 rows of four bytes a pixel.")
        import numpy as np

        image = np.frombuffer(pixels, np.uint8).reshape(height, width, 4)[..., :3]
        with sitting.lock:
            before = sitting.guide.phase
            with self._measuring:  # one network for all
                faults = sitting.checker.look(np.ascontiguousarray(image))
            if rate is not None and slow(rate):
                faults.append(Fault.SLOW)
            sitting.guide.update(time, faults)
            if sitting.guide.phase is not before:
                self.save(sitting)

    def go_on(self, sitting: Sitting, time: float, stop: bool) -> None:
        """Keep what is recorded of a step and go to the next, or stop for good."""
        with sitting.lock:
            if stop:
                sitting.guide.stop(time)
            else:
                sitting.guide.keep(time)
            self.save(sitting)

    def save(self, sitting: Sitting) -> None:
        """Write down what happened so far."""
        self._home.mkdir(exist_ok=True)
        text = json.dumps(sitting.guide.record(), indent=2, ensure_ascii=False) + "\n"
        try:
            with complete(self._home / f"{sitting.id}.json") as part:
                part.write_text(text, encoding="utf-8")
        except OutputError as error:
            raise Problem(507, "disk_full", str(error)) from error


def no_recording() -> Problem:
    """What is answered of a recording that is over, or not one's own."""
    return Problem(404, "no_recording", "This recording is over: begin again on the page Record.")
