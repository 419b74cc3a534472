"""A list of clips that is damaged or not mien's: said in one sentence, and never written into.

A database that is not there, or empty, is another matter: a new one is begun, and
`mien.web.queue.recovery` lists what lies in the folder. But if SQLite's file of changes is still
there beside such a one, it may hold the whole list, and opening the empty database would delete it
[1]_.

References
----------
.. [1] SQLite, "Write-Ahead Logging", https://www.sqlite.org/wal.html, and
   "How To Corrupt An SQLite Database File", section 1.4: unlinking or renaming a hot journal.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from mien.errors import DatabaseError, MienError, OutputError
from mien.web.queue.versions import is_mien

DAMAGED = "The list of clips is damaged: end mien serve and start it again, which says what to do."
"""For those who cannot see the disk."""
_SHORT_READ = sqlite3.SQLITE_IOERR_SHORT_READ
_OF_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)
"""The last is that of a table or column that is not there."""
_CHANGES = ("-wal", "-journal")


def is_damage(error: BaseException | None) -> bool:
    """Whether an error of SQLite, or of a library around it, is of a damaged database."""
    error = getattr(error, "orig", None) or error
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and (code == _SHORT_READ or code & 0xFF in _OF_DAMAGE)


def check(database: Path) -> None:
    """Look through a database, without writing to it.

    Raises
    ------
    DatabaseError
        If it is damaged, or not mien's.
    OutputError
        If it cannot be opened.
    """
    if not database.exists() or (database.is_file() and database.stat().st_size == 0):
        for ending in _CHANGES:
            changes = database.with_name(database.name + ending)
            if changes.exists() and changes.stat().st_size > 0:
                raise DatabaseError(
                    f"The list of clips {database} is lost, but {changes.name}, which may hold all "
                    "of it, was found and left as it is: put a copy of both from a backup in "
                    f"their place, or move {changes.name} to another folder and start again, "
                    "which lists the videos anew."
                )
        return
    with explained(database), closing(_reading(database)) as connection:
        if not is_mien(connection):
            raise DatabaseError(
                f"The database {database} was not made by mien and was left as it is: move it to "
                "another folder and start again, or choose another folder with --data."
            )
        ((found,),) = connection.execute("PRAGMA quick_check(1)").fetchall()
    if found != "ok":
        raise _damaged(database)


@contextmanager
def explained(database: Path) -> Iterator[None]:
    """Say in one sentence what is wrong with a database, whatever library found it.

    Raises
    ------
    DatabaseError
        If it is damaged.
    OutputError
        If it cannot be read or changed.
    """
    try:
        yield
    except (sqlite3.Error, SQLAlchemyError) as exc:
        if is_damage(exc):
            raise _damaged(database) from exc
        raise OutputError(
            f"The list of clips {database} cannot be read or changed: look whether it is a file "
            "that is yours, whether another program has it open, and whether the disk is full."
        ) from exc


@contextmanager
def understood(database: Path) -> Iterator[None]:
    """As `explained`, where contents are read that may not be as mien wrote them."""
    with explained(database):
        try:
            yield
        except MienError:
            raise
        except (ValueError, TypeError, LookupError) as exc:
            raise _damaged(database) from exc


def _reading(database: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)


def _damaged(database: Path) -> DatabaseError:
    name = database.name
    return DatabaseError(
        f"The list of clips {database} is damaged and was left as it is: put a copy of it from a "
        f"backup in its place, or move it together with {name}-wal and {name}-shm, if they are "
        "there, to another folder and start again, which lists the videos anew."
    )
