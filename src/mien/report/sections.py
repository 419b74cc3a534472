"""A section of a page: what was measured, in words and tables."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """A table, ready to be printed."""

    caption: str
    """What it holds."""
    header: tuple[str, ...]
    """Names of the columns."""
    rows: tuple[tuple[str, ...], ...]
    """Cells; the first of a row names it."""


@dataclass(frozen=True)
class Section:
    """One measure."""

    key: str
    """Its key in the metrics."""
    title: str
    """Its heading."""
    meaning: str
    """What it means, in one plain sentence."""
    tables: tuple[Table, ...] = ()
    """Its figures."""
    drawings: tuple[str, ...] = ()
    """Names of the figures that belong to it."""
    notes: tuple[str, ...] = ()
    """What limits it, a sentence each."""
    citation: str = ""
    """Where it comes from."""
