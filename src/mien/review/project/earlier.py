"""What was decided in a review before it was screened here."""

from __future__ import annotations

import sqlite3
from collections import defaultdict

from mien.review.living.decisions import CONSENSUS, INCLUDE, STAGES, Decision, outcomes
from mien.review.living.review_folder import Review
from mien.review.project.outcomes import FULL, TITLE, outcome


def take_over(
    db: sqlite3.Connection, review: Review, reviewers: tuple[str, ...], arbiter: bool
) -> frozenset[int]:
    """Put decisions of a review into a new screening.

    Parameters
    ----------
    db : sqlite3.Connection
        Its people are there, its records not yet.
    review : Review
    reviewers : tuple of str
        Who decides from now on: decisions of people of these names become theirs.
    arbiter : bool
        Whether a third settles conflicts.

    Returns
    -------
    settled : frozenset of int
        Numbers of records whose title was settled, which nobody else is asked about.
    """
    people = {name: number for number, name in enumerate(reviewers)}
    said: dict[tuple[int, str], dict[str, Decision]] = defaultdict(dict)
    for one in review.decisions:
        said[int(one.record[1:]), one.stage][one.reviewer] = one
    for (number, stage), by in said.items():
        for name, one in by.items():
            if name in people:
                _decision(db, people[name], number, stage, one)
    settled: dict[str, set[int]] = {}
    for stage in STAGES:
        found = outcomes(review.decisions, stage, review.reviewers)
        settled[stage] = {int(record[1:]) for record, one in found.items() if one.decision}
        for record, result in found.items():
            number = int(record[1:])
            by = said[number, stage]
            came, reason, person = result.decision, result.reason, None
            if CONSENSUS in by:
                person = len(reviewers) if arbiter else None
                _note(db, len(reviewers), number, by[CONSENSUS].note)
            if not came:
                own = [(by[name].decision, by[name].reason) for name in people if name in by]
                came, reason = outcome(own, len(people), stage)
            db.execute(
                "INSERT INTO outcomes VALUES (?, ?, ?, ?, ?, 0, 1)",
                (number, stage, came, reason, person),
            )
    titles = outcomes(review.decisions, TITLE, review.reviewers)
    wanted = [int(record[1:]) for record, one in titles.items() if one.decision == INCLUDE]
    for person_id in people.values():
        own_full = {
            number
            for (number,) in db.execute(
                "SELECT record FROM decisions WHERE person = ? AND stage = ?", (person_id, FULL)
            )
        }
        waiting = [n for n in sorted(wanted) if n not in settled[FULL] or n in own_full]
        db.executemany(
            "INSERT INTO queue VALUES (?, ?, ?, ?)",
            [(person_id, FULL, place, number) for place, number in enumerate(waiting, 1)],
        )
    return frozenset(settled[TITLE])


def _decision(db: sqlite3.Connection, person: int, number: int, stage: str, one: Decision) -> None:
    db.execute(
        "INSERT INTO decisions VALUES (?, ?, ?, ?, ?, 0, 1)",
        (person, stage, number, one.decision, one.reason),
    )
    _note(db, person, number, one.note)


def _note(db: sqlite3.Connection, person: int, number: int, text: str) -> None:
    if text:
        db.execute("INSERT OR REPLACE INTO notes VALUES (?, ?, ?, 0)", (person, number, text))
