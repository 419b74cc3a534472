"""Timelines as tables, and the Parquet files they are kept in."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mien.blendshapes.names import NAMES
from mien.emotion.classifier import EXPRESSIONS
from mien.encounter.observation import ROLES
from mien.encounter.timeline import Timeline
from mien.errors import FormatError, ParameterError
from mien.intake.tables import TIME, read_table, time_column
from mien.intake.words import parse_json, why
from mien.outputs import check_free, complete

_KEY = b"mien.timelines"


def table_of(timeline: Timeline) -> Any:
    """A `pyarrow.Table` with a row per step; missing values are null.

    Columns: `time_s`, `role`, `expression`, a probability per expression (`p_anger` …),
    `assessable`, `samples`, `reason`, `mouth`, `loudness`, `speaking`, `towards`, and the 51
    blendshapes by name.
    """
    import pyarrow as pa

    def numbers(values: np.ndarray) -> Any:
        values = np.ascontiguousarray(values)
        return pa.array(values, mask=~np.isfinite(values))

    columns: dict[str, Any] = {
        TIME: pa.array(timeline.times),
        "role": pa.array([timeline.role] * len(timeline), pa.string()),
        "expression": pa.array(timeline.names(), pa.string()),
    }
    for k, name in enumerate(EXPRESSIONS):
        columns[f"p_{name}"] = numbers(timeline.probabilities[:, k])
    columns["assessable"] = numbers(timeline.assessable)
    columns["samples"] = pa.array(timeline.samples)
    columns["reason"] = pa.array([reason or None for reason in timeline.reasons], pa.string())
    for name in ("mouth", "loudness", "speaking", "towards"):
        columns[name] = numbers(getattr(timeline, name))
    for k, name in enumerate(NAMES):
        columns[name] = numbers(timeline.scores[:, k])
    about = {"resolution": timeline.resolution, "expressions": EXPRESSIONS}
    return pa.table(columns).replace_schema_metadata({_KEY: json.dumps(about).encode()})


def timeline_of_table(table: Any, role: str) -> Timeline:
    """One person's rows of a table that `table_of` made.

    Raises
    ------
    FormatError
        If the table is something else or says nothing of that person.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    about = (table.schema.metadata or {}).get(_KEY)
    try:
        if about is None:
            raise KeyError("its description")
        resolution = float(parse_json(about.decode(), "The table", "a timeline")["resolution"])
        table = table.filter(pc.equal(table["role"], role))
        if not table.num_rows:
            raise FormatError(f"The table holds no timeline of the {role}.")

        def numbers(name: str) -> np.ndarray:
            column = table[name].cast(pa.float64()).to_numpy(zero_copy_only=False)
            return np.asarray(column, np.float64)

        names = table["expression"].to_pylist()
        return Timeline(
            role=role,
            resolution=resolution,
            times=numbers(time_column(table.column_names, "The table")),
            dominant=np.array(
                [-1 if name is None else EXPRESSIONS.index(name) for name in names], np.int16
            ),
            probabilities=np.column_stack([numbers(f"p_{name}") for name in EXPRESSIONS]).astype(
                np.float32
            ),
            scores=np.column_stack([numbers(name) for name in NAMES]).astype(np.float32),
            samples=numbers("samples").astype(np.int32),
            reasons=tuple(reason or "" for reason in table["reason"].to_pylist()),
            **{
                name: numbers(name).astype(np.float32)
                for name in ("assessable", "mouth", "loudness", "speaking", "towards")
            },
        )
    except (KeyError, ValueError, TypeError, pa.ArrowException) as exc:
        if isinstance(exc, FormatError):
            raise
        raise FormatError(f"This is not a table of timelines: {why(exc)}.") from exc


def save_timelines(
    path: str | os.PathLike[str], timelines: Sequence[Timeline], *, overwrite: bool = False
) -> None:
    """Write timelines of one resolution to one Parquet file, which appears when it is complete.

    Raises
    ------
    ParameterError
        If there are none, or their steps are not of one length.
    OutputError
        If the file cannot be written or is in the way.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = Path(path)
    if len({timeline.resolution for timeline in timelines}) != 1:
        raise ParameterError("Timelines are saved together if their steps are of one length.")
    check_free(path, overwrite)
    table = pa.concat_tables([table_of(timeline) for timeline in timelines])
    with complete(path, overwrite=overwrite) as part:
        pq.write_table(table, part, compression="zstd")


def load_timelines(path: str | os.PathLike[str]) -> Mapping[str, Timeline]:
    """Read what `save_timelines` wrote: a timeline by role.

    Raises
    ------
    FormatError
        If the file is missing or something else.
    """
    path = Path(path)
    if not path.is_file():
        raise FormatError(f"{path} cannot be read: there is no such file.")
    table = read_table(path)
    present = set(table["role"].to_pylist()) if "role" in table.column_names else set()
    if not present & set(ROLES):
        raise FormatError(f"{path} holds no timeline of a {' or '.join(ROLES)}.")
    return {role: timeline_of_table(table, role) for role in ROLES if role in present}
