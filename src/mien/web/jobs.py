"""The queue: jobs in SQLite, taken and finished by single statements, so that nobody is between.

Server and workers are different processes. Whatever changes a running job names the worker that
has it; a worker that lost its job changes nothing.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import and_, create_engine, delete, event, func, select, update
from sqlalchemy.engine import URL, Engine
from sqlalchemy.orm import sessionmaker

from mien.web.tables import Base, Job, Project, Status

ATTEMPTS = 2
"""How often a job is taken before a worker that stops is the job's own failure."""
STOPPED = (
    "De-identifying this clip stopped the program twice, perhaps for want of memory: close other "
    "programs or use a shorter clip, then try again."
)


class Jobs:
    """Projects and jobs.

    Parameters
    ----------
    database : Path
        The SQLite file; created where it is missing.
    clock : callable
        Seconds since 1970.
    """

    def __init__(self, database: Path, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._engine = _open(database)
        self._session = sessionmaker(self._engine, expire_on_commit=False)

    def create(self) -> None:
        """Create the tables."""
        Base.metadata.create_all(self._engine)

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    # --- projects -------------------------------------------------------------------------------

    def projects(self) -> Sequence[Project]:
        """All projects, oldest first."""
        with self._session() as session:
            return session.scalars(select(Project).order_by(Project.created, Project.id)).all()

    def first_project(self, name: str) -> Project:
        """The oldest project; made if there is none."""
        found = self.projects()
        if found:
            return found[0]
        project = Project(id=secrets.token_hex(8), name=name, created=self._clock())
        with self._session.begin() as session:
            session.add(project)
        return project

    # --- jobs, as the server sees them ----------------------------------------------------------

    def add(self, **values: Any) -> Job:
        """Queue a clip; `values` are the columns that say what it is and what is wanted."""
        job = Job(
            number=select(func.coalesce(func.max(Job.number), 0) + 1).scalar_subquery(),
            created=self._clock(),
            status=Status.QUEUED,
            original=True,
            done=0,
            attempts=0,
            **values,
        )
        with self._session.begin() as session:
            session.add(job)
        found = self.get(job.id)
        assert found is not None
        return found

    def get(self, job: str) -> Job | None:
        """One job; None if there is none of that id."""
        with self._session() as session:
            return session.get(Job, job)

    def listing(self) -> Sequence[Job]:
        """All jobs in the order they came."""
        with self._session() as session:
            return session.scalars(select(Job).order_by(Job.number)).all()

    def ask_to_cancel(self, job: str) -> None:
        """Cancel a job that waits; ask the worker of one that runs."""
        now = self._clock()
        self._change(
            update(Job)
            .where(Job.id == job, Job.status == Status.QUEUED)
            .values(status=Status.CANCELLED, finished=now, cancel_asked=now)
        )
        self._change(
            update(Job)
            .where(Job.id == job, Job.status == Status.RUNNING, Job.cancel_asked.is_(None))
            .values(cancel_asked=now)
        )

    def original_deleted(self, job: str) -> None:
        """Note that the original is gone."""
        self._change(update(Job).where(Job.id == job).values(original=False))

    def remove(self, job: str) -> bool:
        """Forget a job that is over."""
        over = [status for status in Status if status.over]
        return self._change(delete(Job).where(Job.id == job, Job.status.in_(over)))

    # --- jobs, as a worker sees them ------------------------------------------------------------

    def take(self, worker: str) -> Job | None:
        """Take the job that has waited longest; None if none waits.

        One statement, so that no two workers take the same job.
        """
        waiting = select(Job.id).where(Job.status == Status.QUEUED).order_by(Job.number).limit(1)
        with self._session() as session:
            if session.scalar(waiting) is None:  # most looks end here, without a lock
                return None
        return self._change_one(
            update(Job)
            .where(Job.id == waiting.scalar_subquery(), Job.status == Status.QUEUED)
            .values(
                status=Status.RUNNING,
                worker=worker,
                run=secrets.token_hex(8),
                attempts=Job.attempts + 1,
                **_NOTHING_DONE,
            )
        )

    def note(self, job: str, worker: str, **progress: Any) -> bool:
        """Write progress; whether the worker still has the job and shall go on."""
        return self._change(
            update(Job)
            .where(_has(job, worker), Job.cancel_asked.is_(None))
            .values(beat=self._clock(), **progress)
        )

    def finish(self, job: str, worker: str) -> bool:
        """The run's files are complete; False if the job was cancelled or lost meanwhile."""
        return self._change(
            update(Job)
            .where(_has(job, worker), Job.cancel_asked.is_(None))
            .values(
                status=Status.DONE, worker=None, finished=self._clock(), seconds_left=None, fps=None
            )
        )

    def fail(self, job: str, worker: str, error: str, code: str) -> bool:
        """Nothing came of it, and the sentence says why; False if the job was lost."""
        return self._change(
            update(Job)
            .where(_has(job, worker))
            .values(status=Status.FAILED, error=error, code=code, **self._ended())
        )

    def cancelled(self, job: str, worker: str) -> bool:
        """The worker stopped because somebody asked; False if nobody did or the job was lost."""
        return self._change(
            update(Job)
            .where(_has(job, worker), Job.cancel_asked.is_not(None))
            .values(status=Status.CANCELLED, **self._ended())
        )

    # --- what goes wrong ------------------------------------------------------------------------

    def reap(self, worker: str, *, count: bool = True) -> list[Job]:
        """Settle the jobs of a worker that is dead, and return them as they were.

        What was to be cancelled is cancelled; the rest waits again, or has failed if it was taken
        `ATTEMPTS` times. `count` False: it was not the job's fault, and the attempt does not count.
        """
        with self._session() as session:
            held = session.scalars(
                select(Job).where(Job.worker == worker, Job.status == Status.RUNNING)
            ).all()
        for job in held:
            self.cancelled(job.id, worker)
            if count and job.attempts >= ATTEMPTS:
                self.fail(job.id, worker, STOPPED, "stopped_twice")
            else:
                self._change(
                    update(Job)
                    .where(_has(job.id, worker))
                    .values(
                        status=Status.QUEUED,
                        worker=None,
                        run=None,
                        attempts=job.attempts if count else job.attempts - 1,
                        **_NOTHING_DONE,
                    )
                )
        return list(held)

    def resume(self) -> None:
        """Let everything that ran when the last server ended wait again; no worker may run."""
        self._change(
            update(Job)
            .where(Job.status == Status.RUNNING, Job.cancel_asked.is_not(None))
            .values(status=Status.CANCELLED, **self._ended())
        )
        self._change(
            update(Job)
            .where(Job.status == Status.RUNNING)
            .values(status=Status.QUEUED, worker=None, run=None, **_NOTHING_DONE)
        )
        self._change(update(Job).where(Job.status == Status.QUEUED).values(attempts=0))

    def cancels_overdue(self, seconds: float) -> set[str]:
        """Workers that were asked to stop so long ago and did not."""
        with self._session() as session:
            return {
                worker
                for worker in session.scalars(
                    select(Job.worker).where(
                        Job.status == Status.RUNNING, Job.cancel_asked < self._clock() - seconds
                    )
                )
                if worker
            }

    def originals_due(self) -> Sequence[Job]:
        """Jobs that are done and whose original shall go."""
        with self._session() as session:
            return session.scalars(
                select(Job).where(
                    Job.status == Status.DONE, Job.after == "delete", Job.original.is_(True)
                )
            ).all()

    def _ended(self) -> dict[str, Any]:
        return {
            "worker": None,
            "run": None,
            "finished": self._clock(),
            "fps": None,
            "seconds_left": None,
        }

    def _change(self, statement: Any) -> bool:
        """Run one statement in one transaction; whether it changed something."""
        with self._session.begin() as session:
            return bool(
                session.execute(statement, execution_options=_UNSYNCHRONISED).rowcount  # type: ignore[attr-defined]
            )

    def _change_one(self, statement: Any) -> Job | None:
        with self._session.begin() as session:
            return session.scalars(
                statement.returning(Job), execution_options=_UNSYNCHRONISED
            ).one_or_none()


_UNSYNCHRONISED = {"synchronize_session": False}
_NOTHING_DONE: dict[str, Any] = {
    "stage": None,
    "done": 0,
    "total": None,
    "fps": None,
    "seconds_left": None,
    "beat": None,
}


def _has(job: str, worker: str) -> Any:
    return and_(Job.id == job, Job.worker == worker, Job.status == Status.RUNNING)


def _open(database: Path) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(database)), connect_args={"timeout": 30}
    )

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _: Any) -> None:
        cursor = connection.cursor()
        # readers do not wait for writers; what is deleted (names of clips) is overwritten
        for setting in ("journal_mode=WAL", "synchronous=NORMAL", "secure_delete=ON"):
            cursor.execute(f"PRAGMA {setting}")
        cursor.close()

    return engine
