"""Parquet (``.parquet``): the table's columns, null where there is no face; needs pyarrow."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np

from mien.advice import to_get
from mien.blendshapes.conversion import dropped_columns
from mien.blendshapes.formats.layout import NO_SCORES, PEOPLE, is_beside
from mien.blendshapes.formats.rows import names_of
from mien.blendshapes.recording import Recording
from mien.errors import FormatError, ParameterError
from mien.intake.tables import TIME, check_once, read_table, seconds_of, time_column


def check() -> Any:
    """The module `pyarrow.parquet`.

    Raises
    ------
    ParameterError
        If it is not installed.
    """
    try:
        import pyarrow.parquet
    except ImportError as exc:  # not there, or built for another numpy
        raise ParameterError(
            f"Parquet needs pyarrow: {to_get('reports')}, or use a .csv file."
        ) from exc
    return pyarrow.parquet


def read(path: Path, rate: float | None = None) -> Recording:
    """Scores over time from a file; there are no timecodes.

    Raises
    ------
    FormatError
        If it is no Parquet or no table of scores.
    """
    check()
    import pyarrow as pa

    table = read_table(path)
    held = table.column_names
    check_once(held, path.name)
    time = time_column(held, path.name)
    places = [k for k, name in enumerate(held) if not (name in NO_SCORES or is_beside(name))]
    try:
        names = names_of([held[k] for k in places])
        columns = [table.column(k).to_numpy().astype(np.float32) for k in places]
        times = seconds_of(table.column(time))
    except (ValueError, TypeError, pa.ArrowException) as exc:
        words = str(exc).removeprefix("Line 1: ") if isinstance(exc, FormatError) else ""
        raise FormatError(
            f"{path.name}: {words or 'a column that should hold numbers holds something else.'}"
        ) from exc
    people = {
        name: tuple(str(word or "") for word in table.column(name).to_pylist())
        for name in PEOPLE
        if name in held
    }
    return Recording(
        names,
        np.stack(columns, 1) if columns else np.zeros((len(times), 0), np.float32),
        times,
        participants=people.get("participant"),
        expressions=people.get("expression"),
    )


def to_bytes(recording: Recording) -> tuple[bytes, tuple[str, ...]]:
    """The file, and sentences on what it has no place for."""
    pq = check()
    import pyarrow as pa

    columns: dict[str, Any] = {
        "frame": pa.array(np.arange(len(recording.times), dtype=np.int32)),
        TIME: pa.array(np.asarray(recording.times, np.float64)),
    }
    for name, words in recording.people.items():
        columns[name] = pa.array(list(words), pa.string())
    for name, values in zip(recording.names, np.asarray(recording.scores).T, strict=True):
        values = values.astype(np.float32)
        columns[name] = pa.array(values, mask=~np.isfinite(values))
    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream, compression="zstd")
    return stream.getvalue(), dropped_columns(recording, timecode=True)
