"""Trials of human re-identification and their answers in SQLite; each is written when it is given.

What judges are told comes from here, too: never who is who.
"""

from __future__ import annotations

import json
import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mien.errors import FormatError
from mien.study.database import opened, transaction
from mien.study.links import Invited, invite, whose
from mien.study.store import Refused

DATABASE, SETTINGS, FACES = "lineup.sqlite3", "lineup.json", "faces"
"""Files and the folder of pictures in the folder of a line-up."""
_COMPARING = ("inner", "whole")
_LONGEST_NAME = 200
_TABLES = """
CREATE TABLE judges (id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL, token TEXT NOT NULL);
CREATE TABLE trials (
    id TEXT PRIMARY KEY, judge INTEGER NOT NULL REFERENCES judges(id), position INTEGER NOT NULL,
    arm TEXT NOT NULL, clip TEXT NOT NULL, faces TEXT NOT NULL, UNIQUE (judge, position));
CREATE TABLE answers (
    trial TEXT PRIMARY KEY REFERENCES trials(id), answer TEXT NOT NULL, at REAL NOT NULL);
"""


class Judge(Invited):
    """Who judges."""


@dataclass(frozen=True)
class LineupTrial:
    """One trial as one judge sees it."""

    judge: str
    position: int
    arm: str
    """One of `mien.study.trials.ARMS`."""
    clip: str
    faces: tuple[tuple[str, str], ...]
    """File and role of each face, in the order shown."""


@dataclass(frozen=True)
class JudgeProgress:
    """How far a judge is."""

    name: str
    token: str
    answered: int
    trials: int


class LineupStore:
    """Answers of one line-up.

    Parameters
    ----------
    folder : Path
        The line-up's folder.

    Raises
    ------
    FormatError
        If it holds none.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._path = folder / DATABASE
        try:
            self.settings: dict[str, Any] = json.loads((folder / SETTINGS).read_text("utf-8"))
        except (OSError, ValueError) as exc:
            raise FormatError(
                f"{folder} holds no line-up: make one with mien study lineup."
            ) from exc
        if not self._path.is_file():
            raise FormatError(f"{folder} holds no line-up: its {DATABASE} is missing.")

    @staticmethod
    def create(folder: Path, trials: Sequence[LineupTrial]) -> None:
        """Write the database of a new line-up into its folder."""
        names = list(dict.fromkeys(one.judge for one in trials))
        with opened(folder / DATABASE) as db:
            db.executescript(_TABLES)
        with transaction(folder / DATABASE) as db:
            invite(db, "judges", names)
            db.executemany(
                "INSERT INTO trials VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (secrets.token_hex(16), names.index(one.judge), one.position, one.arm,
                     one.clip, json.dumps(one.faces))
                    for one in trials
                ],
            )  # fmt: skip

    def judge(self, token: str) -> Judge | None:
        """Whose link has this secret; None if nobody's."""
        return whose(self._path, "judges", token, Judge)

    def progress(self) -> tuple[JudgeProgress, ...]:
        """How far everybody is."""
        with opened(self._path) as db:
            rows = db.execute(
                "SELECT j.name, j.token, COUNT(a.trial), COUNT(*) FROM judges j JOIN trials t ON "
                "t.judge = j.id LEFT JOIN answers a ON a.trial = t.id GROUP BY j.id ORDER BY j.id"
            ).fetchall()
        return tuple(JudgeProgress(*row) for row in rows)

    def state(self, judge: Judge) -> list[dict[str, Any]]:
        """A judge's trials in their order: id, whether faces are compared, how many, the answer."""
        with opened(self._path) as db:
            rows = db.execute(
                "SELECT t.id, t.arm, t.faces, a.answer FROM trials t LEFT JOIN answers a ON "
                "a.trial = t.id WHERE t.judge = ? ORDER BY t.position", (judge.id,),
            ).fetchall()  # fmt: skip
        return [
            {
                "id": trial,
                "asks": "pair" if arm in _COMPARING else "name",
                "faces": len(json.loads(faces)),
                "answer": None if answer is None else json.loads(answer),
            }
            for trial, arm, faces, answer in rows
        ]

    def face(self, judge: Judge, trial: str, number: int) -> Path | None:
        """The picture of a face of a judge's trial; None if there is none."""
        with opened(self._path) as db:
            row = db.execute(
                "SELECT faces FROM trials WHERE id = ? AND judge = ?", (trial, judge.id)
            ).fetchone()
        faces = json.loads(row[0]) if row else []
        return self.folder / FACES / faces[number][0] if 0 <= number < len(faces) else None

    def answer(self, judge: Judge, trial: str, answer: list[int] | str, now: float) -> None:
        """Write an answer, in place of an earlier one.

        Parameters
        ----------
        judge : Judge
        trial : str
            Id.
        answer : list of int, or str
            Two faces by their numbers from 0, or none; where somebody is to be named, the name, or
            nothing.
        now : float
            Seconds since 1970.

        Raises
        ------
        Refused
            If it is no answer to this judge's trial.
        """
        with transaction(self._path) as db:
            row = db.execute(
                "SELECT arm, faces FROM trials WHERE id = ? AND judge = ?", (trial, judge.id)
            ).fetchone()
            if row is None:
                raise Refused("no_trial", "There is no such trial: load the page again.")
            if row[0] in _COMPARING:
                faces = len(json.loads(row[1]))
                fits = isinstance(answer, list) and (
                    not answer
                    or (len(answer) == 2 and answer[0] != answer[1]
                        and all(0 <= k < faces for k in answer))
                )  # fmt: skip
            else:
                fits = isinstance(answer, str) and len(answer) <= _LONGEST_NAME
            if not fits:
                raise Refused("no_answer", "Choose two faces, or none.")
            db.execute(
                "INSERT INTO answers VALUES (?, ?, ?) ON CONFLICT (trial) DO UPDATE SET "
                "answer = excluded.answer, at = excluded.at",
                (trial, json.dumps(answer), now),
            )

    def export(self) -> list[dict[str, Any]]:
        """All answers, as `mien study reid` reads them."""
        with opened(self._path) as db:
            rows = db.execute(
                "SELECT j.name, t.position, t.arm, t.clip, t.faces, a.answer, a.at FROM answers a "
                "JOIN trials t ON t.id = a.trial JOIN judges j ON j.id = t.judge "
                "ORDER BY j.id, t.position"
            ).fetchall()
        return [
            {
                "judge": judge,
                "trial": f"{clip} {arm}",
                "arm": arm,
                "clip": clip,
                "faces": len(json.loads(faces)),
                "answer": self._meant(arm, clip, json.loads(faces), json.loads(answer)),
                "position": position + 1,
                "said": "" if arm in _COMPARING else json.loads(answer),
                "at": at,
            }
            for judge, position, arm, clip, faces, answer, at in rows
        ]

    def _meant(self, arm: str, clip: str, faces: list[list[str]], answer: Any) -> str:
        if arm in _COMPARING:
            return "-".join(sorted(faces[k][1] for k in answer)) if answer else "none"
        said = _plain(str(answer))
        if not said:
            return "none"
        names = [_plain(name) for name in self.settings["names"].get(clip, [])]
        return "recognised" if said in names else "wrong"


def _plain(name: str) -> str:
    """A name as it is compared: without case, accents, full stops and hyphens."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    kept = (c if c.isalnum() else " " for c in letters if not unicodedata.combining(c))
    return " ".join("".join(kept).split())
