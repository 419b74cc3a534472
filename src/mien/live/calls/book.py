"""The calls of a server, by their links."""

from __future__ import annotations

import os
from time import monotonic

from mien.errors import ParameterError
from mien.live.calls.call import Call, Role
from mien.live.calls.voice import VoiceMode
from mien.live.settings import LiveSettings

_MOST = 20  # that are open at once
_KEPT = 10  # that have ended and are still listed
_LONGEST_S = 24 * 3600.0  # for which a link lasts


class Calls:
    """Calls that are open, and the last ones that ended."""

    def __init__(self) -> None:
        self._calls: dict[str, Call] = {}

    def listing(self) -> list[Call]:
        """All, the newest first."""
        return sorted(self._calls.values(), key=lambda call: -call.made)

    def make(self, settings: LiveSettings, voice: VoiceMode) -> Call:
        """A new one.

        Raises
        ------
        ParameterError
            If there are too many.
        """
        for call in [call for call in self.listing() if call.ended][_KEPT:]:
            del self._calls[call.id]
        if sum(not call.ended for call in self._calls.values()) >= _MOST:
            raise ParameterError(f"There are {_MOST} calls already: end one first.")
        made = Call(settings, voice)
        self._calls[made.id] = made
        return made

    def get(self, call: str) -> Call | None:
        """One by its id."""
        return self._calls.get(call)

    async def by_token(self, token: str) -> tuple[Call, Role] | None:
        """The open call to which a link leads, and who has it."""
        for call in list(self._calls.values()):
            if not call.ended and monotonic() - call.made > _LONGEST_S:
                await call.end()
            for role, link in call.links.items():
                if link.token == token:
                    return call, role
        return None

    @property
    def crowded(self) -> bool:
        """Whether this computer has as much to do as it can: one call for two cores."""
        busy = sum(call.remote is not None for call in self._calls.values())
        return busy >= max(1, (os.cpu_count() or 1) // 2)

    async def close(self) -> None:
        """End all."""
        for call in self._calls.values():
            await call.end()
