"""Results as a few lines of text: what an interactive session and a notebook show of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_MOST = 12  # lines of a table


def aligned(rows: Sequence[Sequence[str]], left: Sequence[int] = (0,)) -> list[str]:
    """Rows of equally many cells in columns of text.

    Parameters
    ----------
    rows : sequence of sequence of str
        The first may be a heading.
    left : sequence of int
        Columns that begin at the left; numbers end at the right.
    """
    if not rows:
        return []
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(width) if k in left else cell.rjust(width)
            for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def new_axes(x: str, y: str, *, height: float = 3.0) -> Any:
    """Axes of a new figure of matplotlib, which a notebook shows when they are a cell's last line.

    Parameters
    ----------
    x, y : str
        What the axes say.
    height : float
        Inches.
    """
    from matplotlib import pyplot

    _, axes = pyplot.subplots(figsize=(8, height), layout="constrained")
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    return axes


def _words(rows: Sequence[Sequence[str]]) -> list[int]:
    """The first column, and those that hold words below the first row."""
    columns = range(len(rows[0])) if rows else range(0)
    return [k for k in columns if k == 0 or any(row[k][:1].isalpha() for row in rows[1:])]


class Shown:
    """A result that prints as a title and a short table; for dataclasses with ``repr=False``."""

    def title(self) -> str:
        """What it is, in a line."""
        return type(self).__name__

    def table(self) -> list[tuple[str, ...]]:
        """Its rows, of equally many cells; the first is a heading where it names columns."""
        return []

    def __str__(self) -> str:
        rows = self.table()
        more = len(rows) - _MOST - 1
        lines = aligned(rows if more <= 0 else rows[: _MOST + 1], _words(rows))
        rest = [f"… and {more} more"] if more > 0 else []
        return "\n".join([self.title(), *(f"  {line}" for line in (*lines, *rest))])

    def __repr__(self) -> str:
        return str(self)
