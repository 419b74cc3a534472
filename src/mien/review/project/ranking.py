"""What stands next in whose queue: likeliest records first, learnt from one's own decisions.

Everybody's order comes of their own decisions only, so that nobody sees in it what others decided.
Records of the pilot round stay at the front, and what was decided stays where it is.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mien.review.living.decisions import EXCLUDE
from mien.review.project.outcomes import TITLE
from mien.review.project.store import Person, ReviewStore
from mien.review.screening.learning import features_of, model_named, scores
from mien.review.screening.stopping import Stopping, stopping

FIRST = 10
"""Decisions after which it is learnt for the first time."""


class Ranker:
    """Learns for one review; keeps its records as numbers.

    Parameters
    ----------
    store : ReviewStore
    model : str
        A name of `mien.review.screening.learning.MODELS`.
    """

    def __init__(self, store: ReviewStore, model: str = "svm") -> None:
        self._store = store
        self._model = model_named(model)
        self._features: Any = None
        self._count = 0
        self._learnt: dict[int, int] = {}

    def due(self, person: Person) -> bool:
        """Whether somebody decided enough since it was learnt for them."""
        done = len(decided(self._store, person))
        last = self._learnt.get(person.id, 0)
        return done >= FIRST and done - last >= max(FIRST if not last else 1, last // 20)

    def rank(self, person: Person) -> bool:
        """Put somebody's queue in order; False if there is nothing to learn from yet."""
        given = decided(self._store, person)
        self._learnt[person.id] = len(given)
        labels = np.array([int(decision != EXCLUDE) for _, decision in given])
        if not 0 < labels.sum() < len(labels):
            return False
        with self._store.reading() as db:
            total = db.execute("SELECT COUNT(*) FROM records").fetchone()[0]
        if self._features is None or total != self._count:
            self._features = features_of(self._store.records(), self._model)
            self._count = total
        seen = np.array([number - 1 for number, _ in given])  # numbers are from 1, without gaps
        value = scores(self._features, seen, labels, self._model)
        self._write(person, value)
        return True

    def _write(self, person: Person, value: np.ndarray) -> None:
        with self._store.writing() as db:
            rows = db.execute(
                "SELECT q.record, r.pilot, q.position, EXISTS (SELECT 1 FROM decisions d WHERE "
                "d.person = q.person AND d.stage = q.stage AND d.record = q.record AND "
                "d.decision != '') FROM queue q JOIN records r ON r.id = q.record WHERE "
                "q.person = ? AND q.stage = ?",
                (person.id, TITLE),
            ).fetchall()

            def key(row: tuple[int, int, int, int]) -> tuple[float, ...]:
                number, pilot, position, done = row
                if done or pilot:
                    return (-done, -pilot, position)
                return (0, 0, -value[number - 1] if number <= len(value) else 0, position)

            rows.sort(key=key)
            db.execute("DELETE FROM queue WHERE person = ? AND stage = ?", (person.id, TITLE))
            db.executemany(
                "INSERT INTO queue VALUES (?, ?, ?, ?)",
                [(person.id, TITLE, place + 1, row[0]) for place, row in enumerate(rows)],
            )


def decided(store: ReviewStore, person: Person) -> list[tuple[int, str]]:
    """Numbers of records and what somebody decided of titles and abstracts, in order of time."""
    with store.reading() as db:
        rows = db.execute(
            "SELECT record, decision FROM decisions WHERE person = ? AND stage = ? AND "
            "decision != '' ORDER BY at, record",
            (person.id, TITLE),
        ).fetchall()
    return [(int(number), str(decision)) for number, decision in rows]


def stopping_of(store: ReviewStore, person: Person) -> Stopping | None:
    """Whether somebody may stop reading titles and abstracts; None before anything was decided."""
    given = decided(store, person)
    if not given:
        return None
    with store.reading() as db:
        total = db.execute("SELECT COUNT(*) FROM records").fetchone()[0]
    return stopping([int(decision != EXCLUDE) for _, decision in given], total)
