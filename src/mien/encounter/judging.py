"""When a rule speaks: step by step, without looking ahead."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from mien.emotion.classifier import EXPRESSIONS, THRESHOLD
from mien.encounter.observation import ROLES
from mien.encounter.rules import LANGUAGES, WORDS, Rule, Rules
from mien.encounter.timeline import Timeline
from mien.errors import ParameterError

_ROUNDED = 1e-5  # of float32: .6 asked of .6 given is given


@dataclass(frozen=True)
class Grounds:
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
    evidence: tuple[Grounds, ...]
    """Seconds that it rests on, one entry per face."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self) | {"evidence": [asdict(item) for item in self.evidence]}


@dataclass(frozen=True)
class Step:
    """One step of one timeline."""

    dominant: int
    """Index into `EXPRESSIONS`, -1 where that is not known."""
    probabilities: np.ndarray
    """Of `EXPRESSIONS`, shape (7,)."""
    assessable: float
    """Share of its moments in which the face could be assessed."""

    @classmethod
    def of(cls, line: Timeline, k: int) -> Step:
        """The k-th step of a timeline."""
        return cls(int(line.dominant[k]), line.probabilities[k], float(line.assessable[k]))


@dataclass
class _Run:
    """Seconds without a break in which a rule applies."""

    start: float
    """Of its first second."""
    steps: list[tuple[Step, Step | None]]
    """Of the rule's face, and of the other one where the rule looks at it."""
    usual: bool
    """Whether the face looks so at rest."""
    spoken: bool = False
    """Whether this was told."""


class Judge:
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

    def next(self, time: float, steps: Mapping[str, Step]) -> list[Feedback]:
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

    def _applies(self, rule: Rule, own: Step | None, other: Step | None) -> bool:
        return resembles(own, rule.expressions, rule.confidence) and (
            not rule.other or resembles(other, rule.other, rule.confidence)
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
        evidence = [_grounds(rule.role, rule.expressions, [a for a, _ in run.steps], run, now)]
        if rule.other:
            role = ROLES[1 - ROLES.index(rule.role)]
            others = [b for _, b in run.steps if b is not None]
            evidence.append(_grounds(role, rule.other, others, run, now))
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


def _grounds(
    role: str, expressions: tuple[str, ...], steps: list[Step], run: _Run, now: float
) -> Grounds:
    columns = _columns(expressions)
    sure = np.array([step.probabilities[columns].sum() for step in steps], float)
    most = Counter(step.dominant for step in steps).most_common(1)[0][0]
    return Grounds(
        role=role,
        expression=EXPRESSIONS[most],
        start=run.start,
        end=now,
        probability=float(sure.mean()),
        lowest=float(sure.min()),
        assessable=float(np.mean([step.assessable for step in steps])),
    )


def resembles(step: Step | None, expressions: tuple[str, ...], confidence: float) -> bool:
    """Whether a step is clear enough about any of these expressions."""
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
