"""Whoever looks at what goes out while it goes out: recognisers, and detectors of other families.

They see the newest picture every few seconds, in a thread of their own, so that no picture waits
for them. What they find covers the face.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Thread

import numpy as np

from mien.face.region import Region
from mien.live.doubt import Doubt
from mien.live.errors import Errors
from mien.live.guise import Guise, nearest
from mien.live.latest import Closed, Latest
from mien.recognition.lookout import Face, Lookout, Tally
from mien.recognition.recogniser import Recogniser


@dataclass(frozen=True, eq=False)
class Outgoing:
    """A picture as it was, and as it went out."""

    original: np.ndarray
    """RGB, shape (height, width, 3), uint8."""
    result: np.ndarray
    """The same size."""
    landmarks: np.ndarray
    """Of the original's face, pixels, shape (478, 3)."""
    moved: np.ndarray
    """Of the face in the result."""
    guise: Guise
    """What it wears."""


class Audit:
    """Looks at what goes out, every few seconds.

    Parameters
    ----------
    recognisers : sequence of Recogniser
        Who look for the person.
    every_s : float
        Seconds between two looks; 0 for every picture that it can take.
    alarm : callable
        Told of a `Doubt` and the guise that it is about.
    errors : Errors, optional
        Where it is said what ended the looks.
    """

    def __init__(
        self,
        recognisers: Sequence[Recogniser],
        every_s: float,
        alarm: Callable[[Doubt, Guise], None],
        errors: Errors | None = None,
    ) -> None:
        self._errors = Errors() if errors is None else errors
        self.looks = 0
        """Pictures that were looked at."""
        self.nearest = float("inf")
        """Smallest distance to the person's own face, in thresholds."""
        self.found: dict[str, int] = {}
        """How often something was found, by the name of the doubt."""
        self._recognisers = tuple(recognisers)
        self._every_s, self._alarm = every_s, alarm
        self._next = 0.0
        self._waiting: Latest[Outgoing] = Latest()
        self._thread = Thread(target=self._run, name="mien-live-audit", daemon=True)
        self._thread.start()

    def offer(self, time: float, outgoing: Callable[[], Outgoing]) -> None:
        """Have a picture looked at, if it is time.

        Parameters
        ----------
        time : float
            When it was taken, seconds.
        outgoing : callable
            Gives it.
        """
        if time < self._next or not self._thread.is_alive():
            return
        self._next = time + self._every_s
        try:
            self._waiting.put(outgoing())
        except Closed:
            return

    @property
    def broken(self) -> bool:
        """Whether nobody looks any more."""
        return not self._thread.is_alive()

    def close(self) -> None:
        """Wait for the last look."""
        self._waiting.close()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        lookout = Lookout()
        try:
            while True:
                outgoing = self._waiting.get()
                assert outgoing is not None
                for doubt in self._look(outgoing, lookout):
                    self.found[doubt.value] = self.found.get(doubt.value, 0) + 1
                    self._alarm(doubt, outgoing.guise)
                self.looks += 1
        except Closed:
            return
        except Exception as exc:
            self._errors.add("check", exc)  # nobody looks any more: `broken` covers from here on
        finally:
            lookout.close()

    def _look(self, outgoing: Outgoing, lookout: Lookout) -> list[Doubt]:
        doubts = []
        near = nearest(outgoing.result, outgoing.moved, outgoing.guise, self._recognisers)
        self.nearest = min(self.nearest, near)
        if near < 1:
            doubts.append(Doubt.RECOGNISED)
        tally = Tally()
        seen = lookout.search(outgoing.original, self.looks, tally)
        left = lookout.left(
            outgoing.original,
            outgoing.result,
            seen,
            [Face(Region.around(outgoing.landmarks))],
            tally,
            self._recognisers[0],
        )
        if left:
            doubts.append(Doubt.LEFT)
        return doubts
