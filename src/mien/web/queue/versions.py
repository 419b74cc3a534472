"""Versions of the database: which are refused, and what is changed once in an older one.

===  =======================================================================
1    one table of clips; refused
2    failed jobs are marked with the class of their error
3    with its code (`mien.errors`), which stays when a class is renamed
===  =======================================================================

From version 3 on, SQLite's ``application_id`` says that the file is mien's.
"""

from __future__ import annotations

import sqlite3

from sqlalchemy import Connection, inspect, select, update

from mien.errors import OutputError
from mien.web.queue.tables import Base, Job

VERSION = 3
"""Of the tables, as SQLite's ``user_version``; a database of an unknown one is refused."""
_MIEN = int.from_bytes(b"mien")
_OF_JOBS = {"project_id", "attempts", "beat", "cancel_asked"}
"""Columns that the table of jobs had in every version."""
_CLASSES = {
    "MienError": "error",
    "ParameterError": "bad-parameter",
    "VideoError": "unreadable-video",
    "OutputError": "unwritable-output",
    "LinkError": "linked-place",
    "FormatError": "unreadable-file",
    "TrackingError": "tracking-failed",
    "NoFaceError": "no-face",
    "EngineError": "engine-unusable",
    "DatabaseError": "damaged-list",
    "PrivacyError": "output-withheld",
    "Withheld": "release-withheld",
}
"""Codes of classes, by the names that they had in version 2."""


def is_mien(database: sqlite3.Connection) -> bool:
    """Whether a database is empty, or was made by any version of mien."""
    ((made_by,),) = database.execute("PRAGMA application_id").fetchall()
    if made_by:
        return bool(made_by == _MIEN)
    columns = {name for (name,) in database.execute("SELECT name FROM pragma_table_info('jobs')")}
    ((things,),) = database.execute("SELECT count(*) FROM sqlite_master").fetchall()
    return things == 0 or columns >= _OF_JOBS


def prepare(connection: Connection) -> None:
    """Create the tables, or bring those of version 2 to this one.

    Parameters
    ----------
    connection : Connection
        In a transaction, which holds all changes: a start that is interrupted leaves none.

    Raises
    ------
    OutputError
        If the database was made by another version of mien.
    """
    connection.exec_driver_sql("BEGIN IMMEDIATE")  # Python's driver would begin after the tables
    found = connection.exec_driver_sql("PRAGMA user_version").scalar()
    if found == 0 and inspect(connection).has_table(Job.__tablename__):
        found = 1
    if found not in (0, 2, VERSION):
        raise OutputError(
            "The folder was used with another version of mien: choose a new one with "
            "--data; the results in the old one stay."
        )
    Base.metadata.create_all(connection)
    if found == 2:
        connection.execute(select(Job.__table__)).all()  # a damaged list is left as it is
        for name, code in _CLASSES.items():
            connection.execute(update(Job).where(Job.code == name).values(code=code))
    connection.exec_driver_sql(f"PRAGMA user_version = {VERSION}")
    connection.exec_driver_sql(f"PRAGMA application_id = {_MIEN}")
