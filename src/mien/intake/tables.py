"""Tables in Parquet: rows and columns are counted in the footer before they are read."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mien.errors import FormatError
from mien.intake.amounts import TABLE_CELLS

TIME = "time_s"
"""The column that holds when a row is, in seconds."""
TIMES = (TIME, "time")
"""What it is called, first as it is written; ``time`` in tables of mien before 0.2."""


def time_column(names: Sequence[str], where: str) -> str:
    """Which column of a table holds the time.

    Parameters
    ----------
    names : sequence of str
        The columns.
    where : str
        What an error begins with, such as the file's name.

    Raises
    ------
    FormatError
        If there is none, or one by the new and one by the old name.
    """
    held = [name for name in TIMES if name in names]
    if not held:
        raise FormatError(f"{where}: there is no column named {TIME}.")
    if len(held) > 1:
        raise FormatError(f"{where}: there is a column {TIME} and one named time: leave one out.")
    return held[0]


def check_once(names: Sequence[str], where: str) -> None:
    """Refuse a table that has a column twice: nobody can say which one is meant.

    Raises
    ------
    FormatError
        If it does.
    """
    twice = next((name for name in names if name and names.count(name) > 1), None)
    if twice is not None:
        raise FormatError(f"{where}: there are two columns {twice[:40]!r}: leave one out.")


def seconds_of(column: Any) -> np.ndarray:
    """Times of a column of a table in seconds: numbers as they are, moments and durations too.

    Raises
    ------
    ValueError, TypeError, pyarrow.ArrowException
        If they are neither.
    """
    import pyarrow as pa

    if pa.types.is_timestamp(column.type) or pa.types.is_duration(column.type):
        values = column.to_numpy()
        unit = np.timedelta64(1, "s")
        start = np.datetime64(0, "s") if pa.types.is_timestamp(column.type) else unit - unit
        return np.asarray((values - start) / unit, np.float64)
    return np.asarray(column.to_numpy(), np.float64)


def read_table(path: str | os.PathLike[str], most: int = TABLE_CELLS) -> Any:
    """The ``pyarrow.Table`` in a file, if it has at most that many cells.

    Raises
    ------
    FormatError
        If there is no such file, it is no Parquet, damaged, or too large.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = Path(path)
    try:
        with pq.ParquetFile(path) as file:
            rows, columns = file.metadata.num_rows, file.metadata.num_columns
            groups = [file.metadata.row_group(k) for k in range(file.metadata.num_row_groups)]
            cells = max(rows, sum(group.num_rows for group in groups)) * max(columns, 1)
            if rows < 0 or cells > most or _bytes(groups) > 8 * most:
                raise FormatError(
                    f"{path} cannot be read: a table of {rows:,} rows and {columns:,} columns is "
                    "too large, so cut it into parts."
                )
            return file.read()
    except (OSError, pa.ArrowException, UnicodeDecodeError) as exc:
        why = exc.strerror if isinstance(exc, OSError) and exc.strerror else "this is not Parquet"
        raise FormatError(f"{path} cannot be read: {why}.") from exc


def _bytes(groups: list[Any]) -> int:
    return sum(max(group.total_byte_size, 0) for group in groups)
