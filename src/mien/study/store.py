"""A rating study's answers in SQLite: each is written when it is given, so a kill loses nothing.

What raters are told comes from here, too: never the clip, its version, or whether it is a repeat.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mien.errors import FormatError, ParameterError
from mien.study.database import opened, transaction
from mien.study.items import from_json
from mien.study.links import Invited, invite, whose
from mien.study.shown import TRAINING, Shown

DATABASE, SETTINGS, CLIPS = "study.sqlite3", "study.json", "clips"
"""Files and the folder of copies in a study's folder."""
_DAY_S = 86_400.0
_LONGEST_REMARK = 2000
_TABLES = """
CREATE TABLE raters (id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL, token TEXT NOT NULL);
CREATE TABLE shows (
    id TEXT PRIMARY KEY, rater INTEGER NOT NULL REFERENCES raters(id), round INTEGER NOT NULL,
    position INTEGER NOT NULL, clip TEXT NOT NULL, version TEXT NOT NULL, repeat INTEGER NOT NULL,
    file TEXT NOT NULL, remark TEXT NOT NULL DEFAULT '', UNIQUE (rater, round, position));
CREATE TABLE answers (
    show TEXT NOT NULL REFERENCES shows(id), item TEXT NOT NULL, score REAL, at REAL NOT NULL,
    PRIMARY KEY (show, item));
CREATE TABLE rounds (
    rater INTEGER NOT NULL REFERENCES raters(id), round INTEGER NOT NULL, submitted REAL NOT NULL,
    PRIMARY KEY (rater, round));
CREATE TABLE reference (clip TEXT NOT NULL, item TEXT NOT NULL, score REAL,
    PRIMARY KEY (clip, item));
"""


class Refused(ParameterError):
    """Something that a rater may not do: the page says why by the code."""

    code = "answer-refused"

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class Rater(Invited):
    """Who rates."""


@dataclass(frozen=True)
class Progress:
    """How far a rater is."""

    name: str
    token: str
    answered: int
    """Clips with an answer to every item."""
    clips: int
    """All of them, training left out."""
    rounds_submitted: int
    rounds: int


class StudyStore:
    """Answers of one study.

    Parameters
    ----------
    folder : Path
        The study's folder.

    Raises
    ------
    FormatError
        If it holds no study.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._path = folder / DATABASE
        try:
            self.settings: dict[str, Any] = json.loads((folder / SETTINGS).read_text("utf-8"))
            keys = [item["key"] for item in self.settings["items"]]
        except (OSError, ValueError, KeyError, TypeError) as exc:
            raise FormatError(f"{folder} holds no study: make one with mien study design.") from exc
        self.items: tuple[str, ...] = tuple(keys)
        if not self._path.is_file():
            raise FormatError(f"{folder} holds no study: its {DATABASE} is missing.")

    @staticmethod
    def create(
        folder: Path,
        shows: Sequence[tuple[Shown, str]],
        reference: Mapping[tuple[str, str], float | None],
    ) -> None:
        """Write the database of a new study.

        Parameters
        ----------
        folder : Path
            Without one yet.
        shows : sequence of (Shown, str)
            Who sees what, and the file of the copy.
        reference : mapping of (clip, item) to score
            Of training clips.
        """
        names = dict.fromkeys(one.rater for one, _ in shows)
        with opened(folder / DATABASE) as db:
            db.executescript(_TABLES)
        with transaction(folder / DATABASE) as db:
            invite(db, "raters", names)
            numbers = {name: k for k, name in enumerate(names)}
            db.executemany(
                "INSERT INTO shows (id, rater, round, position, clip, version, repeat, file) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (secrets.token_hex(16), numbers[one.rater], one.round, one.position,
                     one.clip, one.version, one.repeat, file)
                    for one, file in shows
                ],
            )  # fmt: skip
            db.executemany(
                "INSERT INTO reference VALUES (?, ?, ?)",
                [(clip, item, score) for (clip, item), score in reference.items()],
            )

    def rater(self, token: str) -> Rater | None:
        """Whose link has this secret; None if nobody's."""
        return whose(self._path, "raters", token, Rater)

    def progress(self) -> tuple[Progress, ...]:
        """How far everybody is."""
        with opened(self._path) as db:
            rows = db.execute(
                "SELECT r.name, r.token, r.id, COUNT(DISTINCT s.round), COUNT(*) FROM raters r "
                "JOIN shows s ON s.rater = r.id WHERE s.round >= 0 GROUP BY r.id ORDER BY r.id"
            ).fetchall()
            found = []
            for name, token, number, rounds, clips in rows:
                answered = db.execute(
                    "SELECT COUNT(*) FROM shows s WHERE s.rater = ? AND s.round >= 0 AND "
                    "(SELECT COUNT(*) FROM answers a WHERE a.show = s.id) = ?",
                    (number, len(self.items)),
                ).fetchone()[0]
                submitted = db.execute(
                    "SELECT COUNT(*) FROM rounds WHERE rater = ? AND round >= 0", (number,)
                ).fetchone()[0]
                found.append(Progress(name, token, answered, clips, submitted, rounds))
        return tuple(found)

    def state(self, rater: Rater, now: float) -> dict[str, Any]:
        """What a rater's page shows: the clips of this round under their ids, and the answers.

        Parameters
        ----------
        rater : Rater
        now : float
            Seconds since 1970.
        """
        with opened(self._path) as db:
            number, waits = self._round(db, rater, now)
            state: dict[str, Any] = {
                "phase": "done",
                "round": number,
                "rounds": self._rounds(db, rater),
                "until": waits,
                "shows": [],
            }
            if number is None:
                return state
            if waits is not None:
                return state | {"phase": "waiting"}
            rows = db.execute(
                "SELECT id, remark, clip FROM shows WHERE rater = ? AND round = ? "
                "ORDER BY position",
                (rater.id, number),
            ).fetchall()
            training = number == TRAINING
            shows = [self._shown(db, *row, training=training) for row in rows]
        return state | {"phase": "training" if training else "rating", "shows": shows}

    def _rounds(self, db: sqlite3.Connection, rater: Rater) -> int:
        row = db.execute(
            "SELECT COUNT(DISTINCT round) FROM shows WHERE rater = ? AND round >= 0", (rater.id,)
        ).fetchone()
        return int(row[0])

    def _shown(
        self, db: sqlite3.Connection, show: str, remark: str, clip: str, *, training: bool
    ) -> dict[str, Any]:
        given = db.execute("SELECT item, score FROM answers WHERE show = ?", (show,)).fetchall()
        entry: dict[str, Any] = {"id": show, "answers": dict(given), "remark": remark}
        if training and len(given) == len(self.items):
            known = db.execute("SELECT item, score FROM reference WHERE clip = ?", (clip,))
            entry["reference"] = dict(known.fetchall())
        return entry

    def file(self, rater: Rater, show: str, now: float) -> Path | None:
        """The copy that a rater sees under an id; None if it is not of this round."""
        with opened(self._path) as db:
            number, waits = self._round(db, rater, now)
            row = db.execute(
                "SELECT file FROM shows WHERE id = ? AND rater = ? AND round = ?",
                (show, rater.id, number),
            ).fetchone()
        return None if row is None or waits is not None else self.folder / CLIPS / row[0]

    def answer(self, rater: Rater, show: str, item: str, score: float | None, now: float) -> None:
        """Write an answer, in place of an earlier one.

        Parameters
        ----------
        rater : Rater
        show, item : str
            Id of the clip shown, key of the item.
        score : float or None
            On the item's scale; None for "not sure".
        now : float
            Seconds since 1970.

        Raises
        ------
        Refused
            If the clip is not of this round, or the score is not on the scale.
        """
        self._check(item, score)
        with transaction(self._path) as db:
            self._of_this_round(db, rater, show, now)
            db.execute(
                "INSERT INTO answers VALUES (?, ?, ?, ?) ON CONFLICT (show, item) DO UPDATE SET "
                "score = excluded.score, at = excluded.at",
                (show, item, score, now),
            )

    def remark(self, rater: Rater, show: str, text: str, now: float) -> None:
        """Write a remark, in place of an earlier one; raises `Refused` as `answer`."""
        with transaction(self._path) as db:
            self._of_this_round(db, rater, show, now)
            db.execute("UPDATE shows SET remark = ? WHERE id = ?", (text[:_LONGEST_REMARK], show))

    def submit(self, rater: Rater, number: int, now: float) -> None:
        """End a round, so that its answers stay as they are.

        Raises
        ------
        Refused
            If it is not the one that is under way, or an answer is missing.
        """
        with transaction(self._path) as db:
            current, waits = self._round(db, rater, now)
            if current != number or waits is not None:
                raise Refused("other_round", "This round is not under way: load the page again.")
            open_shows = db.execute(
                "SELECT COUNT(*) FROM shows s WHERE s.rater = ? AND s.round = ? AND "
                "(SELECT COUNT(*) FROM answers a WHERE a.show = s.id) < ?",
                (rater.id, number, len(self.items)),
            ).fetchone()[0]
            if open_shows:
                raise Refused("missing_answers", f"{open_shows} clips have no answer yet: give it, "
                              "or choose not sure.")  # fmt: skip
            db.execute("INSERT INTO rounds VALUES (?, ?, ?)", (rater.id, number, now))

    def export(self) -> list[dict[str, Any]]:
        """All answers, training left out, by rater and in the order they were shown."""
        with opened(self._path) as db:
            rows = db.execute(
                "SELECT r.name, s.clip, s.version, a.item, s.repeat, a.score, s.remark, "
                "s.round + 1, s.position + 1, a.at FROM answers a JOIN shows s ON s.id = a.show "
                "JOIN raters r ON r.id = s.rater WHERE s.round >= 0 "
                "ORDER BY r.id, s.round, s.position, a.item"
            ).fetchall()
        names = ("rater", "clip", "version", "item", "repeat", "score", "remark", "round",
                 "position", "at")  # fmt: skip
        return [dict(zip(names, row, strict=True)) for row in rows]

    def key(self) -> dict[str, tuple[str, str, int]]:
        """What everything is that raters know by its id: clip, version, repeat. Not for raters."""
        with opened(self._path) as db:
            rows = db.execute("SELECT id, clip, version, repeat FROM shows").fetchall()
        return {show: (clip, version, repeat) for show, clip, version, repeat in rows}

    def _round(
        self, db: sqlite3.Connection, rater: Rater, now: float
    ) -> tuple[int | None, float | None]:
        """The round that is under way, and until when it waits; None, None if all are over."""
        row = db.execute(
            "SELECT MIN(round) FROM shows WHERE rater = ?1 AND round NOT IN "
            "(SELECT round FROM rounds WHERE rater = ?1)",
            (rater.id,),
        ).fetchone()
        if row[0] is None:
            return None, None
        last = db.execute(
            "SELECT MAX(submitted) FROM rounds WHERE rater = ? AND round >= 0", (rater.id,)
        ).fetchone()[0]
        if last is None:
            return row[0], None
        until = last + _DAY_S * float(self.settings["washout_days"])
        return row[0], until if now < until else None

    def _of_this_round(self, db: sqlite3.Connection, rater: Rater, show: str, now: float) -> None:
        number, waits = self._round(db, rater, now)
        row = db.execute(
            "SELECT 1 FROM shows WHERE id = ? AND rater = ? AND round = ?", (show, rater.id, number)
        ).fetchone()
        if row is None or waits is not None:
            raise Refused("not_now", "This clip is not to be rated now: load the page again.")

    def _check(self, item: str, score: float | None) -> None:
        for content in self.settings["items"]:
            if content["key"] == item:
                if score is not None and not from_json(content).allows(score):
                    raise Refused("off_scale", f"{score:g} is not on the scale of {item}.")
                return
        raise Refused("no_item", "This study does not ask that.")
