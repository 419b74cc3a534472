"""The database of a review: its tables, and how it is opened.

Every change is one transaction that is on the disk before it is answered, so that a program that is
killed at whatever moment loses nothing that was decided.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mien.errors import FormatError

DATABASE = "screening.sqlite3"
"""Its name in a review's folder, beside the text."""
TABLES = """
CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE people (
    id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL, token TEXT NOT NULL, role TEXT NOT NULL);
CREATE TABLE records (
    id INTEGER PRIMARY KEY, title TEXT NOT NULL, year INTEGER, words TEXT NOT NULL,
    retracted INTEGER NOT NULL, pilot INTEGER NOT NULL);
CREATE TABLE contents (id INTEGER PRIMARY KEY, content TEXT NOT NULL);
CREATE TABLE queue (
    person INTEGER NOT NULL, stage TEXT NOT NULL, position INTEGER NOT NULL,
    record INTEGER NOT NULL, PRIMARY KEY (person, stage, position)) WITHOUT ROWID;
CREATE TABLE decisions (
    person INTEGER NOT NULL, stage TEXT NOT NULL, record INTEGER NOT NULL,
    decision TEXT NOT NULL, reason TEXT NOT NULL, at REAL NOT NULL, version INTEGER NOT NULL,
    PRIMARY KEY (person, stage, record)) WITHOUT ROWID;
CREATE INDEX decisions_of_record ON decisions (record, stage);
CREATE TABLE outcomes (
    record INTEGER NOT NULL, stage TEXT NOT NULL, outcome TEXT NOT NULL, reason TEXT NOT NULL,
    person INTEGER, at REAL NOT NULL, version INTEGER NOT NULL,
    PRIMARY KEY (record, stage)) WITHOUT ROWID;
CREATE INDEX outcomes_by_kind ON outcomes (stage, outcome);
CREATE TABLE notes (
    person INTEGER NOT NULL, record INTEGER NOT NULL, text TEXT NOT NULL, at REAL NOT NULL,
    PRIMARY KEY (person, record)) WITHOUT ROWID;
CREATE TABLE labels (
    person INTEGER NOT NULL, record INTEGER NOT NULL, label TEXT NOT NULL,
    PRIMARY KEY (person, record, label)) WITHOUT ROWID;
CREATE TABLE log (
    id INTEGER PRIMARY KEY, at REAL NOT NULL, person INTEGER NOT NULL, record INTEGER NOT NULL,
    stage TEXT NOT NULL, what TEXT NOT NULL, reason TEXT NOT NULL);
"""
"""`outcomes` has the person who decided a conflict, if one did. `log` only grows."""
LATER = """
CREATE TABLE IF NOT EXISTS answers (
    person INTEGER NOT NULL, record INTEGER NOT NULL, form TEXT NOT NULL, domain TEXT NOT NULL,
    item TEXT NOT NULL, answer TEXT NOT NULL, support TEXT NOT NULL, quote TEXT NOT NULL,
    page TEXT NOT NULL, at REAL NOT NULL, version INTEGER NOT NULL,
    PRIMARY KEY (person, record, form, domain, item)) WITHOUT ROWID
"""
"""What people say of included studies; databases that were begun before it came gain it."""


@contextmanager
def opened(path: Path, *, writing: bool = False) -> Iterator[sqlite3.Connection]:
    """The database, for one transaction.

    Parameters
    ----------
    path : Path
    writing : bool
        Whether something is changed: then nobody else changes anything meanwhile.

    Raises
    ------
    FormatError
        If it is no database, or a damaged one.
    """
    db = sqlite3.connect(path, timeout=30, isolation_level=None)
    try:
        db.execute("PRAGMA synchronous = FULL")
        db.execute("BEGIN IMMEDIATE" if writing else "BEGIN")
        try:
            yield db
        except BaseException:
            db.execute("ROLLBACK")
            raise
        db.execute("COMMIT")
    except sqlite3.DatabaseError as exc:
        if isinstance(exc, (sqlite3.IntegrityError, sqlite3.OperationalError)):
            raise FormatError(f"{path} cannot be used: {exc}.") from exc
        raise FormatError(f"{path} is damaged: take back a copy of it.") from exc
    finally:
        db.close()


def create(path: Path) -> None:
    """Make an empty database where there is none."""
    db = sqlite3.connect(path)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.executescript(TABLES)
        db.execute(LATER)
    finally:
        db.close()
