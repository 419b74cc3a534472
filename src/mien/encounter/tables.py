"""The tables of an encounter: how often, how long, after what, and what answers what.

Everything here counts moments in which a face resembled an expression. None of it is a score of a
person, and moments that could not be assessed are counted as such.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy import stats

from mien.encounter.timeline import EXPRESSIONS, NEGATIVE, Timeline
from mien.errors import ParameterError

FEW = 5  # events under which a share is not to be read as a rate
_EXPECTED = 5.0  # expected count under which chi-squared is doubtful
_CONFIDENCE = 0.95


@dataclass(frozen=True, eq=False)
class Counts:
    """How much of the time a face resembled each expression."""

    role: str
    """Whose."""
    seconds: np.ndarray
    """Per expression of `EXPRESSIONS`, shape (7,)."""
    steps: np.ndarray
    """The same in steps of the timeline, shape (7,), int64."""
    assessed_s: float
    """Seconds with a dominant expression."""
    missing_s: dict[str, float]
    """Seconds without, by reason."""

    @property
    def shares(self) -> np.ndarray:
        """Of the assessed time, shape (7,); NaN where none was assessed."""
        with np.errstate(invalid="ignore"):
            return np.asarray(self.seconds / (self.assessed_s or np.nan))

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "role": self.role,
            "assessed_s": self.assessed_s,
            "missing_s": self.missing_s,
            "expressions": {
                name: {"seconds": float(s), "share": _number(share)}
                for name, s, share in zip(EXPRESSIONS, self.seconds, self.shares, strict=True)
            },
        }


@dataclass(frozen=True, eq=False)
class Comparison:
    """Whether two people's expressions were spread differently over the seven kinds."""

    unit: str
    """What is counted: ``"seconds"`` or ``"episodes"``."""
    expressions: tuple[str, ...]
    """Columns: expressions that at least one of the two showed."""
    counts: np.ndarray
    """Doctor's row and patient's row, shape (2, k), int64."""
    chi2: float
    """Pearson's statistic; NaN where there is nothing to compare."""
    degrees: int
    """Degrees of freedom."""
    p: float
    """Probability of a larger statistic if the counts were independent."""
    cramers_v: float
    """Effect size, 0 to 1."""
    residuals: np.ndarray
    """Adjusted standardised residuals, shape (2, k): beyond about 2 a cell is out of line."""
    lowest_expected: float
    """Smallest expected count: below 5 chi-squared is doubtful."""

    @property
    def caution(self) -> str:
        """What to keep in mind when reading `p`."""
        words = []
        if not math.isfinite(self.chi2):
            words.append("too little was seen to compare the two")
        elif self.lowest_expected < _EXPECTED:
            words.append("some expected counts are below 5")
        if self.unit == "seconds":
            words.append("neighbouring seconds are alike, so p is smaller than it should be")
        return "; ".join(words)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "unit": self.unit,
            "expressions": list(self.expressions),
            "doctor": self.counts[0].tolist(),
            "patient": self.counts[1].tolist(),
            "chi2": _number(self.chi2),
            "degrees": self.degrees,
            "p": _number(self.p),
            "cramers_v": _number(self.cramers_v),
            "residuals": {
                "doctor": [_number(v) for v in self.residuals[0]],
                "patient": [_number(v) for v in self.residuals[1]],
            },
            "lowest_expected": _number(self.lowest_expected),
            "caution": self.caution,
        }


@dataclass(frozen=True)
class Episode:
    """A run of steps in which a face resembled one expression."""

    role: str
    """Whose."""
    expression: str
    """Which of `EXPRESSIONS`."""
    start: float
    """Seconds on the encounter's clock."""
    end: float
    """Seconds on the encounter's clock."""
    confidence: float
    """Mean probability of the expression."""

    @property
    def seconds(self) -> float:
        """Length."""
        return self.end - self.start

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self) | {"seconds": self.seconds}


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
        found = [a.seconds for a in self.answers if a.assessable and a.seconds is not None]
        return float(np.median(found)) if found else None

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


def counts(timeline: Timeline) -> Counts:
    """How much of a timeline resembles each expression, and how much could not be assessed."""
    steps = np.bincount(timeline.dominant[timeline.known], minlength=len(EXPRESSIONS))
    missing: dict[str, float] = {}
    for reason in timeline.reasons:
        if reason:
            missing[reason] = missing.get(reason, 0.0) + timeline.resolution
    return Counts(
        role=timeline.role,
        seconds=steps * timeline.resolution,
        steps=steps.astype(np.int64),
        assessed_s=float(steps.sum() * timeline.resolution),
        missing_s={reason: round(seconds, 6) for reason, seconds in sorted(missing.items())},
    )


def compare(doctor: Timeline, patient: Timeline, unit: str = "seconds") -> Comparison:
    """Pearson's chi-squared of expressions by role, with Cramér's V and residuals.

    The study compares counts of single moments. Neighbouring moments are alike, so its p is too
    small; counting episodes instead is nearer to independence.

    Parameters
    ----------
    doctor, patient : Timeline
        Of one resolution.
    unit : {"seconds", "episodes"}
        What is counted; with ``"seconds"`` steps of the timelines.

    Raises
    ------
    ParameterError
        If the resolutions differ or there is no such unit.

    References
    ----------
    .. [1] Cramér, "Mathematical methods of statistics", Princeton University Press 1946.
    .. [2] Haberman, "The analysis of residuals in cross-classified tables", Biometrics 29, 1973.
    """
    _same_steps(doctor, patient)
    if unit == "seconds":
        rows = [counts(timeline).steps for timeline in (doctor, patient)]
    elif unit == "episodes":
        rows = []
        for timeline in (doctor, patient):
            found = [EXPRESSIONS.index(episode.expression) for episode in episodes(timeline)]
            rows.append(np.bincount(np.array(found, int), minlength=len(EXPRESSIONS)))
    else:
        raise ParameterError(f"unit is seconds or episodes, not {unit!r}.")
    table = np.stack(rows).astype(np.int64)
    shown = table.sum(0) > 0
    table = table[:, shown]
    names = tuple(name for name, there in zip(EXPRESSIONS, shown, strict=True) if there)
    total = table.sum()
    if table.shape[1] < 2 or not table.sum(1).all():
        nothing = np.full(table.shape, np.nan)
        return Comparison(unit, names, table, math.nan, 0, math.nan, math.nan, nothing, math.nan)
    test = stats.chi2_contingency(table, correction=False)
    expected = test.expected_freq
    row, column = table.sum(1, keepdims=True) / total, table.sum(0, keepdims=True) / total
    residuals = (table - expected) / np.sqrt(expected * (1 - row) * (1 - column))
    return Comparison(
        unit=unit,
        expressions=names,
        counts=table,
        chi2=float(test.statistic),
        degrees=int(test.dof),
        p=float(test.pvalue),
        cramers_v=float(np.sqrt(test.statistic / total)),  # the smaller side less one is 1
        residuals=residuals,
        lowest_expected=float(expected.min()),
    )


def episodes(timeline: Timeline, least: float = 0.0) -> list[Episode]:
    """Runs of one dominant expression; a step that could not be assessed ends a run.

    Parameters
    ----------
    timeline : Timeline
        Of any resolution.
    least : float
        Shorter runs are left out, seconds.
    """
    found = []
    for start, end, k in _runs(timeline.dominant):
        if k < 0 or (end - start) * timeline.resolution < least - 1e-6:
            continue
        found.append(
            Episode(
                timeline.role,
                EXPRESSIONS[k],
                float(timeline.times[start]),
                float(timeline.times[start] + (end - start) * timeline.resolution),
                float(timeline.probabilities[start:end, k].mean()),
            )
        )
    return found


def durations(timeline: Timeline) -> dict[str, dict[str, float | int]]:
    """Number of episodes of each expression, and their mean, median and longest length, seconds."""
    lengths: dict[str, list[float]] = {}
    for episode in episodes(timeline):
        lengths.setdefault(episode.expression, []).append(episode.seconds)
    return {
        name: {
            "episodes": len(lengths[name]),
            "mean_s": float(np.mean(lengths[name])),
            "median_s": float(np.median(lengths[name])),
            "longest_s": max(lengths[name]),
        }
        for name in EXPRESSIONS
        if name in lengths
    }


def transitions(timeline: Timeline) -> np.ndarray:
    """How often an expression is followed by another in the next step, shape (7, 7), int64.

    Rows are from, columns to; the diagonal counts steps in which nothing changes. Pairs with a step
    that could not be assessed are left out.
    """
    matrix = np.zeros((len(EXPRESSIONS), len(EXPRESSIONS)), np.int64)
    before, after = timeline.dominant[:-1], timeline.dominant[1:]
    both = (before >= 0) & (after >= 0)
    np.add.at(matrix, (before[both], after[both]), 1)
    return matrix


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
    _same_steps(doctor, patient)
    if len(doctor) != len(patient) or not np.allclose(doctor.times, patient.times):
        raise ParameterError("Latency needs two timelines with the same steps.")
    if not within > 0:
        raise ParameterError(f"within must be a number of seconds above 0, not {within!r}.")
    step = doctor.resolution
    reach, holding = round(within / step), max(1, round(hold / step))
    negative = np.isin(patient.dominant, [EXPRESSIONS.index(name) for name in NEGATIVE])
    code = np.where(patient.known, negative.astype(int), -1)
    answers = []
    for start, end, kind in _runs(code):
        if kind != 1 or start == 0 or code[start - 1] != 0:
            continue
        if (end - start) * step < least - 1e-6:
            continue
        delay, seen = _change(doctor.dominant, start, reach, holding)
        k, now = int(patient.dominant[start]), int(doctor.dominant[start])
        then = -1 if delay is None else int(doctor.dominant[start + delay])
        answers.append(
            Answer(
                onset=float(patient.times[start]),
                expression=EXPRESSIONS[k],
                seconds=None if delay is None else delay * step,
                before=EXPRESSIONS[now] if now >= 0 else None,
                after=EXPRESSIONS[then] if then >= 0 else None,
                assessable=seen,
            )
        )
    everywhere = [
        _change(doctor.dominant, start, reach, holding)
        for start in range(1, len(doctor))
        if code[start] >= 0
    ]
    followed = [delay is not None for delay, seen in everywhere if seen]
    chance = float(np.mean(followed)) if len(followed) > reach else None
    return Latency(tuple(answers), within, step, chance)


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


def _runs(code: np.ndarray) -> list[tuple[int, int, int]]:
    """Start, end (exclusive) and value of every run of equal values."""
    if not len(code):
        return []
    edges = np.flatnonzero(np.diff(code)) + 1
    starts, ends = np.r_[0, edges], np.r_[edges, len(code)]
    return [(int(a), int(b), int(code[a])) for a, b in zip(starts, ends, strict=True)]


def _same_steps(doctor: Timeline, patient: Timeline) -> None:
    if doctor.resolution != patient.resolution:
        raise ParameterError(
            f"Timelines of {doctor.resolution:g} s and {patient.resolution:g} s cannot be "
            "compared: make both with one resolution."
        )


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
