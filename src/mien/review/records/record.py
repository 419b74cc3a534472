"""One bibliographic record, whatever database or tool it comes from."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from typing import Any

Raw = tuple[tuple[str, str], ...]

_DOI = re.compile(r"10\.\d{4,9}(?:\.\d+)*/[^\s\"<>]+")
_WHOLE_DOI = re.compile(
    r"(?:(?:https?://)?(?:[\w.-]+\.)?doi\.org/|doi\s*:?\s*)?(10\.\d{4,9}(?:\.\d+)*/[^\s\"<>]+)",
    re.IGNORECASE,
)
_DOI_ADDRESS = re.compile(r"doi\.org/(10\.\d{4,9}(?:\.\d+)*/[^\s\"<>]+)", re.IGNORECASE)
_YEAR = re.compile(r"(?<!\d)(1[5-9]\d\d|20\d\d)(?!\d)")


@dataclass(frozen=True)
class Record:
    """What is known of one publication, and everything that its source said."""

    title: str = ""
    """As written, with single spaces; empty where the source gives none."""
    abstract: str = ""
    """As written, with single spaces and without the notice of a database's copyright."""
    authors: tuple[str, ...] = ()
    """Names as written, in order."""
    year: int | None = None
    """Of publication."""
    doi: str = ""
    """Digital Object Identifier without resolver, such as ``10.1136/bmjopen-2020-047549``."""
    language: str = ""
    """In English words, such as ``English``; several are joined by ``; ``."""
    source: str = ""
    """Database that the record comes from, else the tool, else the name of the file."""
    journal: str = ""
    """Or book or proceedings; the full title if the source has it."""
    keywords: tuple[str, ...] = ()
    """Of authors and indexers, in order, each once."""
    volume: str = ""
    """Of the journal."""
    issue: str = ""
    """Of the volume."""
    pages: str = ""
    """First and last, such as ``97-105``, or an article's number."""
    url: str = ""
    """Where it can be looked at."""
    kind: str = ""
    """Type of publication in the source's words."""
    pmid: str = ""
    """Number in PubMed, digits."""
    form: str = ""
    """Form of the file: ``ris``, ``medline``, ``bibtex``, ``endnote-xml``, ``pubmed-xml``,
    ``refer``, ``wos`` or ``table``; ``merged`` if made of several, nothing if made by a program."""
    file: str = ""
    """Name of the file, without its folder."""
    line: int = 0
    """In the file, from 1, where the record begins; the row in a workbook."""
    raw: Raw = field(default=(), repr=False)
    """Names and values of all fields of the source in order, repeated ones repeated."""

    def to_json(self, *, raw: bool = True) -> dict[str, Any]:
        """The record as an object that JSON can hold."""
        made: dict[str, Any] = {}
        for one in fields(self):
            value = getattr(self, one.name)
            made[one.name] = list(value) if isinstance(value, tuple) else value
        if raw:
            made["raw"] = [list(pair) for pair in self.raw]
        else:
            del made["raw"]
        return made

    @staticmethod
    def from_json(said: dict[str, Any]) -> Record:
        """The record that `to_json` wrote; what is missing or of another type is left out."""
        made: dict[str, Any] = {}
        for one in fields(Record):
            value = said.get(one.name)
            if one.name in ("authors", "keywords") and isinstance(value, list):
                made[one.name] = tuple(str(part) for part in value)
            elif one.name == "raw" and isinstance(value, list):
                pairs = (pair for pair in value if isinstance(pair, list) and len(pair) == 2)
                made["raw"] = tuple((str(name), str(text)) for name, text in pairs)
            elif one.name == "year":
                made["year"] = value if type(value) is int else year_in(str(value or ""))
            elif one.name == "line":
                made["line"] = value if type(value) is int else 0
            elif isinstance(value, str):
                made[one.name] = value
        return Record(**made)


def plain(text: str) -> str:
    """Text on one line, with single spaces."""
    return " ".join(text.split())


def doi_of(text: str) -> str:
    """The DOI that a field for DOIs holds, without resolver and what follows it; or nothing."""
    found = _DOI.search(text.replace("%2F", "/").replace("%2f", "/"))
    return _trimmed(found.group()) if found else ""


def whole_doi(text: str) -> str:
    """The DOI that a field of any other meaning consists of; or nothing."""
    found = _WHOLE_DOI.fullmatch(text.strip())
    return _trimmed(found.group(1)) if found else ""


def doi_in_address(text: str) -> str:
    """The DOI in an address of the resolver; or nothing."""
    found = _DOI_ADDRESS.search(text.replace("%2F", "/").replace("%2f", "/"))
    return _trimmed(found.group(1)) if found else ""


def _trimmed(doi: str) -> str:
    """Without what ends a sentence; brackets stay where they are opened within, as in old DOIs."""
    doi = doi.rstrip(".,;:'")
    for opened, closed in ("()", "[]"):
        while doi.endswith(closed) and doi.count(closed) > doi.count(opened):
            doi = doi[:-1].rstrip(".,;:'")
    return doi


def year_in(text: str) -> int | None:
    """The first year from 1500 to 2099 in a text."""
    found = _YEAR.search(text)
    return int(found.group()) if found else None


def each_once(values: list[str]) -> tuple[str, ...]:
    """Values on one line each, without empty ones, the first of equal ones."""
    return tuple(dict.fromkeys(value for value in map(plain, values) if value))


def pages_of(first: str, last: str) -> str:
    """Pages from their first and last one."""
    first, last = plain(first), plain(last)
    if not first or not last or first == last or "-" in first or "–" in first:
        return first or last
    return f"{first}-{last}"
