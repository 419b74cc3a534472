"""Decisions of reviewers about records, what they come to, and how far reviewers agree."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, fields
from itertools import combinations
from typing import Any

from mien.errors import FormatError
from mien.review.cells import shielded, unshielded

STAGES = ("title", "full")
"""Title and abstract; full text."""
INCLUDE, EXCLUDE, MAYBE, UNAVAILABLE = "include", "exclude", "maybe", "unavailable"
DECISIONS = (INCLUDE, EXCLUDE, MAYBE, UNAVAILABLE)
CONSENSUS = "consensus"
"""The reviewer who speaks for all."""


@dataclass(frozen=True)
class Decision:
    """What one reviewer said of one record."""

    record: str
    """Its number, such as ``r00012``."""
    stage: str
    """`title` or `full`."""
    reviewer: str
    """Who; `consensus` speaks for all."""
    decision: str
    """`include`, `exclude`, `maybe`, or `unavailable` where no full text could be had."""
    reason: str = ""
    """Key of the protocol's reason to exclude."""
    note: str = ""
    """In words."""


COLUMNS = tuple(field.name for field in fields(Decision))


def parse_decisions(written: str, name: str) -> list[Decision]:
    """Decisions in CSV, as `to_csv` writes them; raises `FormatError`, which names the line."""
    reader = csv.DictReader(io.StringIO(written, newline=""), restval="")
    missing = {"record", "stage", "reviewer", "decision"} - set(reader.fieldnames or ())
    if missing:
        raise FormatError(f"{name} lacks the column {sorted(missing)[0]}.")
    found = []
    for raw in reader:
        row = {key: unshielded(raw.get(key) or "") for key in COLUMNS}
        if row["stage"] not in STAGES or row["decision"] not in DECISIONS:
            raise FormatError(
                f"{name}, line {reader.line_num}: {row['stage']!r} and {row['decision']!r} are no "
                f"stage ({', '.join(STAGES)}) and decision ({', '.join(DECISIONS)})."
            )
        found.append(Decision(**row))
    return found


def to_csv(decisions: Iterable[Decision]) -> str:
    """Decisions as CSV."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in decisions:
        writer.writerow([shielded(getattr(one, name)) for name in COLUMNS])
    return out.getvalue()


@dataclass(frozen=True)
class Outcome:
    """What decisions about a record at a stage come to."""

    decision: str
    """`include`, `exclude`, `unavailable`; empty where it is open."""
    reason: str = ""
    """To exclude."""


def outcomes(decisions: Iterable[Decision], stage: str, reviewers: int) -> dict[str, Outcome]:
    """By record, what a stage comes to.

    Parameters
    ----------
    decisions : iterable of Decision
    stage : str
    reviewers : int
        How many must say the same, where there is no consensus.
    """
    by: dict[str, dict[str, Decision]] = defaultdict(dict)
    for one in decisions:
        if one.stage == stage:
            by[one.record][one.reviewer] = one
    return {record: _outcome(said, stage, reviewers) for record, said in by.items()}


def _outcome(said: dict[str, Decision], stage: str, reviewers: int) -> Outcome:
    if CONSENSUS in said:
        last = said[CONSENSUS]
        return Outcome(INCLUDE if last.decision == MAYBE else last.decision, last.reason)
    # whoever is not sure at the title wants to read the full text
    kept = {one.decision if one.decision != MAYBE else INCLUDE for one in said.values()}
    if len(said) < reviewers or len(kept) > 1:
        return Outcome("")
    reasons = {one.reason for one in said.values() if one.reason}
    unsure = any(one.decision == MAYBE for one in said.values())
    if stage == "full" and (unsure or len(reasons) > 1):  # one reason is counted in the flow
        return Outcome("")
    return Outcome(kept.pop(), min(reasons, default=""))


def agreement(decisions: Iterable[Decision], stage: str) -> dict[str, Any]:
    """Of pairs of reviewers, before consensus: share, κ, and κ adjusted for prevalence.

    Returns
    -------
    found : dict
        `n` pairs, `share`, `kappa`, `pabak`, and the 2 x 2 `table` (include, exclude).
    """
    by: dict[str, dict[str, str]] = defaultdict(dict)
    for one in decisions:
        if one.stage == stage and one.reviewer != CONSENSUS and one.decision != UNAVAILABLE:
            by[one.record][one.reviewer] = EXCLUDE if one.decision == EXCLUDE else INCLUDE
    import numpy as np

    from mien.statistics import cohen, finite_or_none

    table = np.zeros((2, 2))
    order = (INCLUDE, EXCLUDE)
    for said in by.values():
        for first, second in combinations(sorted(said), 2):
            table[order.index(said[first]), order.index(said[second])] += 1
    n = int(table.sum())
    share = float(np.trace(table) / n) if n else None
    return {
        "n": n,
        "share": share,
        "kappa": finite_or_none(float(cohen(table[None])[0])) if n else None,
        "pabak": 2 * share - 1 if share is not None else None,
        "table": table.astype(int).tolist(),
    }
