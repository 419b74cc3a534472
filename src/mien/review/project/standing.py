"""How far a review is: progress, agreement, numbers of the flow; and all of it as plain text."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from itertools import combinations
from typing import Any

from mien.review.bias.judgements import to_csv as judgements_csv
from mien.review.cells import shielded
from mien.review.extraction.values import to_csv as values_csv
from mien.review.living.decisions import INCLUDE, STAGES
from mien.review.living.review_folder import open_review
from mien.review.project.forms import studies_for
from mien.review.project.founding import decisions_of
from mien.review.project.lists import counted
from mien.review.project.outcomes import CONFLICT, FULL, TITLE, Agreement, agreement
from mien.review.project.ranking import stopping_of
from mien.review.project.store import Person, ReviewStore
from mien.review.project.taken import with_answers


@dataclass(frozen=True)
class Pairing:
    """How far two people agree."""

    stage: str
    """``title`` or ``full``."""
    pilot: bool
    """Whether of the pilot round only."""
    people: tuple[str, str]
    """Their names."""
    agreement: Agreement
    """Of their decisions."""


def pairings(store: ReviewStore) -> list[Pairing]:
    """Agreement of each two reviewers, by stage, and in the pilot round if there is one."""
    found = []
    for stage, pilot in ((TITLE, True), (TITLE, False), (FULL, False)):
        if pilot and not store.settings.get("pilot"):
            continue
        for one, other in combinations(store.reviewers, 2):
            with store.reading() as db:
                rows = db.execute(
                    "SELECT a.decision, b.decision FROM decisions a JOIN decisions b ON "
                    "b.record = a.record AND b.stage = a.stage JOIN records r ON r.id = a.record "
                    "WHERE a.person = ? AND b.person = ? AND a.stage = ? AND a.decision != '' AND "
                    "b.decision != '' AND r.pilot >= ?",
                    (one.id, other.id, stage, int(pilot)),
                ).fetchall()
            found.append(Pairing(stage, pilot, (one.name, other.name), agreement(rows)))
    return found


def standing(store: ReviewStore) -> dict[str, Any]:
    """How far a review is, as an object that JSON can hold."""
    with store.reading() as db:
        records = db.execute("SELECT COUNT(*) FROM records").fetchone()[0]
        counts = {
            (stage, outcome): count
            for stage, outcome, count in db.execute(
                "SELECT stage, outcome, COUNT(*) FROM outcomes GROUP BY stage, outcome"
            )
        }
        settings = {
            key: json.loads(value) for key, value in db.execute("SELECT key, value FROM settings")
        }
    people = []
    for one in store.people:
        stop = stopping_of(store, one) if one in store.reviewers else None
        people.append(
            {
                "name": one.name,
                "role": one.role,
                "counts": counted(store, one),
                "stopping": None if stop is None else asdict(stop),
                "studies": _far(store, one),
            }
        )
    return {
        "title": settings["title"],
        "version": settings["version"],
        "identified": settings["identified"],
        "duplicates": settings["duplicates"],
        "records": records,
        "people": people,
        "conflicts": {stage: counts.get((stage, CONFLICT), 0) for stage in STAGES},
        "included": counts.get((FULL, INCLUDE), 0),
        "agreement": [asdict(one) for one in pairings(store)],
    }


def plain(store: ReviewStore) -> dict[str, str]:
    """A screening as text: decisions with notes and labels, outcomes, the log, how far it is.

    Returns
    -------
    files : dict of str
        Contents by name.
    """
    with store.reading() as db:
        log = db.execute(
            "SELECT l.at, p.name, l.record, l.stage, l.what, l.reason FROM log l JOIN people p "
            "ON p.id = l.person ORDER BY l.id"
        ).fetchall()
        decisions = db.execute(
            "SELECT r.id, r.title, d.stage, p.name, d.decision, d.reason, "
            "COALESCE(n.text, ''), (SELECT GROUP_CONCAT(label, '; ') FROM labels b WHERE "
            "b.person = d.person AND b.record = d.record) FROM decisions d JOIN records r ON "
            "r.id = d.record JOIN people p ON p.id = d.person LEFT JOIN notes n ON "
            "n.person = d.person AND n.record = d.record WHERE d.decision != '' "
            "ORDER BY d.stage DESC, r.id, p.id"
        ).fetchall()
        outcomes = db.execute(
            "SELECT r.id, r.title, o.stage, o.outcome, o.reason, COALESCE(p.name, '') FROM "
            "outcomes o JOIN records r ON r.id = o.record LEFT JOIN people p ON "
            "p.id = o.person ORDER BY o.stage DESC, r.id"
        ).fetchall()
    times = [(_time(at), *rest) for at, *rest in log]
    return {
        "decisions.csv": _table("record title stage who decision reason note labels", decisions),
        "outcomes.csv": _table("record title stage outcome reason settled_by", outcomes),
        "log.csv": _table("when who record stage what reason", times),
        **_tables(store),
        "standing.json": json.dumps(standing(store), indent=1, ensure_ascii=False) + "\n",
    }


def _far(store: ReviewStore, person: Person) -> dict[str, int]:
    """Included studies, how many have somebody's data, how many somebody judged with a tool."""
    found = studies_for(store, person)
    return {
        "included": len(found),
        "data": sum(one["data"] for one in found),
        "judged": sum(bool(one["judged"]) for one in found),
    }


def _tables(store: ReviewStore) -> dict[str, str]:
    """Data and judgements of the review with what was said in the forms."""
    review = replace(open_review(store.folder), decisions=decisions_of(store))
    now = with_answers(store, review)
    return {"values.csv": values_csv(now.values), "judgements.csv": judgements_csv(now.judgements)}


def _table(names: str, rows: list[Any]) -> str:
    written = io.StringIO()
    table = csv.writer(written, lineterminator="\n")
    table.writerow(names.split())
    for row in rows:
        table.writerow([shielded("" if cell is None else str(cell)) for cell in row])
    return written.getvalue()


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
