"""Simulated participants: a study of expressions on request, of any size, whose truth is known.

Each person has a face of their own at rest and a style of their own: which muscles they use for an
expression, how strongly, which ones they leave out or add, on which side more, whether it hardly
shows or looks like something else. Each recording has a course: the reaction takes time, the
expression builds up, wavers, slips away for a moment and tires; the eyes blink and wander, some
people speak, the sensor adds noise. A label says what was asked for, from the first snapshot on,
as in a study: a face that has not reacted yet is labelled like one that has.

What is simulated, with which numbers and why, is in ``docs/simulated-study.md``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.signal import lfilter

from mien.blendshapes.prototypes import EXPRESSIONS, FIVE, UNITS, unit
from mien.blendshapes.scores import NAMES
from mien.errors import ParameterError
from mien.selfnorm.snapshots import Snapshots

_NUMBERS = tuple(UNITS)
_UNITS = np.stack([unit(number) for number in _NUMBERS])  # (n_units, 51)
_LEFT = np.array([name.endswith("Left") for name in NAMES])
_RIGHT = np.array([name.endswith("Right") for name in NAMES])
# how much of the left and of the right side's strength each score follows, (2, 51)
_SIDES = np.where(_LEFT, [[1.0], [0.0]], np.where(_RIGHT, [[0.0], [1.0]], [[0.5], [0.5]]))
_SPOKEN = {"jawOpen": 0.30, "mouthFunnel": 0.20, "mouthPucker": 0.15, "mouthClose": 0.10,
           "mouthLowerDownLeft": 0.15, "mouthLowerDownRight": 0.15}  # fmt: skip
_AT = {name: k for k, name in enumerate(NAMES)}
_BLINK_S = 0.08  # standard deviation of a blink's course: shut for about a tenth of a second
_LAPSE_EDGE_S = 0.08
_LOST_S = 0.4  # mean length of a stretch without a face


@dataclass(frozen=True)
class Style:
    """How much people differ, and how much goes wrong while they are recorded."""

    rate_hz: float = 60.0
    """Snapshots per second."""
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
    lag_s: float = 0.7
    """Mean time until the face begins to react, seconds; gamma distributed."""
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
class Person:
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
        return _worn(self.rest, _moved(self.strength))


def people(
    participants: int = 226,
    expressions: Sequence[str] = FIVE,
    seed: int = 0,
    **style: float,
) -> list[Person]:
    """The participants of a simulated study, without their recordings.

    Parameters
    ----------
    participants : int
        How many; each one is the same however many others there are.
    expressions : sequence of str
        Any of `prototypes.EXPRESSIONS`.
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


def simulate(
    participants: int = 226,
    snapshots: int = 563_226,
    expressions: Sequence[str] = FIVE,
    seed: int = 0,
    **style: float,
) -> Snapshots:
    """Recordings of simulated participants, by default a study as large as Hartmann's [1].

    The truth behind them is what `people` gives for the same arguments.

    Parameters
    ----------
    participants : int
        How many people; each shows every expression once.
    snapshots : int
        How many snapshots in all, spread nearly evenly over the recordings.
    expressions : sequence of str
        Any of `prototypes.EXPRESSIONS`, in the order of the labels.
    seed : int
        Decides everything that is drawn.
    **style : float
        Fields of `Style`.

    Returns
    -------
    study : Snapshots
        Scores under `blendshapes.NAMES`, exactly as many as were asked for.

    Raises
    ------
    ParameterError
        If a setting is unknown or out of its range, or there are fewer snapshots than recordings.

    References
    ----------
    .. [1] Hartmann et al., "Novel method for three-dimensional facial expression recognition using
       self-normalizing neural networks and mobile devices", Geburtshilfe und Frauenheilkunde
       82(9), 2022, doi:10.1055/a-1866-2943.
    """
    manner = _checked(participants, expressions, seed, style)
    n = len(expressions)
    if snapshots < participants * n:
        raise ParameterError(
            f"{participants} participants with {n} expressions need at least {participants * n} "
            f"snapshots, not {snapshots}."
        )
    sizes = _sizes(snapshots, participants * n, seed).reshape(participants, n)
    scores = np.empty((snapshots, len(NAMES)), np.float32)
    times = np.empty(snapshots)
    begin = 0
    names = []
    for number in range(participants):
        person = _person(number, expressions, seed, manner)
        names.append(person.name)
        for k in range(n):
            end = begin + int(sizes[number, k])
            rng = np.random.default_rng([seed, 2, number, k])
            scores[begin:end], times[begin:end] = _record(person, k, end - begin, manner, rng)
            begin = end
    return Snapshots(
        scores=scores,
        names=NAMES,
        labels=np.repeat(np.tile(np.arange(n, dtype=np.int16), participants), sizes.ravel()),
        expressions=tuple(expressions),
        participants=np.repeat(np.array(names, np.str_), sizes.sum(1)),
        times=times,
    )


def _checked(
    participants: int, expressions: Sequence[str], seed: int, style: dict[str, float]
) -> Style:
    if participants < 1:
        raise ParameterError(f"A study needs at least one participant, not {participants}.")
    if not expressions or len(set(expressions)) < len(expressions):
        raise ParameterError("A study asks for each of its expressions once, and for one at least.")
    for expression in expressions:
        if expression not in EXPRESSIONS:
            known = ", ".join(EXPRESSIONS)
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


def _sizes(snapshots: int, recordings: int, seed: int) -> np.ndarray:
    """Snapshots of each recording, at least 1, differing by a few per cent; their sum is exact."""
    rng = np.random.default_rng([seed, 0])
    mean = snapshots / recordings
    sizes = np.maximum(np.round(rng.normal(mean, 0.02 * mean, recordings)).astype(np.int64), 1)
    while (rest := snapshots - int(sizes.sum())) != 0:
        step = 1 if rest > 0 else -1
        free = np.flatnonzero(sizes > 1) if step < 0 else np.arange(recordings)
        sizes[rng.permutation(free)[: abs(rest)]] += step
    return sizes


def _person(number: int, expressions: Sequence[str], seed: int, style: Style) -> Person:
    own = np.random.default_rng([seed, 1, number])
    # most scores rest near 0, a few much higher: the mean is `rest`
    rest = _both_sides(own.gamma(0.6, style.rest / 0.6, len(NAMES)), own, style.asymmetry)
    rest[[_AT[name] for name in NAMES if name.startswith(("eyeBlink", "jawO"))]] *= 0.5
    rest = rest.clip(0, 0.6)
    habit = np.exp(own.normal(-(style.strength**2) / 2, style.strength, len(_NUMBERS)))
    tilt = own.normal(0, style.asymmetry / 2, len(_NUMBERS))
    n = len(expressions)
    strength = np.zeros((n, len(_NUMBERS), 2))
    lag, onset, fatigue = np.zeros(n), np.zeros(n), np.zeros(n)
    shown = []
    for k, asked in enumerate(expressions):
        rng = np.random.default_rng([seed, 1, number, sorted(EXPRESSIONS).index(asked)])
        others = [name for name in expressions if name != asked]
        errs = rng.random() < style.wrong and bool(others)
        choice = rng.integers(max(len(others), 1))
        what = others[choice] if errs else asked
        shown.append(what)
        wanted = np.array([EXPRESSIONS[what].get(unit, 0.0) for unit in _NUMBERS])
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
    return Person(f"P{number + 1:03d}", rest, tuple(shown), strength, lag, onset, fatigue)


def _both_sides(scores: np.ndarray, rng: np.random.Generator, asymmetry: float) -> np.ndarray:
    """The same on both sides, but for a person's own asymmetry."""
    scores = scores.copy()
    for name, k in _AT.items():
        if name.endswith("Left") and (partner := name[:-4] + "Right") in _AT:
            tilt = rng.normal(0, 2 * asymmetry)
            mean = scores[k]
            scores[k], scores[_AT[partner]] = mean * (1 + tilt), mean * (1 - tilt)
    return scores.clip(0, 1)


def _moved(strength: np.ndarray) -> np.ndarray:
    """Scores that action units of shape (..., n_units, 2) add up to, shape (..., 51)."""
    left, right = strength[..., 0] @ _UNITS, strength[..., 1] @ _UNITS
    return (left * _SIDES[0] + right * _SIDES[1]).clip(0, 1)


def _worn(rest: np.ndarray, moved: np.ndarray) -> np.ndarray:
    """An expression on a face that is not empty at rest: both add up, never past 1."""
    return 1 - (1 - rest) * (1 - moved)


def _record(
    person: Person, k: int, count: int, style: Style, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """One recording: scores (count, 51) and times (count,) from the moment of the request."""
    gap = 0
    if rng.random() < style.lost:
        gap = min(1 + round(rng.exponential(_LOST_S) * style.rate_hz), count)
    frames = count + gap
    times = np.arange(frames) / style.rate_hz
    course = _course(person, k, times, style, rng)
    waver = 1 + style.wavering * _wander(frames, len(_NUMBERS), 1.0, style.rate_hz, rng)
    strength = person.strength[k] * (course[:, None] * waver.clip(0, None))[..., None]
    moved = _moved(strength)
    for name, amount in _speech(times, style, rng).items():
        moved[:, _AT[name]] += amount
    scores = _worn(person.rest, moved.clip(0, 1))
    blink = _blinks(times, style, rng)
    for side in ("Left", "Right"):
        scores[:, _AT[f"eyeBlink{side}"]] = _worn(scores[:, _AT[f"eyeBlink{side}"]], blink)
        scores[:, _AT[f"eyeWide{side}"]] *= 1 - blink
    _look(scores, style.gaze * _wander(frames, 2, 0.7, style.rate_hz, rng))
    scores += rng.normal(0, style.noise, scores.shape) if style.noise else 0.0
    keep = np.ones(frames, bool)
    if gap:
        begin = rng.integers(0, frames - gap + 1)
        keep[begin : begin + gap] = False
    return scores[keep].clip(0, 1), times[keep]


def _course(
    person: Person, k: int, times: np.ndarray, style: Style, rng: np.random.Generator
) -> np.ndarray:
    """How much of an expression is there at each time, 0 to 1."""
    risen = ((times - person.lag_s[k]) / max(person.onset_s[k], 1e-3)).clip(0, 1)
    course = 0.5 - 0.5 * np.cos(np.pi * risen)  # sets in and arrives without a jerk
    end = max(times[-1], 1e-3)
    course *= 1 - person.fatigue[k] * times / end
    there = np.ones(len(times))
    for _ in range(rng.poisson(style.lapses_per_minute * end / 60)):
        begin, length = rng.uniform(0, end), rng.exponential(style.lapse_s)
        there[(times >= begin) & (times < begin + length)] = 0.0
    return course * gaussian_filter1d(there, _LAPSE_EDGE_S * style.rate_hz, mode="nearest")


def _wander(
    frames: int, columns: int, seconds: float, rate: float, rng: np.random.Generator
) -> np.ndarray:
    """Paths of standard deviation 1 that forget within `seconds`, shape (frames, columns)."""
    keep = math.exp(-1 / (seconds * rate))
    steps = rng.normal(0, math.sqrt(1 - keep**2), (frames, columns))
    steps[0] = rng.normal(0, 1, columns)
    return lfilter([1.0], [1.0, -keep], steps, axis=0)


def _speech(times: np.ndarray, style: Style, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Scores that speech adds, each of shape (n,)."""
    if rng.random() >= style.speech:
        return {}
    end = times[-1]
    begin, length = rng.uniform(0, max(end, 1e-3)), 0.5 + rng.exponential(1.5)
    said = ((times >= begin) & (times < begin + length)).astype(np.float64)
    added = {}
    for name, amount in _SPOKEN.items():
        phase, syllables = rng.uniform(0, 2 * np.pi), rng.uniform(3, 5)
        wave = 0.5 + 0.5 * np.sin(2 * np.pi * syllables * times + phase)
        added[name] = amount * said * wave
    return added


def _blinks(times: np.ndarray, style: Style, rng: np.random.Generator) -> np.ndarray:
    """How far both eyes are shut, 0 to 1, shape (n,)."""
    shut = np.zeros(len(times))
    for _ in range(rng.poisson(style.blinks_per_minute * times[-1] / 60)):
        at = rng.uniform(0, max(times[-1], 1e-3))
        shut = np.maximum(shut, 0.9 * np.exp(-0.5 * ((times - at) / _BLINK_S) ** 2))
    return shut


def _look(scores: np.ndarray, gaze: np.ndarray) -> None:
    """Turn both eyes by (n, 2): to the person's left and up, where positive."""
    left, up = gaze.T
    for name, amount in (
        ("eyeLookOutLeft", left), ("eyeLookInRight", left),
        ("eyeLookInLeft", -left), ("eyeLookOutRight", -left),
        ("eyeLookUpLeft", up), ("eyeLookUpRight", up),
        ("eyeLookDownLeft", -up), ("eyeLookDownRight", -up),
    ):  # fmt: skip
        scores[:, _AT[name]] += amount.clip(0, None)
