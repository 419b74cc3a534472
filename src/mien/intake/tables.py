"""Tables in Parquet: rows and columns are counted in the footer before they are read."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

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
