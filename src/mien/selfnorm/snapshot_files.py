"""Files of snapshots: Parquet, tables, and whatever layout of scores there is."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np

from mien.blendshapes.formats import read as read_recording
from mien.blendshapes.formats.layout import is_beside
from mien.blendshapes.formats.live_link import is_header as is_live_link
from mien.blendshapes.names import ARKIT, MEDIAPIPE, NAMES
from mien.errors import FormatError
from mien.intake.amounts import TABLE_BYTES
from mien.intake.tables import TIME, TIMES, read_table, time_column
from mien.outputs import check_free, complete
from mien.selfnorm.geometry import GEOMETRY, normalised
from mien.selfnorm.snapshots import NO_SCORES, WORDS, Columns, Snapshots

_ENDINGS = (".parquet", ".csv")
_OTHERS = (".jsonl", ".log", ".txt")  # layouts of `formats`, read one by one
_INDEX = re.compile(r"__index_level_\d+__")  # what pandas adds to a table that was filtered
_KEY = b"mien.expressions"


def read_snapshots(path: str | os.PathLike[str], *, geometry: bool = False) -> Snapshots:
    """Read Parquet, a table (``.csv``), any layout of `formats`, or a folder of such files.

    Parameters
    ----------
    path : path
        Columns are found by name: `participant`, `expression`, `device` and `time`, each of
        which may be missing, and the scores.
    geometry : bool
        Keep the landmarks of a table that has all of them, normalised; see `geometry`.

    Raises
    ------
    FormatError
        If a file is missing, is something else, or holds no scores.
    """
    path = Path(path)
    if path.is_dir():
        files = sorted(p for p in path.iterdir() if p.suffix.lower() in _ENDINGS)
        if not files:
            raise FormatError(f"{path} holds no .parquet or .csv file of snapshots.")
        return Snapshots.join([read_snapshots(file, geometry=geometry) for file in files])
    ending = path.suffix.lower()
    if not path.is_file():
        raise FormatError(f"{path} cannot be read: there is no such file.")
    if ending in _OTHERS:
        return Snapshots.of(read_recording(path))
    if ending not in _ENDINGS:
        raise FormatError(f"{path} is no known kind: snapshots are in .parquet or .csv files.")
    return (_read_parquet if ending == ".parquet" else _read_csv)(path, geometry)


def write_snapshots(
    snapshots: Snapshots, path: str | os.PathLike[str], *, overwrite: bool = False
) -> None:
    """Write Parquet; the file appears when it is complete.

    Raises
    ------
    OutputError
        If the file cannot be written or is in the way.
    """
    path = Path(path)
    check_output(path, overwrite)
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns: dict[str, Any] = {
        "participant": _dictionary(snapshots.participants),
        "expression": pa.DictionaryArray.from_arrays(
            pa.array(snapshots.labels.astype(np.int32), mask=snapshots.labels < 0),
            pa.array(list(snapshots.expressions), pa.string()),
        ),
        TIME: pa.array(snapshots.times),
    }
    if snapshots.devices is not None:
        columns["device"] = _dictionary(snapshots.devices)
    for k, name in enumerate(snapshots.names):
        columns[name] = pa.array(np.ascontiguousarray(snapshots.scores[:, k]))
    table = pa.table(columns).replace_schema_metadata(
        {_KEY: json.dumps(list(snapshots.expressions)).encode()}
    )
    with complete(path, overwrite=overwrite) as part:
        pq.write_table(table, part, compression="zstd")


def check_output(path: Path, overwrite: bool) -> None:
    """Refuse an output of snapshots early, before any work.

    Raises
    ------
    OutputError
        If it does not end in .parquet, its folder is missing or something is in the way.
    """
    check_free(path, overwrite, kind="a table of snapshots", endings=(".parquet",))


def _dictionary(words: np.ndarray) -> Any:
    import pyarrow as pa

    values, index = np.unique(words, return_inverse=True)
    return pa.DictionaryArray.from_arrays(
        pa.array(index.astype(np.int32)), pa.array(values.tolist(), pa.string())
    )


def _read_parquet(path: Path, geometry: bool) -> Snapshots:
    table = read_table(path)
    classes: Sequence[str] = ()
    with_classes = (table.schema.metadata or {}).get(_KEY)
    if with_classes is not None:
        try:
            classes = [str(name) for name in json.loads(with_classes)]
        except (ValueError, RecursionError, TypeError):
            classes = ()
    return _from_table(table, path, classes, geometry)


def _read_csv(path: Path, geometry: bool) -> Snapshots:
    """Fast where all is well; otherwise as `formats` reads it, which names the line."""
    import pyarrow as pa
    import pyarrow.csv as pc

    try:
        if path.stat().st_size > TABLE_BYTES:
            raise FormatError(f"{path} is too large for a table of snapshots: cut it into parts.")
        with path.open("rb") as stream:
            header = stream.readline().decode("utf-8-sig").strip()
        if is_live_link(field.strip(' "') for field in re.split("[,;]", header)):
            return Snapshots.of(read_recording(path))
        names = [field.strip().strip('"') for field in header.split(",")]
        if len(names) == 1 and ";" in header:
            raise FormatError(
                f"{path.name}: the columns are separated by semicolons: save the table with commas "
                "between columns and points in numbers."
            )
        if not {*TIMES, *WORDS} & set(names):
            return Snapshots.of(read_recording(path))
        kinds: dict[str, Any] = {name: pa.float32() for name in names}
        kinds |= dict.fromkeys(TIMES, pa.float64()) | dict.fromkeys(WORDS, pa.string())
        options = pc.ConvertOptions(column_types=kinds, null_values=[""], strings_can_be_null=True)
        table = pc.read_csv(path, convert_options=options)
    except OSError as exc:
        raise FormatError(f"{path} cannot be read: {exc.strerror or exc}.") from exc
    except (pa.ArrowException, UnicodeDecodeError) as exc:
        read_recording(path)  # names the line
        raise FormatError(f"{path} cannot be read: it is no table of scores.") from exc
    return _from_table(table, path, (), geometry)


def _from_table(table: Any, path: Path, classes: Sequence[str], geometry: bool) -> Snapshots:
    import pyarrow as pa

    held = table.column_names
    shapes = GEOMETRY if geometry and set(GEOMETRY) <= set(held) else ()
    names = [*_score_names(held, path.name), *shapes]
    scores = np.empty((table.num_rows, len(names)), np.float32)
    try:
        for k, name in enumerate(names):
            scores[:, k] = table.column(name).to_numpy()
        times = np.zeros(table.num_rows)
        if set(TIMES) & set(held):
            time = time_column(held, path.name)
            times = table.column(time).to_numpy().astype(np.float64)
    except (ValueError, TypeError, pa.ArrowException) as exc:
        raise FormatError(
            f"{path.name}: a column that should hold numbers holds something else."
        ) from exc
    if shapes:
        scores[:, -len(shapes) :] = normalised(scores[:, -len(shapes) :])
    nothing = np.full(table.num_rows, "")
    words = {name: _words(table.column(name)) for name in WORDS if name in held}
    columns = Columns(
        scores,
        tuple(names),
        words.get("participant", nothing),
        words.get("expression", nothing),
        times,
        words.get("device"),
    )
    snapshots, rows = columns.faces(classes, path.name)
    partly = int(np.isfinite(scores).any(1).sum()) - len(rows)
    notes = []
    if partly:
        lack, are = ("row lacks", "is") if partly == 1 else ("rows lack", "are")
        notes.append(f"{path.name}: {partly} {lack} a score or the time and {are} left out.")
    empty = [name for name in names if name not in snapshots.names]
    if empty and len(rows):
        notes.append(f"{path.name}: no row holds a score of {', '.join(empty[:3])}: left out.")
    return replace(snapshots, notes=tuple(notes))


def _score_names(held: list[str], source: str) -> list[str]:
    """Those of a table's columns that are scores; refuses what is none, and what is there twice."""
    names = [name for name in held if not (name in NO_SCORES or is_beside(name))]
    names = [name for name in names if name and not _INDEX.fullmatch(name)]
    known = {*MEDIAPIPE, *ARKIT}
    for name in names:
        if name not in known:
            near = get_close_matches(name.replace("_", ""), known, 1, 0.8)
            raise FormatError(
                f"{source}: {name[:40]!r} is the name of no score: "
                + (f"write {near[0]}." if near else "leave that column out.")
            )
        if held.count(name) > 1:
            raise FormatError(f"{source}: {name} is there twice.")
    if not names:
        raise FormatError(f"{source} holds no scores: are they named as in {NAMES[0]}?")
    return names


def _words(column: Any) -> np.ndarray:
    """A column of words, without spaces about them, "" where there is none."""
    import pyarrow as pa

    coded = column.cast(pa.string()).fill_null("").combine_chunks().dictionary_encode()
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.combine_chunks()
    values = np.array([*(v.strip() for v in coded.dictionary.to_pylist()), ""], np.str_)
    return values[coded.indices.to_numpy(zero_copy_only=False)]
