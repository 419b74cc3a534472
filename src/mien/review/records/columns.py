"""What the columns of tables mean, whoever named them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mien.review.records.databases import database, is_database
from mien.review.records.languages import language_of
from mien.review.records.names import split_authors, split_keywords
from mien.review.records.record import (
    Record,
    doi_in_address,
    doi_of,
    each_once,
    pages_of,
    plain,
    year_in,
)

_MEANINGS: dict[str, str] = {
    "title": "title articletitle documenttitle primarytitle papertitle worktitle ti t1 titles "
    "titleofarticle referencetitle studytitle displayname titel",
    "original": "originaltitle titleoriginal titletranslated translatedtitle shorttitle",
    "abstract": "abstract abstractnote abstracts abstracttext ab abstractenglish n2 summary "
    "zusammenfassung",
    "authors": "authors author authornames authorss authorfullnames authorsfullnames au a1 "
    "creator creators authorlist authorships fau inventors autor autoren "
    "authorshipsauthordisplayname",
    "first_author": "firstauthor",
    "year": "year publicationyear publishedyear pubyear py yearpublished yearofpublication "
    "publishyear y1 jahr erscheinungsjahr",
    "date": "date datepublished publicationdate dateofpublication coverdate publisheddate issued "
    "publisheddateprint entrydate onlinedate datepublishedonline da published",
    "doi": "doi doilink digitalobjectidentifier doiurl do di doinumber articledoi",
    "language": "language languages languageoforiginaldocument articlelanguage la lang "
    "originallanguage languageofarticle sprache",
    "journal": "journal journaltitle journalbook sourcetitle publicationtitle publication "
    "journalname secondarytitle containertitle booktitle publicationname venue jf t2 jt "
    "periodical hostpublication sourcetitleanthologytitle parenttitle pubtitle so "
    "zeitschrift primarylocationsourcedisplayname",
    "short_journal": "journalabbreviation abbreviatedsourcetitle jo ja j2 journalabbrev "
    "abbreviatedjournaltitle",
    "keywords": "keywords authorkeywords keyword kw de manualtags authorkeyword",
    "index": "indexkeywords automatictags subjects meshterms meshheadings ieeeterms keywordsplus "
    "emtreemedicalindextermsmajorfocus emtreemedicalindexterms emtreedrugindextermsmajorfocus "
    "emtreedrugindexterms inspeccontrolledterms inspecnoncontrolledterms mesh mh subjectheadings",
    "database": "database databasename databases db librarycatalog searchdatabase "
    "databaseprovider dataprovider sourcedatabase",
    "source": "source",
    "volume": "volume vol vl vi",
    "issue": "issue issuenumber number no is ip",
    "pages": "pages page pagination pagerange pg pagenumbers",
    "first_page": "firstpage startpage pagestart sp beginningpage bp",
    "last_page": "lastpage endpage pageend ep endingpage",
    "article": "artno articlenumber articleno",
    "url": "url urls link links externalurl ur doiaddress pdflink fulltextlink embaselink plink "
    "sourceurls articleurl linkattachments fileattachments resultslink",
    "kind": "documenttype publicationtype itemtype doctype type typeofpublication typeofreference "
    "referencetype dt ty articletype documenttypes",
    "pmid": "pmid pubmedid medlinepmid pubmed pubmedidentifier pm",
}
_BY_COLUMN = {name: meaning for meaning, names in _MEANINGS.items() for name in names.split()}
_ORDER = {name: k for names in _MEANINGS.values() for k, name in enumerate(names.split())}
_FORMS = (
    ({"lensid"}, "The Lens"),
    ({"pmid", "nihmsid"}, "PubMed"),
    ({"internalid", "sourceid"}, "Abstrackr"),
    ({"covidence"}, "Covidence"),
    ({"eid", "citedby"}, "Scopus"),
    ({"embaseaccessionid"}, "Embase"),
    ({"pui"}, "Embase"),
    ({"accessionnumber", "plink"}, "EBSCOhost"),
    ({"utuniquewosid"}, "Web of Science"),
    ({"utuniqueid"}, "Web of Science"),
    ({"articlecitationcount", "inspeccontrolledterms"}, "IEEE Xplore"),
    ({"pdflink", "ieeeterms"}, "IEEE Xplore"),
    ({"key", "pmcid", "pubmedid"}, "Rayyan"),
    ({"cochraneid"}, "Cochrane Library"),
    ({"pt", "ut", "so"}, "Web of Science"),
    ({"mostrecentpublicationdate", "rank"}, "Dimensions"),
    ({"included", "shorttitle", "id"}, "EPPI-Reviewer"),
)
"""Sets of columns that only one database or tool has."""
_GUARDED = re.compile(r'^="?(.*?)"?$', re.DOTALL)


def bare(name: str) -> str:
    """The name of a column in small letters and digits only."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def meaning(name: str) -> str:
    """What a column means; or nothing."""
    return _BY_COLUMN.get(bare(name), "")


def is_heading(cells: Sequence[str]) -> bool:
    """Whether a row names columns: a title, or two others whose meanings are plain."""
    known = {meaning(cell) for cell in cells if len(cell) < 60} - {""}
    return (
        ("title" in known and len(known) > 1)
        or len(known) > 2
        or ("title" in known and sum(bool(cell.strip()) for cell in cells) == 1)
    )


def known_columns(cells: Sequence[str]) -> int:
    """How many columns have a meaning."""
    return sum(meaning(cell) != "" for cell in cells)


def form_of(columns: Sequence[str]) -> str:
    """The database or tool that a table's columns are those of; or nothing."""
    have = {bare(name) for name in columns}
    return next((name for needed, name in _FORMS if needed <= have), "")


def unguarded(cell: str) -> str:
    """A cell without the formula by which EBSCO keeps spreadsheets from changing numbers."""
    found = _GUARDED.match(cell) if cell.startswith('="') else None
    return found.group(1) if found else cell


def row_record(pairs: Sequence[tuple[str, str]], form: str = "") -> Record:
    """A record of a row.

    Parameters
    ----------
    pairs : sequence of (str, str)
        Columns and cells.
    form : str
        Database or tool that the columns tell, if any.
    """
    by_meaning: dict[str, list[tuple[int, str]]] = {}
    for name, cell in pairs:
        if cell.strip() and (what := meaning(name)):
            by_meaning.setdefault(what, []).append((_ORDER[bare(name)], cell))

    def all_of(*whats: str) -> list[str]:
        return [cell for what in whats for _, cell in sorted(by_meaning.get(what, []))]

    def first(*whats: str) -> str:
        return plain(next(iter(all_of(*whats)), ""))

    doi = next(filter(None, map(doi_of, all_of("doi"))), "")
    addresses = all_of("url")
    said = first("source")
    source = database(first("database"))
    if not source and is_database(said):
        source, said = database(said), ""
    pmid = re.sub(r"^\D*|\.0$", "", first("pmid"))
    return Record(
        title=first("title") or first("original"),
        abstract=first("abstract"),
        authors=split_authors(next(iter(all_of("authors", "first_author")), "")),
        year=next(filter(None, map(year_in, all_of("year", "date"))), None),
        doi=doi or next(filter(None, map(doi_in_address, addresses)), ""),
        language=language_of(first("language")),
        source=source or form,
        journal=first("journal", "short_journal") or ("" if form == "Embase" else said),
        keywords=each_once(
            [word for cell in all_of("keywords", "index") for word in split_keywords(cell)]
        ),
        volume=first("volume"),
        issue=first("issue"),
        pages=first("pages")
        or pages_of(first("first_page"), first("last_page"))
        or first("article"),
        url=first("url"),
        kind=first("kind"),
        pmid=pmid if pmid.isdigit() and pmid != "0" else "",
        form="table",
    )
