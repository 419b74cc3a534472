"""The table (``.csv``): `frame`, `time_s`, and names in camelCase, MediaPipe's or ARKit's.

Fields are empty where there is no face.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import numpy as np

from mien.blendshapes.conversion import dropped_columns
from mien.blendshapes.formats.layout import NO_SCORES, PEOPLE, is_beside
from mien.blendshapes.formats.rows import Row, names_of, number_of, score_of
from mien.blendshapes.recording import Recording
from mien.errors import FormatError
from mien.intake.tables import TIME, time_column


def parse(rows: Sequence[Row], rate: float | None = None) -> Recording:
    """Scores over time from rows, the first of which names the columns; there are no timecodes.

    Raises
    ------
    FormatError
        If something is wrong with a line.
    """
    _, header = rows[0]
    said = [name for name in PEOPLE if name in header]
    time = time_column(header, "Line 1")
    for name in ("frame", time, *said):
        if header.count(name) > 1:
            raise FormatError(f"Line 1: {name} is there twice.")
    places = [k for k, name in enumerate(header) if not (name in NO_SCORES or is_beside(name))]
    names = names_of([header[k] for k in places])
    at = header.index(time)
    scores = np.full((len(rows) - 1, len(names)), np.nan, np.float32)
    times = np.zeros(len(rows) - 1)
    for k, (line, row) in enumerate(rows[1:]):
        if len(row) != len(header):
            raise FormatError(f"Line {line}: {len(row)} fields where line 1 names {len(header)}.")
        times[k] = number_of(row[at], line, time)
        for j, (place, name) in enumerate(zip(places, names, strict=True)):
            scores[k, j] = score_of(row[place], line, name)
    people = {name: tuple(row[header.index(name)] for _, row in rows[1:]) for name in said}
    return Recording(
        names,
        scores,
        times,
        participants=people.get("participant"),
        expressions=people.get("expression"),
    )


def to_bytes(recording: Recording) -> tuple[bytes, tuple[str, ...]]:
    """The file, and sentences on what it has no place for."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["frame", TIME, *recording.people, *recording.names])
    for k, (time, row) in enumerate(zip(recording.times, recording.scores, strict=True)):
        said = [words[k] for words in recording.people.values()]
        writer.writerow([k, f"{time:.6f}", *said, *(written(value) for value in row)])
    return stream.getvalue().encode(), dropped_columns(recording, timecode=True)


def written(score: float) -> str:
    """A score in seven digits; "" where it is unknown."""
    return f"{score:.7g}" if np.isfinite(score) else ""
