"""Asking servers: slowly, saying who asks, and again where a server was busy.

Only `https` and only the hosts of the three interfaces are asked, and only words of a query, dates,
identifiers of publications and the address of whoever searches are sent.
"""

from __future__ import annotations

import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from typing import Protocol

from mien import __version__
from mien.errors import FormatError, ParameterError

HOSTS = ("eutils.ncbi.nlm.nih.gov", "api.openalex.org", "api.crossref.org")
_MOST_BYTES = 64 << 20
_TRIES = 5
_BUSY = (429, 500, 502, 503, 504)


class Transport(Protocol):
    """Whatever answers a question."""

    def get(self, address: str, values: Mapping[str, str]) -> bytes:
        """The body of an answer."""


class Web:
    """The servers themselves.

    Parameters
    ----------
    email : str
        Of whoever searches, which the servers ask for, to write to before they block.
    pause : float
        Seconds between questions; NCBI allows three a second.
    wait : callable
        Waits so many seconds.
    """

    def __init__(
        self, email: str, *, pause: float = 0.4, wait: Callable[[float], None] = time.sleep
    ) -> None:
        if "@" not in email or any(c.isspace() for c in email):
            raise ParameterError("The servers ask for an address of mail: give --email you@host.")
        self._email = email
        self._pause = pause
        self._wait = wait
        self._asked = False

    def get(self, address: str, values: Mapping[str, str]) -> bytes:
        """The body of an answer.

        Raises
        ------
        FormatError
            If the server cannot be reached, refuses, or answers too much.
        """
        parts = urllib.parse.urlsplit(address)
        if parts.scheme != "https" or parts.hostname not in HOSTS:
            raise ParameterError(f"{parts.hostname} is not asked: choose {', '.join(HOSTS)}.")
        who = "email" if parts.hostname == HOSTS[0] else "mailto"
        query = urllib.parse.urlencode({**values, who: self._email})
        request = urllib.request.Request(
            f"{address}?{query}",
            headers={"User-Agent": f"mien/{__version__} (mailto:{self._email})"},
        )
        for attempt in range(_TRIES):
            if self._asked:
                self._wait(self._pause if not attempt else self._pause + 2.0**attempt)
            self._asked = True
            try:
                with urllib.request.urlopen(request, timeout=60) as answer:
                    body = answer.read(_MOST_BYTES + 1)
            except urllib.error.HTTPError as exc:
                if exc.code in _BUSY and attempt + 1 < _TRIES:
                    self._wait(_after(exc.headers.get("Retry-After")))
                    continue
                raise FormatError(
                    f"{parts.hostname} refused the search ({exc.code} {exc.reason}): look at the "
                    "query, or go on later with the same command."
                ) from exc
            except (urllib.error.URLError, TimeoutError, OSError) as exc:
                if attempt + 1 < _TRIES:
                    continue
                why = getattr(exc, "reason", exc)
                raise FormatError(
                    f"{parts.hostname} cannot be reached ({why}): go on later with the same "
                    "command."
                ) from exc
            if len(body) > _MOST_BYTES:
                raise FormatError(
                    f"{parts.hostname} answered with more than 64 MB: narrow the query."
                )
            return body
        raise FormatError(f"{parts.hostname} stayed busy: go on later with the same command.")


def _after(said: str | None) -> float:
    """Seconds that a server asks to wait; a minute at most."""
    try:
        return min(max(float(said or 1), 0), 60)
    except ValueError:
        return 5
