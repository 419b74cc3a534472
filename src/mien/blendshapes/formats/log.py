"""The log (``.log``, ``.txt``): a line per snapshot, ``name=value`` separated by tabs."""

from __future__ import annotations

import re

import numpy as np

from mien.blendshapes.conversion import dropped_columns
from mien.blendshapes.formats.layout import PEOPLE
from mien.blendshapes.formats.rows import number_of
from mien.blendshapes.formats.table import written
from mien.blendshapes.names import KNOWN, MEDIAPIPE, ROTATIONS, TONGUE
from mien.blendshapes.recording import Recording
from mien.errors import FormatError, ParameterError

_TITLE = "# mien snapshot log 1"


def parse(text: str, rate: float | None = None) -> Recording:
    """Scores over time from lines of a log; there are no timecodes.

    Raises
    ------
    FormatError
        If something is wrong with a line.
    """
    entries = _entries(text)
    if not entries:
        raise FormatError("Line 1: there is no snapshot in this log.")
    used = {name for _, entry in entries for name in entry}
    names = tuple(name for name in (*MEDIAPIPE, TONGUE, *ROTATIONS) if name in used)
    scores = np.full((len(entries), len(names)), np.nan, np.float32)
    for k, (line, entry) in enumerate(entries):
        for j, name in enumerate(names):
            if name in entry:
                scores[k, j] = number_of(entry[name], line, name)
    people = {
        name: tuple(entry.get(name, "") for _, entry in entries) for name in PEOPLE if name in used
    }
    return Recording(
        names,
        scores,
        np.array([number_of(entry["time"], line, "time") for line, entry in entries]),
        participants=people.get("participant"),
        expressions=people.get("expression"),
    )


def _entries(text: str) -> list[tuple[int, dict[str, str]]]:
    """Number and fields by name of every line that is a snapshot."""
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
            if name not in KNOWN and name not in ("time", *PEOPLE):
                raise FormatError(f"Line {line}: {name!r} is the name of no score.")
            entry[name] = value
        if "time" not in entry:
            raise FormatError(f"Line {line}: there is no time.")
        entries.append((line, entry))
    return entries


def to_bytes(recording: Recording) -> tuple[bytes, tuple[str, ...]]:
    """The file, and sentences on what it has no place for.

    Raises
    ------
    ParameterError
        If what is said of a person would break a line.
    """
    lines = [_TITLE]
    for k, (time, row) in enumerate(zip(recording.times, recording.scores, strict=True)):
        fields = [f"time={time:.6f}"]
        for name, words in recording.people.items():
            if re.search(r"[\t\r\n]", words[k]):
                raise ParameterError(
                    f"A log has no place for {words[k]!r}: it holds tabs or lines."
                )
            fields.append(f"{name}={words[k]}")
        fields += [
            f"{name}={written(value)}"
            for name, value in zip(recording.names, row, strict=True)
            if np.isfinite(value)
        ]
        lines.append("\t".join(fields))
    return ("\n".join(lines) + "\n").encode(), dropped_columns(recording, timecode=True)
