"""How often judges find the patient, against chance.

References
----------
.. [1] Clopper & Pearson, Biometrika 1934.
.. [2] Newcombe, "Interval estimation for the difference between independent proportions",
   Statistics in Medicine 1998.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mien.counted import plural
from mien.errors import FormatError
from mien.study.estimate import Estimate, number, share, undefined
from mien.study.mixed import Mixed, mixed_rate
from mien.study.published import ANSWERS, SOURCE, TRIALS
from mien.study.trials import (
    ACQUAINTANCES,
    ARMS,
    BLANKED,
    COMPARING,
    FOUND,
    MOST_JUDGES,
    NAMES,
    NONE,
    PAIRS,
    RECOGNISED,
    Trial,
)

_NEVER = 1e-30  # what is less likely is left out of sums


@dataclass(frozen=True)
class Chance:
    """Answers that named two faces, against naming any two blindly."""

    named: int
    """Trials in which two faces were named."""
    rate: Estimate
    """Share of them that named original and result, exact interval [1]_."""
    expected: float | None
    """Share that blind naming gives; None if nobody named any."""
    p: float | None
    """Of as many hits by chance, one-sided."""
    words: str
    """The outcome in one sentence."""

    def to_json(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "named": self.named,
            "rate": self.rate.to_json(),
            "expected": number(self.expected),
            "p": number(self.p),
            "words": self.words,
        }


@dataclass(frozen=True)
class ArmAnalysis:
    """What is said of one way of showing."""

    arm: str
    trials: int
    clips: int
    rates: Mapping[str, Estimate]
    """Share of each answer, exact interval."""
    by_judge: Mapping[str, Mapping[str, Estimate]]
    """The same of each judge."""
    counts: Mapping[str, int]
    """Trials by answer."""
    clustered: Estimate
    """Share in which the patient was found, with answers of one judge counted for fewer."""
    mixed: Mixed
    """The same by a model in which judges and patients differ."""
    chance: Chance | None
    """Of trials in which faces are compared; None where people are named."""

    @property
    def hit(self) -> str:
        """The answer that found the patient."""
        return FOUND if self.arm in COMPARING else RECOGNISED

    def to_json(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "trials": self.trials,
            "clips": self.clips,
            "counts": dict(self.counts),
            "rates": {name: one.to_json() for name, one in self.rates.items()},
            "by_judge": {
                judge: {name: one.to_json() for name, one in rates.items()}
                for judge, rates in self.by_judge.items()
            },
            "found": {
                "exact": self.rates[self.hit].to_json(),
                "clustered_by_judge": self.clustered.to_json(),
                "mixed_model": self.mixed.to_json(),
            },
            "chance": None if self.chance is None else self.chance.to_json(),
        }


@dataclass(frozen=True)
class ReidentificationAnalysis:
    """What is said of a table of trials."""

    trials: int
    judges: tuple[str, ...]
    arms: Mapping[str, ArmAnalysis]
    """By key, those that occur."""
    beyond_covered: Estimate | None
    """Recognised by acquaintances less recognised with the face covered [2]_: what the face gives
    away; None unless both were asked."""

    def to_json(self) -> dict[str, Any]:
        """For JSON."""
        beyond = self.beyond_covered
        return {
            "trials": self.trials,
            "judges": list(self.judges),
            "arms": {key: one.to_json() for key, one in self.arms.items()},
            "recognised_beyond_covered": None if beyond is None else beyond.to_json(),
            "published": {"source": SOURCE, "trials": TRIALS, "rates": dict(ANSWERS)},
        }


def analyse_trials(trials: Sequence[Trial]) -> ReidentificationAnalysis:
    """Compute every rate of every arm.

    Raises
    ------
    FormatError
        If there is no trial, or there are too many judges.
    """
    if not trials:
        raise FormatError("There is no trial to analyse.")
    judges = tuple(sorted({one.judge for one in trials}))
    if len(judges) > MOST_JUDGES:
        raise FormatError(
            f"{len(judges)} judges are too many at once, as each has a line in every table: "
            f"analyse {MOST_JUDGES} or fewer."
        )
    there = {one.arm for one in trials}
    arms = {
        arm: _arm(arm, [one for one in trials if one.arm == arm]) for arm in ARMS if arm in there
    }
    return ReidentificationAnalysis(len(trials), judges, arms, _beyond(arms))


def _arm(arm: str, trials: Sequence[Trial]) -> ArmAnalysis:
    classes = PAIRS if arm in COMPARING else NAMES
    hit = FOUND if arm in COMPARING else RECOGNISED
    answers = np.array([one.answer for one in trials])
    judges = np.array([one.judge for one in trials])
    clips = np.array([one.clip for one in trials])
    hits = answers == hit
    clustered = share(hits, judges, fewest=2)
    if len(np.unique(judges)) < 2:
        clustered = Estimate(
            clustered.value,
            n=clustered.n,
            why="There is one judge: nothing says how judges differ.",
        )
    return ArmAnalysis(
        arm,
        len(trials),
        len(np.unique(clips)),
        {name: share(answers == name) for name in classes},
        {
            str(judge): {name: share(answers[judges == judge] == name) for name in classes}
            for judge in np.unique(judges)
        },
        {name: int((answers == name).sum()) for name in classes},
        clustered,
        mixed_rate(hits, judges, clips),
        _against_chance(trials) if arm in COMPARING else None,
    )


def _against_chance(trials: Sequence[Trial]) -> Chance:
    named = [one for one in trials if one.answer != NONE]
    if not named:
        nothing = undefined("Nobody named two faces.")
        return Chance(0, nothing, None, None, "Nobody named two faces: nobody was found.")
    hits = np.array([one.answer == FOUND for one in named])
    chances = np.array([one.chance for one in named])
    expected = float(chances.mean())
    p = _at_least(int(hits.sum()), chances)
    rate = share(hits)
    verdict = (
        "more often than blind naming would"
        if p < 0.05
        else "no more often than blind naming would"
    )
    words = (
        f"Of {plural(len(named), 'time')} that two faces were named, they were original and "
        f"result {int(hits.sum())} times, {verdict} ({100 * expected:.1f} %)."
    )
    return Chance(len(named), rate, expected, p, words)


def _at_least(hits: int, chances: np.ndarray) -> float:
    """That so many or more independent events of these chances happen (Poisson binomial)."""
    from scipy.stats import binom

    first, ways = 0, np.ones(1)  # of `first` hits, one more, and so on
    for chance, times in zip(*np.unique(chances, return_counts=True), strict=True):
        low = max(0, int(binom.ppf(_NEVER, times, chance)))
        high = min(int(times), int(binom.isf(_NEVER, times, chance)) + 1)
        ways = np.convolve(ways, binom.pmf(np.arange(low, high + 1), times, chance))
        first += low
    return float(min(1.0, ways[max(0, hits - first) :].sum()))


def _beyond(arms: Mapping[str, ArmAnalysis]) -> Estimate | None:
    if ACQUAINTANCES not in arms or BLANKED not in arms:
        return None
    from statsmodels.stats.proportion import confint_proportions_2indep

    one, two = arms[ACQUAINTANCES], arms[BLANKED]
    a, b = one.counts[RECOGNISED], two.counts[RECOGNISED]
    low, high = confint_proportions_2indep(a, one.trials, b, two.trials, method="newcomb")
    value = a / one.trials - b / two.trials
    if not (math.isfinite(low) and math.isfinite(high)):
        return Estimate(value, n=one.trials, why="Too few trials for an interval.")
    return Estimate(value, float(low), float(high), one.trials)
