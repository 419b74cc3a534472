"""Jobs, as the server sees them: ordered, looked at, cancelled, removed.

Whatever changes a job is one statement, so that nobody is between; what workers do with jobs is in
`mien.web.queue.held`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.orm import Session

from mien.web.queue.capacity import Capacity, QueueFull
from mien.web.queue.database import UNSYNCHRONISED, Database, changed
from mien.web.queue.tables import Job, Kind, Removed, Status

URGENT, USUAL, LATER = 0, 1, 2
"""Urgencies: somebody waits for it; a clip; what follows a clip unasked."""
OVER = tuple(status for status in Status if status.over)
NOT_OVER = tuple(status for status in Status if not status.over)
NOTHING_DONE: dict[str, Any] = {
    "stage": None,
    "done": 0,
    "total": None,
    "fps": None,
    "seconds_left": None,
    "beat": None,
}
"""Progress of a job that is taken anew, or waits."""
_READS = text("EXISTS (SELECT 1 FROM json_each(jobs.clips) WHERE value = :clip)")
"""Whether a job is about a clip."""
READERS = tuple(kind for kind in Kind if kind != Kind.DEIDENTIFY)
"""Kinds of jobs that read clips which have a result."""
_STILL_TO_READ = (Job.status.in_(NOT_OVER), Job.kind.in_(READERS))
_LAST = select(func.coalesce(func.max(Job.number), 0) + 1).scalar_subquery()
"""The number behind all others."""


class Jobs:
    """The queue.

    Parameters
    ----------
    database : Database
        Where it is kept.
    clock : callable
        Seconds since 1970.
    capacity : Capacity
        How much of each kind may be in it at once.
    """

    def __init__(self, database: Database, clock: Callable[[], float], capacity: Capacity) -> None:
        self._database, self._clock, self._capacity = database, clock, capacity

    def add(self, kind: Kind, **values: Any) -> Job:
        """Queue a job that reads clips.

        `values` are its columns: at least ``id``, ``project_id``, ``name``, ``clips`` and
        ``wanted``.

        Raises
        ------
        QueueFull
            If too many jobs of the kind are in the queue.
        """
        job = new_job(kind, self._clock(), **values)
        with self._database.writing() as session:
            session.add(job)
            session.flush()  # from here on nobody else writes: what is counted stays so
            check_room(session, self._capacity, kind)
        found = self.get(job.id)
        assert found is not None
        return found

    def get(self, job: str) -> Job | None:
        """One job; None if there is none of that id."""
        with self._database.reading() as session:
            return session.get(Job, job)

    def listing(self, project: str | None = None, *kinds: Kind) -> Sequence[Job]:
        """All jobs, or those of a project and of some kinds, in the order they came."""
        statement = select(Job).order_by(Job.number)
        if project is not None:
            statement = statement.where(Job.project_id == project)
        if kinds:
            statement = statement.where(Job.kind.in_(kinds))
        with self._database.reading() as session:
            return session.scalars(statement).all()

    def of_clip(self, clip: str, *kinds: Kind) -> Sequence[Job]:
        """Jobs that read a clip, or its result, in the order they came."""
        statement = select(Job).where(_READS, Job.kind.in_(kinds or READERS))
        with self._database.reading() as session:
            return session.scalars(statement.order_by(Job.number), {"clip": clip}).all()

    def readers(self, project: str) -> Sequence[Job]:
        """Jobs of a project that are still to read clips."""
        with self._database.reading() as session:
            return session.scalars(
                select(Job).where(Job.project_id == project, *_STILL_TO_READ)
            ).all()

    def needed(self) -> set[str]:
        """Clips that jobs which are not over are still to read."""
        with self._database.reading() as session:
            waiting = session.scalars(select(Job.clips).where(*_STILL_TO_READ)).all()
        return {clip for clips in waiting for clip in clips}

    def waiting(self) -> int:
        """How many jobs wait."""
        return self._count(Status.QUEUED)

    def running(self) -> int:
        """How many jobs are being worked on."""
        return self._count(Status.RUNNING)

    def check_room(self, kind: Kind) -> None:
        """Refuse a job before it is there; `QueueFull` as of `add`."""
        with self._database.reading() as session:
            check_room(session, self._capacity, kind, more=1)

    def again(self, job: str) -> bool:
        """Let a job that is held, failed or was cancelled wait, behind all others.

        Raises
        ------
        QueueFull
            If too many jobs of its kind are in the queue.
        """
        with self._database.writing() as session:
            kind = session.scalar(
                update(Job)
                .where(
                    Job.id == job,
                    Job.status.in_((Status.FAILED, Status.CANCELLED, Status.HELD)),
                )
                .values(
                    status=Status.QUEUED,
                    number=_LAST,
                    attempts=0,
                    cancel_asked=None,
                    error=None,
                    code=None,
                    finished=None,
                    **NOTHING_DONE,
                )
                .returning(Job.kind),
                execution_options=UNSYNCHRONISED,
            )
            if kind is not None:
                check_room(session, self._capacity, Kind(kind))
        return kind is not None

    def move(self, job: str, to: str) -> bool:
        """Give a job that waits another place among those that are as urgent.

        `to` is ``first``, ``earlier``, ``later`` or ``last``. Whether the job waited.
        """
        with self._database.writing() as session:
            own = session.get(Job, job)
            if own is None or own.status != Status.QUEUED:
                return False
            waiting = session.scalars(
                select(Job)
                .where(Job.status == Status.QUEUED, Job.urgency == own.urgency)
                .order_by(Job.number)
            ).all()
            numbers = [each.number for each in waiting]
            order = [each for each in waiting if each is not own]
            place = {
                "first": 0,
                "earlier": max(waiting.index(own) - 1, 0),
                "later": waiting.index(own) + 1,
                "last": len(order),
            }[to]
            order.insert(place, own)
            for each, number in zip(order, numbers, strict=True):
                each.number = number
        return True

    def ask_to_cancel(self, job: str) -> None:
        """Cancel a job that waits; ask the worker of one that runs."""
        now = self._clock()
        self._database.change(
            update(Job)
            .where(Job.id == job, Job.status == Status.QUEUED)
            .values(status=Status.CANCELLED, finished=now, cancel_asked=now)
        )
        self._database.change(
            update(Job)
            .where(Job.id == job, Job.status == Status.RUNNING, Job.cancel_asked.is_(None))
            .values(cancel_asked=now)
        )

    def rename(self, job: str, name: str) -> None:
        """Call a job something else."""
        self._database.change(update(Job).where(Job.id == job).values(name=name))

    def remove(self, job: str) -> bool:
        """Forget a job that is over and that made no clip's first result."""
        with self._database.writing() as session:
            gone = delete(Job).where(Job.id == job, Job.kind.in_(READERS), Job.status.in_(OVER))
            if not changed(session, gone):
                return False
            session.merge(Removed(id=job))
        self._database.deleted()
        return True

    def _count(self, status: Status) -> int:
        with self._database.reading() as session:
            found = session.scalar(select(func.count()).where(Job.status == status))
        return found or 0


def new_job(kind: Kind, created: float, **values: Any) -> Job:
    """A job that waits, not stored yet.

    `created` is in seconds since 1970; `values` are its other columns.
    """
    columns: dict[str, Any] = {
        "urgency": USUAL if kind == Kind.DEIDENTIFY else URGENT,
        "status": Status.QUEUED,
        "done": 0,
        "attempts": 0,
        **values,
    }
    return Job(number=_LAST, kind=kind, created=created, **columns)


def check_room(session: Session, capacity: Capacity, kind: Kind, more: int = 0) -> None:
    """Refuse what makes the queue too long.

    Raises
    ------
    QueueFull
        If, with `more` jobs, more than `capacity` allows of a kind are not over.
    """
    waiting = session.scalar(select(func.count()).where(Job.kind == kind, Job.status.in_(NOT_OVER)))
    if (waiting or 0) + more > capacity.jobs[kind]:
        raise QueueFull(kind, capacity.jobs[kind])


def ended(now: float) -> dict[str, Any]:
    """Columns of a job that is over without a result, at `now`, seconds since 1970."""
    return {"worker": None, "run": None, "finished": now, "fps": None, "seconds_left": None}
