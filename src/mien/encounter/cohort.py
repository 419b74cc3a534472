"""A study of many encounters: what is counted in each, who is left out and why, all together.

Yang et al. [1]_ pool the seconds of 327 encounters and count expressions other than neutral. So
does this, and it keeps what belongs together: the seconds of an encounter, the encounters of a
doctor.

References
----------
.. [1] Yang et al., "How Can Research on Artificial Empathy Be Enhanced by Applying Deepfakes?",
   Journal of Medical Internet Research 24(3), 2022, e29506, doi:10.2196/29506.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import numpy as np

from mien.emotion.classifier import EXPRESSIONS
from mien.encounter.cases import Case
from mien.encounter.clocks import ClockError
from mien.encounter.observation import ROLES
from mien.encounter.result import Encounter
from mien.encounter.roles import RoleError
from mien.errors import FormatError, NoFaceError, ParameterError, VideoError

NEUTRAL = EXPRESSIONS.index("neutral")
UNREADABLE = "the recording cannot be read"
NO_REPORT = "its report cannot be read"
NO_FACE = "no face in a recording"
NO_CLOCK = "recordings cannot be put on one clock"
NO_ROLES = "who is who cannot be told"
SHORT = "too little of a face could be assessed"
TWICE = "its content is that of another encounter"


@dataclass(frozen=True, eq=False)
class Tally:
    """What is counted in one encounter."""

    case: Case
    """Which."""
    counts: np.ndarray
    """Steps of each expression of `EXPRESSIONS`, doctor's row and patient's, (2, 7), int64."""
    recorded: np.ndarray
    """Steps with a recording, of the doctor and the patient, (2,), int64."""
    resolution: float
    """Length of a step, seconds."""
    seconds: float
    """How long the encounter was."""
    mark: bytes = b""
    """What tells its content from all others', under whatever name it is stored; b"" if nothing
    was read of a face."""

    @property
    def detection(self) -> np.ndarray:
        """Share of the recorded steps with an expression that stands out, (2,)."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(self.counts.sum(1) / self.recorded)

    @staticmethod
    def of(case: Case, encounter: Encounter) -> Tally:
        """Count an encounter."""
        lines = [encounter.timelines[role] for role in ROLES if role in encounter.timelines]
        if len(lines) != len(ROLES):
            raise FormatError(f"The encounter {case.name} lacks the doctor or the patient.")
        counts = [np.bincount(line.dominant[line.known], minlength=7) for line in lines]
        return Tally(
            case=case,
            counts=np.array(counts, np.int64),
            recorded=np.array([(line.samples > 0).sum() for line in lines], np.int64),
            resolution=lines[0].resolution,
            seconds=lines[0].end - float(lines[0].times[0]),
            mark=_mark(encounter),
        )


def _mark(encounter: Encounter) -> bytes:
    """The same for the same moments read of the same faces, and for no others."""
    made = sha256()
    lines = [encounter.fine.get(role, encounter.timelines[role]) for role in ROLES]
    if not any(np.isfinite(line.probabilities).any() for line in lines):
        return b""
    for line in lines:
        for values in (line.times, line.probabilities, line.scores):
            made.update(np.ascontiguousarray(values).tobytes())
    return made.digest()


@dataclass(frozen=True, eq=False)
class Cohort:
    """All encounters of a study."""

    recruited: int
    """How many there were to begin with."""
    tallies: tuple[Tally, ...]
    """Those that are counted."""
    excluded: tuple[tuple[str, str], ...]
    """Name and reason of those that are not."""
    least_s: float
    """Seconds of each face that had to be assessable."""
    same_as: Mapping[str, str] = field(default_factory=dict)
    """Of those that are left out because their content is another's, whose: names by name."""

    @property
    def counts(self) -> np.ndarray:
        """Steps of all encounters by role and expression, shape (2, 7)."""
        return np.asarray(np.sum([tally.counts for tally in self.tallies], 0))

    @property
    def reasons(self) -> dict[str, int]:
        """How many were left out for each reason, the most frequent first."""
        return dict(Counter(reason for _, reason in self.excluded).most_common())

    @property
    def detection(self) -> np.ndarray:
        """Share of all recorded steps with an expression that stands out, (2,)."""
        recorded = np.sum([tally.recorded for tally in self.tallies], 0)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(self.counts.sum(1) / recorded)

    @property
    def doctors(self) -> tuple[str, ...]:
        """Who the doctors are, as far as that is said."""
        return tuple(sorted({tally.case.doctor for tally in self.tallies} - {""}))

    def without_neutral(self) -> np.ndarray:
        """Counts and shares among the expressions other than neutral, shape (2, 2, 7).

        First counts, then shares; neutral has 0 and NaN. These are the paper's denominators.
        """
        counts = self.counts.astype(float)
        counts[:, NEUTRAL] = 0
        with np.errstate(invalid="ignore", divide="ignore"):
            shares = counts / counts.sum(1, keepdims=True)
        shares[:, NEUTRAL] = np.nan
        return np.stack([counts, shares])

    def demographics(self) -> dict[str, Any]:
        """Who took part and for how long, of the encounters that are counted; for JSON."""
        cases = [tally.case for tally in self.tallies]
        minutes = np.array([tally.seconds for tally in self.tallies]) / 60
        ages = np.array([case.age for case in cases if case.age is not None])
        return {
            "encounters": len(cases),
            "doctors": len(self.doctors),
            "sex": dict(Counter(case.sex or "not said" for case in cases)),
            "department": dict(Counter(case.department or "not said" for case in cases)),
            "age_years": _described(ages),
            "length_min": _described(minutes),
        }


def _described(values: np.ndarray) -> dict[str, float | int | None]:
    if not len(values):
        return {"n": 0, "mean": None, "sd": None, "min": None, "max": None}
    sd = float(values.std(ddof=1)) if len(values) > 1 else None
    return {
        "n": len(values),
        "mean": round(float(values.mean()), 2),
        "sd": None if sd is None else round(sd, 2),
        "min": round(float(values.min()), 2),
        "max": round(float(values.max()), 2),
    }


def count_all(
    cases: Sequence[Case],
    read: Callable[[Case], Encounter],
    *,
    least_s: float = 10.0,
) -> Cohort:
    """Count the encounters of a study, and leave out what cannot be counted.

    Parameters
    ----------
    cases : sequence of Case
        All that were recruited.
    read : callable
        Gives the encounter of a case: loads or analyses it. What it says cannot be read, shows no
        face, has no common clock, or does not say who is who, is left out with that reason; so is
        what has the content of one that is counted, under another name.
    least_s : float
        Seconds of each of the two faces that have to be assessable.

    Raises
    ------
    ParameterError
        If nothing is left to count, or encounters have steps of different lengths.
    """
    if not least_s >= 0:
        raise ParameterError(f"The least time is 0 s or more, not {least_s}.")
    tallies: list[Tally] = []
    excluded: list[tuple[str, str]] = []
    names: dict[bytes, str] = {}
    same_as: dict[str, str] = {}
    for case in cases:
        made = case.exclude or _tally(case, read)
        if isinstance(made, Tally) and (made.counts.sum(1) * made.resolution < least_s).any():
            made = SHORT
        if isinstance(made, Tally) and made.mark in names:
            same_as[case.name] = names[made.mark]
            made = TWICE
        if isinstance(made, Tally):
            tallies.append(made)
            if made.mark:
                names[made.mark] = case.name
        else:
            excluded.append((case.name, made))
    if not tallies:
        why = ", ".join(sorted({reason for _, reason in excluded}))
        raise ParameterError(f"No encounter is left to count: {why or 'there was none'}.")
    _one_resolution(tallies)
    return Cohort(len(cases), tuple(tallies), tuple(excluded), float(least_s), same_as)


def _tally(case: Case, read: Callable[[Case], Encounter]) -> Tally | str:
    try:
        return Tally.of(case, read(case))
    except NoFaceError:
        return NO_FACE
    except ClockError:
        return NO_CLOCK
    except RoleError:
        return NO_ROLES
    except (VideoError, FormatError):
        return UNREADABLE if case.report is None else NO_REPORT


def _one_resolution(tallies: Iterable[Tally]) -> None:
    steps = {tally.resolution for tally in tallies}
    if len(steps) > 1:
        raise ParameterError(
            "The encounters have steps of different lengths "
            f"({', '.join(f'{step:g}' for step in sorted(steps))} s): analyse them alike."
        )
