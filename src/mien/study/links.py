"""People with a personal link to a study, whose secret part lets them in."""

from __future__ import annotations

import hmac
import secrets
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from mien.study.database import opened


@dataclass(frozen=True)
class Invited:
    """Somebody with a personal link."""

    id: int
    name: str
    token: str
    """The secret part of the link."""


Somebody = TypeVar("Somebody", bound=Invited)


def invite(db: sqlite3.Connection, table: str, names: Iterable[str]) -> None:
    """Draw a link for each, numbered from 0 in their order."""
    for number, name in enumerate(names):
        token = secrets.token_urlsafe(24)
        db.execute(f"INSERT INTO {table} VALUES (?, ?, ?)", (number, name, token))


def whose(path: Path, table: str, token: str, kind: type[Somebody]) -> Somebody | None:
    """Whose link has this secret; None if nobody's."""
    with opened(path) as db:
        rows = db.execute(f"SELECT id, name, token FROM {table}").fetchall()
    found = None
    for row in rows:  # all of them, so that the time says nothing
        if hmac.compare_digest(row[2].encode(), token.encode("utf-8", "surrogatepass")):
            found = kind(*row)
    return found
