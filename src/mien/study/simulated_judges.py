"""Judges who do not exist, looking for patients who do not exist."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from mien.errors import ParameterError
from mien.study.published import ANSWERS
from mien.study.trials import COMPARING, FOUND, INNER, NONE, OTHER, SURROGATE, Trial


@dataclass(frozen=True)
class SimulatedTrials:
    """What is simulated: as in the comparison study, unless told otherwise."""

    judges: int = 7
    clips: int = 76
    arm: str = INNER
    rates: Mapping[str, float] = field(default_factory=lambda: dict(ANSWERS))
    """Share of each answer over all judges; they are scaled to add up to 1."""
    judges_sd: float = 0.3
    """How much judges differ in how often they find somebody, logits."""
    blind: bool = False
    """Whether everybody names two of six faces by chance."""
    seed: int = 0

    def __post_init__(self) -> None:
        if self.judges < 1 or self.clips < 1:
            raise ParameterError("There has to be at least one judge and one clip.")
        if self.arm not in COMPARING:
            raise ParameterError(f"arm is {self.arm}: choose {' or '.join(COMPARING)}.")
        if set(self.rates) - set(ANSWERS) or min(self.rates.values()) < 0:
            raise ParameterError(f"rates has to give shares of {', '.join(ANSWERS)}.")


def simulate_trials(study: SimulatedTrials) -> tuple[Trial, ...]:
    """The answers of simulated judges; the same seed gives the same ones."""
    rng = np.random.default_rng(study.seed)
    if study.blind:
        rates = {NONE: 0.0, FOUND: 1 / 15, SURROGATE: 1 / 15, OTHER: 13 / 15}
    else:
        total = sum(study.rates.values())
        rates = {name: study.rates.get(name, 0.0) / total for name in ANSWERS}
    # such that the mean over judges is the rate: the typical judge's logit is further out
    stretch = np.sqrt(1 + 0.346 * study.judges_sd**2)
    found = np.clip(rates[FOUND], 1e-9, 1 - 1e-9)
    middle = stretch * np.log(found / (1 - found))
    others = {name: rate for name, rate in rates.items() if name != FOUND}
    names, weights = list(others), np.array(list(others.values()))
    weights = weights / weights.sum() if weights.sum() else np.full(len(weights), 1 / len(weights))
    trials = []
    for judge in range(study.judges):
        sd = 0.0 if study.blind else study.judges_sd
        hit = 1 / (1 + np.exp(-(middle + sd * rng.standard_normal())))
        if study.blind:
            hit = rates[FOUND]
        for clip in range(study.clips):
            answer = FOUND if rng.random() < hit else str(rng.choice(names, p=weights))
            name = f"P{clip + 1:03d}"
            trials.append(Trial(f"J{judge + 1}", name, study.arm, answer, name, 6))
    return tuple(trials)
