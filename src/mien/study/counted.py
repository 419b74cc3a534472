"""A number and what it counts, in words; without what computes numbers."""

from __future__ import annotations


def plural(count: int, word: str) -> str:
    """A number and what it counts."""
    return f"{count} {word}{'' if count == 1 else 's'}"
