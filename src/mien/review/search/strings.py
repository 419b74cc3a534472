"""Search strings: one table of concepts becomes the string of each database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mien.errors import ParameterError
from mien.review.protocol.protocol import Concept, Protocol
from mien.review.search.lint import lint
from mien.review.search.syntax import Limits, Syntax, syntax_named


@dataclass(frozen=True)
class SearchString:
    """What one database is asked."""

    database: str
    """Its name."""
    concepts: tuple[tuple[str, str], ...]
    """Of each concept its name and its part of the string."""
    limits: tuple[str, ...]
    """Clauses for dates, languages and kinds."""
    text: str
    """All of it, to be pasted."""
    notes: tuple[str, ...]
    """What to look after by hand."""


def search_string(
    concepts: Sequence[Concept], database: str, limits: Limits | None = None
) -> SearchString:
    """The string of a database.

    Parameters
    ----------
    concepts : sequence of Concept
        Each is a row of the table: alternatives within, all of them wanted.
    database : str
        Its name, such as ``PubMed`` or ``CINAHL``.
    limits : Limits, optional

    Raises
    ------
    ParameterError
        If the database is not known, or a concept has no words that it can be asked for.
    """
    syntax = syntax_named(database)
    parts = tuple((one.name, _part(one, syntax)) for one in concepts)
    if not parts:
        raise ParameterError("There are no concepts to search for: add some to the protocol.")
    clauses = tuple(filter(None, syntax.limits(limits or Limits())))
    text = syntax.both.join([f"({part})" for _, part in parts] + list(clauses))
    return SearchString(
        syntax.name, parts, clauses, text, tuple(_notes(concepts, syntax, limits, text))
    )


def strings_of(protocol: Protocol, databases: Sequence[str] = ()) -> list[SearchString]:
    """Strings of a protocol, for the databases that it names if none are given."""
    search = protocol.search
    limits = Limits(
        search.since,
        search.until,
        tuple(search.languages),
        any("article" in kind.lower() for kind in search.kinds),
    )
    return [
        search_string(protocol.concepts, name, limits) for name in databases or search.databases
    ]


def known_strings(protocol: Protocol) -> list[SearchString]:
    """Of a protocol's databases, those whose language is known."""
    found = []
    for name in protocol.search.databases:
        try:
            found += strings_of(protocol, [name])
        except ParameterError:
            continue  # a database of which mien does not know how it is asked
    return found


def _part(concept: Concept, syntax: Syntax) -> str:
    asked = [syntax.heading(words) for words in concept.headings] if syntax.heading else []
    asked += [syntax.word(" ".join(term.split())) for term in concept.terms]
    if not asked:
        raise ParameterError(
            f"The concept {concept.name!r} has no words for {syntax.name}: add terms to it."
        )
    return syntax.either.join(dict.fromkeys(asked))


def _notes(
    concepts: Sequence[Concept], syntax: Syntax, limits: Limits | None, text: str
) -> list[str]:
    notes = []
    if syntax.thesaurus and any(one.headings for one in concepts):
        notes.append(
            f"The headings are MeSH's: look each up in the {syntax.thesaurus} before searching."
        )
    if syntax.heading is None and any(one.headings for one in concepts):
        notes.append(f"{syntax.name} has no headings of MeSH: they were left out.")
    if syntax.name == "IEEE Xplore":
        if any(" " in term and "*" in term for one in concepts for term in one.terms):
            notes.append("Truncated phrases are asked for word by word, which finds more.")
        if limits and (limits.languages or limits.articles):
            notes.append("Limit to journals and to a language with the filters beside the results.")
        if limits and (limits.since or limits.until):
            notes.append("If the clause of years is not taken, set them with the same filters.")
    if syntax.name == "Cochrane Library" and limits:
        if limits.since or limits.until:
            notes.append("Limit the dates in the search manager.")
        if limits.languages or limits.articles:
            notes.append("Nothing in the string limits languages and kinds of publication.")
    if syntax.name == "PsycINFO (Ovid)" and limits and (limits.since or limits.until):
        notes.append("The years stand as the last clause; in the old interface use limit … yr=.")
    return notes + [f"{one.code}: {one.words}" for one in lint(text, syntax.name)]
