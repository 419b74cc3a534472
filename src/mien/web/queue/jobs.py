"""The queue: jobs in SQLite, taken and finished by single statements, so that nobody is between.

Server and workers are different processes. Whatever changes a running job names the worker that
has it; a worker that lost its job changes nothing.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import and_, create_engine, delete, event, func, select, text, update
from sqlalchemy.engine import URL, Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from mien.web.queue.capacity import MOST, QueueFull
from mien.web.queue.log import noted
from mien.web.queue.tables import Job, Kind, Project, Removed, Status
from mien.web.queue.versions import prepare

ATTEMPTS = 2
"""How often a job is taken before a worker that stops is the job's own failure."""
STOPPED = (
    "Working on this stopped the program twice, perhaps for want of memory: close other programs "
    "or use a shorter clip, then try again."
)
RECOVERED = (
    "The list of clips was lost, and with it how this one was to be changed: try again with the "
    "usual settings, or remove it."
)
URGENT, USUAL, LATER = 0, 1, 2
"""Urgencies: somebody waits for it; a clip; what follows a clip unasked."""
REMOVED = "…"
"""What stands for the name of a clip that was removed, in names of jobs that read it."""
_PATIENT_MS, _SOON_MS = 30_000, 300  # that a busy database is waited for


class Jobs:
    """Projects and jobs.

    Parameters
    ----------
    database : Path
        The SQLite file; created where it is missing.
    clock : callable
        Seconds since 1970.
    most : mapping
        Jobs of each kind that may be in the queue at once.
    """

    def __init__(
        self,
        database: Path,
        clock: Callable[[], float] = time.time,
        most: Mapping[Kind, int] = MOST,
    ) -> None:
        self._clock, self._most = clock, most
        self._engine = _open(database)
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

    # --- projects -------------------------------------------------------------------------------

    def projects(self) -> Sequence[Project]:
        """All projects, oldest first."""
        with self._session() as session:
            return session.scalars(select(Project).order_by(Project.created, Project.id)).all()

    def first_project(self, name: str) -> Project:
        """The oldest project; made if there is none."""
        found = self.projects()
        return found[0] if found else self.add_project(name)

    def project(self, project: str) -> Project | None:
        """One project; None if there is none of that id."""
        with self._session() as session:
            return session.get(Project, project)

    def add_project(self, name: str, id: str | None = None) -> Project:
        """A new project; with an id where its folder is there already."""
        project = Project(id=id or secrets.token_hex(8), name=name, created=self._clock())
        with self._session.begin() as session:
            session.add(project)
        return project

    def rename_project(self, project: str, name: str) -> None:
        """Call a project something else."""
        self._change(update(Project).where(Project.id == project).values(name=name))

    def remove_project(self, project: str) -> bool:
        """Forget a project that holds nothing and is not the only one."""
        return self._change(
            delete(Project).where(
                Project.id == project,
                ~select(Job.id).where(Job.project_id == project).exists(),
                select(func.count(Project.id)).scalar_subquery() > 1,
            )
        )

    # --- jobs, as the server sees them ----------------------------------------------------------

    def add(self, kind: Kind = Kind.DEIDENTIFY, **values: Any) -> Job:
        """Queue a job.

        `values` are its columns: at least ``id``, ``project_id``, ``name`` and ``wanted``.

        Raises
        ------
        QueueFull
            If too many jobs of the kind are in the queue.
        """
        job = self._new(kind, **values)
        with self._session.begin() as session:
            session.add(job)
            session.flush()  # from here on nobody else writes: what is counted stays so
            self._check_room(session, kind)
        found = self.get(job.id)
        assert found is not None
        return found

    def get(self, job: str) -> Job | None:
        """One job; None if there is none of that id."""
        with self._session() as session:
            return session.get(Job, job)

    def listing(self, project: str | None = None, *kinds: Kind) -> Sequence[Job]:
        """All jobs, or those of a project and of some kinds, in the order they came."""
        statement = select(Job).order_by(Job.number)
        if project is not None:
            statement = statement.where(Job.project_id == project)
        if kinds:
            statement = statement.where(Job.kind.in_(kinds))
        with self._session() as session:
            return session.scalars(statement).all()

    def of_clip(self, clip: str, *kinds: Kind) -> Sequence[Job]:
        """Jobs that read a clip, in the order they came."""
        statement = select(Job).where(_READS).order_by(Job.number)
        if kinds:
            statement = statement.where(Job.kind.in_(kinds))
        with self._session() as session:
            return session.scalars(statement, {"clip": clip}).all()

    def runs(self, project: str) -> dict[str, str | None]:
        """The run that each clip of a project has now, by the clip's id."""
        with self._session() as session:
            found = session.execute(
                select(Job.id, Job.run).where(
                    Job.project_id == project, Job.kind == Kind.DEIDENTIFY
                )
            )
            return {clip: run for clip, run in found}

    def unfinished(self, project: str) -> Sequence[Job]:
        """Jobs of a project that are not over."""
        with self._session() as session:
            return session.scalars(
                select(Job).where(
                    Job.project_id == project, Job.status.in_((Status.QUEUED, Status.RUNNING))
                )
            ).all()

    def waiting(self) -> int:
        """How many jobs wait."""
        return self._count(Status.QUEUED)

    def running(self) -> int:
        """How many jobs are being worked on."""
        return self._count(Status.RUNNING)

    def needed(self) -> set[str]:
        """Clips that jobs which are not over are still to read."""
        with self._session() as session:
            waiting = session.scalars(
                select(Job.clips).where(Job.status.in_((Status.QUEUED, Status.RUNNING)))
            ).all()
        return {clip for clips in waiting for clip in clips}

    def check_room(self, kind: Kind) -> None:
        """Refuse a job before it is there; `QueueFull` as of `add`."""
        with self._session() as session:
            self._check_room(session, kind, more=1)

    def again(self, job: str) -> bool:
        """Let a job that failed or was cancelled wait once more, behind all others.

        Raises
        ------
        QueueFull
            If too many jobs of its kind are in the queue.
        """
        last = select(func.coalesce(func.max(Job.number), 0) + 1).scalar_subquery()
        with self._session.begin() as session:
            kind = session.scalar(
                update(Job)
                .where(Job.id == job, Job.status.in_((Status.FAILED, Status.CANCELLED)))
                .values(
                    status=Status.QUEUED,
                    number=last,
                    attempts=0,
                    cancel_asked=None,
                    error=None,
                    code=None,
                    finished=None,
                    **_NOTHING_DONE,
                )
                .returning(Job.kind),
                execution_options=_UNSYNCHRONISED,
            )
            if kind is not None:
                self._check_room(session, Kind(kind))
        return kind is not None

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
        """Forget a job that is over, and its name wherever it was written."""
        over = [status for status in Status if status.over]
        found = self.get(job)
        with self._session.begin() as session:
            gone = session.execute(
                delete(Job).where(Job.id == job, Job.status.in_(over)),
                execution_options=_UNSYNCHRONISED,
            ).rowcount  # type: ignore[attr-defined]
            if not gone:
                return False
            session.merge(Removed(id=job))
        self._unscrubbed = True
        assert found is not None
        with suppress(OperationalError):  # the job is gone already, and its files have to go
            for other in self.of_clip(job):
                self._change(
                    update(Job)
                    .where(Job.id == other.id)
                    .values(name=other.name.replace(found.name, REMOVED))
                )
        return True

    def removed(self) -> set[str]:
        """Ids of jobs that were removed and may have left files."""
        with self._session() as session:
            return set(session.scalars(select(Removed.id)))

    def all_gone(self, jobs: Collection[str]) -> None:
        """Note that removed jobs have left no file."""
        for job in jobs:
            self._change(delete(Removed).where(Removed.id == job))

    # --- what was found on the disk -------------------------------------------------------------

    def recover(self, **values: Any) -> Job:
        """List a clip whose files were found and that nothing is known of.

        `values` are its columns, as of `add`, and ``created``; with ``run`` it is done, else it has
        failed.
        """
        created = values.pop("created")
        job = self._new(Kind.DEIDENTIFY, **values)
        job.created = job.finished = created
        if job.run is None:
            job.status, job.code, job.error = Status.FAILED, "recovered", RECOVERED
        else:
            job.status = Status.DONE
        with self._session.begin() as session:
            session.add(job)
        found = self.get(job.id)
        assert found is not None
        return found

    def adopt(self, job: str, run: str, found: dict[str, Any]) -> None:
        """Let a clip have a result that was found on the disk and that it does not name."""
        self._change(
            update(Job)
            .where(Job.id == job)
            .values(
                **{**self._ended(), "run": run},
                status=Status.DONE,
                found=found,
                error=None,
                code=None,
                cancel_asked=None,
            )
        )

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

    # --- jobs, as a worker sees them ------------------------------------------------------------

    def take(self, worker: str) -> Job | None:
        """Take the most urgent job, and of those the one that came first; None if none waits.

        One statement, so that no two workers take the same job, and none takes what changes a
        clip's result while another reads it.
        """
        waiting = (
            select(Job.id)
            .where(Job.status == Status.QUEUED, _UNDISTURBED)
            .order_by(Job.urgency, Job.number)
            .limit(1)
        )
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

    def finish(self, job: str, worker: str, found: dict[str, Any] | None = None) -> bool:
        """The run's files are complete; False if the job was cancelled or lost meanwhile.

        A clip that was covered by hand has, from then on, the run of that job. A clip that shall be
        measured waits for that in the same transaction, so that its original is still there.
        """
        with self._session.begin() as session:
            finished = session.scalars(
                update(Job)
                .where(_has(job, worker), Job.cancel_asked.is_(None))
                .values(
                    status=Status.DONE,
                    worker=None,
                    finished=self._clock(),
                    seconds_left=None,
                    fps=None,
                    found=found,
                )
                .returning(Job),
                execution_options=_UNSYNCHRONISED,
            ).one_or_none()
            if finished is not None and finished.kind == Kind.COVER:
                clip = session.get(Job, finished.clips[0])
                if clip is not None:
                    clip.run = finished.run
                    clip.found = {**(clip.found or {}), "ledger": (found or {}).get("ledger", {})}
            if finished is not None and finished.wanted.get("measure"):
                session.add(
                    self._new(
                        Kind.EVALUATE,
                        id=secrets.token_hex(16),
                        project_id=finished.project_id,
                        name=finished.name,
                        clips=[finished.id],
                        wanted={"profile": finished.wanted["measure"]},
                        urgency=LATER,
                    )
                )
        return finished is not None

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

    def give_up_next(self, error: str, code: str) -> None:
        """Fail the job that is next, because no worker can be had."""
        first = (
            select(Job.id)
            .where(Job.status == Status.QUEUED)
            .order_by(Job.urgency, Job.number)
            .limit(1)
        )
        self._change(
            update(Job)
            .where(Job.id == first.scalar_subquery(), Job.status == Status.QUEUED)
            .values(status=Status.FAILED, error=error, code=code, **self._ended())
        )

    # --- what goes wrong ------------------------------------------------------------------------

    def reap(self, worker: str, *, count: bool = True, number: str | None = None) -> list[Job]:
        """Settle the jobs of a worker that is dead, and return them as they were.

        What was to be cancelled is cancelled; the rest waits again, or has failed if it was taken
        `ATTEMPTS` times. `count` False: it was not the job's fault, and the attempt does not count.
        `number` is that of the entry in the log.
        """
        with self._session() as session:
            held = session.scalars(
                select(Job).where(Job.worker == worker, Job.status == Status.RUNNING)
            ).all()
        for job in held:
            self.cancelled(job.id, worker)
            if count and job.attempts >= ATTEMPTS:
                self.fail(job.id, worker, noted(STOPPED, number), "stopped_twice")
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
        """Clips that are done, whose original shall go, and that no job needs any more."""
        with self._session() as session:
            done = session.scalars(
                select(Job).where(
                    Job.status == Status.DONE, Job.after == "delete", Job.original.is_(True)
                )
            ).all()
        needed = self.needed() if done else set()
        return [clip for clip in done if clip.id not in needed]

    def _new(self, kind: Kind, **values: Any) -> Job:
        columns: dict[str, Any] = {
            "urgency": USUAL if kind == Kind.DEIDENTIFY else URGENT,
            "clips": [],
            "original": kind == Kind.DEIDENTIFY,
            **values,
        }
        return Job(
            number=select(func.coalesce(func.max(Job.number), 0) + 1).scalar_subquery(),
            kind=kind,
            created=self._clock(),
            status=Status.QUEUED,
            done=0,
            attempts=0,
            **columns,
        )

    def _check_room(self, session: Session, kind: Kind, more: int = 0) -> None:
        waiting = session.scalar(
            select(func.count()).where(
                Job.kind == kind, Job.status.in_((Status.QUEUED, Status.RUNNING))
            )
        )
        if (waiting or 0) + more > self._most[kind]:
            raise QueueFull(kind, self._most[kind])

    def _count(self, status: Status) -> int:
        with self._session() as session:
            found = session.scalar(select(func.count()).where(Job.status == status))
        return found or 0

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


_UNDISTURBED = text(
    """
    NOT EXISTS (
        SELECT 1
        FROM jobs AS other, json_each(other.clips) AS theirs, json_each(jobs.clips) AS own
        WHERE other.status = 'running' AND theirs.value = own.value
        AND (other.kind = 'cover' OR jobs.kind = 'cover')
    )
    """
)
"""Whether no running job works on the same clips, of which one changes its result."""
_READS = text("EXISTS (SELECT 1 FROM json_each(jobs.clips) WHERE value = :clip)")
"""Whether a job reads a clip."""
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
        URL.create("sqlite", database=str(database)),
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
