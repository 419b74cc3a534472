"""Screening in a review's folder: begun, given what is new, and written down as its decisions.

The folder of a review is plain text (`mien.review.living.review_folder`). While people decide in
their browsers, the database beside it takes every decision at once; `collect` writes them into the
review's ``decisions.csv``, and `refresh` gives the database the records that the review gained.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from mien.errors import OutputError, ParameterError
from mien.outputs import complete
from mien.review.duplicates.comparable import folded
from mien.review.living.alone import alone
from mien.review.living.decisions import CONSENSUS, Decision
from mien.review.living.review_folder import Review, Stored, open_review
from mien.review.project.database import DATABASE, create, opened
from mien.review.project.earlier import take_over
from mien.review.project.outcomes import TITLE
from mien.review.project.store import ARBITER, REVIEWER, Person, ReviewStore
from mien.review.project.taken import take_over_answers, with_answers
from mien.review.records.retraction import retracted


@dataclass(frozen=True)
class Founding:
    """Who decides, and in which order."""

    reviewers: tuple[str, ...]
    """Names; as many as the protocol says, who decide independently."""
    arbiter: str = ""
    """Who settles conflicts; needed if there are two or more."""
    pilot: int = 0
    """Records that everybody decides first, to see how far they agree."""
    seed: int = 0
    """Of the order in which records come until there is something to learn from."""


def begin_screening(folder: Path, founding: Founding) -> ReviewStore:
    """Begin to screen a review: a database in its folder, and a link for everybody.

    What was decided in the review before stays: decisions of people of the same names are theirs,
    and what was settled is not asked again.

    Parameters
    ----------
    folder : Path
        Of a review.
    founding : Founding

    Raises
    ------
    FormatError
        If the folder holds no review.
    OutputError
        If the review is being screened already.
    ParameterError
        If names are missing, the same, or not as many as the protocol says.
    """
    review = open_review(folder)
    _check(founding, review)
    path = folder / DATABASE
    if path.exists():
        raise OutputError(f"{path} already exists: this review is being screened.")
    settings = {
        "seed": founding.seed,
        "pilot": founding.pilot,
        **_of_protocol(review),
        **_counts(review),
    }
    with complete(path, overwrite=False) as part:
        create(part)
        with opened(part, writing=True) as db:
            _set(db, settings)
            names = [*founding.reviewers, *filter(None, [founding.arbiter])]
            roles = [REVIEWER] * len(founding.reviewers) + [ARBITER]
            for number, (name, role) in enumerate(zip(names, roles, strict=False)):
                token = secrets.token_urlsafe(24)
                db.execute("INSERT INTO people VALUES (?, ?, ?, ?)", (number, name, token, role))
            known = take_over(db, review, founding.reviewers, bool(founding.arbiter))
            _add(db, review.records, founding.seed, founding.pilot, known)
            take_over_answers(db, review, _people(db))
        _fold_log(part)
    return ReviewStore(folder)


def refresh(store: ReviewStore) -> int:
    """Give a screening the records that its review gained; decisions stay as they are.

    Returns
    -------
    fresh : int
        Records that are new.
    """
    review = open_review(store.folder)
    with store.writing() as db:
        there = db.execute("SELECT COUNT(*) FROM records").fetchone()[0]
        fresh = review.records[there:]  # records are only ever added to a review
        _add(db, fresh, int(store.settings["seed"]) + there, 0)
        for one in review.records[:there]:  # which may have gained an abstract or a DOI
            content = _content(one)
            db.execute(
                "UPDATE contents SET content = ?2 WHERE id = ?1 AND content != ?2",
                (_number(one), content),
            )
            flagged = int(retracted(one.record))
            db.execute(
                "UPDATE records SET retracted = ?2 WHERE id = ?1 AND retracted != ?2",
                (_number(one), flagged),
            )
        take_over_answers(db, review, store.people)
        _set(db, {**_of_protocol(review), **_counts(review)})
    return len(fresh)


def collect(store: ReviewStore) -> int:
    """Write what was decided, taken and judged into the review's tables.

    What others than the people of this screening said stays as it is there.

    Returns
    -------
    decisions : int
        That the review has now.
    """
    with alone(store.folder):
        review = open_review(store.folder)
        names = {one.name for one in store.reviewers} | {CONSENSUS}
        kept = tuple(one for one in review.decisions if one.reviewer not in names)
        found = (*kept, *decisions_of(store))
        now = with_answers(store, replace(review, decisions=found))
        if now != review:
            now.save(store.folder, overwrite=True)
    return len(found)


def decisions_of(store: ReviewStore) -> tuple[Decision, ...]:
    """Decisions of a screening, by record and stage, each person's and then the consensus."""
    with store.reading() as db:
        rows = db.execute(
            "SELECT d.record, d.stage, p.id, p.name, d.decision, d.reason, COALESCE(n.text, '') "
            "FROM decisions d JOIN people p ON p.id = d.person LEFT JOIN notes n ON "
            "n.person = d.person AND n.record = d.record WHERE d.decision != ''"
        ).fetchall()
        settled = db.execute(
            "SELECT o.record, o.stage, 9999, ?, o.outcome, o.reason, COALESCE(n.text, '') FROM "
            "outcomes o LEFT JOIN notes n ON n.person = o.person AND n.record = o.record WHERE "
            "o.person IS NOT NULL",
            (CONSENSUS,),
        ).fetchall()
    order = sorted([*rows, *settled], key=lambda row: (row[0], row[1] != TITLE, row[2]))
    return tuple(
        Decision(f"r{number:05d}", stage, name, decision, reason, note)
        for number, stage, _, name, decision, reason, note in order
    )


def _check(founding: Founding, review: Review) -> None:
    names = [*founding.reviewers, *filter(None, [founding.arbiter])]
    if len(founding.reviewers) != review.reviewers or not all(name.strip() for name in names):
        raise ParameterError(
            f"By its protocol {review.reviewers} decide about each record: name as many with "
            "--reviewer."
        )
    if len(set(names)) < len(names) or CONSENSUS in names:
        raise ParameterError("Two people have the same name: tell them apart.")
    if len(founding.reviewers) > 1 and not founding.arbiter:
        raise ParameterError("Conflicts are settled by a third: name them with --arbiter.")


def _of_protocol(review: Review) -> dict[str, Any]:
    protocol = review.protocol
    return {
        "title": protocol.title,
        "reasons": [
            {"key": one.key, "words": one.words, "title": one.title or one.words}
            for one in protocol.exclude
        ],
        "terms": [term for one in protocol.concepts for term in one.terms],
    }


def _counts(review: Review) -> dict[str, Any]:
    return {
        "version": review.version,
        "identified": sum(one.records for one in review.searches),
        "duplicates": len(review.merged),
    }


def _set(db: sqlite3.Connection, settings: dict[str, Any]) -> None:
    db.executemany(
        "INSERT INTO settings VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
        [(key, json.dumps(value)) for key, value in settings.items()],
    )


def _people(db: sqlite3.Connection) -> tuple[Person, ...]:
    rows = db.execute("SELECT id, name, token, role FROM people ORDER BY id")
    return tuple(Person(*row) for row in rows)


def _number(one: Stored) -> int:
    return int(one.id[1:])


def _content(one: Stored) -> str:
    return json.dumps(one.record.to_json(raw=False), ensure_ascii=False)


def _add(
    db: sqlite3.Connection,
    fresh: Sequence[Stored],
    seed: int,
    pilot: int,
    settled: frozenset[int] = frozenset(),
) -> None:
    """Add records, and queue them for everybody but where somebody else settled them before."""
    order = np.random.default_rng(seed).permutation(len(fresh))
    pilots = set(order[:pilot].tolist())
    db.executemany(
        "INSERT INTO records VALUES (?, ?, ?, ?, ?, ?)",
        [
            (
                _number(one),
                one.record.title,
                one.record.year,
                folded(f"{one.record.title} {' '.join(one.record.authors)} {one.record.doi}"),
                int(retracted(one.record)),
                int(k in pilots),
            )
            for k, one in enumerate(fresh)
        ],
    )
    db.executemany(
        "INSERT INTO contents VALUES (?, ?)", [(_number(one), _content(one)) for one in fresh]
    )
    people = db.execute("SELECT id FROM people WHERE role = ?", (REVIEWER,)).fetchall()
    for (person,) in people:
        last = db.execute(
            "SELECT COALESCE(MAX(position), 0) FROM queue WHERE person = ? AND stage = ?",
            (person, TITLE),
        ).fetchone()[0]
        own = db.execute(
            "SELECT record FROM decisions WHERE person = ? AND stage = ?", (person, TITLE)
        ).fetchall()
        left = settled - {number for (number,) in own}
        db.executemany(
            "INSERT INTO queue VALUES (?, ?, ?, ?)",
            [
                (person, TITLE, last + 1 + place, _number(fresh[int(k)]))
                for place, k in enumerate(order)
                if _number(fresh[int(k)]) not in left
            ],
        )


def _fold_log(path: Path) -> None:
    """Put what SQLite wrote beside the database into it, so that it can get its name."""
    db = sqlite3.connect(path)
    try:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        db.close()
