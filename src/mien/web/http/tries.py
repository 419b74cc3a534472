"""How often a name may be tried with wrong passwords: a few times, then after longer and longer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from mien.web.queue.accounts import folded

_FREE = 5  # wrong passwords in a row
_FIRST_S, _LONGEST_S = 30.0, 900.0
_MOST = 1000  # names that are remembered: whoever invents names must not fill the memory


@dataclass
class _Failed:
    times: int = 0
    until: float = 0.0


class Tries:
    """Wrong passwords by name, whether there is such an account or not.

    Parameters
    ----------
    clock : callable
        Seconds, never going back.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock, self._lock = clock, Lock()
        self._failed: dict[str, _Failed] = {}

    def wait_s(self, name: str) -> float:
        """Seconds until a name may be tried again; 0 if now."""
        with self._lock:
            found = self._failed.get(folded(name))
            return 0.0 if found is None else max(0.0, found.until - self._clock())

    def failed(self, name: str) -> None:
        """Note a wrong password."""
        with self._lock:
            found = self._failed.pop(folded(name), None) or _Failed()
            self._failed[folded(name)] = found
            found.times += 1
            if found.times >= _FREE:
                seconds = _FIRST_S * 2.0 ** min(found.times - _FREE, 10)
                found.until = self._clock() + min(seconds, _LONGEST_S)
            if len(self._failed) > _MOST:  # the one that is free again first
                del self._failed[min(self._failed, key=lambda each: self._failed[each].until)]

    def right(self, name: str) -> None:
        """Forget wrong passwords: the right one came."""
        with self._lock:
            self._failed.pop(folded(name), None)
