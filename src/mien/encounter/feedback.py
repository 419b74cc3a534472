"""Feedback for the doctor: rules in a file that anybody can read, and when they apply.

A rule speaks when a face has resembled an expression for several seconds, each of them assessed and
each clear enough, and it says no more than that. It keeps silent for a while afterwards, and for
good about an expression that a face seems to have at rest: a face that hardly moves, or a palsied
one, reads as sad to every classifier. Nothing looks ahead, so that what is said during an encounter
and what is found in its recording are the same. Nobody is given a score.

References
----------
.. [1] Yang et al. 2022: the doctor's negative expression calls for a reminder, the patient's for
   another approach.
.. [2] Back et al., "Approaching difficult communication tasks in oncology", CA: A Cancer Journal
   for Clinicians 55(3), 2005 (NURSE).
.. [3] Baile et al., "SPIKES - a six-step protocol for delivering bad news", The Oncologist 5(4),
   2000.
"""

from __future__ import annotations

import math
import os
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np

from mien.emotion.classifier import THRESHOLD
from mien.encounter.timeline import EXPRESSIONS, ROLES, Observation, Timeline
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

_ROUNDED = 1e-5  # of float32: .6 asked of .6 given is given
_KEYS = {
    "id", "role", "expressions", "other", "confidence", "duration", "rest", "source", *LANGUAGES,
}  # fmt: skip
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
                raise ParameterError(f"The rules {path} cannot be read: {exc}.") from exc
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


@dataclass(frozen=True)
class Evidence:
    """What a piece of feedback rests on."""

    role: str
    """Whose face."""
    expression: str
    """What it resembled most."""
    start: float
    """First second of it, on the encounter's clock."""
    end: float
    """End of the last second of it."""
    probability: float
    """Mean probability of the rule's expressions, 0 to 1."""
    lowest: float
    """Smallest of them."""
    assessable: float
    """Share of the moments of these seconds in which the face could be assessed."""


@dataclass(frozen=True)
class Feedback:
    """Something to tell the doctor, and what it rests on."""

    time: float
    """When it is said, seconds on the encounter's clock: at the end of the evidence."""
    start: float
    """Where the evidence begins, seconds: the moment in the video."""
    end: float
    """When the expression ended, or the latest moment that was looked at; never before `time`."""
    role: str
    """Whose face it is about."""
    rule: str
    """Which rule."""
    expression: str
    """What the face resembled most."""
    words: str
    """What is said."""
    source: str
    """On whose authority."""
    confidence: float
    """Smallest mean probability of the evidence: how sure the classifier is of what the picture
    resembles, not of what anybody feels."""
    evidence: tuple[Evidence, ...]
    """Seconds that it rests on, one entry per face."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        found = asdict(self)
        found["evidence"] = [asdict(item) for item in self.evidence]
        return found


class _HasTimelines(Protocol):
    @property
    def timelines(self) -> Mapping[str, Timeline]: ...


def after(
    encounter: _HasTimelines | Mapping[str, Timeline],
    rules: Rules | None = None,
    *,
    language: str = "en",
) -> list[Feedback]:
    """What would have been said during an encounter.

    Parameters
    ----------
    encounter : Encounter, or mapping of role to Timeline
        Timelines share their steps; one role may be missing.
    rules : Rules, optional
        Those that come with mien if not given.
    language : str
        One of `LANGUAGES`.

    Returns
    -------
    feedback : list of Feedback
        By time; `Feedback.end` says how long the expression went on.

    Raises
    ------
    ParameterError
        If the timelines do not share their steps.
    """
    timelines = encounter if isinstance(encounter, Mapping) else encounter.timelines
    lines = {role: timelines[role] for role in ROLES if role in timelines}
    if not lines:
        return []
    first, *others = lines.values()
    for other in others:
        if other.resolution != first.resolution or not (
            len(other) == len(first) and np.allclose(other.times, first.times)
        ):
            raise ParameterError("Feedback needs two timelines with the same steps.")
    judge = _Judge(rules or Rules.open(), first.resolution, language)
    found: list[Feedback] = []
    for k in range(len(first)):
        steps = {role: _Step.of(line, k) for role, line in lines.items()}
        found += judge.next(float(first.times[k]), steps)
    return [_lasting(item, lines[item.role], judge.rules) for item in found]


def live(
    observations: Iterable[Observation],
    rules: Rules | None = None,
    *,
    resolution: float = 1.0,
    language: str = "en",
    slack: float = 0.0,
) -> Iterator[Feedback]:
    """Feedback while an encounter happens: an iterator over moments gives one over feedback.

    Each piece comes as soon as the step that completes its evidence is over. See `FeedbackStream`
    for the parameters and for use without an iterator.
    """
    stream = FeedbackStream(rules, resolution=resolution, language=language, slack=slack)
    for observation in observations:
        yield from stream.push(observation)
    yield from stream.finish()


class FeedbackStream:
    """Feedback from single moments as they come in.

    Parameters
    ----------
    rules : Rules, optional
        Those that come with mien if not given.
    resolution : float
        Length of a step, seconds.
    language : str
        One of `LANGUAGES`.
    slack : float
        How long after its end a step is kept open, seconds, where two cameras deliver out of order.

    Attributes
    ----------
    late : int
        Observations that came after their step was closed and were left out.
    """

    def __init__(
        self,
        rules: Rules | None = None,
        *,
        resolution: float = 1.0,
        language: str = "en",
        slack: float = 0.0,
    ) -> None:
        if not 0.05 <= resolution <= 60:
            raise ParameterError(f"resolution must lie between 0.05 and 60 s, not {resolution!r}.")
        if not slack >= 0:
            raise ParameterError(f"slack must be 0 s or more, not {slack!r}.")
        self._judge = _Judge(rules or Rules.open(), resolution, language)
        self._resolution, self._slack = resolution, slack
        self._waiting: dict[int, list[Observation]] = {}
        self._next: int | None = None  # number of the first step that is open
        self.late = 0

    def push(self, observation: Observation) -> list[Feedback]:
        """Take in one moment of one face; what is to be said now."""
        number = math.floor(observation.time / self._resolution + 1e-6)
        if self._next is None:
            self._next = number
        if number < self._next:
            self.late += 1
            return []
        self._waiting.setdefault(number, []).append(observation)
        return self.advance(observation.time)

    def advance(self, time: float) -> list[Feedback]:
        """Let time pass, seconds on the encounter's clock, also while nobody is seen."""
        if self._next is None:
            return []
        found: list[Feedback] = []
        over = math.floor((time - self._slack) / self._resolution + 1e-6)
        while self._next < over:
            found += self._close()
        return found

    def finish(self) -> list[Feedback]:
        """Close the steps that are open; what is still to be said."""
        found: list[Feedback] = []
        while self._next is not None and self._waiting and self._next <= max(self._waiting):
            found += self._close()
        return found

    def _close(self) -> list[Feedback]:
        assert self._next is not None
        number, self._next = self._next, self._next + 1
        moments = self._waiting.pop(number, [])
        start = number * self._resolution
        steps = {}
        for role in ROLES:
            line = Timeline.of(
                moments,
                role,
                start=start,
                end=start + self._resolution,
                resolution=self._resolution,
            )
            steps[role] = _Step.of(line, 0)
        return self._judge.next(start, steps)


@dataclass(frozen=True)
class _Step:
    """One step of one timeline."""

    dominant: int
    probabilities: np.ndarray
    assessable: float

    @classmethod
    def of(cls, line: Timeline, k: int) -> _Step:
        return cls(int(line.dominant[k]), line.probabilities[k], float(line.assessable[k]))


@dataclass
class _Run:
    """Seconds without a break in which a rule applies."""

    start: float
    steps: list[tuple[_Step, _Step | None]]
    usual: bool
    spoken: bool = False


class _Judge:
    """Decides step by step what is said; never looks ahead."""

    def __init__(self, rules: Rules, resolution: float, language: str) -> None:
        if language not in LANGUAGES:
            raise ParameterError(
                f"There are no words in {language!r}: choose {' or '.join(LANGUAGES)}."
            )
        self.rules = rules
        self._resolution, self._language = resolution, language
        self._runs: dict[str, _Run] = {}
        self._last: dict[str, float] = {}
        self._spoken = -math.inf
        self._assessed = dict.fromkeys(ROLES, 0)
        self._counts = {role: np.zeros(len(EXPRESSIONS), int) for role in ROLES}

    def next(self, time: float, steps: Mapping[str, _Step]) -> list[Feedback]:
        """What is to be said at the end of the step that begins at `time`."""
        now = time + self._resolution
        said: list[Feedback] = []
        for rule in self.rules.rules:
            own = steps.get(rule.role)
            other = steps.get(ROLES[1 - ROLES.index(rule.role)]) if rule.other else None
            if not self._applies(rule, own, other):
                self._runs.pop(rule.id, None)
                continue
            assert own is not None
            if rule.id not in self._runs:
                self._runs[rule.id] = _Run(time, [], self._usual(rule))
            run = self._runs[rule.id]
            run.steps.append((own, other))
            if said or run.spoken or run.usual:
                continue
            if len(run.steps) * self._resolution < rule.duration - 1e-6:
                continue
            if now - self._spoken < self.rules.rest - 1e-6:
                continue
            if now - self._last_of(rule) < rule.rest - 1e-6:
                continue
            said.append(self._say(rule, run, now))
            self._spoken = self._last[rule.id] = now
            run.spoken = True
            self._settle()
        self._settle()
        for role, step in steps.items():
            if step.dominant >= 0:
                self._assessed[role] += 1
                self._counts[role][step.dominant] += 1
        return said

    def _applies(self, rule: Rule, own: _Step | None, other: _Step | None) -> bool:
        return _resembles(own, rule.expressions, rule.confidence) and (
            not rule.other or _resembles(other, rule.other, rule.confidence)
        )

    def _usual(self, rule: Rule) -> bool:
        """Whether the face has looked so for most of the time until now."""
        assessed = self._assessed[rule.role]
        if not assessed or assessed * self._resolution < self.rules.usual_after - 1e-6:
            return False
        shown = self._counts[rule.role][_columns(rule.expressions)].sum()
        return bool(shown / assessed > self.rules.usual_share)

    def _last_of(self, rule: Rule) -> float:
        """When this was last spoken of, by this rule or by another that says much the same."""
        alike = [
            other.id
            for other in self.rules.rules
            if other.id == rule.id
            or (
                not rule.other
                and other.role == rule.role
                and set(other.expressions) & set(rule.expressions)
            )
        ]
        return max(self._last.get(name, -math.inf) for name in alike)

    def _settle(self) -> None:
        """One moment of a face is spoken of once, whatever other rules make of it.

        A rule that looks at the other face too has something else to say.
        """
        live = [(rule, self._runs[rule.id]) for rule in self.rules.rules if rule.id in self._runs]
        for rule, run in live:
            if any(one.spoken for other, one in live if other.role == rule.role) and not (
                rule.other
            ):
                run.spoken = True

    def _say(self, rule: Rule, run: _Run, now: float) -> Feedback:
        evidence = [_evidence(rule.role, rule.expressions, [a for a, _ in run.steps], run, now)]
        if rule.other:
            role = ROLES[1 - ROLES.index(rule.role)]
            others = [b for _, b in run.steps if b is not None]
            evidence.append(_evidence(role, rule.other, others, run, now))
        expression = evidence[0].expression
        return Feedback(
            time=now,
            start=run.start,
            end=now,
            role=rule.role,
            rule=rule.id,
            expression=expression,
            words=rule.words[self._language].format(
                expression=WORDS[self._language][expression], seconds=f"{now - run.start:.0f}"
            ),
            source=rule.source,
            confidence=min(item.probability for item in evidence),
            evidence=tuple(evidence),
        )


def _evidence(
    role: str, expressions: tuple[str, ...], steps: list[_Step], run: _Run, now: float
) -> Evidence:
    columns = _columns(expressions)
    sure = np.array([step.probabilities[columns].sum() for step in steps], float)
    most = Counter(step.dominant for step in steps).most_common(1)[0][0]
    return Evidence(
        role=role,
        expression=EXPRESSIONS[most],
        start=run.start,
        end=now,
        probability=float(sure.mean()),
        lowest=float(sure.min()),
        assessable=float(np.mean([step.assessable for step in steps])),
    )


def _resembles(step: _Step | None, expressions: tuple[str, ...], confidence: float) -> bool:
    if step is None or step.dominant < 0:
        return False
    columns = _columns(expressions)
    if step.dominant not in columns:
        return False
    if step.probabilities[step.dominant] < THRESHOLD - _ROUNDED:
        return False
    return bool(step.probabilities[columns].sum() >= confidence - _ROUNDED)


def _columns(expressions: tuple[str, ...]) -> list[int]:
    return [EXPRESSIONS.index(name) for name in expressions]


def _lasting(item: Feedback, line: Timeline, rules: Rules) -> Feedback:
    """The same, with the end of the expression as the recording shows it."""
    rule = next(rule for rule in rules.rules if rule.id == item.rule)
    k = int(np.searchsorted(line.times, item.time - 1e-6))
    end = item.time
    while k < len(line) and _resembles(_Step.of(line, k), rule.expressions, rule.confidence):
        k += 1
        end = float(line.times[k - 1] + line.resolution)
    return replace(item, end=end)


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
