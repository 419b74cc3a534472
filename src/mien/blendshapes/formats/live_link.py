"""Live Link Face's layout (``.csv``): timecodes, ARKit's names in PascalCase, nine rotations.

A row of two fields, the second of which is 0, is a frame in which the face was lost. Columns are
found by name; a score that is left out, or a field that is empty, is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from mien.blendshapes.conversion import dropped_columns, dropped_names, sentence
from mien.blendshapes.formats.rows import Row, names_of, score_of
from mien.blendshapes.formats.timecodes import timecode_of, times_of
from mien.blendshapes.names import ARKIT, ROTATIONS
from mien.blendshapes.recording import Recording
from mien.errors import FormatError

_TIMECODE, _COUNT = "timecode", "blendshapecount"
_MADE_UP_RATE = 60


@dataclass(frozen=True)
class _Columns:
    """Where things stand in a row."""

    width: int
    """Fields of a row."""
    timecode: int
    """Place of the timecode."""
    count: int | None
    """Place of the number of scores that follow, 0 where the face was lost."""
    names: tuple[str, ...]
    """Scores, camelCase."""
    places: tuple[int, ...]
    """Place of each score."""

    @classmethod
    def of(cls, header: list[str]) -> _Columns:
        """From the first line of a file; raises `FormatError`."""
        words = [word.lower() for word in header]
        for k, word in enumerate(words):
            if word in (_TIMECODE, _COUNT) and words.index(word) < k:
                raise FormatError(f"Line 1: {header[k]} is there twice.")
        places = tuple(k for k, word in enumerate(words) if word not in (_TIMECODE, _COUNT))
        if not places:
            raise FormatError("Line 1: there is no column of a score.")
        return cls(
            len(header),
            words.index(_TIMECODE),
            words.index(_COUNT) if _COUNT in words else None,
            names_of([header[k] for k in places]),
            places,
        )

    def is_lost(self, row: list[str]) -> bool:
        """Whether this is a whole row of a frame without a face, of two fields."""
        return self.count is not None and len(row) == 2 and self.short(row)[1] == "0"

    def short(self, row: list[str]) -> tuple[str, str]:
        """Timecode and count of a row of two fields."""
        swapped = self.count is not None and self.count < self.timecode
        return (row[1], row[0]) if swapped else (row[0], row[1])


def is_header(header: Iterable[str]) -> bool:
    """Whether a first line names Live Link Face's columns."""
    return _TIMECODE in (word.lower() for word in header)


def parse(rows: Sequence[Row], rate: float | None = None) -> Recording:
    """Scores over time from rows, the first of which names the columns.

    Parameters
    ----------
    rows : sequence of Row
        As `intake.separated.fields_of` gives them.
    rate : float, optional
        Frames per second, see `times_of`.

    Returns
    -------
    recording : Recording
        Without a last row that was cut off, and with rows that stand twice once; `notes` say so.

    Raises
    ------
    FormatError
        If something else is wrong with a line.
    """
    columns = _Columns.of(rows[0][1])
    kept, notes = _whole(rows[1:], columns)
    scores = np.full((len(kept), len(columns.names)), np.nan, np.float32)
    timecodes = []
    for k, (line, row) in enumerate(kept):
        if columns.is_lost(row):
            timecodes.append(columns.short(row)[0])
            continue
        if len(row) != columns.width:
            raise FormatError(f"Line {line}: {len(row)} fields where line 1 names {columns.width}.")
        timecodes.append(row[columns.timecode])
        scores[k] = [
            score_of(row[place], line, name)
            for place, name in zip(columns.places, columns.names, strict=True)
        ]
        _check_count(row, line, columns, scores[k])
    times, rate = times_of(timecodes, [line for line, _ in kept], rate)
    return Recording(columns.names, scores, times, tuple(timecodes), rate, notes=notes)


def _whole(rows: Sequence[Row], columns: _Columns) -> tuple[list[Row], tuple[str, ...]]:
    """Rows without a last one that was cut off and without repetition; sentences on both."""
    notes = []
    kept = [row for k, row in enumerate(rows) if not k or row[1] != rows[k - 1][1]]
    if len(kept) < len(rows):
        first = next(k for k in range(1, len(rows)) if rows[k][1] == rows[k - 1][1])
        words = "a line repeats the one before it"
        if (several := len(rows) - len(kept)) > 1:
            words = f"{several} lines repeat the one before them"
        notes.append(f"Line {rows[first][0]}: from here on, {words}.")
    if kept and len(kept[-1][1]) < columns.width and not columns.is_lost(kept[-1][1]):
        line, _ = kept.pop()
        notes.append(f"Line {line}: the recording broke off here, and this frame is left out.")
    return kept, tuple(notes)


def _check_count(row: list[str], line: int, columns: _Columns, scores: np.ndarray) -> None:
    """Refuse a row with more scores than it counts; fewer are there if columns were taken out."""
    if columns.count is None:
        return
    said, known = row[columns.count], np.isfinite(scores)
    count = score_of(said, line, "BlendShapeCount")
    turned = np.array([name in ROTATIONS for name in columns.names])  # not everybody counts these
    if count < (known & ~turned).sum() or (count == 0 and known.any()):
        raise FormatError(
            f"Line {line}: BlendShapeCount says {said}, and {known.sum()} values follow."
        )


def to_bytes(recording: Recording) -> tuple[bytes, tuple[str, ...]]:
    """The file, and sentences on what it has no place for and on what is made up."""
    wanted = (*ARKIT, *ROTATIONS)
    chosen = recording.select(wanted)
    found = recording.found
    holes = ~np.isfinite(chosen.scores[found]).all(0) if found.any() else np.zeros(0, bool)
    invented = [name for name, hole in zip(wanted, holes, strict=False) if hole]
    losses = [
        *dropped_columns(recording, people=True),
        *dropped_names(recording, wanted, "Live Link Face"),
        *sentence(invented, "written as 0 where nothing is known"),
    ]
    timecodes = recording.timecodes
    if timecodes is None:
        start = float(recording.times[0]) if len(recording.times) else 0.0
        timecodes = tuple(timecode_of(time, _MADE_UP_RATE) for time in recording.times - start)
        losses.append(
            f"Timecodes are made up: they count from 0 at {_MADE_UP_RATE} frames a second."
        )
    pascal = [name[:1].upper() + name[1:] for name in wanted]
    lines = [",".join(["Timecode", "BlendShapeCount", *pascal])]
    for k, timecode in enumerate(timecodes):
        if not found[k]:
            lines.append(f"{timecode},0")
            continue
        values = np.nan_to_num(chosen.scores[k], nan=0.0)
        lines.append(f"{timecode},{len(wanted)}," + ",".join(f"{value:.10f}" for value in values))
    return ("\n".join(lines) + "\n").encode(), tuple(losses)
