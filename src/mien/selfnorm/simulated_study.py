"""Simulated studies: expressions on request, of any number of people, whose truth is known.

Each recording has a course: the reaction takes time, the expression builds up, wavers, slips away
for a moment and tires; the eyes blink and wander, some people speak, the sensor adds noise. A label
says what was asked for, from the first snapshot on, as in a study: a face that has not reacted yet
is labelled like one that has. With which numbers and why is in ``docs/simulated-study.md``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.signal import lfilter

from mien.blendshapes.names import NAMES
from mien.blendshapes.prototypes import FIVE
from mien.counted import plural
from mien.errors import ParameterError
from mien.selfnorm.simulated_people import (
    AT,
    SimulatedPerson,
    Style,
    laid_over,
    people,
    unit_scores,
)
from mien.selfnorm.snapshots import Snapshots

_SPOKEN = {"jawOpen": 0.30, "mouthFunnel": 0.20, "mouthPucker": 0.15, "mouthClose": 0.10,
           "mouthLowerDownLeft": 0.15, "mouthLowerDownRight": 0.15}  # fmt: skip
_BLINK_S = 0.08  # standard deviation of a blink's course: shut for about a tenth of a second
_LAPSE_EDGE_S = 0.08
_LOST_S = 0.4  # mean length of a stretch without a face


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
        Any of `prototypes.PROTOTYPES`, in the order of the labels.
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
    everybody = people(participants, expressions, seed, **style)
    n = len(expressions)
    if snapshots < participants * n:
        raise ParameterError(
            f"{plural(participants, 'participant')} with {n} expressions need at least "
            f"{participants * n} snapshots, not {snapshots}."
        )
    sizes = _sizes(snapshots, participants * n, seed).reshape(participants, n)
    scores, times = _recorded(everybody, sizes, seed, Style(**style))
    names = [person.name for person in everybody]
    return Snapshots(
        scores=scores,
        names=NAMES,
        labels=np.repeat(np.tile(np.arange(n, dtype=np.int16), participants), sizes.ravel()),
        expressions=tuple(expressions),
        participants=np.repeat(np.array(names, np.str_), sizes.sum(1)),
        times=times,
    )


def _recorded(
    everybody: Sequence[SimulatedPerson], sizes: np.ndarray, seed: int, style: Style
) -> tuple[np.ndarray, np.ndarray]:
    """Scores and times of everybody's recordings, as many snapshots each as `sizes` says."""
    scores = np.empty((sizes.sum(), len(NAMES)), np.float32)
    times = np.empty(len(scores))
    begin = 0
    for number, person in enumerate(everybody):
        for k, count in enumerate(sizes[number].tolist()):
            rng = np.random.default_rng([seed, 2, number, k])
            own = slice(begin, begin + count)
            scores[own], times[own] = _record(person, k, count, style, rng)
            begin += count
    return scores, times


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


def _record(
    person: SimulatedPerson, k: int, count: int, style: Style, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """One recording: scores (count, 51) and times (count,) from the moment of the request."""
    gap = 0
    if rng.random() < style.lost:
        gap = min(1 + round(rng.exponential(_LOST_S) * style.rate_hz), count)
    frames = count + gap
    times = np.arange(frames) / style.rate_hz
    course = _course(person, k, times, style, rng)
    waver = 1 + style.wavering * _wander(frames, person.strength.shape[1], 1.0, style.rate_hz, rng)
    strength = person.strength[k] * (course[:, None] * waver.clip(0, None))[..., None]
    moved = unit_scores(strength)
    for name, amount in _speech(times, style, rng).items():
        moved[:, AT[name]] += amount
    scores = laid_over(person.rest, moved.clip(0, 1))
    blink = _blinks(times, style, rng)
    for side in ("Left", "Right"):
        scores[:, AT[f"eyeBlink{side}"]] = laid_over(scores[:, AT[f"eyeBlink{side}"]], blink)
        scores[:, AT[f"eyeWide{side}"]] *= 1 - blink
    _look(scores, style.gaze * _wander(frames, 2, 0.7, style.rate_hz, rng))
    scores += rng.normal(0, style.noise, scores.shape) if style.noise else 0.0
    keep = np.ones(frames, bool)
    if gap:
        begin = rng.integers(0, frames - gap + 1)
        keep[begin : begin + gap] = False
    return scores[keep].clip(0, 1), times[keep]


def _course(
    person: SimulatedPerson, k: int, times: np.ndarray, style: Style, rng: np.random.Generator
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
        scores[:, AT[name]] += amount.clip(0, None)
