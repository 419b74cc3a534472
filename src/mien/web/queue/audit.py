"""The log of who saw what: a line an event, each with the checksum of the one before it.

Whoever changes or takes out a line breaks the chain; whoever cuts off the end is found out by the
database, which knows the last line. Who may write to the folder can still write all of it anew: the
last line's checksum, noted elsewhere, finds that out, too. Nothing in it is the name of a file or
of a patient: things are called by their random ids.
"""

from __future__ import annotations

import csv
import errno
import hashlib
import io
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select, text

from mien.web.queue.database import Database
from mien.web.queue.tables import Head

AUDIT = "audit.log"
"""In the data folder."""
COLUMNS = ("number", "time", "account", "name", "what", "on", "more")
"""Of the table for spreadsheets."""
_FORMULA = "=+-@\t\r"  # a cell that begins so is a formula to spreadsheets
_PIECE = 1 << 16  # bytes that are read at once from the end


@dataclass(frozen=True)
class Line:
    """Something that happened."""

    number: int
    """From 1."""
    time: str
    """UTC, ISO 8601."""
    account: str | None
    """Id of the account; None of what nobody with an account did."""
    name: str
    """What the account was called then; `mien` of what the server did by itself."""
    what: str
    """What happened."""
    on: tuple[str, ...]
    """Ids of what it happened to."""
    more: str
    """What else there is to say, such as the new role."""
    before: str
    """SHA-256 of the line before it; empty of the first."""
    sha256: str
    """Of this line without it."""


@dataclass(frozen=True)
class Checked:
    """Whether a log is whole."""

    lines: int
    """How many there are."""
    last: str
    """SHA-256 of the last one."""
    problem: str | None
    """One sentence; None if nothing was changed."""


class Audit:
    """The log of a data folder. Several processes may write to it: the database's lock parts them.

    Parameters
    ----------
    path : Path
        The file; it is made when there is something to write.
    database : Database
        Knows the last line.
    clock : callable
        Seconds since 1970.
    """

    def __init__(self, path: Path, database: Database, clock: Callable[[], float]) -> None:
        self._path, self._database, self._clock = path, database, clock

    def write(
        self,
        what: str,
        *,
        account: str | None = None,
        name: str = "mien",
        on: Sequence[str] = (),
        more: str = "",
    ) -> None:
        """Write one line; it is on the disk when this returns.

        Raises
        ------
        OSError
            If it cannot be written: what it is about must not go on then.
        """
        with self._database.writing() as session:
            # the first statement writes, so that nobody else is between
            session.execute(text("INSERT OR IGNORE INTO audit_head VALUES (1, 0, '')"))
            session.execute(text("UPDATE audit_head SET number = number"))
            head = session.get_one(Head, 1)
            number, before = self._mend(head.number, head.sha256)
            time = datetime.fromtimestamp(self._clock(), UTC).isoformat(timespec="seconds")
            line: dict[str, Any] = {
                **{"number": number + 1, "time": time, "account": account, "name": name},
                **{"what": what, "on": list(on), "more": more, "before": before},
            }
            line["sha256"] = _sum(line)
            self._append(_text(line) + b"\n")
            head.number, head.sha256 = number + 1, line["sha256"]

    @property
    def begun(self) -> bool:
        """Whether there is a log, readable or not."""
        return os.path.lexists(self._path)

    def lines(self) -> Iterator[Line]:
        """All lines that can be read, from the first."""
        for raw in self._raw():
            line = _parsed(raw)
            if line is not None:
                yield line

    def latest(self, count: int, before: int | None = None) -> list[Line]:
        """The last lines, or the last before a number, the newest first."""
        found: list[Line] = []
        for raw in self._backwards():
            line = _parsed(raw)
            if line is None or (before is not None and line.number >= before):
                continue
            found.append(line)
            if len(found) == count:
                break
        return found

    def check(self, seen: tuple[int, str] | None = None) -> Checked:
        """Whether a line was changed or taken out.

        Parameters
        ----------
        seen : (int, str), optional
            Number and checksum of a line that was noted elsewhere.
        """
        with self._database.reading() as session:
            head = session.scalar(select(Head))
        count, before, problem = 0, "", None
        known = {} if head is None or not head.number else {head.number: head.sha256}
        if seen is not None:
            known.setdefault(seen[0], seen[1])
            if known[seen[0]] != seen[1]:
                problem = f"Line {seen[0]} is not the one that was noted: the log was written anew."
        for raw in self._raw():
            count += 1
            line = _parsed(raw)
            if line is None or not _whole(raw, line):
                problem = problem or f"Line {count} was changed."
                before = "" if line is None else line.sha256
                continue
            if line.number != count or line.before != before:
                problem = problem or f"Before line {count} something was taken out or put in."
            if known.pop(line.number, line.sha256) != line.sha256:
                problem = problem or f"Line {line.number} is another one than it was."
            before, count = line.sha256, max(count, line.number)
        with self._database.reading() as session:  # others may have written meanwhile
            head = session.scalar(select(Head))
        told = 0 if head is None else head.number
        if count > told + 1:  # one may be there of which a crash kept the database from hearing
            problem = problem or f"Lines were put in after line {told}, the last that was written."
        if known:
            problem = problem or f"Line {max(known)} is missing: the end was cut off."
        return Checked(count, before, problem)

    def table(self) -> str:
        """All lines as CSV for spreadsheets."""
        out = io.StringIO()
        table = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
        table.writerow(COLUMNS)
        for line in self.lines():
            cells = {name: getattr(line, name) for name in COLUMNS} | {"on": " ".join(line.on)}
            table.writerow([_cell(cell) for cell in cells.values()])
        return out.getvalue()

    def _mend(self, number: int, sha256: str) -> tuple[int, str]:
        """The line to go on from, after a write that was interrupted."""
        try:
            size = self._path.stat().st_size
        except FileNotFoundError:
            return number, sha256
        last = next(self._backwards(), b"")
        with self._path.open("rb+") as file:
            if size:
                file.seek(size - 1)
                if file.read(1) != b"\n":  # half a line, of which nobody was told
                    file.seek(0)
                    kept = file.read().rfind(b"\n") + 1
                    file.truncate(kept)
                    last = next(self._backwards(), b"")
        line = _parsed(last)
        follows = line is not None and (line.number, line.before) == (number + 1, sha256)
        if line is not None and follows and _whole(last, line):
            return line.number, line.sha256
        return number, sha256

    def _append(self, content: bytes) -> None:
        file = os.open(
            self._path,
            # whoever may write to the folder must not lead lines elsewhere with a link
            os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0),
            0o600,
        )
        try:
            if os.write(file, content) != len(content):  # half a line is mended by the next one
                raise OSError(errno.ENOSPC, "The log of who saw what could not be written whole")
            os.fsync(file)
        finally:
            os.close(file)

    def _raw(self) -> Iterator[bytes]:
        try:
            with self._path.open("rb") as file:
                yield from (line.rstrip(b"\n") for line in file if line.endswith(b"\n"))
        except FileNotFoundError:
            return

    def _backwards(self) -> Iterator[bytes]:
        """Lines from the last to the first."""
        try:
            file = self._path.open("rb")
        except FileNotFoundError:
            return
        with file:
            left, kept = file.seek(0, os.SEEK_END), b""
            while left:
                step = min(_PIECE, left)
                left -= step
                file.seek(left)
                kept = file.read(step) + kept
                first, *whole = kept.split(b"\n")
                yield from (line for line in reversed(whole) if line)
                kept = first
            if kept:
                yield kept


def _whole(raw: bytes, line: Line) -> bool:
    """Whether a line is as it was written, to the byte."""
    told = json.loads(raw)
    return _text(told) == raw and _sum(told) == line.sha256


def _text(line: dict[str, Any]) -> bytes:
    return json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode()


def _sum(line: dict[str, Any]) -> str:
    told = {key: value for key, value in line.items() if key != "sha256"}
    return hashlib.sha256(_text(told)).hexdigest()


def _cell(value: object) -> str:
    """A value as spreadsheets take it for text."""
    cell = "" if value is None else str(value)
    return f"'{cell}" if cell and cell[0] in _FORMULA else cell


def _parsed(raw: bytes) -> Line | None:
    try:
        found = json.loads(raw)
        return Line(**{**found, "on": tuple(found["on"])})
    except (ValueError, TypeError, KeyError):
        return None
