"""One-time links: whoever joins first by a link has it, in the browser in which they did."""

from __future__ import annotations

import hashlib
import hmac
import secrets


class Link:
    """A secret address for one browser."""

    def __init__(self) -> None:
        self.token = secrets.token_urlsafe(24)
        """Part of the address."""
        self._holder: bytes | None = None

    @property
    def taken(self) -> bool:
        """Whether somebody has joined by it."""
        return self._holder is not None

    def take(self, secret: str | None) -> str | None:
        """Join by it.

        Parameters
        ----------
        secret : str or None
            What the browser was given before; None where it was given nothing.

        Returns
        -------
        secret : str or None
            What the browser has to show from here on; None where another one has the link.
        """
        if self._holder is None:
            made = secrets.token_urlsafe(24)
            self._holder = _digest(made)
            return made
        return secret if self.held_by(secret) else None

    def held_by(self, secret: str | None) -> bool:
        """Whether a browser with this secret has it."""
        return self._holder is not None and hmac.compare_digest(self._holder, _digest(secret or ""))


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
