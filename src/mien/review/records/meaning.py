"""What the tags of RIS, MEDLINE, Refer and the Web of Science mean."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from mien.review.records.databases import database
from mien.review.records.languages import language_of
from mien.review.records.names import split_authors, split_keywords
from mien.review.records.record import (
    Record,
    doi_in_address,
    doi_of,
    each_once,
    pages_of,
    plain,
    whole_doi,
    year_in,
)

_NOTICE = re.compile(
    r"^Copyright of .{3,300}? (?:is the property|is the copyright) of .*", re.IGNORECASE | re.DOTALL
)
_LENS = re.compile(r"\d{3}(?:-\d{3}){3}-\d{2}[\dX]")


class Fields:
    """The values of a record by tag."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._by_tag: dict[str, list[str]] = {}
        for tag, value in pairs:
            if value.strip():
                self._by_tag.setdefault(tag, []).append(value)

    def all(self, *tags: str) -> list[str]:
        """All values of all tags, tag by tag."""
        return [value for tag in tags for value in self._by_tag.get(tag, ())]

    def first(self, *tags: str) -> str:
        """The first value of the first tag that has one."""
        return plain(next(iter(self.all(*tags)), ""))

    def either(self, *tags: str) -> list[str]:
        """All values of the first tag that has any."""
        return next((self._by_tag[tag] for tag in tags if tag in self._by_tag), [])


def without_notice(parts: Sequence[str]) -> str:
    """An abstract of several fields, without the database's notice of copyright and repetitions."""
    kept = [plain(part) for part in parts if not _NOTICE.match(plain(part))]
    return " ".join(dict.fromkeys(kept))


def ris(pairs: Sequence[tuple[str, str]]) -> Record:
    """A record of RIS."""
    have = Fields(pairs)
    addresses = have.all("UR", "L2", "L1", "LK", "L3")
    doi = next(filter(None, map(doi_of, have.all("DO", "DI"))), "")
    for value in have.all("L3", "M3", "N1", "AN", "C7", "ID"):
        doi = doi or whole_doi(value)
    doi = doi or next(filter(None, map(doi_in_address, addresses)), "")
    journals = ("JF", "T2", "JO", "JA", "J2", "J1", "BT", "T3")
    keywords = have.all("KW", "DE")
    source = database(have.first("DB"), have.first("DP"))
    if not source and have.first("AN").startswith("CN-"):
        source = "Cochrane Library"
    if not source and _LENS.fullmatch(have.first("ID")):
        source = "The Lens"
    kinds = [kind for kind in map(plain, have.all("M3")) if len(kind) < 200 and "10." not in kind]
    identity = re.search(r"PUBMED (\d+)", have.first("C3")) or re.fullmatch(
        r"(\d{5,8})", have.first("C5", "PM")
    )
    return Record(
        title=have.first("TI", "T1", "CT", "BT"),
        abstract=max((without_notice(have.all(tag)) for tag in ("AB", "N2")), key=len, default=""),
        authors=each_once(have.all("AU", "A1")),
        year=next(filter(None, map(year_in, have.all("PY", "Y1", "YR", "DA"))), None),
        doi=doi,
        language=language_of("; ".join(have.all("LA"))),
        source=source,
        journal=have.first(*journals),
        keywords=split_keywords(keywords[0]) if len(keywords) == 1 else each_once(keywords),
        volume=have.first("VL"),
        issue=have.first("IS"),
        pages=pages_of(have.first("SP"), have.first("EP")) or have.first("PG", "C7"),
        url=have.first("UR"),
        kind=kinds[0] if kinds else have.first("TY").replace("GEN", ""),
        pmid=identity.group(1) if identity else "",
        form="ris",
    )


def medline(pairs: Sequence[tuple[str, str]]) -> Record:
    """A record of MEDLINE."""
    have = Fields(pairs)
    named = [value for value in have.all("LID", "AID") if value.strip().endswith("[doi]")]
    doi = next(filter(None, map(doi_of, named)), "")
    if not doi:
        said = re.search(r"\bdoi: ?(10\.\S+)", have.first("SO"))
        doi = doi_of(said.group(1)) if said else ""
    full = have.all("FAU")
    names = full if len(full) >= len(have.all("AU")) else have.all("AU")
    title = have.first("TI", "BTI")
    return Record(
        title=title if title.strip("[].") else have.first("TT") or title,
        abstract=without_notice(have.either("AB", "OAB")),
        authors=each_once([*names, *have.all("CN")]),
        year=next(filter(None, map(year_in, have.all("DP", "DEP", "EDAT"))), None),
        doi=doi,
        language=language_of("; ".join(have.all("LA"))),
        source="PubMed",
        journal=have.first("JT", "TA", "BTI"),
        keywords=each_once([*have.all("OT"), *have.all("MH")]),
        volume=have.first("VI"),
        issue=have.first("IP"),
        pages=have.first("PG"),
        url=f"https://pubmed.ncbi.nlm.nih.gov/{have.first('PMID')}/" if have.first("PMID") else "",
        kind="; ".join(each_once(have.all("PT"))),
        pmid=have.first("PMID"),
        form="medline",
    )


def refer(pairs: Sequence[tuple[str, str]]) -> Record:
    """A record of Refer."""
    have = Fields(pairs)
    doi = next(filter(None, map(doi_of, have.all("R"))), "")
    keywords = have.all("K")
    return Record(
        title=have.first("T"),
        abstract=without_notice(have.all("X")),
        authors=each_once([name.rstrip(",") for name in have.all("A")]),
        year=year_in(have.first("D")) or year_in(have.first("8")),
        doi=doi or next(filter(None, map(doi_in_address, have.all("U"))), ""),
        language=language_of(have.first("G")),
        source=database(have.first("~"), have.first("W")),
        journal=have.first("J", "B"),
        keywords=split_keywords(keywords[0]) if len(keywords) == 1 else each_once(keywords),
        volume=have.first("V"),
        issue=have.first("N"),
        pages=have.first("P"),
        url=have.first("U"),
        kind=have.first("0"),
        form="refer",
    )


def wos(pairs: Sequence[tuple[str, str]]) -> Record:
    """A record of the Web of Science's plain text."""
    have = Fields(pairs)
    pages = pages_of(have.first("BP"), have.first("EP")) or have.first("AR")
    authors = have.either("AF", "AU", "CA")
    return Record(
        title=have.first("TI"),
        abstract=without_notice(have.all("AB")),
        authors=split_authors(authors[0]) if len(authors) == 1 else each_once(authors),
        year=year_in(have.first("PY", "EA")),
        doi=doi_of(have.first("DI")),
        language=language_of(have.first("LA")),
        source="Web of Science",
        journal=have.first("SO"),
        keywords=split_keywords("; ".join(have.all("DE", "ID"))),
        volume=have.first("VL"),
        issue=have.first("IS"),
        pages=pages,
        kind=have.first("DT", "PT"),
        pmid=have.first("PM"),
        form="wos",
    )
