"""A secret that somebody keeps in a file: what is derived from it cannot be guessed without it.

References
----------
.. [1] RFC 2104, HMAC: Keyed-Hashing for Message Authentication.
"""

from __future__ import annotations

import hmac
import os
import secrets
import unicodedata
from dataclasses import dataclass, field

from mien.errors import ParameterError
from mien.intake.amounts import content

_FEWEST = 16  # bytes: 128 bits
_MOST = 4096


@dataclass(frozen=True)
class Secret:
    """Bytes that only its holder knows."""

    key: bytes = field(repr=False)
    """What was in the file."""

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Secret:
        """The secret in a file.

        Raises
        ------
        ParameterError
            If there is no such file, or it holds too little to be one.
        FormatError
            If it is too large for one.
        """
        try:
            key = content(path, _MOST, "a secret")
        except OSError as exc:
            raise ParameterError(
                f"The secret {path} cannot be read ({exc.strerror}): make one with "
                "head -c 32 /dev/urandom."
            ) from exc
        if len(key) < _FEWEST or len(set(key)) < 8:
            raise ParameterError(
                f"The secret {path} can be guessed: it needs {_FEWEST} bytes or more, which "
                "head -c 32 /dev/urandom makes."
            )
        return cls(key)

    @classmethod
    def drawn(cls) -> Secret:
        """One that nobody has: what is derived from it cannot be made again."""
        return cls(secrets.token_bytes(32))

    def digest(self, *words: str) -> bytes:
        """32 bytes that belong to these words [1]_; the same words in the same order, the same, in
        whichever way their accents are written."""
        plain = (unicodedata.normalize("NFC", each).encode() for each in words)
        told = b"".join(len(word).to_bytes(4, "big") + word for word in plain)
        return hmac.digest(self.key, told, "sha256")

    def code(self, *words: str, length: int = 16) -> str:
        """A code for these words: hexadecimal digits."""
        return self.digest("code", *words).hex()[:length]
