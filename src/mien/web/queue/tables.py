"""What the database holds."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Kind(StrEnum):
    """What a job does."""

    DEIDENTIFY = "deidentify"
    """Makes a clip's result. Such a job *is* the clip for as long as that is stored."""
    COVER = "cover"
    """Covers moments of a clip's result by hand, and takes its place."""
    EVALUATE = "evaluate"
    """Measures a clip's result against its original."""
    ENCOUNTER = "encounter"
    """Reads the expressions of a doctor and a patient."""
    RELEASE = "release"
    """Checks results and packs them."""


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


class Removed(Base):
    """A job that somebody removed: files with its id may go, those of unknown ids may not."""

    __tablename__ = "removed"

    id: Mapped[str] = mapped_column(primary_key=True)
    """What the job's id was."""


class Job(Base):
    """One piece of work, what is wanted, and how far it is."""

    __tablename__ = "jobs"

    id: Mapped[str] = mapped_column(primary_key=True)
    """Random; the name of its files."""
    kind: Mapped[str] = mapped_column(index=True)
    """A `Kind`."""
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"), index=True)
    number: Mapped[int] = mapped_column(index=True)
    """Place in the queue: of equally urgent jobs the first that came is taken."""
    urgency: Mapped[int]
    """The lower, the sooner."""
    name: Mapped[str]
    """What people call it; a clip's is what its file was called, and is kept nowhere else."""
    created: Mapped[float]
    """Seconds since 1970."""
    finished: Mapped[float | None]
    """Seconds since 1970; None until the job is over."""
    status: Mapped[str] = mapped_column(index=True)
    """A `Status`."""

    wanted: Mapped[dict[str, Any]] = mapped_column(JSON)
    """Settings, as the kind of job has them."""
    clips: Mapped[list[str]] = mapped_column(JSON)
    """Jobs whose original or result this one reads; empty for a clip itself."""
    found: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    """What the worker says of the result, in short."""

    # of a clip
    after: Mapped[str | None]
    """`ask`, or `delete`: what happens to the original when all is done."""
    size: Mapped[int | None]
    """Bytes of the original."""
    width: Mapped[int | None]
    height: Mapped[int | None]
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
