"""Snapshots: blendshape scores of labelled moments of several people, and the files they are in.

A study is one table: a row per moment, with who it was, what was asked for, the seconds since that
recording began, and the scores by name.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np

from mien.blendshapes.formats import read as read_recording
from mien.blendshapes.formats.live_link import is_header as is_live_link
from mien.blendshapes.names import ARKIT, MEDIAPIPE, NEUTRAL, ROTATIONS
from mien.blendshapes.recording import Recording
from mien.blendshapes.scores import NAMES
from mien.errors import FormatError, ParameterError
from mien.intake.amounts import TABLE_BYTES
from mien.intake.tables import read_table
from mien.outputs import check_free, complete

_ENDINGS = (".parquet", ".csv")
_OTHERS = (".jsonl", ".log", ".txt")  # layouts of `formats`, read one by one
_WORDS = ("participant", "expression", "device")
_NO_SCORES = {"frame", "time", *_WORDS, NEUTRAL, *ROTATIONS}
_MOST = 1.5  # Live Link writes up to 1.08; per cent are far above
_INDEX = re.compile(r"__index_level_\d+__")  # what pandas adds to a table that was filtered
_KEY = b"mien.expressions"


@dataclass(frozen=True, eq=False)
class Snapshots:
    """Blendshape scores of labelled moments of several people."""

    scores: np.ndarray
    """0 to 1, never NaN: moments without a face are left out; shape (n, c), float32."""
    names: tuple[str, ...]
    """What is scored, camelCase, by default `blendshapes.NAMES`."""
    labels: np.ndarray
    """Index into `expressions`, -1 where nothing is known; shape (n,), int16."""
    expressions: tuple[str, ...]
    """The classes."""
    participants: np.ndarray
    """Who, "" where nothing is known; shape (n,), str."""
    times: np.ndarray
    """Seconds since the recording of this expression of this participant began, shape (n,)."""
    devices: np.ndarray | None = None
    """What recorded it, shape (n,), str."""
    notes: tuple[str, ...] = ()
    """What was left out when these were read, a sentence each."""

    def __post_init__(self) -> None:
        convert = {
            "scores": np.ascontiguousarray(self.scores, np.float32),
            "labels": np.asarray(self.labels, np.int16),
            "participants": np.asarray(self.participants, np.str_),
            "times": np.asarray(self.times, np.float64),
            "names": tuple(self.names),
            "expressions": tuple(self.expressions),
        }
        if self.devices is not None:
            convert["devices"] = np.asarray(self.devices, np.str_)
        for name, value in convert.items():
            object.__setattr__(self, name, value)
        n, c = len(self.labels), len(self.names)
        if self.scores.shape != (n, c):
            raise ParameterError(
                f"{n} snapshots of {c} names need scores of shape {(n, c)}, "
                f"not {self.scores.shape}."
            )
        for column in (self.participants, self.times, self.devices):
            if column is not None and column.shape != (n,):
                raise ParameterError(
                    f"{n} snapshots cannot have {len(column)} entries in a column."
                )
        for what, words in (("score", self.names), ("expression", self.expressions)):
            if len(set(words)) < len(words):
                raise ParameterError(f"Snapshots name each {what} once.")
        if n and not (-1 <= self.labels.min() and self.labels.max() < len(self.expressions)):
            raise ParameterError(f"Labels run from -1 to {len(self.expressions) - 1}.")
        if not np.isfinite(self.scores).all():
            raise ParameterError("Snapshots hold no NaN: leave moments without a face out.")

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, index: np.ndarray | slice) -> Snapshots:
        """Some of the snapshots: indices, a mask or a slice."""
        return replace(
            self,
            scores=self.scores[index],
            labels=self.labels[index],
            participants=self.participants[index],
            times=self.times[index],
            devices=None if self.devices is None else self.devices[index],
        )

    def missing(self, names: Sequence[str]) -> tuple[str, ...]:
        """Those of the names that are not scored here."""
        return tuple(name for name in names if name not in self.names)

    def aligned(self, names: Sequence[str]) -> Snapshots:
        """The same snapshots with these names in this order; 0 where `missing`.

        Raises
        ------
        ParameterError
            If none of the names is scored here.
        """
        if tuple(names) == self.names:
            return self
        lacking = self.missing(names)
        if len(lacking) == len(names):
            raise ParameterError(
                f"None of the {len(names)} scores that are wanted is there: is this the right file?"
            )
        scores = np.zeros((len(self), len(names)), np.float32)
        for k, name in enumerate(names):
            if name not in lacking:
                scores[:, k] = self.scores[:, self.names.index(name)]
        return replace(self, scores=scores, names=tuple(names))

    def relabelled(self, expressions: Sequence[str]) -> Snapshots:
        """The same snapshots with these classes in this order; others become unlabelled."""
        place = {name: k for k, name in enumerate(expressions)}
        table = np.array([place.get(name, -1) for name in self.expressions] + [-1], np.int16)
        return replace(self, labels=table[self.labels], expressions=tuple(expressions))

    def labelled(self) -> Snapshots:
        """Those whose expression is known."""
        known = self.labels >= 0
        return self if known.all() else self.take(known)

    def labelled_rows(self, rows: np.ndarray | None = None) -> np.ndarray:
        """Indices of those whose expression is known, among all or among these rows."""
        rows = np.arange(len(self)) if rows is None else rows
        return rows[self.labels[rows] >= 0]

    def recordings(self) -> np.ndarray:
        """Number of the recording (a participant showing an expression) of each snapshot, (n,)."""
        _, who = np.unique(self.participants, return_inverse=True)
        key = who.astype(np.int64) * (len(self.expressions) + 1) + self.labels + 1
        return np.unique(key, return_inverse=True)[1]

    @classmethod
    def join(cls, parts: Sequence[Snapshots]) -> Snapshots:
        """All snapshots of several sets, one after the other.

        Names are those that all sets hold, in the first one's order; classes are those that any set
        knows.

        Raises
        ------
        ParameterError
            If there is nothing to join, or no score that all hold.
        """
        if not parts:
            raise ParameterError("There are no snapshots to join.")
        if len(parts) == 1:
            return parts[0]
        names = [name for name in parts[0].names if all(name in part.names for part in parts)]
        if not names:
            raise ParameterError("The files have no score in common: are they of one study?")
        expressions = list(dict.fromkeys(name for part in parts for name in part.expressions))
        parts = [part.aligned(names).relabelled(expressions) for part in parts]
        devices = None
        if any(part.devices is not None for part in parts):
            devices = np.concatenate(
                [np.full(len(p), "") if p.devices is None else p.devices for p in parts]
            )
        return cls(
            scores=np.concatenate([part.scores for part in parts]),
            names=tuple(names),
            labels=np.concatenate([part.labels for part in parts]),
            expressions=tuple(expressions),
            participants=np.concatenate([part.participants for part in parts]),
            times=np.concatenate([part.times for part in parts]),
            devices=devices,
            notes=tuple(note for part in parts for note in part.notes),
        )

    @classmethod
    def of(cls, recording: Recording) -> Snapshots:
        """The frames of a recording in which there is a face.

        Head and eye rotations and `_neutral` are left out, and scores that the recording never
        holds; then frames in which a score is unknown.
        """
        return cls.of_rows(recording)[0]

    @classmethod
    def of_rows(cls, recording: Recording) -> tuple[Snapshots, np.ndarray]:
        """As `of`, and which frames of the recording these are, shape (n,)."""
        keep = [k for k, name in enumerate(recording.names) if name not in _NO_SCORES]
        nothing = ("",) * len(recording.times)
        snapshots, rows = _assemble(
            np.asarray(recording.scores, np.float32)[:, keep],
            tuple(recording.names[k] for k in keep),
            np.array(recording.participants or nothing, np.str_),
            np.array(recording.expressions or nothing, np.str_),
            np.asarray(recording.times, np.float64),
            None,
            None,
        )
        return replace(snapshots, notes=recording.notes), rows

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Snapshots:
        """Read Parquet, a table (``.csv``), any layout of `formats`, or a folder of such files.

        Parameters
        ----------
        path : path
            Columns are found by name: `participant`, `expression`, `device` and `time`, each of
            which may be missing, and the scores.

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
            return cls.join([cls.load(file) for file in files])
        ending = path.suffix.lower()
        if not path.is_file():
            raise FormatError(f"{path} cannot be read: there is no such file.")
        if ending in _OTHERS:
            return cls.of(read_recording(path))
        if ending not in _ENDINGS:
            raise FormatError(f"{path} is no known kind: snapshots are in .parquet or .csv files.")
        return _read_parquet(path) if ending == ".parquet" else _read_csv(path)

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
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
            "participant": _dictionary(self.participants),
            "expression": pa.DictionaryArray.from_arrays(
                pa.array(self.labels.astype(np.int32), mask=self.labels < 0),
                pa.array(list(self.expressions), pa.string()),
            ),
            "time": pa.array(self.times),
        }
        if self.devices is not None:
            columns["device"] = _dictionary(self.devices)
        for k, name in enumerate(self.names):
            columns[name] = pa.array(np.ascontiguousarray(self.scores[:, k]))
        table = pa.table(columns).replace_schema_metadata(
            {_KEY: json.dumps(list(self.expressions)).encode()}
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


def _read_parquet(path: Path) -> Snapshots:
    table = read_table(path)
    classes = None
    with_classes = (table.schema.metadata or {}).get(_KEY)
    if with_classes is not None:
        try:
            classes = [str(name) for name in json.loads(with_classes)]
        except (ValueError, RecursionError, TypeError):
            classes = None
    return _from_table(table, path, classes)


def _read_csv(path: Path) -> Snapshots:
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
        if not {"time", *_WORDS} & set(names):
            return Snapshots.of(read_recording(path))
        kinds: dict[str, Any] = {name: pa.float32() for name in names}
        kinds |= {"time": pa.float64()} | dict.fromkeys(_WORDS, pa.string())
        options = pc.ConvertOptions(column_types=kinds, null_values=[""], strings_can_be_null=True)
        table = pc.read_csv(path, convert_options=options)
    except OSError as exc:
        raise FormatError(f"{path} cannot be read: {exc.strerror or exc}.") from exc
    except (pa.ArrowException, UnicodeDecodeError) as exc:
        read_recording(path)  # names the line
        raise FormatError(f"{path} cannot be read: it is no table of scores.") from exc
    return _from_table(table, path, None)


def _from_table(table: Any, path: Path, classes: list[str] | None) -> Snapshots:
    import pyarrow as pa

    held = table.column_names
    names = [name for name in held if name not in _NO_SCORES]
    names = [name for name in names if name and not _INDEX.fullmatch(name)]
    known = {*MEDIAPIPE, *ARKIT}
    for name in names:
        if name not in known:
            near = get_close_matches(name.replace("_", ""), known, 1, 0.8)
            raise FormatError(
                f"{path.name}: {name[:40]!r} is the name of no score: "
                + (f"write {near[0]}." if near else "leave that column out.")
            )
        if held.count(name) > 1:
            raise FormatError(f"{path.name}: {name} is there twice.")
    if not names:
        raise FormatError(f"{path.name} holds no scores: are they named as in {NAMES[0]}?")
    scores = np.empty((table.num_rows, len(names)), np.float32)
    try:
        for k, name in enumerate(names):
            scores[:, k] = table.column(name).to_numpy()
        times = np.zeros(table.num_rows)
        if "time" in held:
            times = table.column("time").to_numpy().astype(np.float64)
    except (ValueError, TypeError, pa.ArrowException) as exc:
        raise FormatError(
            f"{path.name}: a column that should hold numbers holds something else."
        ) from exc
    words = {}
    for name in _WORDS:
        if name in held:
            column = table.column(name).cast(pa.string()).fill_null("")
            coded = column.combine_chunks().dictionary_encode()
            if isinstance(coded, pa.ChunkedArray):
                coded = coded.combine_chunks()
            values = np.array([*(v.strip() for v in coded.dictionary.to_pylist()), ""], np.str_)
            words[name] = values[coded.indices.to_numpy(zero_copy_only=False)]
    nothing = np.full(table.num_rows, "")
    snapshots, rows = _assemble(
        scores,
        tuple(names),
        words.get("participant", nothing),
        words.get("expression", nothing),
        times,
        words.get("device"),
        classes,
        path.name,
    )
    partly = int(np.isfinite(scores).any(1).sum()) - len(rows)
    notes = []
    if partly:
        notes.append(f"{path.name}: {partly} rows lack a score or the time and are left out.")
    empty = [name for name in names if name not in snapshots.names]
    if empty and len(rows):
        notes.append(f"{path.name}: no row holds a score of {', '.join(empty[:3])}: left out.")
    return replace(snapshots, notes=tuple(notes))


def _assemble(
    scores: np.ndarray,
    names: tuple[str, ...],
    participants: np.ndarray,
    expressions: np.ndarray,
    times: np.ndarray,
    devices: np.ndarray | None,
    classes: list[str] | None,
    source: str = "the recording",
) -> tuple[Snapshots, np.ndarray]:
    """Snapshots of columns: faces only, classes in the given or in alphabetical order; and rows."""
    wrong = np.argwhere(np.abs(scores) > _MOST)  # infinity, too
    if len(wrong):
        row, k = wrong[0]
        raise FormatError(
            f"{source}, row {row + 1}: {names[k]} is {scores[row, k]:g}, but scores lie between 0 "
            "and 1."
        )
    finite = np.isfinite(scores)
    used = finite.any(0) if finite.any() else np.ones(len(names), bool)
    found = finite[:, used].all(1) & np.isfinite(times)
    seen = sorted({str(word) for word in np.unique(expressions)} - {""})
    order = list(classes or ())
    order += [name for name in seen if name not in order]
    values, index = np.unique(expressions, return_inverse=True)
    codes = np.array([order.index(word) if word else -1 for word in values.tolist()], np.int16)
    labels = codes[index] if len(index) else np.zeros(0, np.int16)
    snapshots = Snapshots(
        scores[found][:, used],
        tuple(name for name, there in zip(names, used, strict=True) if there),
        labels[found],
        tuple(order),
        participants[found],
        times[found],
        None if devices is None else devices[found],
    )
    return snapshots, np.flatnonzero(found)
