"""Timelines: what one person's face showed in every second of an encounter.

A timeline is made of observations, one for each moment at which a face was looked for; what is
missing stays missing.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from mien.blendshapes.names import NAMES
from mien.emotion.classifier import EXPRESSIONS
from mien.encounter.observation import NEGATIVE, UNKNOWN, Observation, check_role
from mien.encounter.soundtrack import Soundtrack
from mien.encounter.speaking import mouth_loudness_speaking
from mien.errors import ParameterError

SURE = 0.3
"""Mean probability under which no expression of a step counts as dominant."""

NO_RECORDING = "no recording"
UNCLEAR = "no expression stands out"


@dataclass(frozen=True, eq=False)
class Timeline:
    """What one person's face showed, in equal steps of time."""

    role: str
    """``"doctor"`` or ``"patient"``."""
    resolution: float
    """Length of a step, seconds."""
    times: np.ndarray
    """Start of each step on the encounter's clock, seconds, shape (n,)."""
    dominant: np.ndarray
    """Index into `EXPRESSIONS` of what the face resembled most, -1 where that is not known; shape
    (n,), int16."""
    probabilities: np.ndarray
    """Mean over the step, NaN where not assessable; shape (n, 7), float32."""
    scores: np.ndarray
    """Mean blendshapes in the order of `blendshapes.NAMES`, NaN where not measured; shape (n, 51),
    float32."""
    assessable: np.ndarray
    """Share of the moments looked at in which the face could be assessed; NaN where there is no
    recording; shape (n,), float32."""
    samples: np.ndarray
    """Moments looked at, shape (n,), int32."""
    reasons: tuple[str, ...]
    """Why `dominant` is -1, "" where it is not."""
    mouth: np.ndarray
    """How much the mouth moves: median change of the lips' opening from moment to moment, outer-eye
    distances; NaN where not measured; shape (n,), float32."""
    loudness: np.ndarray
    """Level of the sound that the person's camera recorded, dB under full scale; NaN without sound;
    shape (n,), float32."""
    speaking: np.ndarray
    """1 where the mouth moves while there is sound, else 0; NaN where either is not known; shape
    (n,), float32."""
    towards: np.ndarray
    """Share of moments in which head and eyes are turned towards the other person; NaN where that
    cannot be measured; shape (n,), float32."""

    def __len__(self) -> int:
        return len(self.times)

    @property
    def end(self) -> float:
        """When the last step ends, seconds."""
        return float(self.times[-1] + self.resolution) if len(self) else 0.0

    @property
    def known(self) -> np.ndarray:
        """Steps with a dominant expression, shape (n,), bool."""
        return self.dominant >= 0

    @property
    def negative(self) -> np.ndarray:
        """Probability of the four negative expressions together, NaN where missing, shape (n,)."""
        columns = [EXPRESSIONS.index(name) for name in NEGATIVE]
        return np.asarray(self.probabilities[:, columns].sum(1))

    def names(self) -> list[str | None]:
        """The dominant expression of each step by name; None where it is not known."""
        return [EXPRESSIONS[k] if k >= 0 else None for k in self.dominant.tolist()]

    @classmethod
    def of(
        cls,
        observations: Iterable[Observation],
        role: str,
        *,
        start: float | None = None,
        end: float | None = None,
        resolution: float = 1.0,
        least: float = 0.4,
        sure: float = SURE,
        soundtrack: Soundtrack | None = None,
    ) -> Timeline:
        """Gather observations into steps.

        Parameters
        ----------
        observations : iterable of Observation
            In any order; those of the other role are left out.
        role : str
            Whose timeline.
        start, end : float, optional
            Seconds on the encounter's clock; those of the first and the last observation's steps.
        resolution : float
            Length of a step, seconds, 0.05 to 60.
        least : float
            Share of a step's observations that have to be assessable; with fewer it says nothing.
        sure : float
            Mean probability under which no expression counts as dominant.
        soundtrack : Soundtrack, optional
            Of the person's camera, on the encounter's clock.

        Raises
        ------
        ParameterError
            If a setting is out of its range or there is nothing to make a timeline of.
        """
        check_role(role)
        check_resolution(resolution)
        _check_shares(least=least, sure=sure)
        own = sorted((o for o in observations if o.role == role), key=lambda o: o.time)
        start, count = _span(own, role, start, end, resolution)
        times = start + resolution * np.arange(count)
        steps = _steps(own, start, count, resolution)
        means = [_mean_of(step, least, sure) for step in steps]
        mouth, loudness, speaking = mouth_loudness_speaking(own, soundtrack, times, resolution)
        return cls(
            role=role,
            resolution=float(resolution),
            times=times,
            dominant=np.array([mean.dominant for mean in means], np.int16),
            probabilities=np.array([mean.probabilities for mean in means], np.float32),
            scores=np.array([mean.scores for mean in means], np.float32),
            assessable=np.array([mean.assessable for mean in means], np.float32),
            samples=np.array([len(step) for step in steps], np.int32),
            reasons=tuple(mean.reason for mean in means),
            mouth=mouth,
            loudness=loudness,
            speaking=speaking,
            towards=np.array([mean.towards for mean in means], np.float32),
        )


@dataclass(frozen=True, eq=False)
class _Mean:
    """What the observations of one step say together."""

    dominant: int = -1
    """As the other fields: one element of what `Timeline` has under that name."""
    reason: str = NO_RECORDING
    probabilities: np.ndarray = field(default_factory=lambda: np.full(len(EXPRESSIONS), np.nan))
    scores: np.ndarray = field(default_factory=lambda: np.full(len(NAMES), np.nan))
    assessable: float = math.nan
    towards: float = math.nan


def _mean_of(step: Sequence[Observation], least: float, sure: float) -> _Mean:
    if not step:
        return _Mean()
    given = [o.probabilities for o in step if o.probabilities is not None]
    measured = [o.scores for o in step if o.scores is not None]
    turned = [o.towards for o in step if o.towards is not None]
    assessable = np.float32(len(given) / len(step))
    mean = _Mean(
        reason=_most_frequent_reason(step),
        assessable=float(assessable),
        towards=float(np.mean(turned)) if turned else math.nan,
    )
    if measured:
        mean = replace(mean, scores=np.mean(measured, 0))
    if not given or assessable < least:
        return mean
    probabilities = np.mean(given, 0)
    if probabilities.max() < sure:
        return replace(mean, probabilities=probabilities, reason=UNCLEAR)
    return replace(
        mean, probabilities=probabilities, reason="", dominant=int(probabilities.argmax())
    )


def _most_frequent_reason(step: Sequence[Observation]) -> str:
    reasons = Counter(o.reason for o in step if o.reason is not None)
    return reasons.most_common(1)[0][0] if reasons else UNKNOWN


def _steps(
    own: Sequence[Observation], start: float, count: int, resolution: float
) -> list[list[Observation]]:
    """The observations of each step."""
    steps: list[list[Observation]] = [[] for _ in range(count)]
    for observation in own:
        k = math.floor((observation.time - start) / resolution + 1e-6)
        if 0 <= k < count:
            steps[k].append(observation)
    return steps


def check_resolution(resolution: float) -> None:
    """Refuse steps that are too short or too long; raises `ParameterError`."""
    if not 0.05 <= resolution <= 60:
        raise ParameterError(f"resolution must lie between 0.05 and 60 s, not {resolution!r}.")


def _check_shares(**shares: float) -> None:
    for name, share in shares.items():
        if not 0 <= share <= 1:
            raise ParameterError(f"{name} must lie between 0 and 1, not {share!r}.")


def _span(
    own: Sequence[Observation],
    role: str,
    start: float | None,
    end: float | None,
    resolution: float,
) -> tuple[float, int]:
    """When the first step begins, seconds, and how many steps there are."""
    if (start is None or end is None) and not own:
        raise ParameterError(f"There are no observations of the {role}: give start and end.")
    if start is None:
        start = math.floor(own[0].time / resolution + 1e-6) * resolution
    if end is None:
        end = math.floor(own[-1].time / resolution + 1e-6) * resolution + resolution
    count = math.ceil((end - start) / resolution - 1e-6)
    if count < 1:
        raise ParameterError(
            f"A timeline from {start:g} s to {end:g} s holds no step of {resolution:g} s."
        )
    return start, count


def check_same_resolution(doctor: Timeline, patient: Timeline) -> None:
    """Refuse timelines of two resolutions; raises `ParameterError`."""
    if doctor.resolution != patient.resolution:
        raise ParameterError(
            f"Timelines of {doctor.resolution:g} s and {patient.resolution:g} s cannot be "
            "compared: make both with one resolution."
        )
