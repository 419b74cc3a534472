"""Files of blendshape scores: reading, writing, and what a conversion loses.

Five layouts, told apart by the name's ending and the first line:

- **Live Link Face** (``.csv``): ``Timecode``, ``BlendShapeCount``, ARKit's 52 names in PascalCase
  and nine rotations; rows of two fields where the face was lost.
- **table** (``.csv``): ``frame``, ``time``, and names in camelCase, MediaPipe's or ARKit's; empty
  fields where there is no face.
- **categories** (``.jsonl``): a line per frame with MediaPipe's list of categories.
- **log** (``.log``, ``.txt``): a line per snapshot, ``name=value`` separated by tabs.
- **Parquet** (``.parquet``): the table's columns; needs pyarrow.

Columns are found by name, never by position. MediaPipe and ARKit both speak of 52 scores: 51 are
the same, the last is `_neutral` for one and `tongueOut` for the other.
"""

from __future__ import annotations

import csv
import io
import json
import math
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from mien.blendshapes.scores import NAMES
from mien.errors import FormatError, ParameterError
from mien.intake.amounts import TABLE_BYTES
from mien.intake.tables import read_table
from mien.intake.words import text as read_text
from mien.outputs import check_free, complete

TONGUE = "tongueOut"
NEUTRAL = "_neutral"
MEDIAPIPE: tuple[str, ...] = (NEUTRAL, *NAMES)
"""MediaPipe's 52 categories, in its order."""
_SIDES = ("Blink", "LookDown", "LookIn", "LookOut", "LookUp", "Squint", "Wide")
_MOUTH = (
    "jawForward jawRight jawLeft jawOpen mouthClose mouthFunnel mouthPucker mouthRight mouthLeft "
    "mouthSmileLeft mouthSmileRight mouthFrownLeft mouthFrownRight mouthDimpleLeft "
    "mouthDimpleRight mouthStretchLeft mouthStretchRight mouthRollLower mouthRollUpper "
    "mouthShrugLower mouthShrugUpper mouthPressLeft mouthPressRight mouthLowerDownLeft "
    "mouthLowerDownRight mouthUpperUpLeft mouthUpperUpRight browDownLeft browDownRight browInnerUp "
    "browOuterUpLeft browOuterUpRight cheekPuff cheekSquintLeft cheekSquintRight noseSneerLeft "
    "noseSneerRight"
)
ARKIT: tuple[str, ...] = (
    *(f"eye{what}{side}" for side in ("Left", "Right") for what in _SIDES),
    *_MOUTH.split(),
    TONGUE,
)
"""ARKit's 52 blendshapes, in the order of Live Link Face."""
ROTATIONS: tuple[str, ...] = tuple(
    f"{what}{angle}"
    for what in ("head", "leftEye", "rightEye")
    for angle in ("Yaw", "Pitch", "Roll")
)
"""What Live Link Face adds: angles, radians."""
RATES = (24, 25, 30, 48, 50, 60, 90, 120)
"""Frames per second that timecodes are counted in."""

_KNOWN = {*MEDIAPIPE, *ARKIT, *ROTATIONS}
_TIMECODE = re.compile(r"(\d{1,2}):(\d\d):(\d\d)[:;](\d{1,3}(?:\.\d+)?)")
_WRITTEN = (".csv", ".parquet", ".jsonl", ".log", ".txt")
_LOG_TITLE = "# mien snapshot log 1"
_PEOPLE = ("participant", "expression")


@dataclass(frozen=True, eq=False)
class Recording:
    """Scores over time."""

    names: tuple[str, ...]
    """What is scored, camelCase; any of `MEDIAPIPE`, `ARKIT` and `ROTATIONS`."""
    scores: np.ndarray
    """0 to 1, on a device sometimes a little more; rotations in radians; NaN where unknown, and all
    NaN where the face was lost; shape (n_frames, n_names)."""
    times: np.ndarray
    """Seconds, from the first frame unless the file says otherwise, shape (n_frames,)."""
    timecodes: tuple[str, ...] | None = None
    """``HH:MM:SS:FF.mmm`` of each frame as recorded."""
    rate: float | None = None
    """Frames per second that `timecodes` are counted in."""
    participants: tuple[str, ...] | None = None
    """Who, of each frame."""
    expressions: tuple[str, ...] | None = None
    """What was asked for, of each frame."""

    def __post_init__(self) -> None:
        shape = (len(self.times), len(self.names))
        if np.shape(self.scores) != shape:
            raise ParameterError(
                f"A recording of {shape[0]} frames and {shape[1]} names needs scores of shape "
                f"{shape}, not {np.shape(self.scores)}."
            )
        if len(set(self.names)) < len(self.names):
            raise ParameterError("A recording names each score once.")
        unknown = [name for name in self.names if name not in _KNOWN]
        if unknown:
            raise ParameterError(f"{unknown[0]} is the name of no score.")
        for what in (self.timecodes, self.participants, self.expressions):
            if what is not None and len(what) != shape[0]:
                raise ParameterError(f"{shape[0]} frames cannot have {len(what)} entries.")

    @property
    def found(self) -> np.ndarray:
        """Frames with a face, shape (n_frames,), bool."""
        return np.isfinite(self.scores).any(1)

    def column(self, name: str) -> np.ndarray:
        """One score over time, shape (n_frames,).

        Raises
        ------
        ParameterError
            If the recording does not hold it.
        """
        if name not in self.names:
            raise ParameterError(f"This recording holds no {name}.")
        return self.scores[:, self.names.index(name)]

    def select(self, names: Sequence[str]) -> Recording:
        """The same frames with these names in this order; NaN where the recording lacks one."""
        places = {name: k for k, name in enumerate(self.names)}
        scores = np.full((len(self.times), len(names)), np.nan, np.float32)
        for k, name in enumerate(names):
            if name in places:
                scores[:, k] = self.scores[:, places[name]]
        return replace(self, names=tuple(names), scores=scores)


def to_mediapipe(recording: Recording) -> tuple[Recording, tuple[str, ...]]:
    """MediaPipe's 52 names in its order, and sentences on what was lost on the way."""
    return _to(recording, MEDIAPIPE, "MediaPipe")


def to_arkit(recording: Recording) -> tuple[Recording, tuple[str, ...]]:
    """ARKit's 52 names in the order of Live Link Face, and sentences on what was lost."""
    return _to(recording, ARKIT, "ARKit")


def _to(
    recording: Recording, names: tuple[str, ...], whose: str
) -> tuple[Recording, tuple[str, ...]]:
    losses = []
    dropped = [name for name in recording.names if name not in names]
    if dropped:
        losses.append(f"{_list(dropped)} {_is(dropped)} dropped: {whose} has no such name.")
    unknown = [name for name in names if name not in recording.names]
    if unknown:
        losses.append(f"{_list(unknown)} {_is(unknown)} left empty: nothing is known of it.")
    return recording.select(names), tuple(losses)


def from_categories(
    frames: Iterable[Sequence[Any] | None], times: Sequence[float] | np.ndarray
) -> Recording:
    """Scores from MediaPipe's own results.

    Parameters
    ----------
    frames : iterable
        `face_blendshapes[0]` of each frame: categories as objects with `category_name` and `score`,
        or as dicts with `categoryName` or `category_name` and `score`; None or an empty list where
        no face was found. Their order does not matter.
    times : sequence of float [shape=(n_frames,)]
        Seconds.

    Raises
    ------
    FormatError
        If a category is of another kind, unknown or given twice; lines count from 1.
    """
    rows = [_categories_row(frame, line) for line, frame in enumerate(frames, 1)]
    scores = np.array(rows, np.float32).reshape(-1, len(MEDIAPIPE))
    return Recording(MEDIAPIPE, scores, np.asarray(times, np.float64))


def _categories_row(frame: Sequence[Any] | None, line: int) -> np.ndarray:
    row = np.full(len(MEDIAPIPE), np.nan, np.float32)
    seen: set[str] = set()
    for category in frame or ():
        name, score = _category(category)
        if name not in MEDIAPIPE or name in seen:
            why = "is given twice" if name in seen else "is no category of MediaPipe's"
            raise FormatError(f"Line {line}: {name!r} {why}.")
        if not isinstance(score, int | float) or not math.isfinite(score):
            raise FormatError(f"Line {line}: the score of {name} is not a number.")
        seen.add(name)
        row[MEDIAPIPE.index(name)] = score
    return row


def _category(category: Any) -> tuple[Any, Any]:
    if isinstance(category, dict):
        name = category.get("categoryName", category.get("category_name"))
        return name, category.get("score")
    return getattr(category, "category_name", None), getattr(category, "score", None)


# --- reading --------------------------------------------------------------------------------------


def read(path: str | os.PathLike[str], rate: float | None = None) -> Recording:
    """Read a file of scores in any of the five layouts.

    Parameters
    ----------
    path : path
        What to read; its ending and its first line tell the layout.
    rate : float, optional
        Frames per second that timecodes are counted in. Live Link Face does not write it down: by
        default the lowest usual rate that fits the highest frame number, 60 for recordings of less
        than two seconds.

    Raises
    ------
    FormatError
        If the file cannot be read; one sentence, with the number of the line.
    """
    path = Path(path)
    ending = path.suffix.lower()
    if ending == ".parquet":
        return _read_parquet(path)
    readers = {".csv": _read_csv, ".jsonl": _read_categories, ".log": _read_log, ".txt": _read_log}
    if ending not in readers:
        raise FormatError(
            f"{path.name} is of no known kind: it should end in .csv, .parquet, .jsonl or .log."
        )
    try:
        text = read_text(path, "a table of scores", TABLE_BYTES)
    except OSError as exc:
        raise FormatError(f"{path} cannot be read: {exc.strerror or exc}.") from exc
    except UnicodeDecodeError as exc:
        line = exc.object[: exc.start].count(b"\n") + 1
        raise FormatError(f"{path.name}, line {line}: this is not UTF-8 text.") from exc
    if not text.strip():
        raise FormatError(f"{path.name} is empty: line 1 should name the columns.")
    try:
        if ending == ".csv" and re.match(r'\s*"?timecode', text, re.IGNORECASE):
            return _read_live_link(text, rate)
        return readers[ending](text)
    except FormatError as exc:
        words = str(exc)
        raise FormatError(f"{path.name}, {words[:1].lower()}{words[1:]}") from exc.__cause__


def _read_live_link(text: str, rate: float | None) -> Recording:
    rows = _rows(text)
    _, header = rows[0]
    if len(header) < 3 or header[1].lower() != "blendshapecount":
        raise FormatError("Line 1: the second column should be BlendShapeCount.")
    names = _header(header[2:])
    scores = np.full((len(rows) - 1, len(names)), np.nan, np.float32)
    timecodes, fields = [], []
    for k, (line, row) in enumerate(rows[1:]):
        match = _TIMECODE.fullmatch(row[0])
        if match is None or int(match[2]) > 59 or int(match[3]) > 59:
            raise FormatError(f"Line {line}: {row[0]!r} is no timecode such as 10:02:59:31.652.")
        timecodes.append(row[0])
        fields.append([float(match[group]) for group in range(1, 5)])
        lost = len(row) == 2
        if not lost and len(row) != len(header):
            raise FormatError(
                f"Line {line}: {len(row)} fields where line 1 names {len(header)}; delete the line "
                "if the recording broke off there."
            )
        count = _number(row[1], line, header[1])
        if count != (0 if lost else len(names)):
            raise FormatError(
                f"Line {line}: {header[1]} says {row[1]}, and {len(row) - 2} values follow."
            )
        if not lost:
            scores[k] = [
                _number(field, line, name) for field, name in zip(row[2:], names, strict=True)
            ]
    parts = np.array(fields, np.float64).reshape(-1, 4)
    rate = rate or _rate(parts)
    late = np.flatnonzero(parts[:, 3] >= rate)
    if len(late):
        line = rows[1 + int(late[0])][0]
        raise FormatError(f"Line {line}: frame {parts[late[0], 3]:g} cannot be at {rate:g} fps.")
    seconds = parts[:, :3] @ [3600.0, 60.0, 1.0] + parts[:, 3] / rate
    midnight = np.concatenate([[0], np.cumsum(np.diff(seconds) < -43_200)])[: len(seconds)]
    seconds = seconds + 86_400.0 * midnight
    times = seconds - seconds[0] if len(seconds) else seconds
    return Recording(names, scores, times, tuple(timecodes), float(rate))


def _rate(parts: np.ndarray) -> float:
    """The rate of timecodes, from hours, minutes, seconds and frames, shape (n_frames, 4)."""
    if not len(parts):
        return 60.0
    fits = [rate for rate in RATES if rate > parts[:, 3].max()]
    if not fits:
        return float(np.ceil(parts[:, 3].max() + 1e-9))
    whole = (
        len(np.unique(parts[:, :3], axis=0)) >= 3
    )  # a whole second lies between the first and last
    return float(fits[0] if whole else max(60, fits[0]))


def _read_csv(text: str) -> Recording:
    rows = _rows(text)
    _, header = rows[0]
    texts = [name for name in _PEOPLE if name in header]
    if "time" not in header:
        raise FormatError("Line 1: there is no column named time.")
    for name in ("frame", "time", *texts):
        if header.count(name) > 1:
            raise FormatError(f"Line 1: {name} is there twice.")
    places = [k for k, name in enumerate(header) if name not in ("frame", "time", *texts)]
    names = _header([header[k] for k in places])
    at = header.index("time")
    scores = np.full((len(rows) - 1, len(names)), np.nan, np.float32)
    times = np.zeros(len(rows) - 1)
    for k, (line, row) in enumerate(rows[1:]):
        if len(row) != len(header):
            raise FormatError(f"Line {line}: {len(row)} fields where line 1 names {len(header)}.")
        times[k] = _number(row[at], line, "time")
        for j, (place, name) in enumerate(zip(places, names, strict=True)):
            if row[place]:
                scores[k, j] = _number(row[place], line, name)
    said = {name: tuple(row[header.index(name)] for _, row in rows[1:]) for name in texts}
    return Recording(
        names,
        scores,
        times,
        participants=said.get("participant"),
        expressions=said.get("expression"),
    )


def _read_categories(text: str) -> Recording:
    rows, times = [], []
    for line, words in enumerate(text.splitlines(), 1):
        if not words.strip():
            continue
        try:
            entry = json.loads(words)
        except (ValueError, RecursionError) as exc:
            raise FormatError(f"Line {line}: this is not JSON.") from exc
        time = entry.get("time") if isinstance(entry, dict) else None
        if not isinstance(time, int | float) or not math.isfinite(time):
            raise FormatError(f"Line {line}: there is no time in seconds.")
        found = entry.get("categories")
        if found is not None and not isinstance(found, list):
            raise FormatError(f"Line {line}: categories should be a list, or null without a face.")
        rows.append(_categories_row(found, line))
        times.append(float(time))
    return Recording(MEDIAPIPE, np.array(rows, np.float32), np.array(times))


def _read_log(text: str) -> Recording:
    entries: list[tuple[int, dict[str, str]]] = []
    for line, words in enumerate(text.splitlines(), 1):
        if not words.strip() or words.startswith("#"):
            continue
        entry: dict[str, str] = {}
        for field in words.split("\t"):
            name, equals, value = field.partition("=")
            if not equals or not name:
                raise FormatError(f"Line {line}: {field[:40]!r} is not name=value.")
            if name in entry:
                raise FormatError(f"Line {line}: {name} is there twice.")
            if name not in _KNOWN and name not in ("time", *_PEOPLE):
                raise FormatError(f"Line {line}: {name!r} is the name of no score.")
            entry[name] = value
        if "time" not in entry:
            raise FormatError(f"Line {line}: there is no time.")
        entries.append((line, entry))
    if not entries:
        raise FormatError("Line 1: there is no snapshot in this log.")
    used = {name for _, entry in entries for name in entry}
    names = tuple(name for name in (*MEDIAPIPE, TONGUE, *ROTATIONS) if name in used)
    scores = np.full((len(entries), len(names)), np.nan, np.float32)
    for k, (line, entry) in enumerate(entries):
        for j, name in enumerate(names):
            if name in entry:
                scores[k, j] = _number(entry[name], line, name)
    return Recording(
        names,
        scores,
        np.array([_number(entry["time"], line, "time") for line, entry in entries]),
        participants=_said(entries, "participant", used),
        expressions=_said(entries, "expression", used),
    )


def _said(
    entries: list[tuple[int, dict[str, str]]], name: str, used: set[str]
) -> tuple[str, ...] | None:
    return tuple(entry.get(name, "") for _, entry in entries) if name in used else None


def _read_parquet(path: Path) -> Recording:
    _parquet()
    import pyarrow as pa

    table = read_table(path)
    held = table.column_names
    if "time" not in held:
        raise FormatError(f"{path.name} holds no column named time.")
    places = [k for k, name in enumerate(held) if name not in ("frame", "time", *_PEOPLE)]
    try:
        names = _header([held[k] for k in places])
        columns = [table.column(k).to_numpy().astype(np.float32) for k in places]
        times = table.column("time").to_numpy().astype(np.float64)
    except (ValueError, TypeError, pa.ArrowException) as exc:
        words = str(exc).removeprefix("Line 1: ") if isinstance(exc, FormatError) else ""
        raise FormatError(
            f"{path.name}: {words or 'a column that should hold numbers holds something else.'}"
        ) from exc
    said = {
        name: tuple(str(word or "") for word in table.column(name).to_pylist())
        for name in _PEOPLE
        if name in held
    }
    return Recording(
        names,
        np.stack(columns, 1) if columns else np.zeros((len(times), 0), np.float32),
        times,
        participants=said.get("participant"),
        expressions=said.get("expression"),
    )


def _rows(text: str) -> list[tuple[int, list[str]]]:
    """Fields of each line that is not blank, with its number."""
    reader = csv.reader(io.StringIO(text, newline=""))
    rows: list[tuple[int, list[str]]] = []
    try:
        for row in reader:
            if any(field.strip() for field in row):
                rows.append((reader.line_num, [field.strip() for field in row]))
    except csv.Error as exc:
        raise FormatError(f"Line {reader.line_num}: this is not CSV ({exc}).") from exc
    return rows


def _header(words: list[str]) -> tuple[str, ...]:
    """Names in camelCase."""
    names = tuple(word[:1].lower() + word[1:] for word in words)
    for word, name in zip(words, names, strict=True):
        if name not in _KNOWN:
            raise FormatError(f"Line 1: {word!r} is the name of no score.")
        if names.count(name) > 1:
            raise FormatError(f"Line 1: {word} is there twice.")
    return names


def _number(field: str, line: int, name: str) -> float:
    try:
        value = float(field)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise FormatError(f"Line {line}: {name} is {field[:40]!r}, which is not a number.")
    return value


# --- writing --------------------------------------------------------------------------------------


def check_output(path: Path, overwrite: bool) -> None:
    """Refuse an output early, before any work.

    Raises
    ------
    OutputError
        If the ending is unknown, the folder is missing or something is in the way.
    ParameterError
        If Parquet is wanted and pyarrow is not installed.
    """
    check_free(path, overwrite, kind="a table of scores", endings=_WRITTEN)
    if path.suffix.lower() == ".parquet":
        _parquet()


def write(
    path: str | os.PathLike[str],
    recording: Recording,
    *,
    live_link: bool = False,
    overwrite: bool = False,
) -> tuple[str, ...]:
    """Write a recording; the file appears when it is complete.

    Parameters
    ----------
    path : path
        Its ending chooses the layout: ``.csv``, ``.parquet``, ``.jsonl``, ``.log`` or ``.txt``.
    recording : Recording
        What to write.
    live_link : bool
        Write a ``.csv`` as Live Link Face does.
    overwrite : bool
        Replace a file that is there.

    Returns
    -------
    losses : tuple of str
        A sentence for everything that the layout has no place for, or that was made up.

    Raises
    ------
    OutputError
        If the file cannot be written or is in the way.
    """
    path = Path(path)
    check_output(path, overwrite)
    ending = path.suffix.lower()
    if live_link and ending != ".csv":
        raise ParameterError(f"Live Link Face writes .csv files, not {path.name}.")
    if live_link:
        data, losses = _live_link(recording)
    elif ending == ".csv":
        data, losses = _table(recording), _no_place(recording, timecode=True)
    elif ending == ".jsonl":
        data, losses = _categories(recording)
    elif ending == ".parquet":
        data, losses = _parquet_bytes(recording), _no_place(recording, timecode=True)
    else:
        data, losses = _log(recording), _no_place(recording, timecode=True)
    with complete(path, overwrite=overwrite) as part:
        part.write_bytes(data)
    return losses


def _no_place(
    recording: Recording, *, timecode: bool = False, people: bool = False
) -> tuple[str, ...]:
    losses = []
    if timecode and recording.timecodes is not None:
        losses.append("Timecodes are dropped; times count from the first frame.")
    if people and recording.participants is not None:
        losses.append("Participants are dropped.")
    if people and recording.expressions is not None:
        losses.append("Expressions are dropped.")
    return tuple(losses)


def _live_link(recording: Recording) -> tuple[bytes, tuple[str, ...]]:
    wanted = (*ARKIT, *ROTATIONS)
    chosen = recording.select(wanted)
    losses = list(_no_place(recording, people=True))
    dropped = [name for name in recording.names if name not in wanted]
    if dropped:
        losses.append(f"{_list(dropped)} {_is(dropped)} dropped: Live Link Face has no such name.")
    found = recording.found
    holes = ~np.isfinite(chosen.scores[found]).all(0) if found.any() else np.zeros(0, bool)
    invented = [name for name, hole in zip(wanted, holes, strict=False) if hole]
    if invented:
        losses.append(f"{_list(invented)} {_is(invented)} written as 0 where nothing is known.")
    timecodes = recording.timecodes
    if timecodes is None:
        timecodes = tuple(_timecode(time, 60) for time in recording.times - _start(recording))
        losses.append("Timecodes are made up: they count from 0 at 60 frames a second.")
    pascal = [name[:1].upper() + name[1:] for name in wanted]
    lines = [",".join(["Timecode", "BlendShapeCount", *pascal])]
    for k, timecode in enumerate(timecodes):
        if not found[k]:
            lines.append(f"{timecode},0")
            continue
        values = np.nan_to_num(chosen.scores[k], nan=0.0)
        lines.append(f"{timecode},{len(wanted)}," + ",".join(f"{value:.10f}" for value in values))
    return ("\n".join(lines) + "\n").encode(), tuple(losses)


def _start(recording: Recording) -> float:
    return float(recording.times[0]) if len(recording.times) else 0.0


def _timecode(time: float, rate: int) -> str:
    thousandths = round(time * rate * 1000)
    seconds, rest = divmod(thousandths, rate * 1000)
    hours, minutes = seconds // 3600 % 24, seconds // 60 % 60
    return f"{hours:02d}:{minutes:02d}:{seconds % 60:02d}:{rest // 1000:02d}.{rest % 1000:03d}"


def _table(recording: Recording) -> bytes:
    people = _people(recording)
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["frame", "time", *people, *recording.names])
    for k, (time, row) in enumerate(zip(recording.times, recording.scores, strict=True)):
        said = [words[k] for words in people.values()]
        writer.writerow([k, f"{time:.6f}", *said, *(_text(value) for value in row)])
    return stream.getvalue().encode()


def _log(recording: Recording) -> bytes:
    people = _people(recording)
    lines = [_LOG_TITLE]
    for k, (time, row) in enumerate(zip(recording.times, recording.scores, strict=True)):
        fields = [f"time={time:.6f}"]
        for name, words in people.items():
            if re.search(r"[\t\r\n]", words[k]):
                raise ParameterError(
                    f"A log has no place for {words[k]!r}: it holds tabs or lines."
                )
            fields.append(f"{name}={words[k]}")
        fields += [
            f"{name}={_text(value)}"
            for name, value in zip(recording.names, row, strict=True)
            if np.isfinite(value)
        ]
        lines.append("\t".join(fields))
    return ("\n".join(lines) + "\n").encode()


def _categories(recording: Recording) -> tuple[bytes, tuple[str, ...]]:
    converted, losses = to_mediapipe(recording)
    lines = []
    for time, row in zip(converted.times, converted.scores, strict=True):
        found = [
            {"categoryName": name, "score": float(_text(value))}
            for name, value in zip(MEDIAPIPE, row, strict=True)
            if np.isfinite(value)
        ]
        lines.append(json.dumps({"time": round(float(time), 6), "categories": found or None}))
    data = "".join(f"{line}\n" for line in lines).encode()
    return data, losses + _no_place(recording, timecode=True, people=True)


def _parquet_bytes(recording: Recording) -> bytes:
    pq = _parquet()
    import pyarrow as pa

    columns: dict[str, Any] = {
        "frame": pa.array(np.arange(len(recording.times), dtype=np.int32)),
        "time": pa.array(np.asarray(recording.times, np.float64)),
    }
    for name, words in _people(recording).items():
        columns[name] = pa.array(list(words), pa.string())
    for name, values in zip(recording.names, np.asarray(recording.scores).T, strict=True):
        values = values.astype(np.float32)
        columns[name] = pa.array(values, mask=~np.isfinite(values))
    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream, compression="zstd")
    return stream.getvalue()


def _people(recording: Recording) -> dict[str, tuple[str, ...]]:
    both = zip(_PEOPLE, (recording.participants, recording.expressions), strict=True)
    return {name: words for name, words in both if words is not None}


def _text(value: float) -> str:
    return f"{value:.7g}" if np.isfinite(value) else ""


def _parquet() -> Any:
    try:
        import pyarrow.parquet
    except ImportError as exc:  # not there, or built for another numpy
        raise ParameterError(
            "Parquet needs pyarrow: pip install 'pyarrow<22', or use a .csv file."
        ) from exc
    return pyarrow.parquet


def _list(names: Sequence[str]) -> str:
    few = list(names[:4])
    if len(names) > 5:
        return f"{', '.join(few)} and {len(names) - 4} others"
    few = list(names)
    return few[0] if len(few) == 1 else f"{', '.join(few[:-1])} and {few[-1]}"


def _is(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"
