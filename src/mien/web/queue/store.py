"""All that is known: projects, their clips, and the jobs that are done with them, in SQLite.

Server and workers are different processes, each with a store of its own over the same file.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from pathlib import Path

from sqlalchemy import delete, select

from mien.web.queue.accounts import Accounts
from mien.web.queue.audit import AUDIT, Audit
from mien.web.queue.capacity import Capacity
from mien.web.queue.clips import Clips
from mien.web.queue.database import Database
from mien.web.queue.held import HeldJobs
from mien.web.queue.jobs import Jobs
from mien.web.queue.projects import Projects
from mien.web.queue.tables import Removed, Status


class Store:
    """Projects, clips and jobs.

    Parameters
    ----------
    path : Path
        The SQLite file; created where it is missing.
    clock : callable
        Seconds since 1970.
    capacity : Capacity, optional
        How much may wait.
    """

    projects: Projects
    accounts: Accounts
    """Who may log in, and whose projects are."""
    clips: Clips
    """What was uploaded."""
    jobs: Jobs
    """What is to be done, as the server sees it."""
    held: HeldJobs
    """The same in the hands of workers."""
    capacity: Capacity
    """How much may wait."""
    audit: Audit
    """Who saw what, where people have accounts."""
    clock: Callable[[], float]
    """Seconds since 1970."""

    def __init__(
        self,
        path: Path,
        clock: Callable[[], float] = time.time,
        capacity: Capacity | None = None,
    ) -> None:
        self._database = database = Database(path)
        self.clock = clock
        self.capacity = capacity or Capacity()
        self.projects = Projects(database, clock)
        self.accounts = Accounts(database, clock)
        self.audit = Audit(path.with_name(AUDIT), database, clock)
        self.jobs = Jobs(database, clock, self.capacity)
        self.clips = Clips(database, clock, self.capacity, self.jobs)
        self.held = HeldJobs(database, clock)

    def create(self) -> None:
        """Create the tables, or bring those of an older version to this one.

        Raises
        ------
        OutputError
            If the database was made by another version of mien.
        """
        self._database.create()

    def close(self) -> None:
        """Close all connections."""
        self._database.close()

    def scrub(self) -> None:
        """Overwrite what was deleted, if nobody reads just now; called again and again."""
        self._database.scrub()

    def results(self) -> dict[str, str | None]:
        """The run that counts of every clip and job, by id; None where there is none."""
        jobs = self.jobs.listing()
        made = {job.id: job.run if job.status == Status.DONE else None for job in jobs}
        return {**made, **self.clips.runs()}

    def removed(self) -> set[str]:
        """Ids of clips and jobs that were removed and may have left files."""
        with self._database.reading() as session:
            return set(session.scalars(select(Removed.id)))

    def all_gone(self, ids: Collection[str]) -> None:
        """Note that removed clips and jobs have left no file."""
        for id in ids:
            self._database.change(delete(Removed).where(Removed.id == id))
