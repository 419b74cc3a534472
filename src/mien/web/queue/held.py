"""Jobs in the hands of workers: taken and finished by single statements, so that nobody is between.

Whatever changes a running job names the worker that has it; a worker that lost its job changes
nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from sqlalchemy import and_, select, text, update
from sqlalchemy.orm import Session

from mien.report.language import DEFAULT
from mien.web.queue.database import UNSYNCHRONISED, Database
from mien.web.queue.jobs import LATER, NOTHING_DONE, ended, new_job
from mien.web.queue.log import noted
from mien.web.queue.tables import Clip, Job, Kind, Status

ATTEMPTS = 2
"""How often a job is taken before a worker that stops is the job's own failure."""
STOPPED = (
    "Working on this stopped the program twice, perhaps for want of memory: close other programs "
    "or use a shorter clip, then try again."
)
_UNDISTURBED = text(
    """
    NOT EXISTS (
        SELECT 1
        FROM jobs AS other, json_each(other.clips) AS theirs, json_each(jobs.clips) AS own
        WHERE other.status = 'running' AND theirs.value = own.value
        AND (other.kind IN ('deidentify', 'cover') OR jobs.kind IN ('deidentify', 'cover'))
    )
    """
)
"""Whether no running job works on the same clips, of which one changes its result."""


class HeldJobs:
    """The queue, as workers and whoever watches them see it.

    Parameters
    ----------
    database : Database
        Where it is kept.
    clock : callable
        Seconds since 1970.
    """

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database, self._clock = database, clock

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
        with self._database.reading() as session:
            if session.scalar(waiting) is None:  # most looks end here, without a lock
                return None
        return self._database.change_one(
            update(Job)
            .where(Job.id == waiting.scalar_subquery(), Job.status == Status.QUEUED)
            .values(
                status=Status.RUNNING,
                worker=worker,
                run=secrets.token_hex(8),
                attempts=Job.attempts + 1,
                started=self._clock(),
                **NOTHING_DONE,
            )
        )

    def note(self, job: str, worker: str, **progress: Any) -> bool:
        """Write progress; whether the worker still has the job and shall go on."""
        return self._database.change(
            update(Job)
            .where(_has(job, worker), Job.cancel_asked.is_(None))
            .values(beat=self._clock(), **progress)
        )

    def finish(self, job: str, worker: str, found: dict[str, Any] | None = None) -> bool:
        """The run's files are complete; False if the job was cancelled or lost meanwhile.

        A clip that was de-identified, or covered by hand, has from then on the run of that job. A
        clip that shall be measured waits for that in the same transaction, so that its original is
        still there.
        """
        with self._database.writing() as session:
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
                execution_options=UNSYNCHRONISED,
            ).one_or_none()
            if finished is not None:
                self._give_result(session, finished)
        return finished is not None

    def fail(self, job: str, worker: str, error: str, code: str) -> bool:
        """Nothing came of it, and the sentence says why; False if the job was lost."""
        return self._database.change(
            update(Job)
            .where(_has(job, worker))
            .values(status=Status.FAILED, error=error, code=code, **ended(self._clock()))
        )

    def cancelled(self, job: str, worker: str) -> bool:
        """The worker stopped because somebody asked; False if nobody did or the job was lost."""
        return self._database.change(
            update(Job)
            .where(_has(job, worker), Job.cancel_asked.is_not(None))
            .values(status=Status.CANCELLED, **ended(self._clock()))
        )

    def give_up_next(self, error: str, code: str) -> None:
        """Fail the job that is next, because no worker can be had."""
        first = (
            select(Job.id)
            .where(Job.status == Status.QUEUED)
            .order_by(Job.urgency, Job.number)
            .limit(1)
        )
        self._database.change(
            update(Job)
            .where(Job.id == first.scalar_subquery(), Job.status == Status.QUEUED)
            .values(status=Status.FAILED, error=error, code=code, **ended(self._clock()))
        )

    def reap(self, worker: str, *, count: bool = True, number: str | None = None) -> list[Job]:
        """Settle the jobs of a worker that is dead, and return them as they were.

        What was to be cancelled is cancelled; the rest waits again, or has failed if it was taken
        `ATTEMPTS` times. `count` False: it was not the job's fault, and the attempt does not count.
        `number` is that of the entry in the log.
        """
        with self._database.reading() as session:
            held = session.scalars(
                select(Job).where(Job.worker == worker, Job.status == Status.RUNNING)
            ).all()
        for job in held:
            self.cancelled(job.id, worker)
            if count and job.attempts >= ATTEMPTS:
                self.fail(job.id, worker, noted(STOPPED, number), "stopped_twice")
            else:
                self._database.change(
                    update(Job)
                    .where(_has(job.id, worker))
                    .values(
                        status=Status.QUEUED,
                        worker=None,
                        run=None,
                        attempts=job.attempts if count else job.attempts - 1,
                        **NOTHING_DONE,
                    )
                )
        return list(held)

    def resume(self) -> None:
        """Let everything that ran when the last server ended wait again; no worker may run."""
        self._database.change(
            update(Job)
            .where(Job.status == Status.RUNNING, Job.cancel_asked.is_not(None))
            .values(status=Status.CANCELLED, **ended(self._clock()))
        )
        self._database.change(
            update(Job)
            .where(Job.status == Status.RUNNING)
            .values(status=Status.QUEUED, worker=None, run=None, **NOTHING_DONE)
        )
        self._database.change(update(Job).where(Job.status == Status.QUEUED).values(attempts=0))

    def cancels_overdue(self, seconds: float) -> set[str]:
        """Workers that were asked to stop so long ago and did not."""
        with self._database.reading() as session:
            return {
                worker
                for worker in session.scalars(
                    select(Job.worker).where(
                        Job.status == Status.RUNNING, Job.cancel_asked < self._clock() - seconds
                    )
                )
                if worker
            }

    def _give_result(self, session: Session, finished: Job) -> None:
        """Let a clip have what a job made of it, and the measurement that shall follow."""
        kind, found = Kind(finished.kind), finished.found
        clip = session.get(Clip, finished.clips[0]) if kind.changes_result else None
        if clip is None:
            return
        if kind == Kind.COVER:
            clip.before = {"run": clip.run, "found": clip.found}
        clip.run = finished.run
        if kind == Kind.COVER:
            clip.found = {**(clip.found or {}), "ledger": (found or {}).get("ledger", {})}
            return
        clip.found = found
        if finished.wanted.get("measure"):
            measuring = new_job(
                Kind.EVALUATE,
                self._clock(),
                id=secrets.token_hex(16),
                project_id=clip.project_id,
                name=clip.called,
                clips=[clip.id],
                wanted={
                    "profile": finished.wanted["measure"],
                    "language": finished.wanted.get("language", DEFAULT),
                },
                urgency=LATER,
            )
            session.add(measuring)


def _has(job: str, worker: str) -> Any:
    return and_(Job.id == job, Job.worker == worker, Job.status == Status.RUNNING)
