"""How many pictures a second a patient's page is asked for: a few more than can be worked on.

What is encoded, sent and decoded only to be replaced by a newer picture costs browser and server
processor time that the drawing of pictures lacks.
"""

from __future__ import annotations

from collections import deque

_WINDOW_S = 3.0  # of pictures that say how many are worked on
_MORE = 1.25  # of that many are asked for, so that there may come to be more
LEAST = 8
"""Pictures a second that are asked for at least."""
_MOST = 30


class Pace:
    """Follows the pictures that were worked on."""

    def __init__(self) -> None:
        self._done: deque[float] = deque()

    def count(self, now: float) -> None:
        """A picture was worked on: seconds of a clock that never jumps."""
        self._done.append(now)
        self._forget(now)

    def asked(self, now: float) -> int:
        """Pictures a second that are asked for; as many as there may be where nothing is known."""
        self._forget(now)
        if len(self._done) < 2:
            return _MOST
        rate = (len(self._done) - 1) / max(self._done[-1] - self._done[0], 1e-3)
        return min(max(round(_MORE * rate), LEAST), _MOST)

    def _forget(self, now: float) -> None:
        while self._done and now - self._done[0] > _WINDOW_S:
            self._done.popleft()
