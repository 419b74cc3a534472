"""The language of pages: sentences stand in English in the code, other languages beside them.

Code writes English. What leaves for a page, a figure or a card passes `told`, which looks the
sentence up in ``languages/de.toml``: the English one on the left, the German one on the right.
``{1}`` stands for whatever a sentence is filled with: it is told in turn, and numbers and dates
take the language's form; ``{1#}`` stands for a number alone, and ``{1!}`` for a name, which stays
as it is. What is in no catalogue is a name or somebody's own words and is left alone, and so is
whatever the code marks as such (`Verbatim`); `untold` says which these were, and a test reads every
sentence of the code, so that none of mien's own is left out. A further language is one more file.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Literal

from mien.errors import ParameterError

Language = Literal["en", "de"]
"""The same as `languages`, for those who check what they are told by types."""
DEFAULT: Language = "en"
"""The language of the code, and of pages for which nobody asks for another."""
_HOLE = re.compile(r"\{(\d)([!#]?)\}")
_KINDS = {"": ".+?", "!": ".+?", "#": "[−+<>≥≤-]?[ ]?[0-9][0-9.,/ ]*(?:e[-−+]?[0-9]+)?(?: ?%)?|–"}
_NUMBER = re.compile(r"(?<![\w.])(\d*)\.(\d+)(?![\w.]*\.?\d)")
_DATE = re.compile(r"(?<!\d)(\d{4})-(\d\d)-(\d\d)(?!\d)")
_FIGURES = re.compile(r"(?:[\d\s.,:+\-−–<>=()%±/×*]|(?<=\d)e(?=[-−+]))*(?:\s?(?:s|ms|Hz|dB))?")
_SENTENCES = re.compile(r"(?<=[.!?]) (?=[A-Z0-9±])")
_SOLID = 15  # letters, under which a pattern fits only around words and numbers that are known
_chosen: ContextVar[str] = ContextVar("language", default=DEFAULT)
_missing: ContextVar[set[str] | None] = ContextVar("missing", default=None)


class Verbatim(str):
    """A name, somebody's own words, or what was told already: stays as it is in every language."""


@dataclass(frozen=True)
class _Pattern:
    """A sentence with holes."""

    form: re.Pattern[str]
    """What the English sentence looks like."""
    other: str
    """The other language's sentence, with the same holes."""
    names: frozenset[str]
    """Holes whose filling stays as it is."""
    solid: int
    """Letters outside the holes: of two patterns that fit, the one with more is meant."""

    def told(self, found: re.Match[str]) -> list[str]:
        """What fills the holes and is told in turn."""
        return [text for key, text in found.groupdict().items() if key[1:] not in self.names]


@dataclass(frozen=True)
class Catalogue:
    """One language."""

    whole: dict[str, str]
    """Sentences without holes."""
    patterns: tuple[_Pattern, ...]
    """Sentences with holes, the most solid first."""

    @classmethod
    @cache
    def of(cls, language: str) -> Catalogue:
        """The catalogue of a language."""
        whole, patterns = {}, []
        for english, other in entries(language).items():
            if _HOLE.search(english):
                patterns.append(_pattern(english, other))
            else:
                whole[english] = other
        return cls(whole, tuple(sorted(patterns, key=lambda one: -one.solid)))

    def look_up(self, sentence: str) -> str | None:
        """The sentence in this language; None where the catalogue has none like it."""
        if sentence in self.whole:
            return self.whole[sentence]
        for pattern in self.patterns:
            if (found := pattern.form.fullmatch(sentence)) is None:
                continue
            if pattern.solid >= _SOLID or all(_known(language(), x) for x in pattern.told(found)):
                return _filled(pattern, found)
        return None


def languages() -> tuple[str, ...]:
    """Languages that pages can be written in, the code's own first."""
    folder = files("mien.report") / "languages"
    others = sorted(
        f.name.removesuffix(".toml") for f in folder.iterdir() if f.name[-5:] == ".toml"
    )
    return (DEFAULT, *others)


def check_language(language: str) -> str:
    """The same, if pages can be written in it.

    Raises
    ------
    ParameterError
        If mien does not write it.
    """
    if language not in languages():
        raise ParameterError(
            f"Pages are not written in {language!r}: choose {' or '.join(languages())}."
        )
    return language


@cache
def entries(language: str) -> dict[str, str]:
    """Every English sentence of a language's file, and the sentence beside it."""
    text = (files("mien.report") / "languages" / f"{language}.toml").read_text("utf-8")
    return {
        english: other for part in tomllib.loads(text).values() for english, other in part.items()
    }


@contextmanager
def written_in(language: str) -> Iterator[None]:
    """Tell everything that is told meanwhile in a language.

    Raises
    ------
    ParameterError
        If mien does not write it.
    """
    before = _chosen.set(check_language(language))
    try:
        yield
    finally:
        _chosen.reset(before)


def language() -> str:
    """The language in which things are told now, as HTML names it."""
    return _chosen.get()


@contextmanager
def untold() -> Iterator[set[str]]:
    """Collect what no catalogue has: names and people's own words, and nothing else."""
    found: set[str] = set()
    before = _missing.set(found)
    try:
        yield found
    finally:
        _missing.reset(before)


def told(sentence: str) -> str:
    """A sentence, a heading, a cell of a table in the language that is written now."""
    if isinstance(sentence, Verbatim):
        return sentence
    if _chosen.get() == DEFAULT or not sentence.strip():
        return sentence
    found = Catalogue.of(_chosen.get()).look_up(sentence)
    if found is not None:
        return found
    if _FIGURES.fullmatch(sentence) is None and (missing := _missing.get()) is not None:
        missing.add(sentence)
    return figures(sentence)


def told_each(text: str) -> str:
    """Several sentences in a row, each told for itself."""
    return " ".join(told(sentence) for sentence in _SENTENCES.split(text))


def figures(text: str) -> str:
    """Numbers and dates of a text in the form of the language that is written now."""
    if _chosen.get() == DEFAULT:
        return text
    dated = _DATE.sub(r"\3.\2.\1", text)
    if _FIGURES.fullmatch(text) is None:
        return dated
    spaced = re.sub(r"(?<=\d)%", " %", dated)
    return _NUMBER.sub(lambda found: f"{found[1] or '0'}{told('.')}{found[2]}", spaced)


@lru_cache(maxsize=4096)  # a list is known if its rest is, and that if its rest is
def _known(language: str, filling: str) -> bool:
    """Whether what fills a hole is figures or words of a catalogue."""
    if _FIGURES.fullmatch(filling) is not None:
        return True
    return Catalogue.of(language).look_up(filling) is not None


def _pattern(english: str, other: str) -> _Pattern:
    parts, at = [], 0
    for hole in _HOLE.finditer(english):
        parts.append(re.escape(english[at : hole.start()]))
        parts.append(f"(?P<h{hole[1]}>{_KINDS[hole[2]]})")
        at = hole.end()
    parts.append(re.escape(english[at:]))
    names = frozenset(hole[1] for hole in _HOLE.finditer(english) if hole[2] == "!")
    solid = len(_HOLE.sub("", english))
    return _Pattern(re.compile("".join(parts), re.DOTALL), other, names, solid)


def _filled(pattern: _Pattern, found: re.Match[str]) -> str:
    def fill(hole: re.Match[str]) -> str:
        filling = found[f"h{hole[1]}"]
        return filling if hole[1] in pattern.names else told(filling)

    return _HOLE.sub(fill, pattern.other)
