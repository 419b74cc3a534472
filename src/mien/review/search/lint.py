"""What is wrong with a search string, before a database finds nothing or something else."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mien.review.search.syntax import Syntax, syntax_named

_TYPOGRAPHIC = re.compile("[“”„«»‘’‚]")
_OPERATOR = re.compile(r"\b(?:and|or|not)\b")
_PUBMED_TAGS = re.compile(r"\[([^\]]*)\]")
_KNOWN_TAGS = frozenset(
    "mesh mh majr sh tiab ti ab tw all au la pt pdat dp dcom edat ot sb ta jour crdt ad aid pmid "
    "title abstract language filter nm rn auid gr publication_type mesh_terms title/abstract "
    "text_word".split()
)


@dataclass(frozen=True)
class Flaw:
    """Something that is wrong, or may be."""

    code: str
    """Its kind."""
    words: str
    """One sentence."""
    place: int
    """In the string, characters from 0."""


def lint(text: str, database: str) -> list[Flaw]:
    """Look a search string through.

    Parameters
    ----------
    text : str
        The string.
    database : str
        Whose it is, see `mien.review.search.syntax.syntax_named`.

    Returns
    -------
    flaws : list of Flaw
        In order of their places.

    Raises
    ------
    ParameterError
        If the database is not known.
    """
    syntax = syntax_named(database)
    flaws = [
        *_brackets(text),
        *_quotes(text, syntax),
        *_wildcards(text, syntax),
        *_operators(text, syntax),
    ]
    if syntax.name == "PubMed":
        flaws += [
            Flaw("field", f"PubMed knows no field [{found.group(1)}].", found.start())
            for found in _PUBMED_TAGS.finditer(text)
            if found.group(1).lower().split(":")[0].strip().replace(" ", "_") not in _KNOWN_TAGS
        ]
    return sorted(flaws, key=lambda flaw: flaw.place)


def _outside(text: str, syntax: Syntax) -> str:
    """The string with what stands in quotation marks hidden."""
    return re.sub(
        rf"{syntax.quotes}[^{syntax.quotes}]*{syntax.quotes}", lambda m: "q" * len(m.group()), text
    )


def _brackets(text: str) -> list[Flaw]:
    pairs, stack, flaws = {")": "(", "]": "[", "}": "{"}, [], []
    quoted = False
    for place, sign in enumerate(text):
        if sign == '"':
            quoted = not quoted
        if quoted:
            continue
        if sign in "([{":
            stack.append((sign, place))
        elif sign in pairs:
            if stack and stack[-1][0] == pairs[sign]:
                opened = stack.pop()[1]
                if sign == ")" and not text[opened + 1 : place].strip():
                    flaws.append(Flaw("empty", "Nothing stands between two brackets.", opened))
            else:
                flaws.append(Flaw("unbalanced", f"A {sign} closes what was not opened.", place))
    flaws += [Flaw("unbalanced", f"A {sign} is not closed.", place) for sign, place in stack]
    return flaws


def _quotes(text: str, syntax: Syntax) -> list[Flaw]:
    flaws = [
        Flaw(
            "quotes",
            f"{found.group()} is no plain quotation mark: type {syntax.quotes}.",
            found.start(),
        )
        for found in _TYPOGRAPHIC.finditer(text)
    ]
    places = [k for k, sign in enumerate(text) if sign == '"']
    if len(places) % 2:
        flaws.append(Flaw("unbalanced", "A quotation mark is not closed.", places[-1]))
    return flaws


def _wildcards(text: str, syntax: Syntax) -> list[Flaw]:
    flaws = []
    for found in re.finditer(r"(\w*)\*", text):
        before = found.group(1)
        if len(before) < syntax.shortest_stem:
            flaws.append(
                Flaw(
                    "stem",
                    f"{syntax.name} wants {syntax.shortest_stem} letters or more before *: "
                    f"{before}* has {len(before)}.",
                    found.start(),
                )
            )
    if not syntax.phrase_wildcard:
        flaws += [
            Flaw(
                "wildcard",
                f"{syntax.name} does not truncate within quotation marks: {found.group()}.",
                found.start(),
            )
            for found in re.finditer(r'"[^"]*"', text)
            if "*" in found.group()
        ]
    if syntax.name == "Scopus":
        flaws += [
            Flaw(
                "wildcard",
                f"Scopus truncates nothing within braces: {found.group()}.",
                found.start(),
            )
            for found in re.finditer(r"\{[^}]*\*[^}]*\}", text)
        ]
    count = text.count("*")
    if syntax.most_wildcards and count > syntax.most_wildcards:
        flaws.append(
            Flaw(
                "wildcards",
                f"{syntax.name} takes {syntax.most_wildcards} truncations in a search, and there "
                f"are {count}: search in parts.",
                text.rfind("*"),
            )
        )
    return flaws


def _operators(text: str, syntax: Syntax) -> list[Flaw]:
    outside = _outside(text, syntax)
    flaws = []
    if syntax.name in ("PubMed", "Scopus", "Web of Science", "IEEE Xplore"):
        flaws += [
            Flaw("operator", f"Write {found.group().upper()} in capitals.", found.start())
            for found in _OPERATOR.finditer(outside)
        ]
    for found in re.finditer(r"\b(AND|OR|NOT)\s+(AND|OR)\b", outside, re.IGNORECASE):
        flaws.append(Flaw("operator", f"{found.group()} has nothing between.", found.start()))
    for found in re.finditer(r"(?:^|\()\s*(AND|OR)\b|\b(AND|OR|NOT)\s*(?:\)|$)", outside):
        flaws.append(Flaw("operator", "An operator has nothing on one side.", found.start()))
    return flaws + _mixed(outside)


def _mixed(text: str) -> list[Flaw]:
    """AND beside OR on one level: databases differ in which goes first."""
    levels: list[set[str]] = [set()]
    for found in re.finditer(r"[()]|\b(?:AND|OR)\b", text, re.IGNORECASE):
        sign = found.group().upper()
        if sign == "(":
            levels.append(set())
        elif sign == ")":
            if len(levels) > 1:
                levels.pop()
        else:
            levels[-1].add(sign)
            if len(levels[-1]) > 1:
                return [
                    Flaw(
                        "mixed",
                        "AND and OR stand side by side: put brackets around one.",
                        found.start(),
                    )
                ]
    return []
