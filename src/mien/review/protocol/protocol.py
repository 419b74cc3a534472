"""A protocol, read from TOML and checked."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from mien.errors import FormatError, MienError, ParameterError
from mien.intake.words import parse_toml, text
from mien.review.bias.forms import FORMS

KINDS = ("text", "choice", "count", "number", "share", "yesno", "groups")
"""Of what a field of the form holds: words; one of its options; a whole number; a number; a share
from 0 to 1; yes or no; numbers by group, such as ``women: 0.91/120; men: 0.88/95``."""
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
_MOST = 200


@dataclass(frozen=True)
class Criterion:
    """What makes a study belong, or not."""

    key: str
    """Short name, which decisions carry."""
    words: str
    """What it says."""
    title: str = ""
    """Its heading."""


@dataclass(frozen=True)
class Concept:
    """One part of the question, as words to search for."""

    name: str
    """What it is."""
    headings: tuple[str, ...]
    """Subject headings, such as MeSH."""
    terms: tuple[str, ...]
    """Words of title and abstract; ``*`` ends a stem."""


@dataclass(frozen=True)
class Field:
    """One thing to extract of every study."""

    key: str
    """Its name in files."""
    title: str
    """Its name for people."""
    kind: str
    """One of `KINDS`."""
    options: tuple[str, ...] = ()
    """Of a choice."""
    required: bool = True
    """Whether a study without it is unfinished."""
    help: str = ""
    """How to fill it in."""


@dataclass(frozen=True)
class Role:
    """Who does what."""

    role: str
    """Its name."""
    people: int
    """How many."""
    words: str
    """What they do."""


@dataclass(frozen=True)
class Amendment:
    """What was changed after a version, and why."""

    version: str
    """The version that has it first."""
    date: str
    """When."""
    change: str
    """What."""
    reason: str
    """Why."""


@dataclass(frozen=True)
class Search:
    """Where and until when is searched."""

    databases: tuple[str, ...]
    """Their names."""
    since: str = ""
    """Earliest date of publication; empty for all."""
    until: str = ""
    """Latest."""
    languages: tuple[str, ...] = ()
    """Those included; all if empty."""
    kinds: tuple[str, ...] = ()
    """Kinds of publication; all if empty."""
    also: tuple[str, ...] = ()
    """Other ways, such as citation searching."""


@dataclass(frozen=True)
class Plan:
    """How studies are put together."""

    measures: tuple[str, ...]
    """What is pooled."""
    pool: str
    """When."""
    fewest: int = 4
    """Studies below which nothing is pooled."""
    moderators: tuple[str, ...] = ()
    """Fields that may explain differences."""
    groups: tuple[str, ...] = ()
    """Attributes of people by which accuracy may differ."""


@dataclass(frozen=True)
class Protocol:
    """All that is settled before a review begins."""

    title: str
    """Of the review."""
    version: str
    """Of the protocol."""
    date: str
    """Of the version."""
    question: str
    """What the review answers."""
    rationale: str
    """Why."""
    objectives: tuple[str, ...]
    """Parts of the question."""
    search: Search
    """Where is searched."""
    concepts: tuple[Concept, ...]
    """What is searched for."""
    include: tuple[Criterion, ...]
    """What makes a study belong."""
    exclude: tuple[Criterion, ...]
    """What excludes it; the keys are the reasons."""
    form: tuple[Field, ...]
    """What is extracted."""
    bias_tools: tuple[str, ...]
    """Forms of risk of bias, see `mien.review.bias.forms`."""
    synthesis: Plan
    """How studies are put together."""
    roles: tuple[Role, ...] = ()
    """Who does what."""
    causes: tuple[Criterion, ...] = ()
    """A framework by which studies are sorted."""
    registration: str = ""
    """Where the review is registered."""
    source: str = ""
    """Where the protocol was published."""
    amendments: tuple[Amendment, ...] = ()
    """Changes, oldest first."""

    def field(self, key: str) -> Field:
        """A field of the form; raises `ParameterError` if there is none."""
        for one in self.form:
            if one.key == key:
                return one
        raise ParameterError(f"The form of this protocol has no field {key[:40]!r}.")

    @staticmethod
    def open(path: str | os.PathLike[str]) -> Protocol:
        """Read a protocol.

        Raises
        ------
        FormatError
            If it cannot be read, or something in it is missing or wrong.
        """
        try:
            written = text(path, "a protocol")
        except UnicodeDecodeError as exc:
            raise FormatError(f"{path} is no UTF-8 text: save it as UTF-8.") from exc
        except OSError as exc:
            raise FormatError(f"{path} cannot be read: {exc.strerror or exc}.") from exc
        return parse_protocol(written, Path(path).name)


def published() -> Protocol:
    """The protocol of Su et al. 2021, in mien's words."""
    return parse_protocol(published_text(), "su2021.toml")


def published_text() -> str:
    """The same as TOML, to begin one's own with."""
    return (files("mien") / "assets" / "review" / "su2021.toml").read_text("utf-8")


def parse_protocol(written: str, name: str) -> Protocol:
    """The protocol in a text; raises as `Protocol.open`."""
    try:
        content = parse_toml(written, name)
        return _of(content)
    except FormatError:
        raise
    except MienError as exc:
        raise FormatError(f"{name}: {exc}") from exc
    except ValueError as exc:
        raise FormatError(f"{name} is no TOML: {exc}.") from exc


def _of(content: Mapping[str, Any]) -> Protocol:
    known = {
        *("title", "version", "date", "question", "rationale", "objectives", "search", "concepts"),
        *("include", "exclude", "form", "bias", "synthesis", "roles", "causes", "registration"),
        *("source", "amendments"),
    }
    unknown = sorted(set(content) - known)
    if unknown:
        raise ParameterError(f"{unknown[0]!r} is no part of a protocol: remove or rename it.")
    search, plan = _table(content, "search"), _table(content, "synthesis")
    form = tuple(_field(one) for one in _tables(content, "form"))
    protocol = Protocol(
        title=_text(content, "title"),
        version=_text(content, "version"),
        date=_text(content, "date", ""),
        question=_text(content, "question"),
        rationale=_text(content, "rationale", ""),
        objectives=_texts(content, "objectives"),
        search=Search(
            _texts(search, "databases"),
            _text(search, "since", ""),
            _text(search, "until", ""),
            _texts(search, "languages"),
            _texts(search, "kinds"),
            _texts(search, "also"),
        ),
        concepts=tuple(
            Concept(_text(one, "name"), _texts(one, "headings"), _texts(one, "terms"))
            for one in _tables(content, "concepts")
        ),
        include=_criteria(content, "include"),
        exclude=_criteria(content, "exclude"),
        form=form,
        bias_tools=_tools(_table(content, "bias")),
        synthesis=Plan(
            _texts(plan, "measures"),
            _text(plan, "pool", ""),
            _count(plan, "fewest", 4),
            _texts(plan, "moderators"),
            _texts(plan, "groups"),
        ),
        roles=tuple(
            Role(_text(one, "role"), _count(one, "people", 1), _text(one, "words", ""))
            for one in _tables(content, "roles")
        ),
        causes=_criteria(content, "causes"),
        registration=_text(content, "registration", ""),
        source=_text(content, "source", ""),
        amendments=tuple(
            Amendment(*(_text(one, key) for key in ("version", "date", "change", "reason")))
            for one in _tables(content, "amendments")
        ),
    )
    _check(protocol)
    return protocol


def _check(protocol: Protocol) -> None:
    for what, keys in (
        ("field", [one.key for one in protocol.form]),
        ("reason to exclude", [one.key for one in protocol.exclude]),
        ("criterion", [one.key for one in protocol.include]),
    ):
        for key, count in Counter(keys).items():
            if count > 1:
                raise ParameterError(f"There are two of the {what} {key!r}: rename one.")
            if not _KEY.match(key):
                raise ParameterError(
                    f"The {what} {key[:40]!r} needs a key of small letters, digits and underscores."
                )
    for name in protocol.synthesis.moderators:
        protocol.field(name)
    if protocol.synthesis.fewest < 2:
        raise ParameterError("synthesis.fewest must be at least 2.")


def _field(one: Mapping[str, Any]) -> Field:
    field = Field(
        _text(one, "key"),
        _text(one, "title", _text(one, "key")),
        _text(one, "kind", "text"),
        _texts(one, "options"),
        bool(one.get("required", True)),
        _text(one, "help", ""),
    )
    if field.kind not in KINDS:
        raise ParameterError(
            f"The field {field.key!r} is of the kind {field.kind!r}: choose one of "
            f"{', '.join(KINDS)}."
        )
    if field.kind == "choice" and len(field.options) < 2:
        raise ParameterError(f"The field {field.key!r} is a choice and needs two options or more.")
    return field


def _criteria(content: Mapping[str, Any], key: str) -> tuple[Criterion, ...]:
    return tuple(
        Criterion(_text(one, "key"), _text(one, "words"), _text(one, "title", ""))
        for one in _tables(content, key)
    )


def _tools(bias: Mapping[str, Any]) -> tuple[str, ...]:
    tools = _texts(bias, "tools")
    for tool in tools:
        if tool not in FORMS:
            raise ParameterError(f"bias.tools names {tool!r}: choose of {', '.join(FORMS)}.")
    return tools


def _text(content: Mapping[str, Any], key: str, otherwise: str | None = None) -> str:
    value = content.get(key, otherwise)
    if not isinstance(value, str) or (otherwise is None and not value.strip()):
        raise ParameterError(f"{key} is missing, or is no text.")
    return value.strip()


def _texts(content: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = content.get(key, [])
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ParameterError(f"{key} must be a list of texts.")
    return tuple(value)


def _table(content: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = content.get(key, {})
    if not isinstance(value, Mapping):
        raise ParameterError(f"{key} must be a table, written as [{key}].")
    return value


def _tables(content: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    value = content.get(key, [])
    if not isinstance(value, list) or not all(isinstance(one, Mapping) for one in value):
        raise ParameterError(f"{key} must be a list of tables, each written as [[{key}]].")
    if len(value) > _MOST:
        raise ParameterError(f"{key} has more than {_MOST} entries.")
    return value


def _count(content: Mapping[str, Any], key: str, otherwise: int) -> int:
    value = content.get(key, otherwise)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 10_000:
        raise ParameterError(f"{key} must be a whole number.")
    return value
