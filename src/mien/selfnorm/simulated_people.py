"""Simulated participants: how people differ, and what each of them shows when asked.

Each person has a face of their own at rest and a style of their own: which muscles they use for an
expression, how strongly, which ones they leave out or add, on which side more, whether it hardly
shows or looks like something else. With which numbers and why is in ``docs/simulated-study.md``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from zlib import crc32

import numpy as np

from mien.blendshapes.names import NAMES
from mien.blendshapes.prototypes import FIVE, PROTOTYPES, UNITS, unit
from mien.errors import ParameterError

_NUMBERS = tuple(UNITS)
_UNITS = np.stack([unit(number) for number in _NUMBERS])  # (n_units, 51)
_LEFT = np.array([name.endswith("Left") for name in NAMES])
_RIGHT = np.array([name.endswith("Right") for name in NAMES])
# how much of the left and of the right side's strength each score follows, (2, 51)
_SIDES = np.where(_LEFT, [[1.0], [0.0]], np.where(_RIGHT, [[0.0], [1.0]], [[0.5], [0.5]]))
AT = {name: k for k, name in enumerate(NAMES)}
"""Place of each score."""


@dataclass(frozen=True)
class Style:
    """How much people differ, and how much goes wrong while they are recorded."""

    rate_hz: float = 30.0
    """Snapshots per second; the paper has about 30."""
    rest: float = 0.04
    """Mean score of a face at rest: everybody's own, from person to person and score to score."""
    strength: float = 0.45
    """Standard deviation of the logarithm of how strongly a person uses a muscle."""
    skipped: float = 0.2
    """Share of an expression's muscles that a person does not use for it."""
    added: float = 0.05
    """Share of all other muscles that a person adds to an expression."""
    weak: float = 0.15
    """Share of recordings in which the expression hardly shows."""
    wrong: float = 0.06
    """Share of recordings that show another expression than the one asked for."""
    asymmetry: float = 0.15
    """Standard deviation of the difference between the sides, share of the strength."""
    lag_s: float = 1.0
    """Mean time until the face begins to react, seconds; gamma distributed. With `onset_s` it is
    the 1 to 2 seconds that the paper gives."""
    onset_s: float = 0.5
    """Mean time from the beginning of the reaction to the full expression, seconds."""
    fatigue: float = 0.25
    """Mean share of an expression's strength that is lost by the end of its recording."""
    wavering: float = 0.25
    """Standard deviation of each muscle's strength about its course, share of it."""
    lapses_per_minute: float = 5.0
    """How often an expression slips away for a moment."""
    lapse_s: float = 0.7
    """Mean length of a lapse, seconds."""
    speech: float = 0.04
    """Share of recordings in which the participant speaks for a while."""
    blinks_per_minute: float = 17.0
    """Mean rate of blinks, 1/min."""
    gaze: float = 0.08
    """Standard deviation of where the eyes wander, as a score."""
    noise: float = 0.035
    """Standard deviation of what the sensor adds to each score of each snapshot."""
    lost: float = 0.05
    """Share of recordings with a stretch in which the face was lost: its snapshots are missing."""

    def __post_init__(self) -> None:
        for entry in fields(self):
            value = getattr(self, entry.name)
            if not (isinstance(value, int | float) and math.isfinite(value) and value >= 0):
                raise ParameterError(f"{entry.name} must be a number from 0 up, not {value!r}.")
        for name in ("skipped", "added", "weak", "wrong", "fatigue", "speech", "lost"):
            if getattr(self, name) > 1:
                raise ParameterError(
                    f"{name} is a share between 0 and 1, not {getattr(self, name)}."
                )
        if not 1 <= self.rate_hz <= 240:
            raise ParameterError(f"rate_hz must lie between 1 and 240, not {self.rate_hz}.")


@dataclass(frozen=True, eq=False)
class SimulatedPerson:
    """One simulated participant: what is true of their recordings, one per expression."""

    name: str
    """Pseudonym, such as ``"P017"``."""
    rest: np.ndarray
    """Scores of the face at rest, shape (51,)."""
    shown: tuple[str, ...]
    """What each recording shows; another word than the label where the participant errs."""
    strength: np.ndarray
    """Of the left and the right side of each action unit of `prototypes.UNITS` at the height of
    each expression, shape (n_expressions, n_units, 2)."""
    lag_s: np.ndarray
    """Time until each reaction begins, seconds, shape (n_expressions,)."""
    onset_s: np.ndarray
    """Time from there to the full expression, seconds, shape (n_expressions,)."""
    fatigue: np.ndarray
    """Share of each expression's strength lost by the end, shape (n_expressions,)."""

    def apex(self) -> np.ndarray:
        """Scores at the height of each expression, shape (n_expressions, 51)."""
        return laid_over(self.rest, unit_scores(self.strength))


def people(
    participants: int = 226,
    expressions: Sequence[str] = FIVE,
    seed: int = 0,
    **style: float,
) -> list[SimulatedPerson]:
    """The participants of a simulated study, without their recordings.

    Parameters
    ----------
    participants : int
        How many; each one is the same however many others there are.
    expressions : sequence of str
        Any of `prototypes.PROTOTYPES`.
    seed : int
        Decides everything that is drawn.
    **style : float
        Fields of `Style`.

    Raises
    ------
    ParameterError
        If a setting is unknown or out of its range.
    """
    manner = _checked(participants, expressions, seed, style)
    return [_person(number, expressions, seed, manner) for number in range(participants)]


def _checked(
    participants: int, expressions: Sequence[str], seed: int, style: dict[str, float]
) -> Style:
    if participants < 1:
        raise ParameterError(f"A study needs at least one participant, not {participants}.")
    if not expressions or len(set(expressions)) < len(expressions):
        raise ParameterError("A study asks for each of its expressions once, and for one at least.")
    for expression in expressions:
        if expression not in PROTOTYPES:
            known = ", ".join(PROTOTYPES)
            raise ParameterError(f"{expression!r} cannot be simulated: choose from {known}.")
    if not isinstance(seed, int) or seed < 0:
        raise ParameterError(f"seed must be a whole number from 0, not {seed!r}.")
    known_fields = [entry.name for entry in fields(Style)]
    for name in style:
        if name not in known_fields:
            raise ParameterError(
                f"{name} is no part of a style: choose from {', '.join(known_fields)}."
            )
    return Style(**style)


def _person(number: int, expressions: Sequence[str], seed: int, style: Style) -> SimulatedPerson:
    own = np.random.default_rng([seed, 1, number])
    # most scores rest near 0, a few much higher: the mean is `rest`
    rest = _both_sides(own.gamma(0.6, style.rest / 0.6, len(NAMES)), own, style.asymmetry)
    rest[[AT[name] for name in NAMES if name.startswith(("eyeBlink", "jawO"))]] *= 0.5
    rest = rest.clip(0, 0.6)
    habit = np.exp(own.normal(-(style.strength**2) / 2, style.strength, len(_NUMBERS)))
    tilt = own.normal(0, style.asymmetry / 2, len(_NUMBERS))
    n = len(expressions)
    strength = np.zeros((n, len(_NUMBERS), 2))
    lag, onset, fatigue = np.zeros(n), np.zeros(n), np.zeros(n)
    shown = []
    for k, asked in enumerate(expressions):
        rng = np.random.default_rng([seed, 1, number, crc32(asked.encode())])
        others = [name for name in expressions if name != asked]
        errs = rng.random() < style.wrong and bool(others)
        choice = rng.integers(max(len(others), 1))
        what = others[choice] if errs else asked
        shown.append(what)
        wanted = np.array([PROTOTYPES[what].get(unit, 0.0) for unit in _NUMBERS])
        used = rng.random(len(_NUMBERS)) >= style.skipped
        extra = (rng.random(len(_NUMBERS)) < style.added) & (wanted == 0)
        height = wanted * used + extra * rng.uniform(0.1, 0.5, len(_NUMBERS))
        spread = rng.normal(-(style.strength**2) / 4, style.strength / math.sqrt(2), len(_NUMBERS))
        clear = rng.uniform(0.05, 0.35) if rng.random() < style.weak else 1.0
        lean = tilt + rng.normal(0, style.asymmetry / 2, len(_NUMBERS))
        height = height * habit * np.exp(spread) * clear
        strength[k] = np.stack([height * (1 + lean), height * (1 - lean)], 1).clip(0, 1.2)
        lag[k] = rng.gamma(3.0, style.lag_s / 3.0)
        onset[k] = rng.gamma(4.0, style.onset_s / 4.0)
        fatigue[k] = min(rng.gamma(2.0, style.fatigue / 2.0), 0.95)
    return SimulatedPerson(f"P{number + 1:03d}", rest, tuple(shown), strength, lag, onset, fatigue)


def _both_sides(scores: np.ndarray, rng: np.random.Generator, asymmetry: float) -> np.ndarray:
    """The same on both sides, but for a person's own asymmetry."""
    scores = scores.copy()
    for name, k in AT.items():
        if name.endswith("Left") and (partner := name[:-4] + "Right") in AT:
            tilt = rng.normal(0, 2 * asymmetry)
            mean = scores[k]
            scores[k], scores[AT[partner]] = mean * (1 + tilt), mean * (1 - tilt)
    return scores.clip(0, 1)


def unit_scores(strength: np.ndarray) -> np.ndarray:
    """Scores that action units of shape (..., n_units, 2) add up to, shape (..., 51)."""
    left, right = strength[..., 0] @ _UNITS, strength[..., 1] @ _UNITS
    return (left * _SIDES[0] + right * _SIDES[1]).clip(0, 1)


def laid_over(rest: np.ndarray, shown: np.ndarray) -> np.ndarray:
    """An expression on a face that is not empty at rest: both add up, never past 1."""
    return 1 - (1 - rest) * (1 - shown)
