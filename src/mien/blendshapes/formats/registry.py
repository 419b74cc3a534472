"""Layouts by the ending of a file's name, and reading and writing with them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from mien.blendshapes.formats import categories, live_link, log, parquet, table
from mien.blendshapes.formats.layout import Layout, Read
from mien.blendshapes.formats.live_link import to_bytes as as_live_link
from mien.blendshapes.recording import Recording
from mien.errors import FormatError, ParameterError
from mien.intake.amounts import TABLE_BYTES
from mien.intake.separated import fields_of
from mien.intake.words import text as read_text
from mien.outputs import check_free, complete


def _comma_separated(text: str, rate: float | None) -> Recording:
    """Either layout that ends in ``.csv``: the first line tells which."""
    rows = fields_of(text)
    layout = live_link if live_link.is_header(rows[0][1]) else table
    return layout.parse(rows, rate)


def _from_text(parse: Callable[[str, float | None], Recording]) -> Read:
    def read(path: Path, rate: float | None) -> Recording:
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
            recording = parse(text, rate)
        except FormatError as exc:
            raise FormatError(_in_file(path, str(exc))) from exc.__cause__
        return replace(recording, notes=tuple(_in_file(path, note) for note in recording.notes))

    return read


def _in_file(path: Path, words: str) -> str:
    """A sentence on a line, with the name of its file."""
    return f"{path.name}, {words[:1].lower()}{words[1:]}"


_LOG = Layout(_from_text(log.parse), log.to_bytes)
LAYOUTS: Mapping[str, Layout] = MappingProxyType(
    {
        ".csv": Layout(_from_text(_comma_separated), table.to_bytes),
        ".parquet": Layout(parquet.read, parquet.to_bytes, parquet.check),
        ".jsonl": Layout(_from_text(categories.parse), categories.to_bytes),
        ".log": _LOG,
        ".txt": _LOG,
    }
)
"""By ending. A ``.csv`` as Live Link Face writes it is asked for when writing."""


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
        If the file cannot be read or holds no frame; one sentence, with the number of the line.
    ParameterError
        If its timecodes cannot be counted at `rate`.
    """
    path = Path(path)
    layout = LAYOUTS.get(path.suffix.lower())
    if layout is None:
        raise FormatError(
            f"{path.name} is of no known kind: it should end in .csv, .parquet, .jsonl or .log."
        )
    recording = layout.read(path, rate)
    if not len(recording.times):
        raise FormatError(
            f"{path.name} holds no frames: no whole line follows the names of the columns."
        )
    return recording


def check_output(path: Path, overwrite: bool) -> None:
    """Refuse an output early, before any work.

    Raises
    ------
    OutputError
        If the ending is unknown, the folder is missing or something is in the way.
    ParameterError
        If Parquet is wanted and pyarrow is not installed.
    """
    check_free(path, overwrite, kind="a table of scores", endings=tuple(LAYOUTS))
    layout = LAYOUTS[path.suffix.lower()]
    if layout.check is not None:
        layout.check()


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
    if live_link and path.suffix.lower() != ".csv":
        raise ParameterError(f"Live Link Face writes .csv files, not {path.name}.")
    to_bytes = as_live_link if live_link else LAYOUTS[path.suffix.lower()].to_bytes
    data, losses = to_bytes(recording)
    with complete(path, overwrite=overwrite) as part:
        part.write_bytes(data)
    return losses
