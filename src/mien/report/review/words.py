"""Text of others in figures and tables."""

from __future__ import annotations

from collections.abc import Collection

from mien.review.records.record import Record
from mien.review.records.retraction import retracted

_LONGEST = 60


def named(study: str, known: Collection[str] | None, longest: int = 36) -> str:
    """A study's name; with "(new)" if an earlier state is given that lacks it."""
    new = known is not None and study not in known
    return plain(study, longest) + "  (new)" * new


def plain(text: str, longest: int = _LONGEST) -> str:
    """Text that a figure shows as it is: no formulas, no control characters, not too long."""
    text = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    if len(text) > longest:
        text = text[: longest - 1].rstrip() + "…"
    return text.replace("$", r"\$")


def counted(studies: int) -> str:
    """How many studies, in words."""
    return "1 study" if studies == 1 else f"{studies} studies"


def cited(record: Record) -> str:
    """A publication as a reference: three names at most, title, journal, year, volume, pages."""
    names = ", ".join(record.authors[:3]) + (" et al." if len(record.authors) > 3 else "")
    place = ";".join(filter(None, (record.volume, record.pages)))
    where = " ".join(filter(None, (record.journal, str(record.year or ""), place)))
    marked = "Retracted. " * retracted(record)
    parts = (names.rstrip("."), record.title.rstrip("."), where)
    return marked + (". ".join(filter(None, parts)) or "(no title)")
