"""Tables of studies of diagnostic accuracy: four counts a study, and what else is known of it."""

from __future__ import annotations

import csv
import io
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mien.errors import FormatError
from mien.intake.amounts import TABLE_BYTES
from mien.intake.words import text

CELLS = ("tp", "fp", "fn", "tn")
_MOST_STUDIES = 10_000
_LARGEST = 10**9
_FARTHEST = 1e12  # of a number that can moderate; beyond, sums of squares lose their digits
_MISSING = {"", "na", "n/a", "nan", "nr", "-", "?"}
"""What people write where they know nothing, in small letters."""


@dataclass(frozen=True, eq=False)
class AccuracyTable:
    """Two-by-two tables of studies that compare a test with a reference standard."""

    studies: tuple[str, ...]
    """Name of each study; two may have the same."""
    tp: np.ndarray
    """Diseased people whom the test called diseased; shape (n_studies,), floats."""
    fp: np.ndarray
    """Healthy people whom the test called diseased."""
    fn: np.ndarray
    """Diseased people whom the test called healthy."""
    tn: np.ndarray
    """Healthy people whom the test called healthy."""
    columns: dict[str, tuple[str, ...]]
    """What else the table says of each study, by column, as written; empty where unknown."""

    def __len__(self) -> int:
        return len(self.studies)

    @property
    def diseased(self) -> np.ndarray:
        """People who have the condition, by study."""
        return self.tp + self.fn

    @property
    def healthy(self) -> np.ndarray:
        """People who do not have the condition, by study."""
        return self.fp + self.tn

    @property
    def labels(self) -> tuple[str, ...]:
        """Names that tell studies apart: of those with one name, a year or a number is added."""
        years = self.columns.get("year", ("",) * len(self))
        twice = Counter(self.studies)
        names = [
            f"{name} {year}".strip() if twice[name] > 1 else name
            for name, year in zip(self.studies, years, strict=True)
        ]
        again, seen = Counter(names), Counter[str]()
        for k, name in enumerate(names):
            seen[name] += 1
            if again[name] > 1:
                names[k] = f"{name} ({seen[name]})"
        return tuple(names)

    def take(self, rows: np.ndarray) -> AccuracyTable:
        """Some of the studies: a mask of shape (n_studies,), or their numbers."""
        chosen = np.arange(len(self))[rows]
        return AccuracyTable(
            tuple(self.studies[k] for k in chosen),
            self.tp[chosen],
            self.fp[chosen],
            self.fn[chosen],
            self.tn[chosen],
            {name: tuple(values[k] for k in chosen) for name, values in self.columns.items()},
        )

    def numeric(self, column: str) -> np.ndarray | None:
        """A column as numbers, NaN where it is empty; None if it holds anything else, or
        numbers beyond all use."""
        values = [value.strip() for value in self.columns[column]]
        try:
            numbers = np.array([float(v) if v.lower() not in _MISSING else np.nan for v in values])
        except ValueError:
            return None
        known = numbers[~np.isnan(numbers)]
        return numbers if (np.abs(known) <= _FARTHEST).all() else None

    def levels(self, column: str) -> dict[str, np.ndarray]:
        """Masks of the studies of each level of a column, in the order in which levels appear."""
        values = [
            v.strip() if v.strip().lower() not in _MISSING else "" for v in self.columns[column]
        ]
        there = dict.fromkeys(value for value in values if value)
        return {level: np.array([value == level for value in values]) for level in there}

    @staticmethod
    def open(path: str | os.PathLike[str]) -> AccuracyTable:
        """Read a table.

        Parameters
        ----------
        path : path
            CSV with a header; commas, semicolons or tabs. Columns `study`, `tp`, `fp`, `fn` and
            `tn` in any order and case; all others are kept.

        Raises
        ------
        FormatError
            If the file cannot be read, a column is missing or a count is none; the line is named.
        """
        try:
            written = text(path, "a table of studies", TABLE_BYTES)
        except UnicodeDecodeError as exc:
            raise FormatError(f"{path} is no UTF-8 text: save the table as CSV in UTF-8.") from exc
        except OSError as exc:
            raise FormatError(f"{path} cannot be read: {exc.strerror or exc}.") from exc
        return parse_table(written, Path(path).name)


def parse_table(written: str, name: str) -> AccuracyTable:
    """The table that a text in CSV holds; raises as `AccuracyTable.open`."""
    header, rows = _rows(written, name)
    places = {title: header.index(title) for title in ("study", *CELLS) if title in header}
    missing = [title for title in ("study", *CELLS) if title not in places]
    if missing:
        raise FormatError(
            f"{name} lacks the column{'s' * (len(missing) > 1)} {', '.join(missing)}: the header "
            "must name study, tp, fp, fn and tn."
        )
    counts = np.array(
        [[_count(row[places[cell]], cell, line, name) for cell in CELLS] for line, row in rows]
    ).reshape(len(rows), 4)
    empty = np.flatnonzero(counts.sum(1) == 0)
    if len(empty):
        raise FormatError(
            f"{name}, line {rows[empty[0]][0]}: all four counts are 0, so nobody was examined: "
            "remove the study."
        )
    others = {
        title: tuple(row[k].strip() for _, row in rows)
        for k, title in enumerate(header)
        if title and title not in places
    }
    studies = tuple(row[places["study"]].strip() or f"line {line}" for line, row in rows)
    tp, fp, fn, tn = counts.T.copy()
    return AccuracyTable(studies, tp, fp, fn, tn, others)


def _rows(written: str, name: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Header in small letters, and rows with the numbers of their lines."""
    first = written.lstrip("\r\n").split("\n", 1)[0]
    separator = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(written, newline=""), delimiter=separator)
    header: list[str] = []
    rows: list[tuple[int, list[str]]] = []
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if not header:
                header = [cell.strip().lower() for cell in cells]
                continue
            if len(cells) != len(header):
                raise FormatError(
                    f"{name}, line {reader.line_num}: {len(cells)} cells where the header has "
                    f"{len(header)}: put quotes around what holds a {separator!r}."
                )
            rows.append((reader.line_num, cells))
            if len(rows) > _MOST_STUDIES:
                raise FormatError(f"{name} has more than {_MOST_STUDIES} studies: split it.")
    except csv.Error as exc:
        raise FormatError(f"{name}, line {reader.line_num}: it is no CSV ({exc}).") from exc
    twice = [title for title, n in Counter(filter(None, header)).items() if n > 1]
    if twice:
        raise FormatError(f"{name} has two columns called {twice[0]!r}: rename one of them.")
    if not rows:
        raise FormatError(f"{name} holds no study: it needs a header and a line for each study.")
    return header, rows


def _count(cell: str, title: str, line: int, name: str) -> float:
    try:
        value = float(cell.strip())
    except ValueError:
        value = -1.0
    if not 0 <= value <= _LARGEST or value != int(value):
        raise FormatError(
            f"{name}, line {line}: {title} is {cell.strip()[:20]!r}, but counts are whole numbers "
            f"from 0 to {_LARGEST:,}."
        )
    return value
