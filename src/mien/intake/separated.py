"""Tables of text: what separates their columns, and what stands for nothing in them.

Spreadsheets of countries with a decimal comma write semicolons between columns, others write tabs;
R and pandas write a word where they know nothing.
"""

from __future__ import annotations

import csv
import io
import re

from mien.errors import FormatError

NOTHING = frozenset({"", "na", "n/a", "#n/a", "nan", "null"})
"""What stands in a field of which nothing is known, in lower case."""
_SEPARATORS = ",;\t"
_SAID = re.compile(r"sep=([,;\t])[ \t,;]*(?:\r?\n|\r|$)", re.IGNORECASE)  # a first line, for Excel


def separator_of(text: str) -> str:
    """What separates the columns: what the first line says (``sep=;``), or of comma, semicolon and
    tab the one that it has most.

    Parameters
    ----------
    text : str
        The table, or its first line.
    """
    text = text.lstrip("\ufeff\r\n ")
    if (said := _SAID.match(text)) is not None:
        return said[1]
    first = text.partition("\n")[0]
    return max(_SEPARATORS, key=first.count)  # the comma where there is none of them


def says_separator(text: str) -> bool:
    """Whether the first line of a table is none of it, but says what separates its columns."""
    return _SAID.match(text.lstrip("\ufeff\r\n ")) is not None


def fields_of(text: str) -> list[tuple[int, list[str]]]:
    """Number of each line that is not blank, from 1, and its fields without spaces about them.

    Raises
    ------
    FormatError
        If it is no table; the sentence begins with the line.
    """
    text = text.removeprefix("\ufeff")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator_of(text))
    rows: list[tuple[int, list[str]]] = []
    beside = says_separator(text)
    try:
        for row in reader:
            if not any(field.strip() for field in row):
                continue
            if beside:
                beside = False
                continue
            rows.append((reader.line_num, [field.strip() for field in row]))
    except csv.Error as exc:
        raise FormatError(f"Line {reader.line_num}: this is not CSV ({exc}).") from exc
    return rows


def is_nothing(field: str) -> bool:
    """Whether a field says that nothing is known."""
    return field.strip().lower() in NOTHING
