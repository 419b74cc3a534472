"""Passwords as they are kept: a digest that takes memory and time to make, never the word itself.

References
----------
.. [1] Percival & Josefsson, RFC 7914: the scrypt password-based key derivation function.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from threading import BoundedSemaphore

COST = 1 << 17
"""Blocks of 1 KiB that a try takes (scrypt's N with r = 8): 128 MiB."""
SHORTEST, LONGEST = 10, 200
"""Characters of a password."""
_BLOCK, _LANES, _BYTES = 8, 1, 32
_AT_ONCE = BoundedSemaphore(2)  # tries, whoever makes them: each takes 128 MiB


def digest(password: str, cost: int | None = None) -> str:
    """What is kept of a password: how it was made, a salt, the digest."""
    salt, n = secrets.token_bytes(16), cost or COST
    return f"scrypt${n}${salt.hex()}${_made(password, salt, n).hex()}"


def fits(password: str, kept: str | None) -> bool:
    """Whether a password is the one of which that was kept; as slow where nothing was."""
    if kept is None:
        _made(password, bytes(16), COST)
        return False
    _, n, salt, made = kept.split("$")
    return hmac.compare_digest(_made(password, bytes.fromhex(salt), int(n)), bytes.fromhex(made))


def _made(password: str, salt: bytes, n: int) -> bytes:
    with _AT_ONCE:
        return hashlib.scrypt(
            password.encode("utf-8", "surrogatepass"),
            salt=salt,
            n=n,
            r=_BLOCK,
            p=_LANES,
            maxmem=2 * 128 * _BLOCK * n,
            dklen=_BYTES,
        )
