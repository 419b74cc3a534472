"""Versions of the database: which are refused, and what is changed once in an older one.

===  =======================================================================
1    one table of clips; refused
2    failed jobs are marked with the class of their error
3    with its code (`mien.errors`), which stays when a class is renamed
4    clips and jobs are two tables
5    clips have a pseudonym, a visit, a note, a digest, others of the same original, a result before
     the last cover, and a time at which they go; jobs have a time at which they were begun
===  =======================================================================

From version 3 on, SQLite's ``application_id`` says that the file is mien's.
"""

from __future__ import annotations

import sqlite3

from sqlalchemy import JSON, Column, Connection, MetaData, String, Table, inspect, select, update

from mien.errors import OutputError
from mien.web.queue.tables import Base, Job

VERSION = 6
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

_KEPT = (
    *("number", "urgency", "created", "finished", "status", "wanted", "found", "stage", "done"),
    *("total", "fps", "seconds_left", "beat", "worker", "run", "attempts", "cancel_asked"),
    *("error", "code"),
)
"""Columns of a job that are as they were in versions 2 and 3."""
_NEW = {
    "projects": ("owner",),
    "jobs": ("started",),
    "clips": ("digest", "subject", "visit", "note", "family", "before", "leaves", "came"),
}
"""Columns that versions 5 and 6 added."""
_JOBS = Table(
    "jobs",
    MetaData(),
    *(Column(name, JSON) for name in ("wanted", "clips", "found")),
    Column("code", String),
)
"""What was one table of clips and jobs in versions 2 and 3, as far as it is looked at here."""


def is_mien(database: sqlite3.Connection) -> bool:
    """Whether a database is empty, or was made by any version of mien."""
    ((made_by,),) = database.execute("PRAGMA application_id").fetchall()
    if made_by:
        return bool(made_by == _MIEN)
    columns = {name for (name,) in database.execute("SELECT name FROM pragma_table_info('jobs')")}
    ((things,),) = database.execute("SELECT count(*) FROM sqlite_master").fetchall()
    return things == 0 or columns >= _OF_JOBS


def prepare(connection: Connection) -> None:
    """Create the tables, or bring those of an older version to this one.

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
    if found not in (0, 2, 3, 4, 5, VERSION):
        raise OutputError(
            "The folder was used with another version of mien: choose a new one with "
            "--data; the results in the old one stay."
        )
    if found in (2, 3):
        connection.execute(select(_JOBS)).all()  # a damaged list is left as it is
    if found == 2:
        for name, code in _CLASSES.items():
            connection.execute(update(_JOBS).where(_JOBS.c.code == name).values(code=code))
    if found in (2, 3):
        _part_clips_from_jobs(connection)
    if found not in (0, VERSION):
        _add_columns(connection)
    Base.metadata.create_all(connection)
    connection.exec_driver_sql(f"PRAGMA user_version = {VERSION}")
    connection.exec_driver_sql(f"PRAGMA application_id = {_MIEN}")


def _add_columns(connection: Connection) -> None:
    """Give the tables of earlier versions what they lack."""
    for table, columns in _NEW.items():
        there = {column["name"] for column in inspect(connection).get_columns(table)}
        for name in columns:
            if name in there:
                continue
            column = Base.metadata.tables[table].c[name]
            kind = column.type.compile(connection.dialect)
            connection.exec_driver_sql(f'ALTER TABLE {table} ADD COLUMN "{name}" {kind}')
    for table in _NEW:
        for index in Base.metadata.tables[table].indexes:
            index.create(connection, checkfirst=True)


def _part_clips_from_jobs(connection: Connection) -> None:
    """Make a table of clips and a table of jobs out of one of both."""
    for index in inspect(connection).get_indexes(_JOBS.name):  # their names are needed again
        connection.exec_driver_sql(f"DROP INDEX {index['name']}")
    connection.exec_driver_sql("ALTER TABLE jobs RENAME TO jobs_and_clips")
    Base.metadata.create_all(connection)
    connection.exec_driver_sql(
        f"""
        INSERT INTO jobs (id, kind, project_id, name, clips, {", ".join(_KEPT)})
        SELECT
            id, kind, project_id,
            CASE kind WHEN 'deidentify' THEN NULL ELSE name END,
            CASE kind WHEN 'deidentify' THEN json_array(id) ELSE clips END,
            {", ".join(_KEPT)}
        FROM jobs_and_clips
        """
    )
    connection.exec_driver_sql(
        """
        INSERT INTO clips (
            id, project_id, name, created, "after", size, width, height, frames, seconds, original,
            run, found
        )
        SELECT
            id, project_id, name, created, coalesce("after", 'ask'), coalesce(size, 0), width,
            height, frames, seconds, original,
            CASE status WHEN 'done' THEN run END, found
        FROM jobs_and_clips
        WHERE kind = 'deidentify'
        """
    )
    connection.exec_driver_sql("DROP TABLE jobs_and_clips")
