"""Values taken from studies, each with who took it, its quote and its page, and files of them."""

from __future__ import annotations

import csv
import io
import math
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from mien.errors import FormatError, MienError, ParameterError
from mien.intake.amounts import TABLE_BYTES
from mien.intake.separated import separator_of
from mien.intake.words import text
from mien.review.cells import shielded, unshielded
from mien.review.protocol.protocol import Field, Protocol

CONSENSUS = "consensus"
"""The extractor who speaks for all."""
_YES = {"yes": "yes", "y": "yes", "true": "yes", "1": "yes",
        "no": "no", "n": "no", "false": "no", "0": "no"}  # fmt: skip
_GROUP = re.compile(r"\s*([^:;]+?)\s*:\s*([\d.]+)\s*(%?)\s*(?:/\s*(\d+))?\s*\Z")
_MOST_ROWS = 500_000
_LONGEST = 10_000


@dataclass(frozen=True)
class Value:
    """One thing that somebody took from a report."""

    study: str
    """Which study."""
    extractor: str
    """Who took it; `consensus` speaks for all."""
    field: str
    """Key of the field of the form."""
    value: str
    """As `checked` writes it; empty where the report does not say."""
    quote: str = ""
    """What the report says."""
    page: str = ""
    """Where it says so."""


COLUMNS = tuple(field.name for field in fields(Value))


def checked(field: Field, written: str) -> str:
    """A value in the form in which it is kept; empty stays empty.

    Raises
    ------
    ParameterError
        If it is none of what the field holds.
    """
    value = written.strip()
    if len(value) > _LONGEST:
        raise ParameterError(f"{field.key} has more than {_LONGEST} letters: shorten it")
    if not value:
        return ""
    if field.kind == "text":
        return value
    if field.kind == "choice":
        return _choice(field, value)
    if field.kind == "yesno":
        if value.lower() not in _YES:
            raise ParameterError(f"{field.key} is {value[:30]!r}, but must be yes or no")
        return _YES[value.lower()]
    if field.kind == "groups":
        return "; ".join(
            f"{name}: {number:g}" + (f"/{people}" if people is not None else "")
            for name, number, people in groups(value, field.key)
        )
    return _number(field, value)


def _choice(field: Field, value: str) -> str:
    for option in field.options:
        if value.lower() == option.lower():
            return option
    raise ParameterError(
        f"{field.key} is {value[:30]!r}, but must be one of {', '.join(field.options)}"
    )


def _number(field: Field, value: str) -> str:
    percent = value.endswith("%")
    try:
        number = float(value.rstrip("% "))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ParameterError(f"{field.key} is {value[:30]!r}, which is no number")
    if field.kind == "count":
        if percent or number < 0 or number != int(number) or number > 1e9:
            raise ParameterError(f"{field.key} is {value[:30]!r}, but counts are whole, from 0 on")
        return f"{int(number)}"
    if field.kind == "share":
        number = number / 100 if percent else number
        if not 0 <= number <= 1:
            raise ParameterError(
                f"{field.key} is {value[:30]!r}, but must lie between 0 and 1, or be per cent "
                f"with %"
            )
    return f"{number:.10g}"


def groups(value: str, key: str) -> list[tuple[str, float, int | None]]:
    """Numbers by group: name, number, and how many people it is of if that is said.

    Parameters
    ----------
    value : str
        Such as ``women: 0.91/120; men: 88 %/95``.
    key : str
        Of the field, for the message.

    Raises
    ------
    ParameterError
        If it is not written so.
    """
    found = []
    for part in value.split(";"):
        if not part.strip():
            continue
        match = _GROUP.match(part)
        try:
            if match is None:
                raise ValueError
            number = float(match[2]) / (100 if match[3] else 1)
        except ValueError as exc:
            raise ParameterError(
                f"{key} is {part.strip()[:40]!r}, but must be written as women: 0.91/120; men: 0.88"
            ) from exc
        found.append((match[1], number, int(match[4]) if match[4] else None))
    return found


def read_values(path: str | os.PathLike[str], protocol: Protocol) -> list[Value]:
    """Read a file of values.

    Parameters
    ----------
    path : path
        CSV with the columns `study`, `field` and `value` (`extractor`, `quote` and `page` may be
        missing), or one with a column for each field.
    protocol : Protocol
        Whose form it fills in.

    Raises
    ------
    FormatError
        If it cannot be read or a value is none; the line is named.
    """
    try:
        written = text(path, "a table of values", TABLE_BYTES)
    except UnicodeDecodeError as exc:
        raise FormatError(f"{path} is no UTF-8 text: save the table as CSV in UTF-8.") from exc
    except OSError as exc:
        raise FormatError(f"{path} cannot be read: {exc.strerror or exc}.") from exc
    return parse_values(written, Path(path).name, protocol)


def parse_values(written: str, name: str, protocol: Protocol) -> list[Value]:
    """The values in a text; raises as `read_values`."""
    body = written.lstrip("\r\n")
    reader = csv.DictReader(io.StringIO(body, newline=""), delimiter=separator_of(body), restval="")
    found: list[Value] = []
    try:
        titles = [title.strip().lower() for title in reader.fieldnames or ()]
        reader.fieldnames = titles
        if "study" not in titles:
            raise FormatError(f"{name} lacks the column study: it must name each row's study.")
        long = {"field", "value"} <= set(titles)
        for raw in reader:
            where = f"{name}, line {reader.line_num}"
            if None in raw:
                raise FormatError(f"{where}: more cells than the header.")
            row = {key: unshielded((cell or "").strip()) for key, cell in raw.items()}
            if any(row.values()):
                found += _of_row(row, long, protocol, where)
            if len(found) > _MOST_ROWS:
                raise FormatError(f"{name} holds more than {_MOST_ROWS} values: split it.")
    except csv.Error as exc:
        raise FormatError(f"{name}, line {reader.line_num}: it is no CSV ({exc}).") from exc
    if not found:
        raise FormatError(f"{name} holds no value.")
    return found


def _of_row(row: dict[str, str], long: bool, protocol: Protocol, where: str) -> list[Value]:
    try:
        if not row["study"]:
            raise ParameterError("the study has no name")
        who = row.get("extractor") or CONSENSUS
        cells = (
            [(row["field"], row["value"])]
            if long
            else [(one.key, row[one.key]) for one in protocol.form if one.key in row]
        )
        if not cells:
            raise ParameterError("there is neither a column field nor one of the form's fields")
        return [
            Value(
                row["study"],
                who,
                key,
                checked(protocol.field(key), value),
                row.get("quote", ""),
                row.get("page", ""),
            )
            for key, value in cells
        ]
    except MienError as exc:
        raise FormatError(f"{where}: {str(exc).rstrip('.')}.") from exc


def to_csv(values: Iterable[Value]) -> str:
    """Values as CSV, which `parse_values` reads back as they are."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in values:
        writer.writerow([shielded(getattr(one, name)) for name in COLUMNS])
    return out.getvalue()


def empty_form(protocol: Protocol, studies: Iterable[str], extractor: str) -> list[Value]:
    """All that an extractor has to fill in, with empty values."""
    return [Value(study, extractor, one.key, "") for study in studies for one in protocol.form]


def as_number(value: str) -> float | None:
    """A value of a count, number or share; None where it is empty."""
    return float(value) if value else None


def as_json(values: Iterable[Value]) -> list[dict[str, Any]]:
    """Values for JSON."""
    return [{name: getattr(one, name) for name in COLUMNS} for one in values]
