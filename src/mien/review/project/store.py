"""A review's folder: who decides, what was decided, what stands next in whose queue."""

from __future__ import annotations

import hmac
import json
import sqlite3
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mien.errors import FormatError, ParameterError
from mien.review.living.decisions import (
    DECISIONS,
    EXCLUDE,
    INCLUDE,
    STAGES,
    UNAVAILABLE,
)
from mien.review.project.database import DATABASE, LATER, opened
from mien.review.project.outcomes import CONFLICT, FULL, TITLE, outcome
from mien.review.records.record import Record

REVIEWER, ARBITER = "reviewer", "arbiter"
LONGEST_NOTE = 4000
LONGEST_LABEL = 60
MOST_LABELS = 20


class NotNow(ParameterError):
    """Something that somebody may not do now: the page says why by the code."""

    code = "not-now"

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True)
class Person:
    """Somebody with a personal link."""

    id: int
    name: str
    token: str
    """The secret part of the link."""
    role: str
    """``reviewer`` or ``arbiter``."""


class ReviewStore:
    """A review.

    Parameters
    ----------
    folder : Path
        Of a review in which `mien review screen` was called.

    Raises
    ------
    FormatError
        If it holds no review.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / DATABASE
        if not self.path.is_file():
            raise FormatError(f"{folder} holds no screening: begin one with mien review screen.")
        try:
            self._complete()
            with self.reading() as db:
                rows = db.execute("SELECT key, value FROM settings").fetchall()
                self.settings: dict[str, Any] = {key: json.loads(value) for key, value in rows}
                people = db.execute("SELECT id, name, token, role FROM people ORDER BY id")
                self.people = tuple(Person(*row) for row in people)
        except (sqlite3.Error, ValueError) as exc:
            raise FormatError(
                f"{folder} holds no review that can be read: {DATABASE} in it is damaged, or "
                "may not be read. Put a copy of it back, or move the folder elsewhere."
            ) from exc
        self.reviewers = tuple(one for one in self.people if one.role == REVIEWER)

    def _complete(self) -> None:
        """Give a database that an earlier version began the tables that came later."""
        wanted = "SELECT COUNT(*) FROM sqlite_master WHERE name = 'answers'"
        with self.reading() as db:
            if db.execute(wanted).fetchone()[0]:
                return
        with self.writing() as db:
            db.execute(LATER)

    def reading(self) -> AbstractContextManager[sqlite3.Connection]:
        """The database as it is now."""
        return opened(self.path)

    def writing(self) -> AbstractContextManager[sqlite3.Connection]:
        """The database, for a change that nobody else makes meanwhile."""
        return opened(self.path, writing=True)

    def person(self, token: str) -> Person | None:
        """Whose link has this secret; None if nobody's."""
        found = None
        for one in self.people:  # all of them, so that the time says nothing
            if hmac.compare_digest(one.token.encode(), token.encode("utf-8", "surrogatepass")):
                found = one
        return found

    def record(self, number: int) -> Record:
        """A record; raises `NotNow` if there is none of that number."""
        with self.reading() as db:
            row = db.execute("SELECT content FROM contents WHERE id = ?", (number,)).fetchone()
        if row is None:
            raise NotNow("no_record", "There is no such record in this review.")
        return Record.from_json(json.loads(row[0]))

    def records(self) -> list[Record]:
        """All of them, in order of their numbers."""
        with self.reading() as db:
            rows = db.execute("SELECT content FROM contents ORDER BY id").fetchall()
        return [Record.from_json(json.loads(row[0])) for row in rows]

    def decide(
        self,
        person: Person,
        number: int,
        stage: str,
        decision: str,
        reason: str,
        *,
        seen: int,
        now: float,
    ) -> int:
        """Write what somebody decided; at once, and in the log.

        Parameters
        ----------
        person : Person
            A reviewer.
        number : int
            Of the record.
        stage : str
            ``title`` or ``full``.
        decision : str
            ``include``, ``exclude``, ``maybe``, ``unavailable`` of a full text that cannot be had,
            or nothing to take a decision back.
        reason : str
            Key of a reason; a full text is not excluded without one.
        seen : int
            Version of the decision that this one replaces, 0 if none.
        now : float
            Seconds since 1970.

        Returns
        -------
        version : int
            Of the decision that is there now.

        Raises
        ------
        NotNow
            If the decision was changed in another window meanwhile, or may not be taken.
        """
        self._check(person, stage, decision, reason)
        key = (person.id, stage, number)
        with self.writing() as db:
            self._is_there(db, number, stage)
            row = db.execute(
                "SELECT decision, reason, version FROM decisions WHERE person = ? AND stage = ? "
                "AND record = ?",
                key,
            ).fetchone()
            if row is not None and (row[0], row[1]) == (decision, reason):
                return int(row[2])  # it was sent twice
            version = 0 if row is None else int(row[2])
            if version != seen:
                raise NotNow(
                    "changed_elsewhere",
                    "This record was decided in another window meanwhile: look at it again.",
                )
            if not decision and row is None:
                return 0
            db.execute(
                "INSERT INTO decisions VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
                "decision = excluded.decision, reason = excluded.reason, at = excluded.at, "
                "version = excluded.version",
                (*key, decision, reason, now, version + 1),
            )
            self._log(db, person, number, stage, decision or "taken back", reason, now)
            self._follow(db, number, stage, now)
        return version + 1

    def settle(
        self,
        person: Person,
        number: int,
        stage: str,
        decision: str,
        reason: str,
        *,
        seen: int,
        now: float,
    ) -> int:
        """Write what a third decides where two do not agree; as `decide`.

        Raises
        ------
        NotNow
            If there is no conflict, or it was settled in another window meanwhile.
        """
        self._check(person, stage, decision, reason, role=ARBITER)
        with self.writing() as db:
            row = db.execute(
                "SELECT outcome, reason, person, version FROM outcomes WHERE record = ? AND "
                "stage = ?",
                (number, stage),
            ).fetchone()
            if row is not None and row[2] is not None and row[:2] == (decision, reason):
                return int(row[3])
            if row is None or (row[0] != CONFLICT and row[2] is None):
                raise NotNow("no_conflict", "There is no conflict about this record any more.")
            if int(row[3]) != seen:
                raise NotNow(
                    "changed_elsewhere",
                    "This record was decided in another window meanwhile: look at it again.",
                )
            self._set_outcome(db, number, stage, decision, reason, person.id, now)
            self._log(db, person, number, stage, f"consensus: {decision}", reason, now)
        return seen + 1

    def note(self, person: Person, number: int, text: str, now: float) -> None:
        """Write somebody's note on a record, in place of an earlier one."""
        with self.writing() as db:
            self._is_there(db, number, TITLE)
            db.execute(
                "INSERT INTO notes VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
                "text = excluded.text, at = excluded.at",
                (person.id, number, text[:LONGEST_NOTE], now),
            )

    def label(self, person: Person, number: int, label: str, *, on: bool) -> None:
        """Put somebody's label on a record, or take it off; raises `NotNow` if it has too many."""
        label = " ".join(label.split())[:LONGEST_LABEL]
        if not label:
            raise NotNow("no_label", "A label needs a name.")
        with self.writing() as db:
            self._is_there(db, number, TITLE)
            if not on:
                db.execute(
                    "DELETE FROM labels WHERE person = ? AND record = ? AND label = ?",
                    (person.id, number, label),
                )
                return
            count = db.execute(
                "SELECT COUNT(*) FROM labels WHERE person = ? AND record = ?", (person.id, number)
            ).fetchone()[0]
            if count >= MOST_LABELS:
                raise NotNow("many_labels", f"A record has {MOST_LABELS} labels at most.")
            db.execute("INSERT OR IGNORE INTO labels VALUES (?, ?, ?)", (person.id, number, label))

    def _check(
        self, person: Person, stage: str, decision: str, reason: str, role: str = REVIEWER
    ) -> None:
        if person.role != role:
            raise NotNow("not_yours", "This is decided by somebody else.")
        if stage not in STAGES or (decision and decision not in DECISIONS):
            raise NotNow("no_decision", "Decide to include, to exclude, or maybe.")
        if decision == UNAVAILABLE and stage != FULL:
            raise NotNow("no_decision", "Only a full text can be unavailable.")
        if role == ARBITER and decision not in (INCLUDE, EXCLUDE, UNAVAILABLE):
            raise NotNow("no_decision", "A conflict is settled by including or excluding.")
        if reason and reason not in {one["key"] for one in self.settings["reasons"]}:
            raise NotNow("no_reason", "This review does not have that reason.")
        if stage == FULL and decision == EXCLUDE and not reason:
            raise NotNow("reason_needed", "A full text is excluded for a reason: choose it.")

    def _is_there(self, db: sqlite3.Connection, number: int, stage: str) -> None:
        row = db.execute(
            "SELECT o.outcome FROM records r LEFT JOIN outcomes o ON o.record = r.id AND "
            "o.stage = ? WHERE r.id = ?",
            (TITLE, number),
        ).fetchone()
        if row is None:
            raise NotNow("no_record", "There is no such record in this review.")
        if stage == FULL and row[0] != INCLUDE:
            raise NotNow("not_now", "The full text of this record is not read now.")

    def _follow(self, db: sqlite3.Connection, number: int, stage: str, now: float) -> None:
        given = db.execute(
            "SELECT decision, reason FROM decisions WHERE record = ? AND stage = ? AND "
            "decision != ''",
            (number, stage),
        ).fetchall()
        found, reason = outcome(given, len(self.reviewers), stage)
        self._set_outcome(db, number, stage, found, reason, None, now)

    def _set_outcome(
        self,
        db: sqlite3.Connection,
        number: int,
        stage: str,
        found: str,
        reason: str,
        person: int | None,
        now: float,
    ) -> None:
        db.execute(
            "INSERT INTO outcomes VALUES (?, ?, ?, ?, ?, ?, 1) ON CONFLICT DO UPDATE SET "
            "outcome = excluded.outcome, reason = excluded.reason, person = excluded.person, "
            "at = excluded.at, version = outcomes.version + 1",
            (number, stage, found, reason, person, now),
        )
        if stage == TITLE and found == INCLUDE:
            for one in self.reviewers:
                db.execute(
                    "INSERT INTO queue SELECT ?1, 'full', COALESCE(MAX(position), 0) + 1, ?2 FROM "
                    "queue WHERE person = ?1 AND stage = 'full' HAVING NOT EXISTS (SELECT 1 FROM "
                    "queue WHERE person = ?1 AND stage = 'full' AND record = ?2)",
                    (one.id, number),
                )

    def _log(
        self,
        db: sqlite3.Connection,
        person: Person,
        number: int,
        stage: str,
        what: str,
        reason: str,
        now: float,
    ) -> None:
        db.execute(
            "INSERT INTO log (at, person, record, stage, what, reason) VALUES (?, ?, ?, ?, ?, ?)",
            (now, person.id, number, stage, what, reason),
        )
