"""Feedback for the doctor: rules in a file that anybody can read, and when they apply.

A rule speaks when a face has resembled an expression for several seconds, each of them assessed and
each clear enough, and it says no more than that. It keeps silent for a while afterwards, and for
good about an expression that a face seems to have at rest: a face that hardly moves, or a palsied
one, reads as sad to every classifier. Nothing looks ahead, so that what is said during an encounter
and what is found in its recording are the same. Nobody is given a score.

References
----------
.. [1] Yang et al., "How Can Research on Artificial Empathy Be Enhanced by Applying Deepfakes?",
   Journal of Medical Internet Research 24(3), 2022, e29506: the doctor's negative expression calls
   for a reminder, the patient's for another approach.
.. [2] Back et al., "Approaching difficult communication tasks in oncology", CA: A Cancer Journal
   for Clinicians 55(3), 2005 (NURSE).
.. [3] Baile et al., "SPIKES - a six-step protocol for delivering bad news", The Oncologist 5(4),
   2000.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Protocol

import numpy as np

from mien.encounter.judging import Feedback, Judge, Step, resembles
from mien.encounter.observation import ROLES, Observation
from mien.encounter.rules import Rules
from mien.encounter.timeline import Timeline, check_resolution
from mien.errors import ParameterError


class _HasTimelines(Protocol):
    @property
    def timelines(self) -> Mapping[str, Timeline]: ...


def feedback_on(
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
    judge = Judge(rules or Rules.open(), first.resolution, language)
    said: list[Feedback] = []
    for k in range(len(first)):
        steps = {role: Step.of(line, k) for role, line in lines.items()}
        said += judge.next(float(first.times[k]), steps)
    return [_lasting(item, lines[item.role], judge.rules) for item in said]


def live_feedback(
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
        check_resolution(resolution)
        if not slack >= 0:
            raise ParameterError(f"slack must be 0 s or more, not {slack!r}.")
        self._judge = Judge(rules or Rules.open(), resolution, language)
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
        said: list[Feedback] = []
        over = math.floor((time - self._slack) / self._resolution + 1e-6)
        while self._next < over:
            said += self._close()
        return said

    def finish(self) -> list[Feedback]:
        """Close the steps that are open; what is still to be said."""
        said: list[Feedback] = []
        while self._next is not None and self._waiting and self._next <= max(self._waiting):
            said += self._close()
        return said

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
            steps[role] = Step.of(line, 0)
        return self._judge.next(start, steps)


def _lasting(item: Feedback, line: Timeline, rules: Rules) -> Feedback:
    """The same, with the end of the expression as the recording shows it."""
    rule = next(rule for rule in rules.rules if rule.id == item.rule)
    k = int(np.searchsorted(line.times, item.time - 1e-6))
    end = item.time
    while k < len(line) and resembles(Step.of(line, k), rule.expressions, rule.confidence):
        k += 1
        end = float(line.times[k - 1] + line.resolution)
    return replace(item, end=end)
