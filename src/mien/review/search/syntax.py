"""How each database wants to be asked: headings, words of title and abstract, phrases, limits.

Every rule stands in the help of its database: PubMed User Guide, Ovid Syntax Guide, EBSCOhost Help,
IEEE Xplore Help, Scopus Search Guide, Embase Search Guide, Web of Science Core Collection Help,
Cochrane Library Help.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mien.errors import ParameterError


@dataclass(frozen=True)
class Limits:
    """What is left out beside the words."""

    since: str = ""
    """First year, month or day: ``2010``, ``2010-01`` or ``2010-01-31``."""
    until: str = ""
    """The last one."""
    languages: tuple[str, ...] = ()
    """In English words."""
    articles: bool = False
    """Whether only articles in journals are wanted."""


@dataclass(frozen=True)
class Syntax:
    """The language of a database."""

    name: str
    """As people write it."""
    heading: Callable[[str], str] | None
    """Makes a subject heading with all below it; None where there are none."""
    word: Callable[[str], str]
    """Makes a word or phrase of title and abstract, which ``*`` may truncate."""
    limits: Callable[[Limits], list[str]]
    """Makes clauses, which follow with AND."""
    either: str = " OR "
    """Between alternatives."""
    both: str = " AND "
    """Between what must all be there."""
    thesaurus: str = ""
    """Whose headings it has, if not MeSH."""
    phrase_wildcard: bool = True
    """Whether a phrase in quotation marks may be truncated."""
    shortest_stem: int = 1
    """Letters that must stand before a truncation."""
    most_wildcards: int = 0
    """That a string may have; 0 if there is no limit."""
    quotes: str = '"'
    """Around phrases."""


def _years(limits: Limits) -> tuple[str, str]:
    return limits.since[:4], limits.until[:4]


def _pubmed_limits(limits: Limits) -> list[str]:
    clauses = [_one_of([f'"{language}"[LA]' for language in limits.languages])]
    if limits.articles:
        clauses.append('"journal article"[PT]')
    if limits.since or limits.until:
        first = _day(limits.since, "1800/01/01", first=True)
        last = _day(limits.until, "3000/12/31", first=False)
        clauses.append(f'("{first}"[PDAT] : "{last}"[PDAT])')
    return clauses


def _day(date: str, open_end: str, *, first: bool) -> str:
    return whole_day(date, first=first).replace("-", "/") if date else open_end


def whole_day(date: str, *, first: bool) -> str:
    """A day such as ``2021-09-30``: of a year or a month its first or its last one."""
    parts = date.split("-")
    year, month = parts[0], parts[1] if len(parts) > 1 else ("01" if first else "12")
    day = parts[2] if len(parts) > 2 else ("01" if first else _last_day(int(year), int(month)))
    return f"{year}-{month}-{day}"


def _last_day(year: int, month: int) -> str:
    from calendar import monthrange

    return f"{monthrange(year, month)[1]:02d}"


def _ovid_word(term: str) -> str:
    return f"({term}).ti,ab." if " " in term else f"{term}.ti,ab."


def _ovid_limits(limits: Limits) -> list[str]:
    clauses = [_one_of([f"{language.lower()}.lg." for language in limits.languages], " or ")]
    if limits.articles:
        clauses.append("journal.pt.")
    since, until = _years(limits)
    if since or until:
        clauses.append(f"{since or 1800}:{until or 3000}.(sa_year).")
    return clauses


def _ebsco_word(term: str) -> str:
    if " " in term and "*" in term:
        phrase = "(" + " W0 ".join(term.split()) + ")"
    else:
        phrase = f'"{term}"' if " " in term else term
    return f"(TI {phrase} OR AB {phrase})"


def _ebsco_limits(limits: Limits) -> list[str]:
    clauses = [_one_of([f"LA {language}" for language in limits.languages])]
    if limits.articles:
        clauses.append('PT "Journal Article"')
    if limits.since or limits.until:
        first = _day(limits.since, "1800/01/01", first=True).replace("/", "")[:6]
        last = _day(limits.until, "3000/12/31", first=False).replace("/", "")[:6]
        clauses.append(f"DT {first}-{last}")
    return clauses


def _ieee_word(term: str) -> str:
    if "*" in term and " " in term:  # no truncation within quotation marks
        return "(" + " AND ".join(f'"All Metadata":{word}' for word in term.split()) + ")"
    return f'"All Metadata":"{term}"' if " " in term else f'"All Metadata":{term}'


def _scopus_limits(limits: Limits) -> list[str]:
    clauses = [_one_of([f"LANGUAGE({language.lower()})" for language in limits.languages])]
    if limits.articles:
        clauses.append("DOCTYPE(ar)")
    since, until = _years(limits)
    if since:
        clauses.append(f"PUBYEAR > {int(since) - 1}")
    if until:
        clauses.append(f"PUBYEAR < {int(until) + 1}")
    return clauses


def _embase_limits(limits: Limits) -> list[str]:
    clauses = [_one_of([f"[{language.lower()}]/lim" for language in limits.languages])]
    if limits.articles:
        clauses.append("[article]/lim")
    since, until = _years(limits)
    if since or until:
        clauses.append(f"[{since or 1800}-{until or 3000}]/py")
    return clauses


def _wos_limits(limits: Limits) -> list[str]:
    clauses = []
    if limits.languages:
        clauses.append(f"LA=({' OR '.join(limits.languages)})")
    if limits.articles:
        clauses.append("DT=(Article)")
    since, until = _years(limits)
    if since or until:
        clauses.append(f"PY=({since or 1800}-{until or 3000})")
    return clauses


def _ieee_limits(limits: Limits) -> list[str]:
    """Of years only: languages and kinds are filters beside the string."""
    since, until = _years(limits)
    if not since and not until:
        return []
    return [f'("Publication Year":{since or 1800}_{until or 3000})']


def _cochrane_word(term: str) -> str:
    if " " not in term:
        return f"{term}:ti,ab,kw"
    inner = " NEXT ".join(term.split()) if "*" in term else f'"{term}"'
    return f"({inner}):ti,ab,kw"


def _one_of(clauses: list[str], between: str = " OR ") -> str:
    return clauses[0] if len(clauses) == 1 else f"({between.join(clauses)})" if clauses else ""


SYNTAXES = {
    "pubmed": Syntax(
        "PubMed",
        lambda words: f'"{words}"[MeSH]',
        lambda term: f'"{term}"[TIAB]' if " " in term or "-" in term else f"{term}[TIAB]",
        _pubmed_limits,
        shortest_stem=4,
    ),
    "psycinfo": Syntax(
        "PsycINFO (Ovid)",
        lambda words: f"exp {words}/",
        _ovid_word,
        _ovid_limits,
        either=" or ",
        both=" and ",
        thesaurus="APA Thesaurus",
    ),
    "cinahl": Syntax(
        "CINAHL (EBSCO)",
        lambda words: f'(MH "{words}+")',
        _ebsco_word,
        _ebsco_limits,
        thesaurus="CINAHL Subject Headings",
        phrase_wildcard=False,
    ),
    "ieee": Syntax(
        "IEEE Xplore",
        None,
        _ieee_word,
        _ieee_limits,
        phrase_wildcard=False,
        shortest_stem=3,
        most_wildcards=10,
    ),
    "scopus": Syntax(
        "Scopus", None, lambda term: f'TITLE-ABS-KEY("{term}")', _scopus_limits, shortest_stem=2
    ),
    "embase": Syntax(
        "Embase (embase.com)",
        lambda words: f"'{words.lower()}'/exp",
        lambda term: f"'{term}':ti,ab,kw" if " " in term else f"{term}:ti,ab,kw",
        _embase_limits,
        thesaurus="Emtree",
        quotes="'",
        shortest_stem=2,
    ),
    "wos": Syntax(
        "Web of Science",
        None,
        lambda term: f'TS=("{term}")' if " " in term else f"TS=({term})",
        _wos_limits,
        shortest_stem=3,
    ),
    "cochrane": Syntax(
        "Cochrane Library",
        lambda words: f'[mh "{words}"]',
        _cochrane_word,
        lambda limits: [],
        phrase_wildcard=False,
    ),
    "openalex": Syntax(
        "OpenAlex", None, lambda term: f'"{term.replace("*", "")}"', lambda limits: []
    ),
}
"""By short names."""
_ALSO = {
    "medline": "pubmed",
    "ovid": "psycinfo",
    "ebsco": "cinahl",
    "webofscience": "wos",
    "web": "wos",
    "central": "cochrane",
}


def syntax_named(name: str) -> Syntax:
    """The language of a database that somebody named; raises `ParameterError` if none is known."""
    bare = "".join(c for c in name.lower() if c.isalnum())
    for known, syntax in (*SYNTAXES.items(), *((k, SYNTAXES[v]) for k, v in _ALSO.items())):
        if bare.startswith(known):
            return syntax
    raise ParameterError(f"No syntax is known of {name!r}: choose {', '.join(SYNTAXES)}.")
