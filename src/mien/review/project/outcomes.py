"""What follows from the decisions of several people, and how far they agree.

References
----------
.. [1] Byrt, Bishop & Carlin, J Clin Epidemiol 1993;46:423-429 (prevalence-adjusted kappa).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mien.review.living.decisions import EXCLUDE, INCLUDE, MAYBE, STAGES

OPEN, CONFLICT = "open", "conflict"
"""Outcomes beside what is decided."""
TITLE, FULL = STAGES


def outcome(given: Sequence[tuple[str, str]], reviewers: int, stage: str) -> tuple[str, str]:
    """What follows from decisions that were taken independently.

    Parameters
    ----------
    given : sequence of (str, str)
        Decisions and reasons.
    reviewers : int
        How many should decide.
    stage : str
        ``title`` or ``full``. Whoever is not sure of a title wants to read the full text, so
        "maybe" includes there; whoever excludes a full text gives a reason, and reasons agree.

    Returns
    -------
    outcome, reason : str
        ``open`` while somebody has not decided; ``conflict`` if a third has to.
    """
    if len(given) < reviewers:
        return OPEN, ""
    decisions = {
        INCLUDE if decision == MAYBE and stage == TITLE else decision for decision, _ in given
    }
    if len(decisions) > 1 or MAYBE in decisions:
        return CONFLICT, ""
    found = decisions.pop()
    reasons = {reason for _, reason in given}
    if found == EXCLUDE and stage == FULL and len(reasons) > 1:
        return CONFLICT, ""
    return found, reasons.pop() if len(reasons) == 1 else ""


@dataclass(frozen=True)
class Agreement:
    """How far two people agree on including."""

    n: int
    """Records that both decided."""
    share: float | None
    """Of them with the same decision; None if there are none."""
    kappa: float | None
    """Cohen's; None where it is not defined."""
    pabak: float | None
    """Adjusted for prevalence and bias [1]_."""
    table: tuple[tuple[int, int], tuple[int, int]]
    """First person in rows, second in columns; kept (included or maybe), then excluded."""


def agreement(pairs: Sequence[tuple[str, str]]) -> Agreement:
    """Agreement of two people.

    Parameters
    ----------
    pairs : sequence of (str, str)
        What each decided of the same record.
    """
    import numpy as np

    from mien.statistics import cohen

    table = np.zeros((2, 2), int)
    for one, other in pairs:
        table[int(one == EXCLUDE), int(other == EXCLUDE)] += 1
    n = int(table.sum())
    counts = ((int(table[0, 0]), int(table[0, 1])), (int(table[1, 0]), int(table[1, 1])))
    if not n:
        return Agreement(0, None, None, None, counts)
    share = float(np.trace(table)) / n
    kappa = float(cohen(table[None])[0])
    return Agreement(
        n,
        share,
        kappa if np.isfinite(kappa) else None,
        2 * share - 1,
        counts,
    )
