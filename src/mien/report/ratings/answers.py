"""Answers of a study or a line-up as a file for a spreadsheet, for R or for pandas.

Numbers are as they were given, times are of the day in UTC, and where nothing was given the cell is
empty (CSV) or null (Parquet).
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from mien.report.spreadsheet import exact, to_csv

_WHOLE = ("repeat", "round", "position", "faces")
_NUMBER, _TIME = "score", "at"


def as_csv(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows of `StudyStore.export` or `LineupStore.export` as text with commas.

    Parameters
    ----------
    columns : sequence of str
        Those to write, in this order.
    rows : sequence of mapping of str to Any
    """
    return to_csv(columns, _cells(columns, rows))


def _cells(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> Iterator[list[Any]]:
    for row in rows:
        yield [_cell(name, row[name]) for name in columns]


def _cell(column: str, value: Any) -> Any:
    if value is None:
        return None
    if column == _TIME:
        return _time(value).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return exact(value) if column == _NUMBER else value


def as_parquet(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> bytes:
    """The same as Parquet; needs pyarrow."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = dict.fromkeys(columns, pa.string())
    kinds |= {name: pa.int32() for name in columns if name in _WHOLE}
    kinds |= {name: pa.float64() for name in columns if name == _NUMBER}
    kinds |= {name: pa.timestamp("ms", "UTC") for name in columns if name == _TIME}
    table = pa.table(
        {
            name: pa.array([_stored(name, row[name]) for row in rows], kinds[name])
            for name in columns
        }
    )
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()


def _stored(column: str, value: Any) -> Any:
    if value == "" or value is None:
        return None
    return _time(value) if column == _TIME else value


def _time(seconds: float) -> datetime:
    """Of seconds since 1970, to the millisecond, as both tables write it."""
    return datetime.fromtimestamp(round(seconds * 1000) / 1000, UTC)
