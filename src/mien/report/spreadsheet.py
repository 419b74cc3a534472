"""Tables as CSV, for a statistics program."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from decimal import Decimal
from io import StringIO
from typing import Any

import numpy as np


def to_csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table as text: UTF-8, commas, a header line; an empty cell where nothing is known."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([_cell(name) for name in header])
    for row in rows:
        writer.writerow([_cell(value) for value in row])
    return text.getvalue()


def exact(value: float | None) -> Decimal | None:
    """A number that is given, not computed: with all its digits, where others have six."""
    return (
        None
        if value is None
        else Decimal(f"{value + 0.0:.0f}" if value % 1 == 0 else repr(float(value)))
    )


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, float | np.floating):
        return f"{value:.6g}" if np.isfinite(value) else ""
    if isinstance(value, np.integer):
        return int(value)
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + value  # a spreadsheet would take it for a formula
    return value
