"""Forms in which a tag begins each field: RIS, MEDLINE, Refer, the text of the Web of Science.

RIS is written in dialects: with more or fewer spaces around the dash, with numbers or headings
between records, with lines that go on without a tag, without the last end of a record. Ready
parsers stop at some of these, and none says at which line; so it is read here [1]_ [2]_.

References
----------
.. [1] Research Information Systems, RIS format specification, 2011.
.. [2] National Library of Medicine, MEDLINE/PubMed data element descriptions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_RIS_START = re.compile(r"^\s*TY(\s+)-(\s|$)", re.M)
_MEDLINE_LINE = re.compile(r"^([A-Z][A-Z0-9]{1,3}) *- ?(.*)$")
_REFER_LINE = re.compile(r"^%(\S)(?: (.*)|)$")
_WOS_LINE = re.compile(r"^([A-Z][A-Z0-9])(?: (.*)|)$")


@dataclass
class Tagged:
    """The fields of one record as they stand."""

    line: int
    """Where it begins, from 1."""
    pairs: list[tuple[str, str]] = field(default_factory=list)
    """Tags and values in order; lines that go on are joined by newlines."""
    ended: bool = False
    """Whether its end was found, where the form has one."""

    def add(self, tag: str, value: str) -> None:
        """Append a field."""
        self.pairs.append((tag, value.strip()))

    def go_on(self, line: str) -> None:
        """Append a line to the last field."""
        if self.pairs:
            tag, value = self.pairs[-1]
            self.pairs[-1] = (tag, f"{value}\n{line.strip()}")

    def holds(self) -> bool:
        """Whether it says more than its type."""
        return any(value.strip() for tag, value in self.pairs if tag not in ("TY", "PT", "0"))


def read_ris(text: str) -> Iterator[Tagged]:
    """Records of RIS in any dialect.

    A tag needs the spaces before its dash that the file's types have, so that a line of an
    abstract such as "IL - 6 was" goes on with the abstract.
    """
    start = _RIS_START.search(text)
    before = r"\s{2,4}" if start is None or len(start.group(1)) > 1 else r"\s"
    tag_line = re.compile(rf"^\s{{0,4}}([A-Z][A-Z0-9]){before}-(?:\s+(.*)|)$")
    # an end of a record is an end however it is spaced, if nothing follows it
    end_line = re.compile(r"^\s*ER\s*-?\s*$")
    now: Tagged | None = None
    for number, line in enumerate(text.split("\n"), 1):
        if end_line.match(line):
            if now is not None:
                now.ended = True
                yield now
            now = None
            continue
        found = tag_line.match(line)
        if found is None:
            if now is not None and now.pairs:
                now.go_on(line)
            continue
        tag, value = found.group(1), found.group(2) or ""
        if tag == "ER":
            value = ""
            if now is not None:
                now.ended = True
                yield now
            now = None
            continue
        if now is not None and tag == "TY" and any(name == "TY" for name, _ in now.pairs):
            yield now
            now = None
        if now is None:
            now = Tagged(number)
        now.add(tag, value)
    if now is not None:
        yield now


def read_medline(text: str) -> Iterator[Tagged]:
    """Records of MEDLINE, as PubMed writes them (``.nbib``, ``.txt``)."""
    now: Tagged | None = None
    blank = True
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            blank = True
            continue
        found = _MEDLINE_LINE.match(line) if line[4:5] == "-" else None
        if found is None:
            if now is not None and line.startswith("  "):
                now.go_on(line)
            blank = False
            continue
        tag = found.group(1)
        if now is None or (tag == "PMID" and blank) or (tag == "PMID" and now.pairs[0][0] == tag):
            if now is not None:
                now.ended = True
                yield now
            now = Tagged(number)
        now.add(tag, found.group(2))
        blank = False
    if now is not None:
        now.ended = True
        yield now


def read_refer(text: str) -> Iterator[Tagged]:
    """Records of Refer, which EndNote (``.enw``) and Google Scholar write: ``%T title``."""
    now: Tagged | None = None
    for number, line in enumerate(text.split("\n"), 1):
        found = _REFER_LINE.match(line)
        if found is None:
            if now is not None and line.strip():
                now.go_on(line)
            continue
        tag = found.group(1)
        if tag == "0" and now is not None:
            now.ended = True
            yield now
            now = None
        if now is None:
            now = Tagged(number)
        now.add(tag, found.group(2) or "")
    if now is not None:
        now.ended = True
        yield now


def read_wos(text: str) -> Iterator[Tagged]:
    """Records of the Web of Science's plain text; ``ER`` ends each, and ``EF`` all."""
    now: Tagged | None = None
    for number, line in enumerate(text.split("\n"), 1):
        found = _WOS_LINE.match(line)
        if found is None:
            if now is not None and line.startswith("   "):
                tag, _ = now.pairs[-1]
                if tag in ("AU", "AF", "CA", "BE", "ED"):  # one name a line
                    now.add(tag, line)
                else:
                    now.go_on(line)
            continue
        tag, value = found.group(1), found.group(2) or ""
        if tag in ("FN", "VR", "EF"):
            continue
        if tag == "ER":
            if now is not None:
                now.ended = True
                yield now
            now = None
            continue
        if now is not None and tag == "PT":
            yield now
            now = None
        if now is None:
            now = Tagged(number)
        now.add(tag, value)
    if now is not None:
        yield now
