"""Whether a picture may be shown, given what was found in it and in those before.

One picture without a face, or one that equals the one before, is dropped: what was shown stays. The
next one covers, and anything else that speaks against a picture covers at once. What is covered
stays so until several good pictures in a row have come.
"""

from __future__ import annotations

from enum import Enum

from mien.live.doubt import Doubt

_ONE_FREE = (Doubt.NO_FACE, Doubt.FROZEN)


class Verdict(Enum):
    """What becomes of a picture."""

    SHOW = "show"
    DROP = "drop"
    COVER = "cover"


class Gate:
    """Remembers how many pictures were good.

    Parameters
    ----------
    settle : int
        Good pictures in a row before a covered face is shown again.
    """

    def __init__(self, settle: int) -> None:
        self._settle = settle
        self._good = 0
        self._open = False
        self._spared = False
        self.reason: Doubt | None = Doubt.CALIBRATING
        """Why the last picture was covered; None if it was shown."""

    @property
    def open(self) -> bool:
        """Whether the next good picture is shown."""
        return self._open

    def judge(self, doubt: Doubt | None) -> Verdict:
        """Decide about the next picture."""
        if doubt is None:
            self._good += 1
            self._spared = False
            if not self._open and self._good < self._settle:
                return Verdict.COVER
            self._open, self.reason = True, None
            return Verdict.SHOW
        self._good = 0
        if self._open and doubt in _ONE_FREE and not self._spared:
            self._spared = True
            return Verdict.DROP
        self._open, self.reason = False, doubt
        return Verdict.COVER
