"""Records in BibTeX: read with its strings, joins, nested braces and accents, and written.

The parser of the package bibtexparser leaves out entries that it cannot read without a word, says
no lines, and takes minutes for what databases export; so entries are read here [1]_.

References
----------
.. [1] Patashnik, BibTeXing, 1988.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mien.errors import FormatError
from mien.review.records.databases import database
from mien.review.records.languages import language_of
from mien.review.records.latex import from_latex
from mien.review.records.names import split_keywords
from mien.review.records.record import (
    Record,
    doi_in_address,
    doi_of,
    each_once,
    plain,
    year_in,
)

_ENTRY = re.compile(r"@\s*([A-Za-z]+)\s*([{(])")
_NAME = re.compile(r"\s*,?\s*([^\s=,{}()\"#%]+)\s*=\s*")
_MONTHS = {
    month: month.capitalize() for month in "jan feb mar apr may jun jul aug sep oct nov dec".split()
}


@dataclass(frozen=True)
class Entry:
    """An entry as it stands."""

    kind: str
    """Such as ``article``, in small letters."""
    key: str
    """By which it is cited."""
    line: int
    """Where it begins, from 1."""
    fields: tuple[tuple[str, str], ...]
    """Names in small letters, and values with their LaTeX."""


class _Reader:
    """Goes through the text of a file, entry by entry."""

    def __init__(self, text: str, name: str) -> None:
        self._text = text
        self._name = name
        self._strings = dict(_MONTHS)
        self._counted_to, self._line = 0, 1

    def entries(self) -> Iterator[Entry]:
        at = 0
        while found := _ENTRY.search(self._text, at):
            kind = found.group(1).lower()
            line = self._line_at(found.start())
            at = found.end()
            if kind in ("comment", "preamble"):
                if found.group(2) == "{" or kind == "preamble":
                    at = self._closed(at, line, found.group(2))
                continue
            key = ""
            if kind != "string":
                key, at = self._key(at)
            fields, at = self._fields(at, line)
            if kind == "string":
                self._strings.update(fields)
            else:
                yield Entry(kind, key, line, tuple(fields))

    def _line_at(self, at: int) -> int:
        self._line += self._text.count("\n", self._counted_to, at)
        self._counted_to = at
        return self._line

    def _key(self, at: int) -> tuple[str, int]:
        found = re.compile(r"\s*([^,=}\n]*?)\s*(?=[,}\n])").match(self._text, at)
        if found is None:
            return "", at
        return found.group(1), found.end()

    def _fields(self, at: int, line: int) -> tuple[list[tuple[str, str]], int]:
        fields: list[tuple[str, str]] = []
        while found := _NAME.match(self._text, at):
            value, at = self._value(found.end(), line)
            fields.append((found.group(1).lower(), value))
        end = re.compile(r"[\s,]*[})]").match(self._text, at)
        if end is not None:
            return fields, end.end()
        at = re.compile(r"[\s,]*").match(self._text, at).end()  # type: ignore[union-attr]
        rest = self._text[at : at + 400].strip()
        if not rest or rest.startswith("@"):
            return fields, at  # the end of the entry is missing, and what it says is there
        wrong = self._text.count("\n", 0, at) + 1
        raise FormatError(
            f"{self._name}, line {wrong}: the entry that begins in line {line} cannot be read from "
            f"here: look for a missing comma or brace near {plain(rest)[:20]!r}."
        )

    def _value(self, at: int, line: int) -> tuple[str, int]:
        parts = []
        while True:
            sign = self._text[at : at + 1]
            if sign == "{":
                end = self._closed(at + 1, line, "{")
                parts.append(self._text[at + 1 : end - 1])
            elif sign == '"':
                end = self._quoted(at + 1, line)
                parts.append(self._text[at + 1 : end - 1])
            else:
                found = re.compile(r"[^\s,#{}()\"]+").match(self._text, at)
                if found is None:
                    return "".join(parts), at
                end = found.end()
                parts.append(self._strings.get(found.group().lower(), found.group()))
            joined = re.compile(r"\s*#\s*").match(self._text, end)
            if joined is None:
                return "".join(parts), end
            at = joined.end()

    def _closed(self, at: int, line: int, opened: str) -> int:
        """The place behind the brace that closes one before `at`."""
        depth = 1
        pairs = {"{": "}", "(": ")"}
        for found in re.compile(r"\\.|[{}()]", re.DOTALL).finditer(self._text, at):
            sign = found.group()
            if sign == opened:
                depth += 1
            elif sign == pairs[opened]:
                depth -= 1
                if not depth:
                    return found.end()
        raise FormatError(
            f"{self._name}, line {line}: the entry that begins here is not closed, so a brace is "
            "missing or the file is cut short: export it again."
        )

    def _quoted(self, at: int, line: int) -> int:
        depth = 0
        for found in re.compile(r"\\.|[{}\"]", re.DOTALL).finditer(self._text, at):
            sign = found.group()
            if sign == '"' and depth == 0:
                return found.end()
            depth += {"{": 1, "}": -1}.get(sign, 0)
        raise FormatError(
            f"{self._name}, line {line}: a quotation mark opens a value that never ends: look at "
            "the entry that begins here."
        )


def read_entries(text: str, name: str) -> Iterator[Entry]:
    """Entries of a file, without its comments, preambles and strings.

    Raises
    ------
    FormatError
        If a brace or a comma is missing; the line is named.
    """
    yield from _Reader(text, name).entries()


def split_names(value: str) -> list[str]:
    """The names between ``and`` outside of braces."""
    names, depth, start = [], 0, 0
    for found in re.finditer(r"\\.|[{}]|\s+and\s+", value, re.IGNORECASE | re.DOTALL):
        sign = found.group()
        if sign in "{}":
            depth += 1 if sign == "{" else -1
        elif not sign.startswith("\\") and depth == 0:
            names.append(value[start : found.start()])
            start = found.end()
    return [name for name in (from_latex(part) for part in [*names, value[start:]]) if name]


def bibtex(entry: Entry) -> Record:
    """A record of an entry."""
    first: dict[str, str] = {}
    for name, value in entry.fields:
        first.setdefault(name, value)

    def get(*names: str) -> str:
        return next(
            (plain(text) for name in names if (text := from_latex(first.get(name, "")))), ""
        )

    url = get("url", "link")
    doi = doi_of(get("doi").replace("\\", ""))
    names = [name for value in (first.get("author", ""),) for name in split_names(value)]
    return Record(
        title=get("title"),
        abstract=get("abstract"),
        authors=each_once([name for name in names if name.lower() != "others"]),
        year=year_in(get("year")) or year_in(get("date")) or year_in(get("issue_date")),
        doi=doi or doi_in_address(url),
        language=language_of(get("language", "langid")),
        source=database(get("mien_source", "source", "database", "archiveprefix")),
        journal=get("journal", "journaltitle", "booktitle", "series"),
        keywords=split_keywords(get("keywords", "author_keywords", "keyword")),
        volume=get("volume"),
        issue=get("number", "issue"),
        pages=get("pages", "article-number", "article_number", "eid").replace("--", "-"),
        url=url,
        kind=get("mien_kind", "document_type", "type") or entry.kind.replace("misc", ""),
        pmid=re.sub(r"\D", "", get("pmid", "pubmed_id")),
        form="bibtex",
        line=entry.line,
        raw=(("ENTRYTYPE", entry.kind), ("ID", entry.key), *entry.fields),
    )
