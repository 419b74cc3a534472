"""How late pictures come, by the timestamps that their sender gave them.

The clocks of two computers have nothing in common, so a picture is compared with the quickest one
of the last minute: what it took longer is its lag.
"""

from __future__ import annotations

_WINDOW_S = 30.0  # the quickest one of this and of the window before counts: clocks drift apart


class Lag:
    """Follows one stream."""

    def __init__(self) -> None:
        self._since: float | None = None
        self._quickest = self._before = float("inf")

    def of(self, taken: float, came: float) -> float:
        """Seconds that a picture came later than the quickest did.

        Parameters
        ----------
        taken : float
            When it was taken, seconds of its sender's clock.
        came : float
            When it came, seconds of this computer's.
        """
        if self._since is None or came - self._since > _WINDOW_S:
            self._since = came
            self._before, self._quickest = self._quickest, float("inf")
        self._quickest = min(self._quickest, came - taken)
        return came - taken - min(self._quickest, self._before)
