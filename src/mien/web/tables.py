"""What the database holds."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Status(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def over(self) -> bool:
        """Whether nothing more will happen."""
        return self in (Status.DONE, Status.FAILED, Status.CANCELLED)


class Base(DeclarativeBase):
    """All tables."""


class Project(Base):
    """Clips that belong together, in a folder of their own."""

    __tablename__ = "projects"

    id: Mapped[str] = mapped_column(primary_key=True)
    """Random; the name of its folder."""
    name: Mapped[str]
    """What the user calls it."""
    created: Mapped[float]
    """Seconds since 1970."""


class Job(Base):
    """One clip, how it is de-identified, and how far that is."""

    __tablename__ = "jobs"

    id: Mapped[str] = mapped_column(primary_key=True)
    """Random; the name of its files."""
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"))
    number: Mapped[int] = mapped_column(index=True)
    """Place in the queue: jobs are taken in this order."""
    name: Mapped[str]
    """What the original was called; kept nowhere else."""
    created: Mapped[float]
    """Seconds since 1970."""
    finished: Mapped[float | None]
    """Seconds since 1970; None until the job is over."""
    status: Mapped[str] = mapped_column(index=True)
    """A `Status`."""

    engine: Mapped[str]
    surrogate: Mapped[str]
    voice: Mapped[str]
    after: Mapped[str]
    """`ask`, or `delete`: what happens to the original when the result is done."""

    size: Mapped[int]
    """Bytes of the original."""
    width: Mapped[int]
    height: Mapped[int]
    frames: Mapped[int | None]
    """Frames that the file announces."""
    seconds: Mapped[float | None]
    """Duration."""
    original: Mapped[bool]
    """Whether the original is still here."""

    stage: Mapped[str | None]
    """What the worker does."""
    done: Mapped[int]
    """Frames that have passed the stage."""
    total: Mapped[int | None]
    """Frames of the stage."""
    fps: Mapped[float | None]
    """Frames per second of the stage."""
    seconds_left: Mapped[float | None]
    """Estimate of the time to the end of the job."""
    beat: Mapped[float | None]
    """When the worker last wrote, seconds since 1970."""

    worker: Mapped[str | None] = mapped_column(index=True)
    """Name of the worker process that has it."""
    run: Mapped[str | None]
    """Random; the folder of the attempt that is under way, or that gave the result."""
    attempts: Mapped[int]
    """How often it was taken since the server started."""
    cancel_asked: Mapped[float | None]
    """When somebody asked to cancel it, seconds since 1970."""
    error: Mapped[str | None]
    """One sentence."""
    code: Mapped[str | None]
    """Kind of the error, for translations."""
