"""Which snapshots teach, which choose, and which test.

Neighbouring snapshots of a recording are almost the same. A split by snapshot puts one of them into
training and the next into the test: the network has then seen the answer. Only a split by
participant says what it does for somebody new.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.counted import plural
from mien.errors import ParameterError
from mien.selfnorm.snapshots import Snapshots

PARTICIPANT = "participant"
SNAPSHOT = "snapshot"
WHOLE = "whole"
LEAKING = "LEAKING: the same people are in training and test"
"""What is said wherever a split by snapshot is shown."""


@dataclass(frozen=True, eq=False)
class Split:
    """Three sets of indices without a common one."""

    by: str
    """`PARTICIPANT`, `SNAPSHOT`, `WHOLE` (everything tests), or what another division is called."""
    train: np.ndarray
    """Indices that teach."""
    validation: np.ndarray
    """Indices that stop training early, and set temperature and threshold."""
    test: np.ndarray
    """Indices that the results are of."""

    @property
    def leaking(self) -> bool:
        """Whether people of the test were seen in training."""
        return self.by == SNAPSHOT

    @property
    def words(self) -> str:
        """What to call it."""
        if self.by == WHOLE:
            return "of nothing: the whole file tests"
        return f"by {self.by}" + (f" ({LEAKING})" if self.leaking else "")


def split(
    snapshots: Snapshots,
    by: str = PARTICIPANT,
    *,
    validation: float = 0.1,
    test: float = 0.2,
    seed: int = 0,
) -> Split:
    """Divide at random.

    Parameters
    ----------
    snapshots : Snapshots
        Those without an expression are in none of the three.
    by : str
        `PARTICIPANT`: nobody is in two sets. `SNAPSHOT`: as much published work does it; leaking.
    validation, test : float
        Shares of participants, or of snapshots of each class; at least one participant each. With
        a validation share of 0 there is no validation set; by snapshot all are then shuffled and
        the test takes exactly its share, whatever the classes, as Hartmann et al. did it (85/15).
    seed : int
        The same seed gives the same split.

    Raises
    ------
    ParameterError
        If the shares leave nothing, nobody is named, or there are fewer participants than sets.
    """
    if by not in (PARTICIPANT, SNAPSHOT):
        raise ParameterError(f"A split is by {PARTICIPANT} or by {SNAPSHOT}, not by {by!r}.")
    if not (0 <= validation < 1 and 0 < test < 1 and validation + test < 1):
        raise ParameterError(
            "The share of the test is above 0, that of validation 0 or more, and both together are "
            "below 1."
        )
    rng = np.random.default_rng(seed)
    known = np.flatnonzero(snapshots.labels >= 0)
    if not len(known):
        raise ParameterError("No snapshot says which expression it shows: is there such a column?")
    if by == PARTICIPANT:
        parts = _divide_people(snapshots.participants[known], validation, test, rng)
    elif validation:
        parts = _divide_rows(snapshots.labels[known], validation, test, rng)
    else:
        parts = _shuffle_rows(len(known), test, rng)
    return Split(by, *(known[parts == k] for k in range(3)))


def whole(snapshots: Snapshots) -> Split:
    """All of them test."""
    nothing = np.zeros(0, np.int64)
    return Split(WHOLE, nothing, nothing, np.arange(len(snapshots)))


def _check_named(participants: np.ndarray) -> None:
    """Refuse rows of nobody: they may be anybody's, in another set."""
    nobody = int((participants == "").sum())
    if nobody:
        raise ParameterError(
            f"{plural(nobody, 'snapshot')} {'names' if nobody == 1 else 'name'} no participant, "
            "while others do: fill in who it is or take such rows out, for they may be somebody's "
            "who is in another set."
        )


def _divide_people(
    participants: np.ndarray, validation: float, test: float, rng: np.random.Generator
) -> np.ndarray:
    """Whether each row trains (0), validates (1) or tests (2), all of a person alike; (n,)."""
    people, who = np.unique(participants, return_inverse=True)
    if people.tolist() == [""]:
        raise ParameterError(
            "Nobody is named in these snapshots: add a column participant, or use --split "
            "snapshot, which leaks."
        )
    _check_named(participants)
    sets = 3 if validation else 2
    if len(people) < sets:
        raise ParameterError(
            f"A split by participant needs at least {sets} of them, and there "
            f"{'is' if len(people) == 1 else 'are'} {len(people)}."
        )
    order = rng.permutation(len(people))
    n_test = min(max(1, round(test * len(people))), len(people) - sets + 1)
    n_valid = min(max(1, round(validation * len(people))), len(people) - n_test - 1)
    n_valid = n_valid if validation else 0
    part = np.zeros(len(people), np.int8)
    part[order[:n_test]] = 2
    part[order[n_test : n_test + n_valid]] = 1
    return part[who]


def _divide_rows(
    labels: np.ndarray, validation: float, test: float, rng: np.random.Generator
) -> np.ndarray:
    """Whether each row trains (0), validates (1) or tests (2), the same shares of each class."""
    part = np.zeros(len(labels), np.int8)
    for label in np.unique(labels):
        rows = rng.permutation(np.flatnonzero(labels == label))
        n_test, n_valid = round(test * len(rows)), round(validation * len(rows))
        part[rows[:n_test]] = 2
        part[rows[n_test : n_test + n_valid]] = 1
    if len(np.unique(part)) < 3:
        raise ParameterError("There are too few snapshots to divide them into three sets.")
    return part


def _shuffle_rows(n: int, test: float, rng: np.random.Generator) -> np.ndarray:
    """Whether each row trains (0) or tests (2), exactly the share that tests; shape (n,)."""
    n_test = round(test * n)
    if not 0 < n_test < n:
        raise ParameterError("There are too few snapshots to divide them into two sets.")
    part = np.zeros(n, np.int8)
    part[rng.permutation(n)[:n_test]] = 2
    return part


def folds(
    snapshots: Snapshots, count: int = 10, *, validation: float = 0.1, seed: int = 0
) -> list[Split]:
    """Cross-validation by participant: everybody tests once, and nobody is in two sets of a fold.

    Parameters
    ----------
    snapshots : Snapshots
        Those without an expression are in no set.
    count : int
        Folds, as even in participants as they can be.
    validation : float
        Share of the participants of a fold that do not test; 0: no validation set.
    seed : int
        The same seed gives the same folds.

    Raises
    ------
    ParameterError
        If there are fewer participants than folds, fewer than two folds, or nobody is named.
    """
    known = np.flatnonzero(snapshots.labels >= 0)
    people, who = np.unique(snapshots.participants[known], return_inverse=True)
    least = max(count, 3 if validation else 2)
    if count < 2 or len(people) < least or people.tolist() == [""]:
        raise ParameterError(
            f"Cross-validation needs 2 folds or more and a named participant for each: "
            f"{plural(count, 'fold')} of {plural(len(people), 'participant')} cannot be made."
        )
    _check_named(snapshots.participants[known])
    if not 0 <= validation < 1:
        raise ParameterError(f"A validation share is from 0 to below 1, not {validation}.")
    order = np.random.default_rng(seed).permutation(len(people))
    made = []
    for tested in np.array_split(order, count):
        others = order[~np.isin(order, tested)]
        held = min(max(1, round(validation * len(others))), len(others) - 1) if validation else 0
        part = np.zeros(len(people), np.int8)
        part[tested], part[others[:held]] = 2, 1
        made.append(Split(PARTICIPANT, *(known[part[who] == k] for k in range(3))))
    return made


def trim(snapshots: Snapshots, seconds: float) -> Snapshots:
    """Without the first seconds of each recording: nobody shows an expression at once.

    Parameters
    ----------
    snapshots : Snapshots
        Times count from the start of each recording (a participant showing an expression).
    seconds : float
        What goes.

    Raises
    ------
    ParameterError
        If `seconds` is negative, times are not known, or nothing is left.
    """
    if not seconds >= 0:
        raise ParameterError(f"Trimming takes seconds from 0 on, not {seconds}.")
    if seconds == 0:
        return snapshots
    snapshots.check_timed("Leaving out the start of recordings")
    kept = snapshots.take(snapshots.times >= seconds)
    if not len(kept):
        raise ParameterError(f"Nothing is left after the first {seconds:g} s: trim less.")
    return kept
