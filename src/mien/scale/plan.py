"""What shall be done: a table of clips, one row a clip."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mien.errors import FormatError, ParameterError
from mien.intake import words
from mien.intake.amounts import TABLE_BYTES
from mien.intake.tables import read_table
from mien.pipeline.settings import Settings
from mien.scale.far import Url, place_of
from mien.scale.places import NAME
from mien.tracking.selection import Selection

COLUMNS = ("path", "subject", "pseudonym", "profile", "settings")
"""Of a plan; all but the first may be missing or empty."""
_ALLOWED = {
    "engine": str, "match": str, "surrogate": str, "voice": str, "surroundings": str, "hands": str,
    "crf": int,
    "people": str, "withhold": str, "consent": str,
}  # fmt: skip
"""Settings that a row may have of its own, and their kinds."""
_MOST_ROWS = 1_000_000


@dataclass(frozen=True)
class Row:
    """A clip of a plan."""

    number: int
    """Line of the table, from 1, without its heading."""
    path: Path | Url
    """The clip; only read."""
    subject: str | None
    """Whose clip it is, as the clinic says it; None if nobody says."""
    name: str
    """What the result is called, without an ending."""
    profile: str | None
    """What is measured of the result: a profile of `mien evaluate`; None for nothing."""
    own: dict[str, Any] = field(default_factory=dict)
    """Settings that are this row's own."""

    def settings(self, base: Settings) -> Settings:
        """How the clip is de-identified, without what its subject adds.

        Raises
        ------
        FormatError
            If a setting is out of range.
        """
        own = dict(self.own)
        if "people" in own:
            own["selection"] = Selection(own.pop("people"), base.selection.leave,
                                         base.selection.cover)  # fmt: skip
        try:
            return replace(base, **own)
        except ParameterError as exc:
            raise FormatError(f"Row {self.number} of the plan: {exc}") from exc


def read_plan(path: str | os.PathLike[str]) -> list[Row]:
    """Read a plan.

    Parameters
    ----------
    path : path
        A CSV or Parquet table with the columns `COLUMNS`. Clips may be URLs; relative paths start
        at the table's folder. A row without a pseudonym is called by its number.

    Returns
    -------
    rows : list of Row

    Raises
    ------
    FormatError
        If the table cannot be read, or a row is not what it should be: the row is named.
    """
    path = Path(path)
    rows: list[Row] = []
    taken: dict[str, int] = {}
    for number, cells in enumerate(_cells(path), 1):
        if number > _MOST_ROWS:
            raise FormatError(f"{path} has more than {_MOST_ROWS:,} rows: cut it into several.")
        row = _row(path, number, cells)
        first = taken.setdefault(row.name.casefold(), number)
        if first != number:
            raise FormatError(
                f"Rows {first} and {number} of {path} have the pseudonym {row.name}: give each its "
                "own."
            )
        rows.append(row)
    if not rows:
        raise FormatError(f"{path} has no rows: name at least one clip.")
    return rows


def check_rows(rows: Sequence[Row], base: Settings, profile: str | None) -> None:
    """Refuse a plan that cannot be begun, before anything is made for it.

    Parameters
    ----------
    rows : sequence of Row
        The plan.
    base : Settings
        How clips are de-identified whose row says nothing else.
    profile : str or None
        What is measured where the row says nothing else.

    Raises
    ------
    FormatError
        If a row's settings are out of range, or its profile cannot be used: the row is named.
    ParameterError
        If `profile` is not known.
    """
    from mien.fidelity.profile import Profile

    if profile is not None:
        Profile.open(profile)
    known: set[str] = set()
    for row in rows:
        if row.own and (own := json.dumps(row.own, sort_keys=True)) not in known:
            row.settings(base)
            known.add(own)
        if row.profile is not None and (asked := f"profile {row.profile}") not in known:
            try:
                Profile.open(row.profile)
            except (ParameterError, FormatError) as exc:
                raise FormatError(f"Row {row.number} of the plan: {exc}") from exc
            known.add(asked)


def _cells(path: Path) -> Iterator[dict[str, str]]:
    if path.suffix.lower() == ".parquet":
        table = read_table(path)
        _check_columns(path, table.column_names)
        for row in table.to_pylist():
            yield {key: "" if value is None else str(value) for key, value in row.items()}
        return
    try:
        written = words.text(path, "a plan", TABLE_BYTES)
    except OSError as exc:
        raise FormatError(f"{path} cannot be read: {exc.strerror}.") from exc
    except UnicodeDecodeError as exc:
        raise FormatError(f"{path} is no UTF-8 text: save it as CSV in UTF-8.") from exc
    lines = written.splitlines()
    semicolons = bool(lines) and lines[0].count(";") > lines[0].count(",")
    reader = csv.DictReader(lines, delimiter=";" if semicolons else ",", strict=True)
    try:
        _check_columns(path, list(reader.fieldnames or ()))
        for number, row in enumerate(reader, 1):
            if None in row or None in row.values():
                raise FormatError(f"Row {number} of {path} has more or fewer cells than columns.")
            if any(row.values()):
                yield row
    except csv.Error as exc:
        raise FormatError(f"{path} is no CSV ({exc}): save it again.") from exc


def _check_columns(path: Path, names: list[str]) -> None:
    unknown = [name for name in names if name not in COLUMNS]
    if "path" not in names or unknown:
        what = f"the column {unknown[0]!r}, which is unknown" if unknown else "no column path"
        raise FormatError(f"{path} has {what}: a plan has {', '.join(COLUMNS)}.")


def _row(plan: Path, number: int, cells: dict[str, str]) -> Row:
    told = {key: cells.get(key, "").strip() for key in COLUMNS}
    where = f"Row {number} of {plan}"
    if not told["path"]:
        raise FormatError(f"{where} has no path: name its clip.")
    name = told["pseudonym"] or f"clip-{number:06d}"
    if not NAME.fullmatch(name):
        raise FormatError(
            f"{where} has the pseudonym {name[:40]!r}: give letters, digits, dots and dashes, for "
            "it becomes a file's name."
        )
    try:
        clip = place_of(told["path"], plan.absolute().parent)
    except ParameterError as exc:
        raise FormatError(f"{where}: {exc}") from exc
    return Row(
        number,
        clip,
        told["subject"] or None,
        name,
        told["profile"] or None,
        _own(where, told["settings"]),
    )


def _own(where: str, written: str) -> dict[str, Any]:
    """Settings as JSON, or as ``engine=mask; crf=20``."""
    if not written:
        return {}
    if written.startswith("{"):
        found = words.parse_json(written, where, "the settings of a row")
    else:
        pairs = [part.partition("=") for part in written.split(";") if part.strip()]
        found = {key.strip(): value.strip() for key, _, value in pairs}
    own = {}
    for key, value in found.items():
        if key not in _ALLOWED:
            raise FormatError(
                f"{where} has the setting {key!r}, which is unknown: choose from "
                f"{', '.join(_ALLOWED)}."
            )
        try:
            own[key] = _ALLOWED[key](value)
        except (TypeError, ValueError) as exc:
            raise FormatError(f"{where} sets {key} to {json.dumps(value)}: give a number.") from exc
    return own
