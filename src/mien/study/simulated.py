"""Raters who do not exist, with properties that are known, rating clips that do not exist.

A clip has a severity; a rater rounds it, with a bias on results, agrees with themselves as often as
is planted, is not sure now and then, guesses, or reads the scale backwards.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from mien.errors import ParameterError
from mien.study.items import HYPOMIMIA, SPEECH, TREMOR, Item, shipped
from mien.study.ratings import ORIGINAL, RESULT, Rating, Ratings

_SEVERITY = {HYPOMIMIA: (1.4, 0.9), TREMOR: (0.5, 0.7), SPEECH: (1.0, 0.8)}
"""Mean and spread of severities, points."""


@dataclass(frozen=True)
class SimulatedRater:
    """One rater."""

    name: str
    bias: dict[str, float] = field(default_factory=dict)
    """What results are scored higher by, on average, points, by item; 0 where not said."""
    self_agreement: float = 0.8
    """Share of hidden repeats that get the same score."""
    shift: float = 0.0
    """What this rater scores everything higher by, before rounding, points."""
    not_sure: float = 0.05
    """Share of answers that are "not sure"."""
    guesses: bool = False
    """Whether every answer is drawn by chance."""
    backwards: bool = False
    """Whether the scale is read from its other end."""


@dataclass(frozen=True)
class SimulatedStudy:
    """What is simulated."""

    clips: int = 76
    raters: tuple[SimulatedRater, ...] = ()
    """`usual_raters` if empty."""
    items: tuple[str, ...] = (HYPOMIMIA, TREMOR, SPEECH)
    """Keys of items of mien."""
    repeats: float = 1 / 3
    """Share of originals that are shown a second time."""
    seed: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.clips <= 100_000:
            raise ParameterError(f"clips is {self.clips}: give 1 to 100000.")
        if not 0 <= self.repeats <= 1:
            raise ParameterError(f"repeats is {self.repeats:g}: give a share, 0 to 1.")
        lost = [key for key in self.items if key not in shipped()]
        if lost:
            raise ParameterError(
                f"{lost[0]} is no item of mien: choose from {', '.join(shipped())}."
            )


def usual_raters(
    count: int = 3, bias: float = -0.23, self_agreement: float = 0.8, not_sure: float = 0.05
) -> tuple[SimulatedRater, ...]:
    """Raters who agree as the paper's neurologists do, with its bias of hypomimia."""
    shifts = np.linspace(-0.25, 0.25, count) if count > 1 else np.zeros(1)
    usual = SimulatedRater("", {HYPOMIMIA: bias}, self_agreement, not_sure=not_sure)
    return tuple(
        replace(usual, name=f"R{k + 1}", shift=float(shift)) for k, shift in enumerate(shifts)
    )


def simulate(study: SimulatedStudy) -> Ratings:
    """The answers of a simulated study; the same seed gives the same ones."""
    rng = np.random.default_rng(study.seed)
    raters = study.raters or usual_raters()
    names = [f"P{k + 1:03d}" for k in range(study.clips)]
    again = rng.random(study.clips) < study.repeats
    answers: list[Rating] = []
    for key in study.items:
        item = shipped()[key]
        middle, spread = _SEVERITY.get(key, (0.4 * (item.lowest + item.highest), 0.9))
        severity = middle + spread * rng.standard_normal(study.clips)
        for rater in raters:
            for version, repeat, scores in _scores(rater, item, severity, rng):
                unsure = rng.random(study.clips) < rater.not_sure
                answers += [
                    Rating(rater.name, names[k], version, key, repeat,
                           None if unsure[k] else float(scores[k]))
                    for k in range(study.clips) if repeat == 0 or again[k]
                ]  # fmt: skip
    return Ratings(tuple(answers), {key: shipped()[key] for key in study.items})


def _scores(
    rater: SimulatedRater, item: Item, severity: np.ndarray, rng: np.random.Generator
) -> list[tuple[str, int, np.ndarray]]:
    """Version, repeat and scores of all clips."""
    steps = item.scores
    if rater.guesses:
        drawn = rng.choice(steps, (3, len(severity)))
        return [(ORIGINAL, 0, drawn[0]), (RESULT, 0, drawn[1]), (ORIGINAL, 1, drawn[2])]
    seen = severity + rater.shift + 0.3 * rng.standard_normal(len(severity))
    first = steps[np.abs(seen[:, None] - steps[None]).argmin(1)]
    result = _moved(first, rater.bias.get(item.key, 0.0), rater.self_agreement, steps, rng)
    repeat = _repeated(first, rater.self_agreement, steps, rng)
    found = [(ORIGINAL, 0, first), (RESULT, 0, result), (ORIGINAL, 1, repeat)]
    if rater.backwards:
        turned = item.lowest + item.highest
        return [(version, number, turned - scores) for version, number, scores in found]
    return found


def _moved(
    first: np.ndarray, bias: float, same: float, steps: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Scores of which a share of 1 - `same` differ by one step, and more by a `bias` on average.

    Both hold in expectation over these clips: without bias as many go up as down. What stands at an
    end of the scale moves inwards only, so the others move outwards a little more often.
    """
    step = float(steps[1] - steps[0])
    low, high = first > steps[0] + 1e-9, first < steps[-1] - 1e-9
    moving = min(1.0, 1 - same + abs(bias) / step)
    down = low * (moving - bias / step) / 2 / max(low.mean(), 1e-9)
    up = high * (moving + bias / step) / 2 / max(high.mean(), 1e-9)
    chance = rng.random(len(first))
    return first + step * np.where(chance < down, -1.0, np.where(chance < down + up, 1.0, 0.0))


def _repeated(
    first: np.ndarray, same: float, steps: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Scores of which each is the same again with one chance, else a neighbour."""
    step = float(steps[1] - steps[0])
    way = np.where(rng.random(len(first)) < 0.5, -step, step)
    way = np.where(first < steps[0] + 1e-9, step, np.where(first > steps[-1] - 1e-9, -step, way))
    return first + np.where(rng.random(len(first)) < same, 0.0, way)
