"""Tables as text, as spreadsheets and statistics programs write them, whatever the country.

Encodings: UTF-8 with or without a mark, UTF-16 with one, else Windows-1252. Separators: comma,
semicolon, tab or bar. The column names decide which.
"""

from __future__ import annotations

import codecs
import csv
import io
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from unicodedata import category

from mien.errors import FormatError
from mien.intake.amounts import content

_SEPARATORS = (",", ";", "\t", "|")
_BYTES = 64 << 20
_NOT_SURE = ("", "not sure", "not-sure", "not_sure", "na", "n/a")  # NA is what R writes


@dataclass(frozen=True)
class Row:
    """One line of a table."""

    line: int
    """Its number in the file, from 1; the last of them if a cell has several lines."""
    cells: Mapping[str, str]
    """By the name of the column; stripped."""


@dataclass(frozen=True)
class PlainTable:
    """A table as it stands in a file."""

    name: str
    """What the file is called, for messages."""
    rows: tuple[Row, ...]
    """Those that are not empty."""
    columns: frozenset[str]
    """Known columns that it has."""
    ignored: tuple[str, ...]
    """Other columns, as they are written."""
    decimal_comma: bool
    """Whether a comma in a number can only be a decimal one."""

    def wrong(self, row: Row, words: str) -> FormatError:
        """An error about a line."""
        return FormatError(f"{self.name}, line {row.line}: {words}")

    def word(self, row: Row, column: str) -> str:
        """A name of a cell.

        Raises
        ------
        FormatError
            If it is empty, or holds a control character: names are printed.
        """
        written = row.cells.get(column, "")
        if not written:
            raise self.wrong(row, f"{column} is empty: fill it in, or delete the line.")
        if any(category(letter) == "Cc" for letter in written):
            raise self.wrong(row, f"{column} is {shown(written)}: write it without control "
                             "characters, on one line.")  # fmt: skip
        return written

    def number(self, row: Row, column: str, scale: str, *, empty: str = "not sure") -> float | None:
        """A number of a cell; None if it says "not sure", or what else `empty` stands for.

        Raises
        ------
        FormatError
            If it is no number.
        """
        written = row.cells.get(column, "")
        if written.casefold() in _NOT_SURE:
            return None
        plain = written.replace("\N{MINUS SIGN}", "-")
        if self.decimal_comma:
            plain = plain.replace(",", ".")
        try:
            value = float(plain)
        except ValueError:
            value = float("nan")
        if value != value or value in (float("inf"), float("-inf")) or "_" in plain:
            raise self.wrong(
                row,
                f"{column} is {shown(written)}: write {scale}, or leave it empty for {empty}.",
            )
        return value


def shown(written: str) -> str:
    """What stands in a cell, short enough for a sentence."""
    return repr(written if len(written) <= 40 else f"{written[:40]}…")


def read_table(
    path: str | os.PathLike[str],
    required: Sequence[str],
    optional: Sequence[str] = (),
    also: Mapping[str, str] | None = None,
) -> PlainTable:
    """Read a table.

    Parameters
    ----------
    path : path
        The file.
    required, optional : sequence of str
        Names of columns, in small letters.
    also : mapping of str to str, optional
        Other names of those columns.

    Raises
    ------
    FormatError
        If there is no such file, it is no text, a column is missing or twice there, or a line has
        too many cells.
    """
    path = Path(path)
    written = _text(path)
    known = {**{name: name for name in (*required, *optional)}, **(also or {})}
    start, separator, header = _header(path, written, required, known)
    names = [known.get(_plain(cell)) for cell in header]
    there = [name for name in names if name]
    twice = next((name for name in there if there.count(name) > 1), None)
    if twice:
        raise FormatError(f"{path} has the column {twice} twice: keep one.")
    table = PlainTable(
        str(path),
        (),
        frozenset(there),
        tuple(cell.strip() for cell, name in zip(header, names, strict=True) if not name and cell),
        separator != ",",
    )
    rows = _rows(table, written[start:], names, separator, written[:start].count("\n"))
    if not rows:
        raise FormatError(f"{path} holds no line but its header: there is nothing to analyse.")
    return PlainTable(table.name, tuple(rows), table.columns, table.ignored, table.decimal_comma)


def _rows(
    table: PlainTable, written: str, names: list[str | None], separator: str, before: int
) -> list[Row]:
    """Lines below the header that are not empty; `before` lines stand above it."""
    rows: list[Row] = []
    reader = csv.reader(io.StringIO(written, newline=""), delimiter=separator, strict=True)
    try:
        next(reader)
        for cells in reader:
            known = {n: c.strip() for n, c in zip(names, cells, strict=False) if n}
            row = Row(before + reader.line_num, known)
            if not any(cell.strip() for cell in cells):
                continue
            if any(cell.strip() for cell in cells[len(names) :]):
                raise table.wrong(
                    row,
                    f"there are {len(cells)} cells, but {len(names)} columns: put text that holds "
                    "the separator in quotes.",
                )
            rows.append(row)
    except csv.Error as exc:
        line = before + reader.line_num
        raise FormatError(f"{table.name}, line {line}: this is no table ({exc}).") from exc
    return rows


def _text(path: Path) -> str:
    try:
        data = content(path, _BYTES, "a table of answers")
    except FormatError:
        raise
    except OSError as exc:
        raise FormatError(f"{path} cannot be read: {exc.strerror or exc}.") from exc
    if not data.strip():
        raise FormatError(f"{path} is empty: give the table of answers.")
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if wide else ("utf-8-sig", "cp1252"):
        try:
            written = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise FormatError(f"{path} is no text: save the table as CSV in UTF-8.")
    if "\0" in written:
        raise FormatError(f"{path} is no text: save the table as CSV in UTF-8.")
    return written.replace("\r\n", "\n").replace("\r", "\n")


def _header(
    path: Path, written: str, required: Sequence[str], known: Mapping[str, str]
) -> tuple[int, str, list[str]]:
    """Where the header begins, what separates its cells, and these."""
    start = 0
    while True:  # empty lines, and the one by which Excel is told the separator
        line, _, rest = written[start:].partition("\n")
        if not line.strip() or line.strip().casefold().startswith("sep="):
            if not rest:
                break
            start += len(line) + 1
            continue
        break
    best: tuple[str, list[str]] = (",", [])
    most = -1
    for separator in _SEPARATORS:
        try:
            cells = next(csv.reader([line], delimiter=separator))
        except (csv.Error, StopIteration):
            continue
        found = len({known[_plain(cell)] for cell in cells if _plain(cell) in known})
        if found > most:
            best, most = (separator, cells), found
    there = {known.get(_plain(cell)) for cell in best[1]}
    lacking = [name for name in required if name not in there]
    if lacking:
        raise FormatError(
            f"{path} has no column {lacking[0]}: its first line has to name {', '.join(required)}."
        )
    return start, *best


def _plain(name: str) -> str:
    return " ".join(name.casefold().replace("_", " ").split()).replace(" ", "_")
