"""Making a review of exports, and adding to it what is new."""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from mien.errors import OutputError, ParameterError
from mien.outputs import check_parent, complete_folder
from mien.review.duplicates.comparable import folded
from mien.review.duplicates.finding import find_duplicates
from mien.review.duplicates.merging import without_duplicates
from mien.review.project.database import DATABASE, create, opened
from mien.review.project.lists import retracted
from mien.review.project.outcomes import ABSTRACT
from mien.review.project.store import ARBITER, REVIEWER, ReviewStore
from mien.review.protocol.protocol import Protocol
from mien.review.records.record import Record


@dataclass(frozen=True)
class Founding:
    """Who decides, and in which order."""

    reviewers: tuple[str, ...]
    """Names; one, two or more, who decide independently."""
    arbiter: str = ""
    """Who settles conflicts; needed if there are two or more."""
    pilot: int = 0
    """Records that everybody decides first, to see how far they agree."""
    seed: int = 0
    """Of the order in which records come until there is something to learn from."""


@dataclass(frozen=True)
class Added:
    """What came of adding records."""

    identified: dict[str, int]
    """Records by database, as exports hold them."""
    duplicates: int
    """Of them the same publication as another one, or as one that was there."""
    fresh: int
    """Records that were added."""


def found_review(
    folder: Path,
    records: Sequence[Record],
    protocol: Protocol,
    founding: Founding,
    *,
    today: date | None = None,
) -> Added:
    """Make a review: a folder with a database, and a link for everybody.

    Parameters
    ----------
    folder : Path
        A new one.
    records : sequence of Record
        Of exports; duplicates are merged.
    protocol : Protocol
        Whose reasons to exclude are offered, and whose words are marked.
    founding : Founding
    today : date, optional

    Raises
    ------
    OutputError
        If something lies there.
    ParameterError
        If names are missing or the same.
    """
    names = [*founding.reviewers, *filter(None, [founding.arbiter])]
    if not founding.reviewers or not all(name.strip() for name in names):
        raise ParameterError("A review needs somebody who decides: name them with --reviewer.")
    if len(set(names)) < len(names):
        raise ParameterError("Two people have the same name: tell them apart.")
    if len(founding.reviewers) > 1 and not founding.arbiter:
        raise ParameterError("Conflicts are settled by a third: name them with --arbiter.")
    check_parent(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputError(f"{folder} already exists: choose another name.")
    settings = {
        "title": protocol.title,
        "protocol": protocol.version,
        "reasons": [
            {"key": one.key, "words": one.words, "title": one.title or one.words}
            for one in protocol.exclude
        ],
        "terms": [term for one in protocol.concepts for term in one.terms],
        "seed": founding.seed,
        "pilot": founding.pilot,
    }
    with complete_folder(folder, lambda path: not any(path.iterdir())) as part:
        create(part / DATABASE)
        with opened(part / DATABASE, writing=True) as db:
            db.executemany(
                "INSERT INTO settings VALUES (?, ?)",
                [(key, json.dumps(value)) for key, value in settings.items()],
            )
            roles = [REVIEWER] * len(founding.reviewers) + [ARBITER]
            for number, (name, role) in enumerate(zip(names, roles, strict=False)):
                token = secrets.token_urlsafe(24)
                db.execute("INSERT INTO people VALUES (?, ?, ?, ?)", (number, name, token, role))
            added = _add(db, records, [], founding.seed, founding.pilot, today)
        _fold_log(part / DATABASE)
    return added


def add_records(
    store: ReviewStore, records: Sequence[Record], *, today: date | None = None
) -> Added:
    """Add what is new; decisions stay as they are.

    Parameters
    ----------
    store : ReviewStore
    records : sequence of Record
        Of a later search; what the review has already is not added again.
    today : date, optional

    Returns
    -------
    added : Added
    """
    before = store.records()
    with store.writing() as db:
        return _add(db, records, before, int(store.settings["seed"]), 0, today)


def _add(
    db: sqlite3.Connection,
    records: Sequence[Record],
    before: Sequence[Record],
    seed: int,
    pilot: int,
    today: date | None,
) -> Added:
    everything = [*before, *records]
    found = find_duplicates(everything)
    known = {k for group in found.groups if group[0] < len(before) for k in group}
    if before:
        keep = [k for k in range(len(before), len(everything)) if k not in known]
        inner = find_duplicates([everything[k] for k in keep])
        fresh = without_duplicates([everything[k] for k in keep], inner)
    else:
        fresh = without_duplicates(everything, found)
    identified = dict(Counter(record.source or "unknown" for record in records))
    added = Added(identified, len(records) - len(fresh), len(fresh))
    batch = db.execute("SELECT COUNT(*) FROM batches").fetchone()[0]
    db.execute(
        "INSERT INTO batches VALUES (?, ?, ?, ?, ?)",
        (
            batch,
            (today or date.today()).isoformat(),
            json.dumps(identified),
            added.duplicates,
            added.fresh,
        ),
    )
    first = db.execute("SELECT COALESCE(MAX(id), 0) + 1 FROM records").fetchone()[0]
    order = np.random.default_rng(seed + batch).permutation(len(fresh))
    pilots = set(order[:pilot].tolist())
    db.executemany(
        "INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (
                first + k,
                one.title,
                one.year,
                folded(f"{one.title} {' '.join(one.authors)} {one.doi}"),
                int(retracted(one.kind, one.title)),
                int(k in pilots),
                batch,
            )
            for k, one in enumerate(fresh)
        ],
    )
    db.executemany(
        "INSERT INTO contents VALUES (?, ?)",
        [(first + k, json.dumps(one.to_json(), ensure_ascii=False)) for k, one in enumerate(fresh)],
    )
    people = db.execute("SELECT id FROM people WHERE role = ?", (REVIEWER,)).fetchall()
    for (person,) in people:
        last = db.execute(
            "SELECT COALESCE(MAX(position), 0) FROM queue WHERE person = ? AND stage = ?",
            (person, ABSTRACT),
        ).fetchone()[0]
        db.executemany(
            "INSERT INTO queue VALUES (?, ?, ?, ?)",
            [(person, ABSTRACT, last + 1 + place, first + int(k)) for place, k in enumerate(order)],
        )
    return added


def _fold_log(path: Path) -> None:
    """Put what SQLite wrote beside the database into it, so that the folder can be moved."""
    db = sqlite3.connect(path)
    try:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        db.close()
