"""Files of snapshots: Parquet, tables, and whatever layout of scores there is."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np

from mien.blendshapes.formats import read as read_recording
from mien.blendshapes.formats.layout import is_beside
from mien.blendshapes.formats.live_link import is_header as is_live_link
from mien.blendshapes.formats.rows import score_of
from mien.blendshapes.names import ARKIT, MEDIAPIPE, NAMES
from mien.blendshapes.recording import Recording
from mien.errors import FormatError
from mien.intake.amounts import TABLE_BYTES
from mien.intake.separated import NOTHING, fields_of, is_nothing, says_separator, separator_of
from mien.intake.tables import TIME, TIMES, check_once, read_table, seconds_of, time_column
from mien.intake.words import text as read_text
from mien.outputs import check_free, complete
from mien.selfnorm.geometry import GEOMETRY, normalised
from mien.selfnorm.snapshots import NO_SCORES, WORDS, Columns, Snapshots

_ENDINGS = (".parquet", ".csv")
_OTHERS = (".jsonl", ".log", ".txt")  # layouts of `formats`, read one by one
_INDEX = re.compile(r"__index_level_\d+__")  # what pandas adds to a table that was filtered
_KEY = b"mien.expressions"


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows of a file that are snapshots."""

    snapshots: Snapshots
    """The n rows with a face."""
    rows: np.ndarray
    """Their places in the file, from 0, shape (n,)."""
    total: int
    """Rows in the file."""

    @staticmethod
    def of(recording: Recording, source: str) -> Rows:
        """Of a recording, and what to call it where it is refused."""
        return Rows(*Snapshots.of_rows(recording, source), len(recording.times))

    @staticmethod
    def join(parts: Sequence[Rows]) -> Rows:
        """Of several files, one after the other."""
        begins = np.cumsum([0, *(part.total for part in parts)])
        rows = [part.rows + begin for part, begin in zip(parts, begins, strict=False)]
        snapshots = Snapshots.join([part.snapshots for part in parts])
        return Rows(snapshots, np.concatenate(rows), int(begins[-1]))


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
    return read_rows(path, geometry=geometry).snapshots


def read_rows(path: str | os.PathLike[str], *, geometry: bool = False) -> Rows:
    """As `read_snapshots`, and which rows of the file these are."""
    path = Path(path)
    if path.is_dir():
        files = sorted(
            file
            for file in path.iterdir()
            if file.suffix.lower() in _ENDINGS and not file.name.startswith(".")
        )
        if not files:
            raise FormatError(f"{path} holds no .parquet or .csv file of snapshots.")
        return Rows.join([read_rows(file, geometry=geometry) for file in files])
    ending = path.suffix.lower()
    if not path.is_file():
        raise FormatError(f"{path} cannot be read: there is no such file.")
    if ending in _OTHERS:
        return Rows.of(read_recording(path), path.name)
    if ending not in _ENDINGS:
        raise FormatError(
            f"{path} is no known kind: snapshots are in .parquet or .csv files, and scores of a "
            "clip come of mien blendshapes."
        )
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
    }
    if snapshots.timed:
        columns[TIME] = pa.array(snapshots.times)
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


def _read_parquet(path: Path, geometry: bool) -> Rows:
    table = read_table(path)
    classes: Sequence[str] = ()
    with_classes = (table.schema.metadata or {}).get(_KEY)
    if with_classes is not None:
        try:
            classes = [str(name) for name in json.loads(with_classes)]
        except (ValueError, RecursionError, TypeError):
            classes = ()
    return _from_table(table, path, classes, geometry)


def _read_csv(path: Path, geometry: bool) -> Rows:
    """Fast where all is well; otherwise line by line, which can name the line."""
    import pyarrow as pa
    import pyarrow.csv as pc

    try:
        if path.stat().st_size > TABLE_BYTES:
            raise FormatError(f"{path} is too large for a table of snapshots: cut it into parts.")
        with path.open("rb") as stream:
            header, first = (stream.readline().decode("utf-8-sig") for _ in range(2))
        if says_separator(header):
            return _from_table(_line_by_line(path), path, (), geometry)
        rows = fields_of(header)
        names = rows[0][1] if rows else []
        if is_live_link(names) or not {*TIMES, *WORDS} & set(names):
            return Rows.of(read_recording(path), path.name)
        check_once(names, path.name)
        _score_names(names, path.name)
        mark = separator_of(header)
        kinds: dict[str, Any] = {name: pa.float32() for name in names if name}
        kinds |= dict.fromkeys(TIMES, pa.float64()) | dict.fromkeys(WORDS, pa.string())
        table = pc.read_csv(
            path,
            read_options=pc.ReadOptions(column_names=names, skip_rows=1),
            parse_options=pc.ParseOptions(delimiter=mark),
            convert_options=pc.ConvertOptions(
                column_types=kinds,
                null_values=[*NOTHING, *map(str.upper, NOTHING), "NaN"],
                strings_can_be_null=False,
                decimal_point="," if mark != "," and "," in first else ".",
            ),
        )
    except OSError as exc:
        raise FormatError(f"{path} cannot be read: {exc.strerror or exc}.") from exc
    except (pa.ArrowException, UnicodeDecodeError):
        table = _line_by_line(path)
    return _from_table(table, path, (), geometry)


def _line_by_line(path: Path) -> Any:
    """The table of a file in which something is odd; refuses the first line that is no row of it.

    Raises
    ------
    FormatError
        With the number of that line.
    """
    import pyarrow as pa

    try:
        rows = fields_of(read_text(path, "a table of scores", TABLE_BYTES))
    except UnicodeDecodeError as exc:
        line = exc.object[: exc.start].count(b"\n") + 1
        raise FormatError(
            f"{path.name}, line {line}: this is not UTF-8 text: save it as CSV in UTF-8."
        ) from exc
    except FormatError as exc:
        raise FormatError(f"{path.name}: {exc}") from exc
    if not rows:
        raise FormatError(f"{path.name} is empty: line 1 should name the columns.")
    (_, names), *others = rows
    columns: list[list[Any]] = [[] for _ in names]
    for line, row in others:
        if len(row) != len(names):
            raise FormatError(
                f"{path.name}, line {line}: {len(row)} fields where line 1 names {len(names)}."
            )
        for name, field, held in zip(names, row, columns, strict=True):
            try:
                plain = not name or name in WORDS
                held.append(field if plain else score_of(field, line, name))
            except FormatError as exc:
                words = str(exc)
                raise FormatError(f"{path.name}, {words[:1].lower()}{words[1:]}") from exc
    kinds = [pa.string() if not name or name in WORDS else pa.float64() for name in names]
    arrays = [pa.array(held, kind) for held, kind in zip(columns, kinds, strict=True)]
    return pa.table(arrays, names)


def _from_table(table: Any, path: Path, classes: Sequence[str], geometry: bool) -> Rows:
    import pyarrow as pa

    held = table.column_names
    check_once(held, path.name)
    if not table.num_rows:
        raise FormatError(f"{path.name} holds no row below the names of the columns.")
    shapes = GEOMETRY if geometry and set(GEOMETRY) <= set(held) else ()
    names = [*_score_names(held, path.name), *shapes]
    scores = np.empty((table.num_rows, len(names)), np.float32)
    try:
        for k, name in enumerate(names):
            scores[:, k] = table.column(name).to_numpy()
        times = None
        if set(TIMES) & set(held):
            time = time_column(held, path.name)
            times = seconds_of(table.column(time))
    except FormatError:
        raise
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
        _known(words.get("expression", nothing)),
        times,
        words.get("device"),
    )
    snapshots, rows = columns.faces(classes, path.name)
    if table.num_rows and not len(rows) and np.isfinite(scores).any():
        raise FormatError(f"{path.name}: no row holds all scores and the time: each lacks some.")
    return Rows(snapshots, rows, table.num_rows)


def _score_names(held: list[str], source: str) -> list[str]:
    """Those of a table's columns that are scores; refuses what is none, and what is there twice."""
    names = [name for name in held if not (name in NO_SCORES or is_beside(name))]
    names = [name for name in names if name and not _INDEX.fullmatch(name)]
    known = {*MEDIAPIPE, *ARKIT}
    for name in names:
        if name not in known:
            near = get_close_matches(name.replace("_", ""), known, 1, 0.8)
            near += get_close_matches(name.lower(), (*WORDS, TIME), 1, 0.8)
            raise FormatError(
                f"{source}: {name[:40]!r} is the name of no score: "
                + (f"write {near[0]}." if near else "leave that column out.")
            )
    if not names:
        raise FormatError(f"{source} holds no scores: are they named as in {NAMES[0]}?")
    return names


def _known(words: np.ndarray) -> np.ndarray:
    """Expressions, "" in place of what spreadsheets and R write where there is none."""
    names, index = np.unique(words, return_inverse=True)
    return np.array(["" if is_nothing(name) else name for name in names.tolist()], np.str_)[index]


def _words(column: Any) -> np.ndarray:
    """A column of words, without spaces about them, "" where there is none."""
    import pyarrow as pa

    coded = column.cast(pa.string()).fill_null("").combine_chunks().dictionary_encode()
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.combine_chunks()
    values = np.array([*(v.strip() for v in coded.dictionary.to_pylist()), ""], np.str_)
    return values[coded.indices.to_numpy(zero_copy_only=False)]
