"""The SQLite file of a study or a line-up: what was answered is on the disk."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mien.errors import FormatError

_PATIENT_S = 30  # that a busy database is waited for
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection; every statement is a transaction of its own.

    Raises
    ------
    FormatError
        If the file is damaged, or no database.
    """
    db = sqlite3.connect(path, timeout=_PATIENT_S, isolation_level=None)
    try:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        db.execute("PRAGMA foreign_keys=ON")
        yield db
    except sqlite3.DatabaseError as exc:
        if getattr(exc, "sqlite_errorcode", 0) & 0xFF not in _DAMAGED:
            raise
        raise FormatError(
            f"{path} is damaged: put back a copy of the folder, or save what sqlite3's .recover "
            "finds in it."
        ) from exc
    finally:
        db.close()


@contextmanager
def transaction(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection whose statements are one transaction; raises as `opened`."""
    with opened(path) as db:
        db.execute("BEGIN IMMEDIATE")
        try:
            yield db
        except BaseException:
            db.rollback()
            raise
        db.commit()
