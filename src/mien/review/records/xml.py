"""Records in XML: what EndNote exports, and PubMed's articles."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from mien.errors import FormatError
from mien.review.records.databases import database
from mien.review.records.languages import language_of
from mien.review.records.meaning import without_notice
from mien.review.records.record import (
    Record,
    doi_in_address,
    doi_of,
    each_once,
    pages_of,
    plain,
    year_in,
)

_DEEPEST = 100
_INVALID = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def read_xml(text: str, name: str) -> Iterator[Record]:
    """Records of EndNote XML or of PubMed's.

    Entities of a document type are refused, since they can be made to fill the memory.

    Raises
    ------
    FormatError
        If it is damaged, or XML of another kind; the line is named.
    """
    if "<!ENTITY" in text:
        raise FormatError(
            f"{name}, line 1: it declares entities, which exports of records do not, so it is not "
            "read."
        )
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", _INVALID.sub("", text))
    kind = next(
        (
            kind
            for kind in ("record", "PubmedArticle", "PubmedBookArticle")
            if re.search(rf"<{kind}[\s>]", text)
        ),
        None,
    )
    if kind is None:
        if re.search(r"<(records|PubmedArticleSet)[\s/>]", text):
            return
        raise FormatError(
            f"{name}, line 1: this XML is neither EndNote's nor PubMed's: export one of these, or "
            "RIS."
        )
    at, line, lines = 0, 1, []
    for found in re.finditer(rf"<{kind}[\s>]", text):
        line += text.count("\n", at, found.start())
        at = found.start()
        lines.append(line)
    place = iter(lines)
    try:
        depth = 0
        for event, element in ElementTree.iterparse(io.StringIO(text), ("start", "end")):
            depth += 1 if event == "start" else -1
            if depth > _DEEPEST:
                raise FormatError(
                    f"{name}, line {next(place, line)}: the XML is nested deeper than records are, "
                    "so it is not read."
                )
            if event == "end" and element.tag == kind:
                record = _endnote(element) if kind == "record" else _pubmed(element)
                yield replace(record, line=next(place, line))
                element.clear()
    except ElementTree.ParseError as exc:
        raise FormatError(
            f"{name}, line {exc.position[0]}: the XML is damaged or cut short: export it again."
        ) from exc


def _text(element: Element | None) -> str:
    return "" if element is None else "".join(element.itertext()).strip()


def _all(element: Element, path: str) -> list[str]:
    return [words for one in element.iterfind(path) if (words := _text(one))]


def _pairs(element: Element, above: str = "") -> Iterator[tuple[str, str]]:
    """Paths and texts of all ends of a tree, and its attributes."""
    for child in element:
        path = f"{above}/{child.tag}" if above else str(child.tag)
        for name, value in child.attrib.items():
            if value and name not in ("face", "font", "size"):
                yield f"{path}@{name}", value
        if len(child) and any(one.tag != "style" for one in child):
            yield from _pairs(child, path)
        elif words := _text(child):
            yield path, words


def _endnote(element: Element) -> Record:
    def first(*paths: str) -> str:
        return next((plain(words) for path in paths for words in _all(element, path)), "")

    addresses = " ".join(_all(element, "urls//url"))
    kind = element.find("ref-type")
    return Record(
        title=first("titles/title", "titles/alt-title"),
        abstract=without_notice(_all(element, "abstract")),
        authors=each_once(_all(element, "contributors/authors/author")),
        year=year_in(first("dates/year")) or year_in(first("dates/pub-dates/date")),
        doi=doi_of(first("electronic-resource-num")) or doi_in_address(addresses),
        language=language_of(first("language")),
        source=database(first("remote-database-name"), first("remote-database-provider")),
        journal=first(
            "periodical/full-title", "titles/secondary-title", "alt-periodical/full-title"
        ),
        keywords=each_once(_all(element, "keywords/keyword")),
        volume=first("volume"),
        issue=first("number"),
        pages=first("pages", "electronic-resource-num-pages"),
        url=first("urls//url"),
        kind="" if kind is None else kind.get("name", "") or _text(kind),
        form="endnote-xml",
        raw=tuple(_pairs(element)),
    )


def _pubmed(element: Element) -> Record:
    def first(*paths: str) -> str:
        return next((plain(words) for path in paths for words in _all(element, path)), "")

    authors = []
    for author in element.iterfind(".//AuthorList/Author"):
        family, given = _text(author.find("LastName")), _text(author.find("ForeName"))
        name = ", ".join(filter(None, (family, given or _text(author.find("Initials")))))
        authors.append(name or _text(author.find("CollectiveName")))
    parts = []
    for part in element.iterfind(".//Abstract/AbstractText"):
        label = part.get("Label", "")
        parts.append(f"{label}: {_text(part)}" if label else _text(part))
    dois = _all(element, ".//PubmedData/ArticleIdList/ArticleId[@IdType='doi']")
    dois += _all(element, ".//ELocationID[@EIdType='doi']")
    return Record(
        title=first(".//ArticleTitle", ".//BookTitle"),
        abstract=" ".join(map(plain, parts)),
        authors=each_once(authors),
        year=year_in(first(".//JournalIssue/PubDate/Year", ".//JournalIssue/PubDate/MedlineDate"))
        or year_in(first(".//ArticleDate/Year", ".//PubDate/Year")),
        doi=doi_of(dois[0]) if dois else "",
        language=language_of("; ".join(_all(element, ".//Language"))),
        source="PubMed",
        journal=first(".//Journal/Title", ".//Journal/ISOAbbreviation"),
        keywords=each_once(
            _all(element, ".//KeywordList/Keyword")
            + _all(element, ".//MeshHeadingList/MeshHeading/DescriptorName")
        ),
        volume=first(".//JournalIssue/Volume"),
        issue=first(".//JournalIssue/Issue"),
        pages=first(".//Pagination/MedlinePgn")
        or pages_of(first(".//Pagination/StartPage"), first(".//Pagination/EndPage")),
        kind="; ".join(each_once(_all(element, ".//PublicationType"))),
        pmid=first("./MedlineCitation/PMID", ".//PMID"),
        form="pubmed-xml",
        raw=tuple(_pairs(element)),
    )
