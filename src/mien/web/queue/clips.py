"""Clips: what people uploaded, each with the job that makes its result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import contains_eager

from mien.web.queue.capacity import Capacity
from mien.web.queue.database import UNSYNCHRONISED, Database, changed
from mien.web.queue.jobs import OVER, USUAL, Jobs, check_room, ended, new_job
from mien.web.queue.tables import Clip, Job, Kind, Removed, Status

RECOVERED = (
    "The list of clips was lost, and with it how this one was to be changed: try again with the "
    "usual settings, or remove it."
)
_UNNEEDED = text(
    """
    NOT EXISTS (
        SELECT 1 FROM jobs AS any_job, json_each(any_job.clips) AS reads
        WHERE reads.value = clips.id AND any_job.status IN ('queued', 'running')
    )
    """
)
"""Whether a clip is not worked on, and nothing waits to read it."""
_NOTHING_SINCE = text(
    """
    NOT EXISTS (
        SELECT 1 FROM jobs AS any_job, json_each(any_job.clips) AS reads
        WHERE reads.value = clips.id AND any_job.finished >= :moment
    )
    """
)
"""Whether nothing was made of a clip since a moment."""
REMOVED = "…"
"""What stands for the name of a clip that was removed, in names of jobs that read it."""


class Clips:
    """The list of clips.

    Parameters
    ----------
    database : Database
        Where it is kept.
    clock : callable
        Seconds since 1970.
    capacity : Capacity
        How many may be in the queue at once.
    jobs : Jobs
        What is done with clips.
    """

    def __init__(
        self,
        database: Database,
        clock: Callable[[], float],
        capacity: Capacity,
        jobs: Jobs,
    ) -> None:
        self._database, self._clock, self._jobs = database, clock, jobs
        self._capacity = capacity

    def add(
        self, clip: Clip, wanted: dict[str, Any], urgency: int = USUAL, *, held: bool = False
    ) -> Clip:
        """List a clip whose original is stored, and queue the job that makes its result.

        Parameters
        ----------
        clip : Clip
            With all that is known of the video.
        wanted : dict
            How it is to be de-identified.
        urgency : int
            Of the job.
        held : bool
            Whether it waits until somebody says that it shall begin.

        Raises
        ------
        QueueFull
            If too many clips are in the queue.
        """
        clip.created, clip.original = self._clock(), True
        status = Status.HELD if held else Status.QUEUED
        job = _making(clip, clip.created, wanted=wanted, urgency=urgency, status=status)
        with self._database.writing() as session:
            session.add(job)
            session.flush()  # from here on nobody else writes: what is counted stays so
            check_room(session, self._capacity, Kind.DEIDENTIFY)
            session.add(clip)
        return self._known(clip.id)

    def get(self, clip: str) -> Clip | None:
        """One clip; None if there is none of that id."""
        with self._database.reading() as session:
            return session.get(Clip, clip)

    def listing(self, project: str | None = None) -> Sequence[Clip]:
        """All clips, or those of a project, in the order in which they wait or waited."""
        statement = select(Clip).join(Clip.job).options(contains_eager(Clip.job))
        if project is not None:
            statement = statement.where(Clip.project_id == project)
        with self._database.reading() as session:
            return session.scalars(statement.order_by(Job.number)).all()

    def runs(self, project: str | None = None) -> dict[str, str | None]:
        """The run that each clip, or each of a project, has now, by the clip's id."""
        statement = select(Clip.id, Clip.run)
        if project is not None:
            statement = statement.where(Clip.project_id == project)
        with self._database.reading() as session:
            return {clip: run for clip, run in session.execute(statement)}

    def alike(self, digest: str, project: str) -> Sequence[Clip]:
        """Clips of a project that came with the same content, the oldest first."""
        statement = select(Clip).where(Clip.digest == digest, Clip.project_id == project)
        with self._database.reading() as session:
            return session.scalars(statement.order_by(Clip.created, Clip.id)).all()

    def describe(self, clip: str, **values: str | None) -> None:
        """Note the ``subject``, the ``visit`` or the ``note`` of a clip.

        Jobs that are called as the clip was are then called as it is now.
        """
        with self._database.writing() as session:
            found = session.get(Clip, clip)
            if found is None:
                return
            before = found.called
            for name, value in values.items():
                setattr(found, name, value)
            after = found.called
        if after != before:
            for job in self._jobs.of_clip(clip):
                self._jobs.rename(job.id, (job.name or "").replace(before, after))

    def want(self, clip: str, wanted: dict[str, Any]) -> bool:
        """Change how a clip is to be made that is neither made nor worked on; whether it was so."""
        return self._database.change(
            update(Job)
            .where(
                Job.id == clip,
                Job.status.in_((Status.QUEUED, Status.HELD, Status.FAILED, Status.CANCELLED)),
            )
            .values(wanted=wanted)
        )

    def join(self, clip: str, family: str) -> None:
        """Note that a clip is one of several of the same original."""
        self._database.change(update(Clip).where(Clip.id == clip).values(family=family))

    def keep(self, clip: str, after: str) -> None:
        """Note what happens to a clip's original when all is done."""
        self._database.change(update(Clip).where(Clip.id == clip).values(after=after))

    def siblings(self, clip: Clip) -> Sequence[Clip]:
        """Others that were made of the same original."""
        if clip.family is None:
            return []
        statement = select(Clip).where(Clip.family == clip.family, Clip.id != clip.id)
        with self._database.reading() as session:
            return session.scalars(statement.order_by(Clip.created, Clip.id)).all()

    def leave(self, clip: str, seconds: float) -> bool:
        """Have a clip removed after a while, unless it is brought back; whether it is over."""
        over = select(Job.id).where(Job.id == clip, Job.status.in_(OVER)).exists()
        return self._database.change(
            update(Clip).where(Clip.id == clip, over).values(leaves=self._clock() + seconds)
        )

    def stay(self, clip: str) -> bool:
        """Bring a clip back that is about to be removed; whether it was."""
        return self._database.change(
            update(Clip).where(Clip.id == clip, Clip.leaves.is_not(None)).values(leaves=None)
        )

    def leaving(self, project: str | None = None) -> Sequence[Clip]:
        """Clips whose time to go has come; all of a project that are to go, where one is given."""
        due = Clip.leaves <= self._clock() if project is None else Clip.project_id == project
        with self._database.reading() as session:
            return session.scalars(select(Clip).where(Clip.leaves.is_not(None), due)).all()

    def uncover(self, clip: str) -> bool:
        """Let a clip have the result again that its last cover took the place of."""
        with self._database.writing() as session:
            found = session.get(Clip, clip)
            if found is None or found.before is None:
                return False
            found.run, found.found, found.before = found.before["run"], found.before["found"], None
        return True

    def forget_before(self) -> None:
        """Let no cover be undone any more."""
        self._database.change(update(Clip).where(Clip.before.is_not(None)).values(before=None))

    def original_deleted(self, clip: str) -> None:
        """Note that the original is gone."""
        self._database.change(update(Clip).where(Clip.id == clip).values(original=False))

    def originals_due(self) -> Sequence[Clip]:
        """Clips that are done, whose original shall go, and that no job needs any more."""
        with self._database.reading() as session:
            done = session.scalars(
                select(Clip).where(
                    Clip.run.is_not(None), Clip.after == "delete", Clip.original.is_(True)
                )
            ).all()
        needed = self._jobs.needed() if done else set()
        return [clip for clip in done if clip.id not in needed]

    def originals_before(self, moment: float) -> Sequence[Clip]:
        """Clips whose original came before a moment and is still here."""
        due = (Clip.original.is_(True), func.coalesce(Clip.came, Clip.created) < moment)
        with self._database.reading() as session:
            return session.scalars(select(Clip).where(*due, _UNNEEDED)).all()

    def let_go(self, clip: str) -> bool:
        """Note that an original goes, unless something is being done or waits to be done with it:
        one statement, so that nobody is between. Whether it goes."""
        return self._database.change(
            update(Clip)
            .where(Clip.id == clip, Clip.original.is_(True), _UNNEEDED)
            .values(original=False)
        )

    def original_stays(self, clip: str) -> None:
        """Note that an original is still here: it could not be removed."""
        self._database.change(update(Clip).where(Clip.id == clip).values(original=True))

    def expire(self, moment: float) -> Sequence[str]:
        """Have clips removed of which nothing was made since a moment, and nothing is being made;
        their ids."""
        done = select(Job.id).where(Job.id == Clip.id, Job.status == Status.DONE).exists()
        with self._database.writing() as session:
            return session.scalars(
                update(Clip)
                .where(Clip.leaves.is_(None), Clip.run.is_not(None), done)
                .where(_UNNEEDED, _NOTHING_SINCE.bindparams(moment=moment))
                .values(leaves=self._clock())
                .returning(Clip.id),
                execution_options=UNSYNCHRONISED,
            ).all()

    def remove(self, clip: str) -> bool:
        """Forget a clip whose job is over, and its name wherever it was written."""
        found = self.get(clip)
        over = select(Job.id).where(Job.id == clip, Job.status.in_(OVER)).exists()
        with self._database.writing() as session:
            if not changed(session, delete(Clip).where(Clip.id == clip, over)):
                return False
            changed(session, delete(Job).where(Job.id == clip))
            session.merge(Removed(id=clip))
        self._database.deleted()
        assert found is not None
        with suppress(OperationalError):  # the clip is gone already, and its files have to go
            for other in self._jobs.of_clip(clip):
                self._jobs.rename(other.id, (other.name or "").replace(found.name, REMOVED))
        return True

    # --- what was found on the disk -------------------------------------------------------------

    def recover(self, clip: Clip, wanted: dict[str, Any]) -> Clip:
        """List a clip whose files were found and that nothing is known of.

        Parameters
        ----------
        clip : Clip
            As it was found; with a run it is done, else its job has failed.
        wanted : dict
            How it was de-identified, as far as its files say.
        """
        values: dict[str, Any] = {"status": Status.DONE, "run": clip.run, "found": clip.found}
        if clip.run is None:
            values = {"status": Status.FAILED, "code": "recovered", "error": RECOVERED}
        job = _making(clip, clip.created, wanted=wanted, finished=clip.created, **values)
        with self._database.writing() as session:
            session.add(job)
            session.flush()
            session.add(clip)
        return self._known(clip.id)

    def adopt(self, clip: str, run: str, found: dict[str, Any]) -> None:
        """Let a clip have a result that was found on the disk and that it does not name."""
        done = {"status": Status.DONE, "error": None, "code": None, "cancel_asked": None}
        result = {"run": run, "found": found}
        with self._database.writing() as session:
            changed(
                session,
                update(Job)
                .where(Job.id == clip)
                .values(**{**ended(self._clock()), **done, **result}),
            )
            changed(session, update(Clip).where(Clip.id == clip).values(**result))

    def _known(self, clip: str) -> Clip:
        found = self.get(clip)
        assert found is not None
        return found


def _making(clip: Clip, created: float, **values: Any) -> Job:
    """The job that makes a clip's result; they share the id, and the name is the clip's alone."""
    values = {"id": clip.id, "project_id": clip.project_id, "clips": [clip.id], **values}
    return new_job(Kind.DEIDENTIFY, created, **values)
