"""Text of others in figures and tables, and sentences that are put together."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from functools import cache
from typing import Any

from mien.intake.words import parse_toml
from mien.report.language import Verbatim, told
from mien.review.protocol.protocol import published_text
from mien.review.records.record import Record
from mien.review.records.retraction import retracted

_LONGEST = 60


def named(study: str, known: Collection[str] | None, longest: int = 36) -> str:
    """A study's name for a figure; with "(new)" if an earlier state is given that lacks it."""
    new = known is not None and study not in known
    return Verbatim(plain(study, longest) + f"  ({told('new')})" * new)


def plain(text: str, longest: int = _LONGEST) -> str:
    """Text that a figure shows as it is: no formulas, no control characters, not too long."""
    text = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    if len(text) > longest:
        text = text[: longest - 1].rstrip() + "…"
    return text.replace("$", r"\$")


def counted(count: int, one: str = "study", many: str = "studies") -> str:
    """How many there are of something, in words."""
    return f"{count} {one if count == 1 else many}"


def joined(parts: Iterable[str], between: str = "; ") -> Verbatim:
    """Parts of one sentence, each told for itself."""
    return Verbatim(between.join(map(told, parts)))


def quoted(text: str) -> str:
    """Words of a protocol: they stay as they are, but for those of the one that mien ships."""
    return text if text in _shipped() else Verbatim(text)


def grouped(column: str, level: str) -> str:
    """A subgroup: a column of a table and what it says; as it is, unless mien ships both words."""
    words = f"{column}: {level}"
    return words if {column, level} <= _shipped() | {"yes", "no"} else Verbatim(words)


@cache
def _shipped() -> frozenset[str]:
    """All that the published protocol says in words."""
    return frozenset(_texts(parse_toml(published_text(), "protocol.toml")))


def _texts(content: Any) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    elif isinstance(content, dict):
        for part in content.values():
            yield from _texts(part)
    elif isinstance(content, list):
        for part in content:
            yield from _texts(part)


def cited(record: Record) -> str:
    """A publication as a reference: three names at most, title, journal, year, volume, pages."""
    names = ", ".join(record.authors[:3]) + (" et al." if len(record.authors) > 3 else "")
    place = ";".join(filter(None, (record.volume, record.pages)))
    where = " ".join(filter(None, (record.journal, str(record.year or ""), place)))
    parts = (names.rstrip("."), record.title.rstrip("."), where)
    found = ". ".join(filter(None, parts))
    if not found:
        return "(no title)"
    return f"Retracted. {found}" if retracted(record) else Verbatim(found)
