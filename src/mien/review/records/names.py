"""Authors and keywords that stand in one field of a table."""

from __future__ import annotations

import re

from mien.review.records.record import each_once

_AND = re.compile(r"\s+and\s+|\s*\n\s*(?:and\s+)?|\s+&\s+")
_INITIALS = re.compile(r"(?:[A-ZÀ-Ý]\.?[-\s]?){1,4}(?:\s?(?:Jr|Sr|I{1,3}|IV)\.?)?")
_ETC = re.compile(r"^(?:et al\.?|\.{3}|…)$", re.IGNORECASE)


def split_authors(written: str) -> tuple[str, ...]:
    """The names in one field: between semicolons, bars, "and", lines, or commas.

    Commas also stand inside a name ("Yang, Z."); they separate names where what they enclose is
    each a whole name ("Yang Z., Jiang B."), with a space in it.
    """
    written = written.strip().strip(";|").strip()
    for sign in (";", "||", "|", "//"):
        if sign in written:
            return _names(written.split(sign))
    if _AND.search(written):
        parts = _AND.split(written)
        if len(parts) > 2 or all("," in part or " " not in part for part in parts if part):
            return _names(parts)
        return _names([name for part in parts for name in _by_commas(part)])
    return _names(_by_commas(written))


def split_keywords(written: str) -> tuple[str, ...]:
    """The keywords in one field: between semicolons, bars, lines, or commas."""
    for sign in (";", "||", "|", "\n", ","):
        if sign in written:
            return each_once(written.split(sign))
    return each_once([written])


def _by_commas(written: str) -> list[str]:
    parts = [part.strip() for part in written.split(",")]
    parts = [part for part in parts if part]
    whole = [len(part.split()) > 1 for part in parts]
    if len(parts) < 2 or (len(parts) == 2 and not _two(parts)):
        return [written]
    if all(whole):
        return parts
    if len(parts) % 2 == 0 and len(parts) > 2 and all(map(_given, parts[1::2])):
        return [f"{parts[k]}, {parts[k + 1]}" for k in range(0, len(parts), 2)]
    if len(parts) > 2:  # names of groups have no space now and then
        return parts
    return [written]


def _two(parts: list[str]) -> bool:
    """Whether two parts are two people, and not the surname and given names of one."""
    first, second = (bool(_INITIALS.fullmatch(part.split()[-1])) for part in parts)
    if not all(" " in part for part in parts):
        return False
    return first or not second


def _given(part: str) -> bool:
    """Whether this may be given names: initials only, or a word."""
    return bool(_INITIALS.fullmatch(part))


def _names(parts: list[str]) -> tuple[str, ...]:
    names = each_once([re.sub(r"^and\s+", "", part.strip()) for part in parts])
    if names and names[-1].endswith(".") and len(names) > 1:
        last = names[-1]
        if re.search(r"[A-Z]{2}\.$| [A-Z]\.$", last) and not any(
            name.endswith(".") for name in names[:-1]
        ):
            names = (*names[:-1], last[:-1])  # PubMed ends the list with a full stop
    return tuple(name for name in names if not _ETC.match(name))
