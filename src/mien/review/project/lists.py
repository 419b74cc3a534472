"""What somebody sees of a review: lists, one record, how far it is; never what others decided."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from mien.errors import ParameterError
from mien.review.duplicates.comparable import folded
from mien.review.project.outcomes import CONFLICT, FULL, OPEN, TITLE
from mien.review.project.store import ARBITER, NotNow, Person, ReviewStore

TODO, DONE = "todo", "done"
FILTERS = (TODO, DONE, "include", "exclude", "maybe", "unavailable", "all")
"""For a reviewer; whoever settles conflicts has `todo`, `done` and `all`."""
MOST = 200


@dataclass(frozen=True)
class Line:
    """A record in a list."""

    id: int
    title: str
    year: int | None
    decision: str
    """One's own, or nothing."""
    retracted: bool


def listed(
    store: ReviewStore,
    person: Person,
    stage: str,
    which: str = TODO,
    *,
    search: str = "",
    offset: int = 0,
    limit: int = 50,
) -> tuple[list[Line], int]:
    """Records of a stage, in somebody's order, and how many there are.

    Parameters
    ----------
    store : ReviewStore
    person : Person
    stage : str
    which : str
        One of `FILTERS`.
    search : str
        Words that a title or the authors have, all of them.
    offset, limit : int
        Which of them; 200 at most.

    Raises
    ------
    ParameterError
        If there is no such list.
    """
    if which not in FILTERS or stage not in (TITLE, FULL):
        raise ParameterError("There is no such list: choose another.")
    limit = min(max(limit, 1), MOST)
    with store.reading() as db:
        if person.role == ARBITER:
            return _conflicts(db, stage, which, search, offset, limit)
        return _own(db, person, stage, which, search, offset, limit)


def _own(
    db: sqlite3.Connection,
    person: Person,
    stage: str,
    which: str,
    search: str,
    offset: int,
    limit: int,
) -> tuple[list[Line], int]:
    wanted, values = _matching(search)
    if which == TODO:
        wanted += " AND (d.decision IS NULL OR d.decision = '')"
    elif which == DONE:
        wanted += " AND d.decision != ''"
    elif which != "all":
        wanted += " AND d.decision = ?"
        values.append(which)
    if which in (TODO, "all"):
        tables = (
            "queue q LEFT JOIN decisions d ON d.person = q.person AND d.stage = q.stage AND "
            "d.record = q.record WHERE q.person = ? AND q.stage = ?"
        )
        record, order = "q.record", "q.position"
    else:
        tables = "decisions d WHERE d.person = ? AND d.stage = ?"
        record, order = "d.record", "d.at DESC, d.record"
    wanted = wanted.replace("RECORD", record)
    values = [person.id, stage, *values]
    query = f"SELECT {record}, COALESCE(d.decision, '') FROM {tables}{wanted} ORDER BY {order}"
    if search:  # all that are found, so that they are counted, too
        found = db.execute(query, values).fetchall()
        total, found = len(found), found[offset : offset + limit]
    else:
        found = db.execute(f"{query} LIMIT ? OFFSET ?", (*values, limit, offset)).fetchall()
        total = _counts(db, person, stage)[which]
    return [_line(db, number, decision) for number, decision in found], total


def _conflicts(
    db: sqlite3.Connection, stage: str, which: str, search: str, offset: int, limit: int
) -> tuple[list[Line], int]:
    wanted, values = _matching(search)
    wanted = wanted.replace("RECORD", "o.record")
    if which == TODO:
        wanted += f" AND o.outcome = '{CONFLICT}'"
    else:
        settled = "o.person IS NOT NULL"
        wanted += (
            f" AND {settled}" if which == DONE else f" AND ({settled} OR o.outcome = 'conflict')"
        )
    tables = "outcomes o JOIN records r ON r.id = o.record WHERE o.stage = ?"
    values = [stage, *values]
    rows = db.execute(
        "SELECT r.id, CASE WHEN o.person IS NULL THEN '' ELSE o.outcome END "
        f"FROM {tables}{wanted} ORDER BY r.id",
        values,
    ).fetchall()
    shown = rows[offset : offset + limit]
    return [_line(db, number, decision) for number, decision in shown], len(rows)


def _matching(search: str) -> tuple[str, list[Any]]:
    """Of records that have all words, as a clause about RECORD, and its values."""
    words = folded(search[:200]).split()[:10]
    if not words:
        return "", []
    alike = " AND ".join("words LIKE ?" for _ in words)
    clause = f" AND RECORD IN (SELECT id FROM records WHERE {alike})"
    return clause, [f"%{word}%" for word in words]


def _counts(db: sqlite3.Connection, person: Person, stage: str) -> dict[str, int]:
    """Records of each list of a reviewer."""
    counts = dict.fromkeys(FILTERS, 0)
    for decision, count in db.execute(
        "SELECT decision, COUNT(*) FROM decisions WHERE person = ? AND stage = ? AND "
        "decision != '' GROUP BY decision",
        (person.id, stage),
    ):
        counts[decision] = count
        counts[DONE] += count
    counts["all"] = db.execute(
        "SELECT COUNT(*) FROM queue WHERE person = ? AND stage = ?", (person.id, stage)
    ).fetchone()[0]
    counts[TODO] = max(counts["all"] - counts[DONE], 0)
    return counts


def counted(store: ReviewStore, person: Person) -> dict[str, dict[str, int]]:
    """Records of each list of somebody, by stage."""
    with store.reading() as db:
        if person.role != ARBITER:
            return {stage: _counts(db, person, stage) for stage in (TITLE, FULL)}
        found = {stage: dict.fromkeys((TODO, DONE, "all"), 0) for stage in (TITLE, FULL)}
        for stage, settled, count in db.execute(
            "SELECT stage, person IS NOT NULL, COUNT(*) FROM outcomes WHERE outcome = 'conflict' "
            "OR person IS NOT NULL GROUP BY stage, person IS NOT NULL"
        ):
            found[stage][DONE if settled else TODO] = count
            found[stage]["all"] += count
    return found


def seen(store: ReviewStore, person: Person, number: int, stage: str) -> dict[str, Any]:
    """A record as somebody sees it; raises `NotNow` if there is none.

    A reviewer sees one's own decision, note and labels; whoever settles a conflict sees those of
    all.
    """
    record = store.record(number)
    with store.reading() as db:
        mine = db.execute(
            "SELECT decision, reason, version FROM decisions WHERE person = ? AND stage = ? AND "
            "record = ?",
            (person.id, stage, number),
        ).fetchone() or ("", "", 0)
        flagged = _line(db, number, "").retracted
        content = {
            "id": number,
            "stage": stage,
            "title": record.title,
            "abstract": record.abstract,
            "authors": list(record.authors),
            "year": record.year,
            "journal": record.journal,
            "doi": record.doi,
            "address": f"https://doi.org/{quote(record.doi)}" if record.doi else "",
            "source": record.source,
            "keywords": list(record.keywords[:60]),
            "language": record.language,
            "retracted": flagged,
            "decision": mine[0],
            "reason": mine[1],
            "version": mine[2],
            "note": _note(db, person.id, number),
            "labels": _labels(db, person.id, number),
            "others": [],
        }
        if person.role == ARBITER:
            content |= _of_all(db, store, number, stage)
    return content


def _of_all(db: sqlite3.Connection, store: ReviewStore, number: int, stage: str) -> dict[str, Any]:
    row = db.execute(
        "SELECT outcome, reason, person, version FROM outcomes WHERE record = ? AND stage = ?",
        (number, stage),
    ).fetchone()
    if row is None or (row[0] in (OPEN,) and row[2] is None):
        raise NotNow("not_now", "Not everybody has decided about this record yet.")
    given = {
        person: (decision, reason)
        for person, decision, reason in db.execute(
            "SELECT person, decision, reason FROM decisions WHERE record = ? AND stage = ?",
            (number, stage),
        )
    }
    settled = row[2] is not None
    return {
        "decision": row[0] if settled else "",
        "reason": row[1] if settled else "",
        "version": row[3],
        "others": [
            {
                "name": one.name,
                "decision": given.get(one.id, ("", ""))[0],
                "reason": given.get(one.id, ("", ""))[1],
                "note": _note(db, one.id, number),
                "labels": _labels(db, one.id, number),
            }
            for one in store.reviewers
        ],
    }


def _note(db: sqlite3.Connection, person: int, number: int) -> str:
    row = db.execute(
        "SELECT text FROM notes WHERE person = ? AND record = ?", (person, number)
    ).fetchone()
    return row[0] if row else ""


def _labels(db: sqlite3.Connection, person: int, number: int) -> list[str]:
    rows = db.execute(
        "SELECT label FROM labels WHERE person = ? AND record = ? ORDER BY label", (person, number)
    )
    return [row[0] for row in rows]


def _line(db: sqlite3.Connection, number: int, decision: str) -> Line:
    title, year, flagged = db.execute(
        "SELECT title, year, retracted FROM records WHERE id = ?", (number,)
    ).fetchone()
    return Line(number, title, year, decision, bool(flagged))
