"""Text of others in figures."""

from __future__ import annotations

_LONGEST = 60


def plain(text: str, longest: int = _LONGEST) -> str:
    """Text that a figure shows as it is: no formulas, no control characters, not too long."""
    text = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    if len(text) > longest:
        text = text[: longest - 1].rstrip() + "…"
    return text.replace("$", r"\$")
