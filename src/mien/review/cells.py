"""Cells of CSV files that people open in a spreadsheet: text that is no formula, and comes back."""

from __future__ import annotations

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def shielded(value: str) -> str:
    """A text as a cell: an apostrophe before what a spreadsheet would take for a formula."""
    return f"'{value}" if value.lstrip("'").startswith(_FORMULA) else value


def unshielded(cell: str) -> str:
    """The text of such a cell."""
    if cell.startswith("'") and cell.lstrip("'").startswith(_FORMULA):
        return cell[1:]
    return cell
