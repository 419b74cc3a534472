"""A number and what it counts, in words; without what computes numbers."""

from __future__ import annotations


def plural(count: int, word: str, several: str = "") -> str:
    """A number and what it counts.

    Parameters
    ----------
    count : int
    word : str
        What one of them is called.
    several : str
        What several are called; by default the word with an s.
    """
    return f"{count} {word if count == 1 else several or word + 's'}"
