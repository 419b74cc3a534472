"""Reading exports: the form is told by what stands in a file, not by its name."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mien.errors import FormatError
from mien.intake.amounts import content
from mien.intake.words import parse_json
from mien.review.records import meaning
from mien.review.records.bibtex import bibtex, read_entries
from mien.review.records.columns import is_heading
from mien.review.records.databases import database_of_address, database_of_file
from mien.review.records.joined import pieces
from mien.review.records.record import Record
from mien.review.records.tables import read_text as read_table
from mien.review.records.tables import read_workbook
from mien.review.records.tagged import Tagged, read_medline, read_refer, read_ris, read_wos
from mien.review.records.text import decode
from mien.review.records.xml import read_xml

_MOST_BYTES = 1 << 30
_KINDS = (
    ("medline", re.compile(r"^PMID *- ?\d", re.M)),
    ("ris", re.compile(r"^\s{0,4}TY\s+-", re.M)),
    ("bibtex", re.compile(r"^\s*@\s*[A-Za-z]+\s*[{(]", re.M)),
    ("refer", re.compile(r"^%[0TA] \S", re.M)),
    ("wos", re.compile(r"\A\s*FN [^\n]*\n|^PT [JBCPS]\n(?:[A-Z][A-Z0-9] |   )", re.M)),
    ("ris", re.compile(r"^(?:T1|TI|AU|A1|AB|ID)  - .*\n(?:[A-Z][A-Z0-9]  - .*\n)+", re.M)),
)
"""Signs of the forms; that which comes first in the file is it."""


@dataclass(frozen=True)
class Export:
    """What a file holds."""

    path: Path
    """The file."""
    form: str
    """As `Record.form`."""
    records: tuple[Record, ...]
    """In the file's order."""
    notes: tuple[str, ...]
    """Sentences about what was odd in it, with lines."""


def read_exports(paths: Sequence[str | os.PathLike[str]]) -> list[Export]:
    """Records of several files; raises what `read_export` does."""
    return [read_export(path) for path in paths]


def read_export(path: str | os.PathLike[str]) -> Export:
    """Records of a file that a database or a tool wrote.

    Parameters
    ----------
    path : path
        RIS in any dialect, MEDLINE (nbib), BibTeX, Refer (enw), EndNote or PubMed XML, plain text
        of the Web of Science, CSV, TSV, XLSX, or what `mien review read` wrote as JSON.

    Returns
    -------
    export : Export
        Every record of the file, in its order, with all fields that the file gives.

    Raises
    ------
    FormatError
        If there is no such file, it is damaged, or of another kind; the line is named.
    """
    path = Path(path)
    try:
        data = content(path, _MOST_BYTES, "an export of records")
    except OSError as exc:
        raise FormatError(f"{path} cannot be read: {exc.strerror or exc}.") from exc
    name, notes = str(path), list[str]()
    form, found = _read(data, name, notes)
    records = list(found)
    if form == "json":  # each says where it comes from
        return Export(path, form, tuple(records), tuple(notes))
    source = _source(records) or database_of_file(path.name)
    named = (
        replace(record, source=record.source or source, file=record.file or path.name)
        for record in records
    )
    return Export(path, form, tuple(named), tuple(notes))


def _source(records: Sequence[Record]) -> str:
    """The database whose pages most records lead to; or nothing."""
    found = Counter(
        database_of_address(" ".join(text for _, text in record.raw if "://" in text))
        for record in records
        if not record.source
    )
    name, times = found.most_common(1)[0] if found else ("", 0)
    return name if times > 0.8 * found.total() else ""


def _read(data: bytes, name: str, notes: list[str]) -> tuple[str, Iterable[Record]]:
    if data.startswith(b"PK\x03\x04"):
        return "table", read_workbook(data, name, notes)
    for start, what in (
        (b"%PDF", "a PDF"),
        (b"\xd0\xcf\x11\xe0", "a workbook of an old kind"),
        (b"\x1f\x8b", "a packed file"),
        (b"\x89PNG", "a picture"),
        (b"\xff\xd8\xff", "a picture"),
    ):
        if data.startswith(start):
            raise FormatError(
                f"{name}, line 1: this is {what} and no export of records: export RIS, CSV or XLSX."
            )
    text = decode(data, name, notes)
    if not text.strip():
        raise FormatError(
            f"{name}, line 1: the file is empty and holds no record: export it again."
        )
    sign = text.lstrip()[:1]
    if sign == "<":
        return "xml", read_xml(text, name)
    if sign in "{[" and text.rstrip()[-1:] in "}]" and not text.lstrip().startswith("[@"):
        return "json", _json(text, name)
    places = [
        (found.start(), k) for k, (_, form) in enumerate(_KINDS) if (found := form.search(text))
    ]
    if not places or _tabular(text, min(places)[0]):
        return "table", read_table(text, name, notes)
    kind = _KINDS[min(places)[1]][0]
    return kind, _of_pieces(kind, text, name, notes)


def _of_pieces(kind: str, text: str, name: str, notes: list[str]) -> Iterator[Record]:
    for part, words in pieces(text, kind):
        if part == "bibtex":
            yield from map(bibtex, read_entries(words, name))
        else:
            yield from _of_tags(part, words, name, notes)


def _tabular(text: str, at: int) -> bool:
    """Whether headings of a table stand before what looks like another form, in an abstract."""
    before = text[:at].split("\n")[:40]
    return any(
        is_heading([cell.strip(' "') for cell in line.split(sign)])
        for line in before
        for sign in ",\t;|"
        if sign in line
    )


def _of_tags(kind: str, text: str, name: str, notes: list[str]) -> Iterator[Record]:
    readers = {"ris": read_ris, "medline": read_medline, "refer": read_refer, "wos": read_wos}
    of = {
        "ris": meaning.ris,
        "medline": meaning.medline,
        "refer": meaning.refer,
        "wos": meaning.wos,
    }[kind]
    last: Tagged | None = None
    for tagged in readers[kind](text):
        last = tagged
        if not tagged.holds():
            notes.append(f"{name}, line {tagged.line}: an empty record was left out.")
            continue
        yield replace(of(tagged.pairs), line=tagged.line, raw=tuple(tagged.pairs))
    if last is not None and not last.ended:
        notes.append(
            f"{name}, line {last.line}: the last record has no end, so the file may be cut short."
        )


def _json(text: str, name: str) -> Iterator[Record]:
    said = parse_json(text, name, "a list of records")
    listed = said.get("records") if isinstance(said, dict) else said
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise FormatError(
            f"{name}, line 1: this JSON has no list of records: give what mien review read wrote."
        )
    for one in listed:
        yield Record.from_json(one)
