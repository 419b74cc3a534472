"""Which database or tool a record comes from."""

from __future__ import annotations

import re

_CODES = {
    "aph": "Academic Search Premier",
    "asn": "Academic Search Ultimate",
    "a9h": "Academic Search Complete",
    "rzh": "CINAHL",
    "c8h": "CINAHL",
    "ccm": "CINAHL",
    "cin20": "CINAHL",
    "jlh": "CINAHL",
    "psyh": "APA PsycInfo",
    "psych": "APA PsycInfo",
    "pdh": "APA PsycArticles",
    "cmedm": "MEDLINE",
    "mnh": "MEDLINE",
    "mdc": "MEDLINE",
    "eric": "ERIC",
    "wos": "Web of Science",
    "nlm": "PubMed",
}
"""Short names that EBSCO and others write for databases."""
_SIGNS = (
    ("cochranelibrary.com", "Cochrane Library"),
    ("scopus.com", "Scopus"),
    ("embase.com", "Embase"),
    ("webofscience.com", "Web of Science"),
    ("webofknowledge.com", "Web of Science"),
    ("ieeexplore.ieee.org", "IEEE Xplore"),
    ("pubmed.ncbi.nlm.nih.gov", "PubMed"),
    ("ovidsp.ovid.com", "Ovid"),
    ("search.ebscohost.com", "EBSCOhost"),
    ("search.proquest.com", "ProQuest"),
    ("www.proquest.com", "ProQuest"),
    ("dl.acm.org", "ACM Digital Library"),
    ("lens.org", "The Lens"),
    ("openalex.org", "OpenAlex"),
    ("semanticscholar.org", "Semantic Scholar"),
    ("clinicaltrials.gov", "ClinicalTrials.gov"),
)
_FILES = (
    ("openalex", "OpenAlex"),
    ("pubmed", "PubMed"),
    ("medline", "MEDLINE"),
    ("scopus", "Scopus"),
    ("embase", "Embase"),
    ("cinahl", "CINAHL"),
    ("psycinfo", "APA PsycInfo"),
    ("psychinfo", "APA PsycInfo"),
    ("cochrane", "Cochrane Library"),
    ("central", "Cochrane Library"),
    ("ieee", "IEEE Xplore"),
    ("googlescholar", "Google Scholar"),
    ("scholar", "Google Scholar"),
    ("webofscience", "Web of Science"),
    ("wos", "Web of Science"),
    ("savedrecs", "Web of Science"),
    ("lens", "The Lens"),
    ("mdpi", "MDPI"),
    ("covidence", "Covidence"),
    ("rayyan", "Rayyan"),
    ("eppi", "EPPI-Reviewer"),
    ("abstrackr", "Abstrackr"),
    ("refworks", "RefWorks"),
    ("zotero", "Zotero"),
    ("mendeley", "Mendeley"),
    ("endnote", "EndNote"),
    ("crossref", "Crossref"),
    ("dimensions", "Dimensions"),
)


_NAMES = {
    name.lower() for name in (*_CODES, *_CODES.values(), *(name for _, name in (*_SIGNS, *_FILES)))
} | {"web of science core collection", "psycinfo", "cinahl complete", "ovid medline"}


def is_database(said: str) -> bool:
    """Whether words are the name of a database or a tool."""
    return " ".join(said.split()).lower() in _NAMES


def database(said: str, provider: str = "") -> str:
    """The name of the database that a field names by words or a code; or nothing."""
    said = re.sub(r"\s*<[^>]*>\s*$", "", " ".join(said.split()))
    return _CODES.get(said.lower(), said) or " ".join(provider.split())


def database_of_address(addresses: str) -> str:
    """The database whose pages a record leads to; or nothing."""
    return next((name for sign, name in _SIGNS if sign in addresses), "")


def database_of_file(name: str) -> str:
    """The database or tool that a file is called after, else its name without ending."""
    stem = name.rpartition(".")[0] or name
    bare = re.sub(r"[^a-z0-9]", "", stem.lower())
    return next((known for sign, known in _FILES if sign in bare), stem)
