"""The table of keys: which file shows whom. It is the only table that can undo pseudonyms."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mien.web.http.problems import Problem
from mien.web.http.uploads import printable
from mien.web.queue.tables import Clip

COLUMNS = ("id", "file", "subject", "visit", "note")
LARGEST = 1 << 20
"""Bytes of a table."""
_LONGEST = 100  # characters of a pseudonym or a visit
_LONGEST_NOTE = 2000
_FORMULA = "=+-@\t\r"  # a cell that begins so is a formula to spreadsheets


@dataclass(frozen=True)
class Key:
    """What a row says of a clip."""

    clip: str
    """Its id."""
    subject: str | None
    visit: str | None
    note: str | None


def one_line(text: str | None) -> str | None:
    """A pseudonym or a visit as it is kept; None if nothing is left of it."""
    return printable(text or "")[:_LONGEST].strip() or None


def note_of(text: str | None) -> str | None:
    """A note as it is kept, with its lines; None if nothing is left of it."""
    lines = [printable(line) for line in (text or "").splitlines()]
    return "\n".join(lines).strip()[:_LONGEST_NOTE] or None


def write_keys(clips: Iterable[Clip]) -> str:
    """The table of clips, as CSV for spreadsheets."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    table.writerow(COLUMNS)
    for clip in clips:
        cells = (clip.id, clip.name, clip.subject or "", clip.visit or "", clip.note or "")
        table.writerow([f"'{cell}" if cell[:1] in _FORMULA and cell else cell for cell in cells])
    return text.getvalue()


def read_keys(content: bytes, clips: Sequence[Clip]) -> tuple[list[Key], list[str]]:
    """What a table says of clips.

    A row is about the clip of its ``id``; without one, about the clips whose file has that name.

    Parameters
    ----------
    content : bytes
        CSV with commas or semicolons, UTF-8, with a line of headings.
    clips : sequence of Clip
        Those that there are.

    Returns
    -------
    keys : list of Key
        Rows about clips.
    unknown : list of str
        Ids or files of rows that are about none of them.

    Raises
    ------
    Problem
        If it is no such table, or two rows say different things of one clip.
    """
    rows = _rows(content)
    by_id = {clip.id: clip for clip in clips}
    found: dict[str, Key] = {}
    unknown: list[str] = []
    for number, row in rows:
        id, file = row.get("id", "").strip(), _plain(row.get("file", ""))
        meant = [by_id[id]] if id in by_id else []
        if not id:
            meant = [clip for clip in clips if clip.name == printable(file)]
        if not meant:
            unknown.append(printable(id or file) or f"line {number}")
        for clip in meant:
            key = Key(
                clip.id,
                one_line(_plain(row["subject"])),
                one_line(_plain(row.get("visit", ""))) if "visit" in row else clip.visit,
                note_of(_plain(row.get("note", ""))) if "note" in row else clip.note,
            )
            if found.setdefault(clip.id, key) != key:
                raise _no_table(
                    f"line {number} says something else of a clip than a line before it: keep one"
                )
    return list(found.values()), unknown


def _rows(content: bytes) -> list[tuple[int, dict[str, str]]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _no_table("it is not UTF-8: save it as “CSV UTF-8”") from error
    if "\0" in text:
        raise _no_table("it holds bytes that are no text: choose the table of keys")
    first = text.partition("\n")[0]
    table = csv.reader(
        io.StringIO(text, newline=""), delimiter=";" if first.count(";") > first.count(",") else ","
    )
    try:
        lines = [(table.line_num, line) for line in table if any(cell.strip() for cell in line)]
    except csv.Error as error:
        raise _no_table("it cannot be read as CSV: save it anew") from error
    if not lines:
        raise _no_table("it is empty")
    names = [cell.strip().lower() for cell in lines[0][1]]
    if "subject" not in names or not {"id", "file"} & set(names):
        raise _no_table("its first line has to name subject, and id or file")
    if len(set(names)) < len(names):
        raise _no_table("its first line names a column twice")
    for number, line in lines[1:]:
        if len(line) > len(names):
            raise _no_table(f"line {number} has more cells than the first line")
    return [
        (number, dict(zip(names, [*line, *[""] * (len(names) - len(line))], strict=True)))
        for number, line in lines[1:]
    ]


def _plain(cell: str) -> str:
    """A cell without the mark that keeps spreadsheets from reading a formula."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in _FORMULA and len(cell) > 1 else cell


def _no_table(why: str) -> Problem:
    return Problem(
        422, "no_key_table", f"The table of keys was not taken, and nothing changed: {why}."
    )
