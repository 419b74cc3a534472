"""A review as a folder of plain text.

::

    protocol.toml     what was settled before
    searches.csv      what was searched or imported, when, and how many records came
    records.jsonl     a line a record that is no duplicate; records are only ever added
    duplicates.csv    a line a record that was merged into another
    decisions.csv     a line a decision
    values.csv        a line a value that was extracted
    judgements.csv    a line a judgement of risk of bias
    versions/001/     decisions, values and judgements as they were when an update began
    review.json       the version, and whether the review is made up

Lines stay in order, so that a difference between two states reads well in git. Each file gets its
name when it is complete. While they are replaced, ``unfinished.json`` says how far the state before
goes, and what is beyond is not read: an update that is killed has not happened. Files of others in
the folder, git's own among them, stay as they are.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

from mien.errors import FormatError, OutputError, ParameterError
from mien.intake.amounts import TABLE_BYTES
from mien.intake.words import parse_json, text
from mien.outputs import check_parent, complete, complete_folder
from mien.review.bias.judgements import Judgement, parse_judgements
from mien.review.bias.judgements import to_csv as judgements_csv
from mien.review.cells import shielded, unshielded
from mien.review.extraction.values import Value, parse_values
from mien.review.extraction.values import to_csv as values_csv
from mien.review.living.decisions import Decision, outcomes, parse_decisions
from mien.review.living.decisions import to_csv as decisions_csv
from mien.review.protocol.protocol import Protocol, parse_protocol
from mien.review.records.record import Record

DATABASE, REGISTER, OTHER = "database", "register", "other"
KINDS = (DATABASE, REGISTER, OTHER)
MADE_UP = (
    "Made up for a demonstration: publications, databases, people and every number come from a "
    "seed. Only the protocol and its registration are real, and its authors have no part in this."
)
"""What everything that is made of a review says first that is not of real publications."""
_MOST_VERSIONS = 999
_UNFINISHED = "unfinished.json"


@dataclass(frozen=True)
class Search:
    """One search, or import of a file."""

    version: int
    """Of the review, from 1."""
    date: str
    """When, such as ``2021-09-30``."""
    database: str
    """Where; or the method, such as ``Citation searching``."""
    kind: str
    """`database`, `register` or `other`."""
    file: str
    """Name of the file."""
    records: int
    """How many came, duplicates included."""


@dataclass(frozen=True)
class Stored:
    """A record that is no duplicate."""

    id: str
    """Such as ``r00012``."""
    version: int
    """In which version it came."""
    kind: str
    """`database`, `register` or `other`, of the search that found it first."""
    record: Record
    """What is known of it."""


@dataclass(frozen=True)
class Merged:
    """A record that was merged into another."""

    kept: str
    """Number of the other."""
    version: int
    """In which version it came."""
    kind: str
    """Of the search that found it."""
    source: str
    """Where it came from."""
    title: str
    """As it stood there."""


@dataclass(frozen=True)
class Review:
    """A state of a review."""

    protocol_text: str
    """The protocol, TOML."""
    version: int = 1
    """From 1; each update adds one."""
    searches: tuple[Search, ...] = ()
    """In order."""
    records: tuple[Stored, ...] = ()
    """In order."""
    merged: tuple[Merged, ...] = ()
    """In order."""
    decisions: tuple[Decision, ...] = ()
    """In order; the last one of a reviewer counts."""
    values: tuple[Value, ...] = ()
    """What was extracted."""
    judgements: tuple[Judgement, ...] = ()
    """Risk of bias."""
    earlier: tuple[Review, ...] = ()
    """States at the end of earlier versions, oldest first."""
    made_up: bool = False
    """Whether publications and people are made up, as for a demonstration: see `MADE_UP`."""

    @property
    def protocol(self) -> Protocol:
        """The protocol; raises `FormatError` if it is none."""
        return parse_protocol(self.protocol_text, "protocol.toml")

    @property
    def reviewers(self) -> int:
        """How many have to say the same of a record."""
        found = [one.people for one in self.protocol.roles if one.role == "reviewer"]
        return max(1, found[0]) if found else 2

    def included(self) -> tuple[Stored, ...]:
        """Records whose full text was included."""
        full = outcomes(self.decisions, "full", self.reviewers)
        return tuple(
            one for one in self.records if one.id in full and full[one.id].decision == "include"
        )

    def studies(self) -> dict[str, Stored]:
        """Included records by the name of the study, such as ``Elias 1987b``."""
        found: dict[str, Stored] = {}
        for one in self.included():
            author = one.record.authors[0].split(",")[0].strip() if one.record.authors else ""
            name = f"{author or one.record.title[:30] or one.id} {one.record.year or ''}".strip()
            named, letter = name, "b"
            while named in found:
                named, letter = f"{name}{letter}", chr(min(ord(letter) + 1, ord("z")))
                if letter == "z":
                    named = f"{name} {one.id}"
            found[named] = one
        return found

    def save(self, folder: Path, *, overwrite: bool = False) -> None:
        """Write the folder; a new one appears when all is there.

        Raises
        ------
        OutputError
            If it cannot be written, or something else has its name.
        """
        check_parent(folder)
        if folder.exists() and not folder.is_dir():
            raise OutputError(f"{folder} is no folder: choose another name.")
        if folder.is_dir() and any(folder.iterdir()) and not (overwrite and is_review(folder)):
            raise OutputError(f"{folder} is not empty: choose another name.")
        try:
            if not is_review(folder):
                with complete_folder(folder, lambda there: not any(there.iterdir())) as part:
                    self._put(part)
                return
            _write(folder, {_UNFINISHED: json.dumps(_extent(folder)) + "\n"})
            self._put(folder)
            (folder / _UNFINISHED).unlink()
        except OutputError:
            raise
        except OSError as exc:
            raise OutputError(f"{folder} cannot be written: {exc.strerror or exc}.") from exc

    def _put(self, folder: Path) -> None:
        for state in self.earlier:
            place = folder / "versions" / f"{state.version:03d}"
            place.mkdir(parents=True, exist_ok=True)
            _write(place, state._files(records=False))
        _write(folder, self._files())

    def _about(self) -> dict[str, int | bool]:
        mark = {"made_up": True} if self.made_up else {}
        return {"version": self.version, **mark}

    def _files(self, *, records: bool = True) -> dict[str, str]:
        found = {
            "protocol.toml": self.protocol_text,
            "decisions.csv": decisions_csv(self.decisions),
            "values.csv": values_csv(self.values),
            "judgements.csv": judgements_csv(self.judgements),
        }
        if records:
            lines = [
                {"id": one.id, "version": one.version, "kind": one.kind,
                 "record": one.record.to_json()}
                for one in self.records
            ]  # fmt: skip
            found |= {
                "searches.csv": _written(Search, self.searches),
                "records.jsonl": "".join(json.dumps(x, ensure_ascii=False) + "\n" for x in lines),
                "duplicates.csv": _written(Merged, self.merged),
                "review.json": json.dumps(self._about()) + "\n",
            }
        return found


def _write(folder: Path, files: dict[str, str]) -> None:
    for name, content in files.items():
        with complete(folder / name) as part:
            part.write_text(content, "utf-8")


def _extent(folder: Path) -> dict[str, int]:
    """How far the state of a folder goes: its version, and lines of what is only added to."""
    there = open_review(folder)
    return {
        "version": there.version,
        "searches": len(there.searches),
        "records": len(there.records),
        "duplicates": len(there.merged),
    }


def _before(folder: Path) -> dict[str, int] | None:
    """How far the state before an update goes that was killed; None where none was."""
    if not (folder / _UNFINISHED).exists():
        return None
    said = parse_json(_text(folder, _UNFINISHED), _UNFINISHED, "part of a review")
    names = ("version", "searches", "records", "duplicates")
    if not isinstance(said, dict) or not all(type(said.get(name)) is int for name in names):
        raise FormatError(f"{folder / _UNFINISHED} says nothing of a review: remove it.")
    return said


def is_review(folder: Path) -> bool:
    """Whether a folder holds a review."""
    return (folder / "review.json").is_file() and (folder / "protocol.toml").is_file()


def mark_of(*places: Path | None) -> str:
    """`MADE_UP` if one of these is, or lies in, the folder or report of a made-up review; or ""."""
    folders = {place if place.is_dir() else place.parent for place in places if place is not None}
    return MADE_UP if any(map(_is_marked, folders)) else ""


def _is_marked(folder: Path) -> bool:
    try:
        about = parse_json(_text(folder, "review.json"), "review.json", "a review")
    except FormatError:  # there is none, or it is of something else
        return False
    return isinstance(about, dict) and bool(about.get("made_up"))


def open_review(folder: Path) -> Review:
    """Read a folder.

    Raises
    ------
    FormatError
        If it is no review, or a file of it cannot be read; the file and line are named.
    """
    if not is_review(folder):
        raise FormatError(f"{folder} holds no review: it lacks review.json or protocol.toml.")
    before = _before(folder)
    about = before or parse_json(_text(folder, "review.json"), "review.json", "a review")
    version = about.get("version") if isinstance(about, dict) else None
    if not isinstance(version, int) or not 1 <= version <= _MOST_VERSIONS:
        raise FormatError(f"{folder / 'review.json'} names no version.")
    records = tuple(_records(_text(folder, "records.jsonl")))
    searches = tuple(
        Search(int(row[0]), row[1], row[2], row[3], row[4], int(row[5]))
        for row in _rows(Search, _text(folder, "searches.csv"), "searches.csv", (0, 5))
    )
    merged = tuple(
        Merged(row[0], int(row[1]), row[2], row[3], row[4])
        for row in _rows(Merged, _text(folder, "duplicates.csv"), "duplicates.csv", (1,))
    )
    if before:
        searches, records = searches[: before["searches"]], records[: before["records"]]
        merged = merged[: before["duplicates"]]
    here = replace(
        _judged(folder, version),
        searches=searches,
        records=records,
        merged=merged,
        made_up=_is_marked(folder),
    )
    whole = _until(here, here)
    earlier = []
    for number in range(1, version):
        place = folder / "versions" / f"{number:03d}"
        if place.is_dir():
            earlier.append(_until(replace(whole, earlier=()), _judged(place, number)))
    return replace(whole, earlier=tuple(earlier))


def _until(whole: Review, judged: Review) -> Review:
    """A state with the records that there were.

    What was decided about a record that is not there is left out: its update was killed, and
    another record will get its number.
    """
    number = judged.version
    records = tuple(one for one in whole.records if one.version <= number)
    known = {one.id for one in records}
    return replace(
        judged,
        searches=tuple(one for one in whole.searches if one.version <= number),
        records=records,
        decisions=tuple(one for one in judged.decisions if one.record in known),
        merged=tuple(one for one in whole.merged if one.version <= number),
        made_up=whole.made_up,
    )


def _judged(folder: Path, version: int) -> Review:
    """What people said, of a folder."""
    protocol_text = _text(folder, "protocol.toml")
    protocol = parse_protocol(protocol_text, "protocol.toml")
    values = _text(folder, "values.csv")
    judgements = _text(folder, "judgements.csv")
    return Review(
        protocol_text=protocol_text,
        version=version,
        decisions=tuple(parse_decisions(_text(folder, "decisions.csv"), "decisions.csv")),
        values=tuple(parse_values(values, "values.csv", protocol)) if _more(values) else (),
        judgements=tuple(parse_judgements(judgements, "judgements.csv"))
        if _more(judgements)
        else (),
    )


def _more(written: str) -> bool:
    """Whether a table has more than its header."""
    return written.count("\n") > 1


def _text(folder: Path, name: str) -> str:
    try:
        return text(folder / name, "part of a review", 4 * TABLE_BYTES)
    except UnicodeDecodeError as exc:
        raise FormatError(f"{folder / name} is no UTF-8 text.") from exc
    except OSError as exc:
        raise FormatError(f"{folder / name} cannot be read: {exc.strerror or exc}.") from exc


def _records(written: str) -> list[Stored]:
    found = []
    for number, line in enumerate(written.split("\n"), 1):
        if not line.strip():
            continue
        where = f"records.jsonl, line {number}"
        said = parse_json(line, where, "a record")
        try:
            record = Record.from_json(said["record"])
            one = Stored(str(said["id"]), int(said["version"]), str(said["kind"]), record)
        except (KeyError, TypeError, ValueError, AttributeError) as exc:
            raise FormatError(f"{where} is no record.") from exc
        found.append(one)
    return found


def _written(kind: type, rows: Sequence[object]) -> str:
    names = [field.name for field in fields(kind)]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    for one in rows:
        writer.writerow([shielded(str(getattr(one, name))) for name in names])
    return out.getvalue()


def _rows(kind: type, written: str, name: str, numbers: tuple[int, ...]) -> list[list[str]]:
    names = [field.name for field in fields(kind)]
    reader = csv.reader(io.StringIO(written, newline=""))
    if next(reader, None) != names:
        raise FormatError(f"{name} must begin with {','.join(names)}.")
    found = []
    for row in reader:
        if len(row) != len(names) or not all(row[k].isdigit() for k in numbers):
            raise FormatError(f"{name}, line {reader.line_num}: it needs {', '.join(names)}.")
        found.append([unshielded(cell) for cell in row])
    return found


def begin(protocol_text: str) -> Review:
    """A review of which nothing but the protocol is there; raises `FormatError`."""
    parse_protocol(protocol_text, "protocol.toml")
    return Review(protocol_text)


def next_id(review: Review) -> int:
    """Number of the next record."""
    numbers = [int(one.id[1:]) for one in review.records if one.id[1:].isdigit()]
    if len(numbers) != len(review.records):
        raise ParameterError("The review has records without a number: it is damaged.")
    return max(numbers, default=0) + 1
