"""Records in tables: CSV, TSV and workbooks, whatever stands above their headings."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from mien.errors import FormatError
from mien.review.cells import unshielded
from mien.review.records.columns import (
    form_of,
    is_heading,
    known_columns,
    meaning,
    row_record,
    unguarded,
)
from mien.review.records.record import Record

RAW_COLUMN = "mien_fields"
"""Of tables that mien writes: all fields of the record as JSON, so that none is lost."""
_LOOKED_AT = 40  # rows in which headings are looked for
_MOST_UNPACKED = 1 << 30
_SUSPICIOUS, _DENSEST = 50 << 20, 100  # bytes; how often smaller packed text is at most
_GUARD = re.compile(r'(^|[,;\t\n])="([^"\n]*)"(?=[,;\t\n]|$)')

Row = tuple[int, list[str]]


def read_text(text: str, name: str, notes: list[str]) -> Iterator[Record]:
    """Records of a table whose cells commas, tabs, semicolons or bars divide.

    Raises
    ------
    FormatError
        If no row names columns, or a quotation is never closed.
    """
    text = _GUARD.sub(r'\1"\2"', text)
    best: tuple[int, str] | None = None
    for sign in ",\t;|":
        head = _heading(_rows(_start(text), sign))
        if head is not None:
            known = known_columns(head[1])
            if best is None or known > best[0]:
                best = known, sign
    if best is None:
        raise FormatError(
            f"{name}, line 1: these are no records of a form that is known, nor a table with a "
            "column called title, so export RIS, CSV, BibTeX, EndNote XML or PubMed format."
        )
    rows = _whole(text, best[1], name)
    cut = rows[-1][0] if rows and not text.endswith("\n") else 0
    yield from _records(rows, name, notes, cut)


def read_workbook(data: bytes, name: str, notes: list[str]) -> Iterator[Record]:
    """Records of a workbook (``.xlsx``), of every sheet that has headings.

    Raises
    ------
    FormatError
        If it is damaged, too large, or no sheet names columns.
    """
    import openpyxl

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            size = sum(one.file_size for one in packed.infolist())
            if size > _MOST_UNPACKED:
                raise FormatError(f"{name} is too large for a workbook: cut it into parts.")
            if size > _SUSPICIOUS and size > _DENSEST * len(data):
                raise FormatError(
                    f"{name} swells to {size >> 20} MiB when it is unpacked, as no export of "
                    "records does, so it is not read."
                )
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheets = [
            (sheet.title, _sheet_rows(sheet.iter_rows(values_only=True)))
            for sheet in book.worksheets
        ]
    except FormatError:
        raise
    except Exception as exc:  # damaged ones raise whatever XML and ZIP parsers do
        raise FormatError(f"{name} is no workbook that can be opened: save it again.") from exc
    found = False
    for title, rows in sheets:
        if _heading(rows) is None:
            if rows:
                notes.append(f"{name}: sheet {title} names no columns of records and was left out.")
            continue
        found = True
        yield from _records(_with_formulas(rows, data, title, name, notes), name, notes)
    if not found:
        raise FormatError(f"{name}, row 1: no sheet has a column called title: add headings.")


def _with_formulas(
    rows: list[Row], data: bytes, title: str, name: str, notes: list[str]
) -> list[Row]:
    """Rows in which formulas that were never computed stand instead of nothing in empty titles."""
    head = _heading(rows)
    assert head is not None
    column = next((k for k, cell in enumerate(head[1]) if meaning(cell) == "title"), None)
    lacking = {
        line
        for line, cells in rows
        if column is not None and line > head[0] and len(cells) > column and not cells[column]
    }
    if column is None or not lacking:
        return rows
    import openpyxl

    sheet = openpyxl.load_workbook(io.BytesIO(data), read_only=True)[title]
    found = {}
    for line, cells in enumerate(sheet.iter_rows(values_only=True), 1):
        if line in lacking and len(cells) > column and str(cells[column] or "").startswith("="):
            found[line] = str(cells[column])
    if found:
        notes.append(
            f"{name}, row {min(found)}: {len(found)} titles are formulas that were never computed: "
            "open and save the workbook in a spreadsheet program, then read it again."
        )
    return [
        (line, [*cells[:column], _said_by(found[line]), *cells[column + 1 :]])
        if line in found
        else (line, cells)
        for line, cells in rows
    ]


def _said_by(formula: str) -> str:
    """The words of a link, else the formula."""
    link = re.fullmatch(r'=HYPERLINK\(\s*".*?"\s*[,;]\s*"(.*)"\s*\)', formula, re.I | re.S)
    return link.group(1).replace('""', '"') if link else formula


def _sheet_rows(rows: Iterable[Sequence[object]]) -> list[Row]:
    return [
        (number, [_cell(cell) for cell in row])
        for number, row in enumerate(rows, 1)
        if any(cell is not None for cell in row)
    ]


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    said = str(value)
    return said.removesuffix(" 00:00:00")


def _start(text: str) -> str:
    return text[:200_000]


def _rows(text: str, sign: str) -> Iterator[Row]:
    csv.field_size_limit(1 << 30)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=sign)
    before = 0
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield before + 1, cells
            before = reader.line_num
    except csv.Error as exc:
        raise FormatError(f"line {reader.line_num}: {exc}.") from exc


def _whole(text: str, sign: str, name: str) -> list[Row]:
    rows = list(_rows(text, sign))
    if rows:
        line, cells = rows[-1]
        if any("\n" in cell for cell in cells):
            last = "\n".join(text.split("\n")[line - 1 :])
            if last.count('"') % 2:
                raise FormatError(
                    f"{name}, line {line}: a quotation mark opens a cell that never ends, so the "
                    "file is cut short or damaged: export it again."
                )
    return rows


def _heading(rows: Iterable[Row]) -> Row | None:
    for (line, cells), _ in zip(rows, range(_LOOKED_AT), strict=False):
        if is_heading(cells):
            return line, cells
    return None


def _records(rows: Sequence[Row], name: str, notes: list[str], cut: int = 0) -> Iterator[Record]:
    """Records of rows; `cut` is the line of a last row that has no end."""
    head = _heading(rows)
    assert head is not None
    at = next(k for k, row in enumerate(rows) if row[0] == head[0])
    columns = [cell.strip() for cell in head[1]]
    form = form_of(columns)
    for line, cells in rows[at + 1 :]:
        if cells == head[1]:
            continue  # tables put one below the other
        while len(cells) > len(columns) and not cells[-1].strip():
            cells = cells[:-1]
        if len(cells) < len(columns) and line == cut:
            notes.append(
                f"{name}, line {line}: the last row has fewer cells than columns, so the file may "
                "be cut short."
            )
        if len(cells) > len(columns):
            notes.append(f"{name}, line {line}: there are more cells than columns.")
        wider = [*columns, *(f"column {k + 1}" for k in range(len(columns), len(cells)))]
        pairs = [(column, unguarded(cell)) for column, cell in zip(wider, cells, strict=False)]
        pairs = [(column, cell) for column, cell in pairs if cell.strip()]
        kept = _kept(pairs)
        if kept is not None:
            yield replace(kept, line=line)
            continue
        record = row_record(pairs, form)
        if not record.title and sum(map(bool, (record.abstract, record.authors, record.doi))) < 2:
            if len(pairs) > 1:
                notes.append(f"{name}, line {line}: no record stands in this row.")
            continue
        yield replace(record, line=line, raw=tuple(pairs))


def _kept(pairs: Sequence[tuple[str, str]]) -> Record | None:
    """The record that mien wrote into a row, with what was changed in its columns since."""
    if not pairs or pairs[-1][0] != RAW_COLUMN:
        return None
    try:
        said = json.loads(pairs[-1][1])
    except ValueError:
        return None
    if not isinstance(said, dict):
        return None
    record = Record.from_json(said)
    now = row_record([(name, unshielded(cell)) for name, cell in pairs[:-1]])
    return replace(
        record,
        title=now.title or record.title,
        abstract=now.abstract or record.abstract,
        year=now.year or record.year,
        doi=now.doi or record.doi,
    )
