"""The SQLite file: opened, changed by transactions, and cleaned of what was deleted."""

from __future__ import annotations

from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, event
from sqlalchemy.engine import URL, Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from mien.web.queue.tables import Job
from mien.web.queue.versions import prepare

UNSYNCHRONISED = {"synchronize_session": False}
"""Option of statements whose objects nobody holds yet."""
_PATIENT_MS, _SOON_MS = 30_000, 300  # that a busy database is waited for


class Database:
    """Transactions in a SQLite file.

    Parameters
    ----------
    path : Path
        The file; created where it is missing.
    """

    def __init__(self, path: Path) -> None:
        self._engine = _open(path)
        self._session = sessionmaker(self._engine, expire_on_commit=False)
        self._unscrubbed = True

    def create(self) -> None:
        """Create the tables, or bring those of an older version to this one.

        Raises
        ------
        OutputError
            If the database was made by another version of mien.
        """
        with self._engine.begin() as connection:
            prepare(connection)

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def reading(self) -> AbstractContextManager[Session]:
        """A session to read in."""
        return self._session()

    def writing(self) -> AbstractContextManager[Session]:
        """A session whose changes are one transaction."""
        return self._session.begin()

    def change(self, statement: Any) -> bool:
        """Run one statement in one transaction; whether it changed something."""
        with self.writing() as session:
            return changed(session, statement)

    def change_one(self, statement: Any) -> Job | None:
        """Run an update of one job in one transaction; the job as it is then."""
        with self.writing() as session:
            return session.scalars(
                statement.returning(Job), execution_options=UNSYNCHRONISED
            ).one_or_none()

    def deleted(self) -> None:
        """Note that something was deleted that `scrub` has to overwrite."""
        self._unscrubbed = True

    def scrub(self) -> None:
        """Overwrite what was deleted in the log of changes too, if nobody reads it just now."""
        if not self._unscrubbed:
            return
        with suppress(OperationalError), self._engine.connect() as connection:
            connection.exec_driver_sql(f"PRAGMA busy_timeout={_SOON_MS}")
            try:
                found = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
                self._unscrubbed = found[0] != 0
            finally:
                connection.exec_driver_sql(f"PRAGMA busy_timeout={_PATIENT_MS}")


def changed(session: Session, statement: Any) -> bool:
    """Run one statement in a transaction; whether it changed something."""
    found = session.execute(statement, execution_options=UNSYNCHRONISED)
    return bool(found.rowcount)  # type: ignore[attr-defined]


def _open(path: Path) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        connect_args={"timeout": _PATIENT_MS / 1000},
        hide_parameters=True,  # errors are printed, and names of clips are among them
    )

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _: Any) -> None:
        cursor = connection.cursor()
        # readers do not wait for writers; what is deleted (names of clips) is overwritten
        for setting in (
            *("journal_mode=WAL", "synchronous=NORMAL"),
            *("secure_delete=ON", "foreign_keys=ON"),
        ):
            cursor.execute(f"PRAGMA {setting}")
        cursor.close()

    return engine
