"""How far a review is: progress, agreement, numbers of the flow; and all of it as plain text."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from typing import Any

from mien.outputs import complete_folder
from mien.review.cells import shielded
from mien.review.prisma.flow import Flow
from mien.review.project.lists import counted
from mien.review.project.outcomes import (
    ABSTRACT,
    CONFLICT,
    EXCLUDE,
    FULL,
    INCLUDE,
    STAGES,
    Agreement,
    agreement,
)
from mien.review.project.ranking import stopping_of
from mien.review.project.store import ReviewStore
from mien.review.records.writing import write_records


@dataclass(frozen=True)
class Pairing:
    """How far two people agree."""

    stage: str
    """``abstract`` or ``full``."""
    pilot: bool
    """Whether of the pilot round only."""
    people: tuple[str, str]
    """Their names."""
    agreement: Agreement
    """Of their decisions."""


def pairings(store: ReviewStore) -> list[Pairing]:
    """Agreement of each two reviewers, by stage, and in the pilot round if there is one."""
    found = []
    for stage, pilot in ((ABSTRACT, True), (ABSTRACT, False), (FULL, False)):
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


def flow_of(store: ReviewStore) -> Flow:
    """The numbers of the PRISMA flow as they are now."""
    with store.reading() as db:
        batches = db.execute("SELECT identified, duplicates FROM batches").fetchall()
        counts = {
            (stage, outcome): count
            for stage, outcome, count in db.execute(
                "SELECT stage, outcome, COUNT(*) FROM outcomes GROUP BY stage, outcome"
            )
        }
        reasons = dict(
            db.execute(
                "SELECT reason, COUNT(*) FROM outcomes WHERE stage = ? AND outcome = ? GROUP BY "
                "reason",
                (FULL, EXCLUDE),
            ).fetchall()
        )
    databases: dict[str, int] = {}
    for identified, _ in batches:
        for name, count in json.loads(identified).items():
            databases[name] = databases.get(name, 0) + count
    titles = {one["key"]: one["title"] for one in store.settings["reasons"]}
    included = counts.get((FULL, INCLUDE), 0)
    return Flow(
        databases=databases,
        duplicates=sum(duplicates for _, duplicates in batches),
        screened=counts.get((ABSTRACT, EXCLUDE), 0) + counts.get((ABSTRACT, INCLUDE), 0),
        excluded=counts.get((ABSTRACT, EXCLUDE), 0),
        sought=counts.get((ABSTRACT, INCLUDE), 0),
        assessed=included + counts.get((FULL, EXCLUDE), 0),
        excluded_full_text={
            str(titles.get(key, key or "not said")): count for key, count in reasons.items()
        },
        reports=included,
        studies=included,
    )


def standing(store: ReviewStore) -> dict[str, Any]:
    """How far a review is, as an object that JSON can hold."""
    with store.reading() as db:
        records = db.execute("SELECT COUNT(*) FROM records").fetchone()[0]
        conflicts = dict(
            db.execute(
                "SELECT stage, COUNT(*) FROM outcomes WHERE outcome = ? GROUP BY stage", (CONFLICT,)
            ).fetchall()
        )
        batches = db.execute("SELECT added, identified, duplicates, fresh FROM batches").fetchall()
    people = []
    for one in store.people:
        stop = stopping_of(store, one) if one in store.reviewers else None
        people.append(
            {
                "name": one.name,
                "role": one.role,
                "counts": counted(store, one),
                "stopping": None if stop is None else asdict(stop),
            }
        )
    return {
        "title": store.settings["title"],
        "records": records,
        "people": people,
        "conflicts": {stage: conflicts.get(stage, 0) for stage in STAGES},
        "agreement": [asdict(one) for one in pairings(store)],
        "batches": [
            {"added": day, "identified": json.loads(said), "duplicates": twice, "fresh": fresh}
            for day, said, twice, fresh in batches
        ],
        "flow": asdict(flow_of(store)),
    }


def write_plain(store: ReviewStore, folder: Path) -> None:
    """Write a review as text that git can hold: decisions, outcomes, records, numbers.

    Parameters
    ----------
    store : ReviewStore
    folder : Path
        A new one, or an empty one.

    Raises
    ------
    OutputError
        If something lies there, or it cannot be written.
    """
    with complete_folder(folder, lambda path: path.is_dir() and not any(path.iterdir())) as part:
        records = store.records()
        write_records(part / "records.ris", records)
        with store.reading() as db:
            chosen = db.execute(
                "SELECT record FROM outcomes WHERE stage = ? AND outcome = ? ORDER BY record",
                (FULL, INCLUDE),
            ).fetchall()
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
                "ORDER BY d.stage, r.id, p.id"
            ).fetchall()
            outcomes = db.execute(
                "SELECT r.id, r.title, o.stage, o.outcome, o.reason, COALESCE(p.name, '') FROM "
                "outcomes o JOIN records r ON r.id = o.record LEFT JOIN people p ON "
                "p.id = o.person ORDER BY o.stage, r.id"
            ).fetchall()
        write_records(part / "included.ris", [records[number - 1] for (number,) in chosen])
        times = [(_time(at), *rest) for at, *rest in log]
        for name, columns, rows in (
            ("decisions", "record title stage who decision reason note labels", decisions),
            ("outcomes", "record title stage outcome reason settled_by", outcomes),
            ("log", "when who record stage what reason", times),
        ):
            (part / f"{name}.csv").write_text(_table(columns.split(), rows), encoding="utf-8")
        said = json.dumps(standing(store), indent=1, ensure_ascii=False)
        (part / "standing.json").write_text(f"{said}\n", encoding="utf-8")
        flow = json.dumps(asdict(flow_of(store)), indent=1, ensure_ascii=False)
        (part / "prisma.json").write_text(f"{flow}\n", encoding="utf-8")


def _table(names: list[str], rows: list[Any]) -> str:
    written = io.StringIO()
    table = csv.writer(written, lineterminator="\n")
    table.writerow(names)
    for row in rows:
        table.writerow([shielded("" if cell is None else str(cell)) for cell in row])
    return written.getvalue()


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
