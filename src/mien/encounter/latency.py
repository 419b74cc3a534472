"""How soon a doctor's face changes after a negative expression of the patient."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy import stats

from mien.emotion.classifier import EXPRESSIONS
from mien.encounter.episodes import runs
from mien.encounter.observation import NEGATIVE
from mien.encounter.timeline import Timeline, check_same_resolution
from mien.errors import ParameterError

FEW = 5  # events under which a share is not to be read as a rate
_CONFIDENCE = 0.95


@dataclass(frozen=True)
class Answer:
    """What one face did after the onset of an expression of the other."""

    onset: float
    """Start of the patient's expression, seconds on the encounter's clock."""
    expression: str
    """Which negative expression it resembled."""
    seconds: float | None
    """How long until the doctor's face changed; None where it did not, or could not be seen."""
    before: str | None
    """What the doctor's face resembled at the onset."""
    after: str | None
    """What it resembled next."""
    assessable: bool
    """Whether the doctor's face could be followed from the onset to the change or to the limit."""


@dataclass(frozen=True, eq=False)
class Latency:
    """How soon the doctor's face changes after a negative expression of the patient."""

    answers: tuple[Answer, ...]
    """One per onset."""
    within: float
    """A change counts as an answer within so many seconds."""
    resolution: float
    """Latencies are multiples of this, seconds."""
    by_chance: float | None
    """Share of all moments that are followed by a change of the doctor's face as soon: what is
    expected of a face that does not answer. None where too little could be seen."""

    @property
    def events(self) -> int:
        """Onsets after which the doctor's face could be followed."""
        return sum(answer.assessable for answer in self.answers)

    @property
    def answered(self) -> int:
        """Events with a change within the limit."""
        return sum(answer.assessable and answer.seconds is not None for answer in self.answers)

    @property
    def share(self) -> float | None:
        """Answered events, 0 to 1; None without events."""
        return self.answered / self.events if self.events else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % interval of `share` (Wilson); None without events."""
        if not self.events:
            return None
        result = stats.binomtest(self.answered, self.events).proportion_ci(_CONFIDENCE, "wilson")
        return float(result.low), float(result.high)

    @property
    def median_s(self) -> float | None:
        """Median latency of the answered events, seconds; None without any."""
        latencies = [a.seconds for a in self.answers if a.assessable and a.seconds is not None]
        return float(np.median(latencies)) if latencies else None

    @property
    def p(self) -> float | None:
        """Probability of as many answers by chance alone; None where that cannot be said."""
        if not self.events or self.by_chance is None:
            return None
        chance = min(max(self.by_chance, 0.0), 1.0)
        return float(stats.binomtest(self.answered, self.events, chance, "greater").pvalue)

    @property
    def caution(self) -> str:
        """What to keep in mind."""
        if not self.answers:
            return "the patient's face resembled no negative expression"
        if not self.events:
            return "the doctor's face could not be followed after any onset"
        if self.events < FEW:
            plural = "" if self.events == 1 else "s"
            return f"only {self.events} event{plural}: too few to speak of a rate"
        return ""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "onsets": len(self.answers),
            "events": self.events,
            "answered": self.answered,
            "within_s": self.within,
            "share": self.share,
            "interval": None if self.interval is None else list(self.interval),
            "by_chance": self.by_chance,
            "p": self.p,
            "median_s": self.median_s,
            "resolution_s": self.resolution,
            "caution": self.caution,
            "answers": [asdict(answer) for answer in self.answers],
        }


def latency(
    doctor: Timeline,
    patient: Timeline,
    *,
    within: float = 5.0,
    least: float = 1.0,
    hold: float = 0.4,
) -> Latency:
    """How long after the onset of a negative expression of the patient the doctor's face changes.

    An onset is the start of a run of negative expressions that lasts for `least`, with a step
    before it that was assessed as not negative. The answer is the first step at which the doctor's
    face resembles something else than at the onset, for at least `hold`. A change says that
    something happened in the face, not why; `Latency.by_chance` says how often that is so anyway.

    Parameters
    ----------
    doctor, patient : Timeline
        Of one resolution, which is what latencies are exact to: give fine ones.
    within : float
        Limit for an answer, seconds.
    least : float
        Shorter negative runs do not count, seconds.
    hold : float
        Shorter changes do not count, seconds.

    Raises
    ------
    ParameterError
        If the timelines do not share their steps.
    """
    check_same_resolution(doctor, patient)
    if len(doctor) != len(patient) or not np.allclose(doctor.times, patient.times):
        raise ParameterError("Latency needs two timelines with the same steps.")
    if not within > 0:
        raise ParameterError(f"within must be a number of seconds above 0, not {within!r}.")
    step = doctor.resolution
    reach, holding = round(within / step), max(1, round(hold / step))
    negative = np.isin(patient.dominant, [EXPRESSIONS.index(name) for name in NEGATIVE])
    code = np.where(patient.known, negative.astype(int), -1)
    answers = [
        _answer(doctor, patient, start, reach, holding)
        for start, end, kind in runs(code)
        if kind == 1 and start > 0 and code[start - 1] == 0 and (end - start) * step >= least - 1e-6
    ]
    everywhere = [
        _change(doctor.dominant, start, reach, holding)
        for start in range(1, len(doctor))
        if code[start] >= 0
    ]
    followed = [delay is not None for delay, seen in everywhere if seen]
    chance = float(np.mean(followed)) if len(followed) > reach else None
    return Latency(tuple(answers), within, step, chance)


def _answer(doctor: Timeline, patient: Timeline, start: int, reach: int, holding: int) -> Answer:
    """What follows the onset in a step."""
    delay, seen = _change(doctor.dominant, start, reach, holding)
    k, now = int(patient.dominant[start]), int(doctor.dominant[start])
    then = -1 if delay is None else int(doctor.dominant[start + delay])
    return Answer(
        onset=float(patient.times[start]),
        expression=EXPRESSIONS[k],
        seconds=None if delay is None else delay * doctor.resolution,
        before=EXPRESSIONS[now] if now >= 0 else None,
        after=EXPRESSIONS[then] if then >= 0 else None,
        assessable=seen,
    )


def _change(dominant: np.ndarray, start: int, reach: int, holding: int) -> tuple[int | None, bool]:
    """Steps from a moment to a change that holds, or None; and whether that could be seen."""
    now = dominant[start]
    if now < 0:
        return None, False
    for k in range(start + 1, start + reach + 1):
        piece = dominant[k : k + holding]
        if len(piece) < holding or (piece < 0).any():
            return None, False
        if (piece != now).all():
            return k - start, True
    return None, True
