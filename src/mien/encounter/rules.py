"""Rules of feedback: a file that anybody can read, and what no rule may say."""

from __future__ import annotations

import math
import os
import re
import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any

from mien.emotion.classifier import EXPRESSIONS
from mien.encounter.observation import ROLES
from mien.errors import ParameterError
from mien.intake import words

LANGUAGES: tuple[str, ...] = ("en", "de")
WORDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "en": MappingProxyType({name: name for name in EXPRESSIONS}),
        "de": MappingProxyType(
            {
                "anger": "Ärger",
                "disgust": "Ekel",
                "fear": "Angst",
                "happiness": "Freude",
                "neutral": "einem neutralen",
                "sadness": "Trauer",
                "surprise": "Überraschung",
            }
        ),
    }
)
"""What an expression resembles, by language."""
SHORTEST = 2.0
"""Least duration of a rule, seconds: one second's flicker is no evidence."""
LEAST = 0.5
"""Least probability a rule may ask for."""

_KEYS = {
    "id", "role", "expressions", "other", "confidence", "duration", "rest", "source", *LANGUAGES,
}  # fmt: skip  # fmt: skip
_LIMITS = {"rest": 10.0, "usual_share": 0.6, "usual_after": 60.0}
_RESEMBLES = {"en": re.compile(r"resembl", re.I), "de": re.compile(r"ähnel|ähnlich", re.I)}
_PEOPLE = r"(?:the )?(?:patient|doctor|you|he|she|they|sie|er|patientin|ärztin|arzt)"
CLAIMS = re.compile(
    rf"\b{_PEOPLE}\s+(?:is|are|was|seems?|looks?|feels?|felt|ist|sind|wirk\w*|fühl\w*|scheint)"
    r"\s+(?!not\b|nicht\b)\w*"
    r"|\b(?:feelings?|emotional state|mood|score|rating|grade|punktzahl|bewertung|stimmung)\b",
    re.I,
)
"""What no words of a rule may hold: what somebody is or feels, or how good somebody is."""


@dataclass(frozen=True)
class Rule:
    """When the doctor is told what."""

    id: str
    """Its name."""
    role: str
    """Whose face it looks at, ``"doctor"`` or ``"patient"``."""
    expressions: tuple[str, ...]
    """What that face has to resemble: any of these."""
    other: tuple[str, ...]
    """What the other one's face has to resemble in the same seconds; empty where that is of no
    matter."""
    confidence: float
    """Probability that `expressions` together need in every second, 0.5 to 1; `other` too."""
    duration: float
    """For how long, seconds, 2 or more."""
    rest: float
    """How long the rule keeps silent after it has spoken, seconds."""
    source: str
    """On whose authority."""
    words: Mapping[str, str]
    """By language; ``{expression}`` and ``{seconds}`` are filled in."""


@dataclass(frozen=True)
class Rules:
    """All rules, and what holds for all of them."""

    title: str
    """What they are for."""
    rest: float
    """Time between any two, seconds."""
    usual_share: float
    """Share of a face's assessed time from which on an expression is taken for its resting look."""
    usual_after: float
    """Assessed time from which on that can be said, seconds."""
    rules: tuple[Rule, ...]
    """Those that come first are said first."""

    @classmethod
    def open(cls, path: str | os.PathLike[str] | None = None) -> Rules:
        """Read the rules that come with mien, or a file of the user's own.

        Raises
        ------
        ParameterError
            If the file cannot be read, or something in it makes no sense.
        """
        if path is None:
            name = "rules.toml"
            text = (files("mien") / "assets" / "feedback" / name).read_text("utf-8")
        else:
            name = str(path)
            try:
                text = words.text(path, "rules of feedback")
            except (OSError, UnicodeDecodeError) as exc:
                raise ParameterError(f"The rules {path} cannot be read: {words.why(exc)}.") from exc
        try:
            content = words.parse_toml(text, f"The rules {name}")
        except tomllib.TOMLDecodeError as exc:
            raise ParameterError(f"The rules {name} are not TOML: {exc}.") from exc
        return cls._of(content, name)

    @classmethod
    def _of(cls, content: dict[str, Any], name: str) -> Rules:
        given = content.get("limits", {})
        if not isinstance(given, dict) or set(given) - set(_LIMITS):
            raise ParameterError(f"[limits] of {name} may hold {', '.join(_LIMITS)} only.")
        limits = {
            key: _number(given.get(key, value), f"{key} in [limits] of {name}")
            for key, value in _LIMITS.items()
        }
        lines = content.get("rule")
        if not isinstance(lines, list) or not lines:
            raise ParameterError(f"The rules {name} have no [[rule]]: see docs/encounter.md.")
        rules = tuple(_rule(line, number, name) for number, line in enumerate(lines, 1))
        twice = [key for key, count in Counter(rule.id for rule in rules).items() if count > 1]
        if twice:
            raise ParameterError(f"Two rules of {name} are called {twice[0]!r}: rename one.")
        return cls(str(content.get("title", Path(name).stem)), rules=rules, **limits)


def _rule(line: Any, number: int, name: str) -> Rule:
    where = f"Rule {number} of {name}"
    if not isinstance(line, dict):
        raise ParameterError(f"{where} is not a [[rule]] table: see docs/encounter.md.")
    if unknown := sorted(set(line) - _KEYS):
        raise ParameterError(
            f"{where} has {unknown[0]!r}, which means nothing: use {', '.join(sorted(_KEYS))}."
        )
    for key in ("id", "role", "source", *LANGUAGES):
        if not isinstance(line.get(key), str) or not line[key].strip():
            raise ParameterError(f"{where} needs {key!r}, in quotes.")
    if line["role"] not in ROLES:
        raise ParameterError(f'{where} needs role = "doctor" or "patient".')
    kinds: dict[str, tuple[str, ...]] = {}
    for key in ("expressions", "other"):
        value = line.get(key, [] if key == "other" else None)
        if not isinstance(value, list) or (key == "expressions" and not value):
            raise ParameterError(f"{where} needs {key} = [ ... ] with names of expressions.")
        for expression in value:
            if expression not in EXPRESSIONS:
                raise ParameterError(
                    f"{where} names {expression!r}: choose from {', '.join(EXPRESSIONS)}."
                )
        kinds[key] = tuple(dict.fromkeys(value))
    numbers = {
        key: _number(line.get(key), f"{key} of {where}")
        for key in ("confidence", "duration", "rest")
    }
    if not LEAST <= numbers["confidence"] <= 1:
        raise ParameterError(
            f"{where} asks for a confidence of {numbers['confidence']:g}: choose {LEAST:g} to 1."
        )
    if numbers["duration"] < SHORTEST:
        raise ParameterError(
            f"{where} asks for {numbers['duration']:g} s: less than {SHORTEST:g} s is a flicker."
        )
    for language in LANGUAGES:
        _check_words(line[language], language, where)
    return Rule(
        id=line["id"],
        role=line["role"],
        source=line["source"],
        words=MappingProxyType({language: line[language] for language in LANGUAGES}),
        expressions=kinds["expressions"],
        other=kinds["other"],
        confidence=numbers["confidence"],
        duration=numbers["duration"],
        rest=numbers["rest"],
    )


def _check_words(words: str, language: str, where: str) -> None:
    try:
        said = words.format(expression="x", seconds="3")
    except (KeyError, IndexError, ValueError) as exc:
        raise ParameterError(
            f"{where} may use {{expression}} and {{seconds}} in its words only."
        ) from exc
    if "{expression}" not in words or not _RESEMBLES[language].search(words):
        raise ParameterError(
            f"{where} has to say in its words ({language}) that an expression resembles "
            "{expression}: nobody's feelings can be seen."
        )
    if claim := CLAIMS.search(said):
        raise ParameterError(
            f"{where} says “{claim.group().strip()}”, which no picture shows: say what the "
            "expression resembles."
        )


def _number(value: Any, what: str) -> float:
    good = isinstance(value, int | float) and not isinstance(value, bool)
    if not good or not (math.isfinite(value) and value >= 0):
        raise ParameterError(f"{what[0].upper()}{what[1:]} needs a number, 0 or more.")
    return float(value)
