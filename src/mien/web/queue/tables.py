"""What the database holds."""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Kind(StrEnum):
    """What a job does."""

    DEIDENTIFY = "deidentify"
    """Makes a clip's result. Every clip has one such job, of the same id."""
    PEOPLE = "people"
    """Finds everybody in a clip's original, with pictures: SHOWS THE PATIENT."""
    TRY = "try"
    """Makes a picture of one moment as the result would look."""
    COVER = "cover"
    """Covers moments of a clip's result by hand, and takes its place."""
    EVALUATE = "evaluate"
    """Measures a clip's result against its original."""
    ENCOUNTER = "encounter"
    """Reads the expressions of a doctor and a patient."""
    RELEASE = "release"
    """Checks results and packs them."""

    @property
    def changes_result(self) -> bool:
        """Whether it gives the one clip that it is about a result."""
        return self in (Kind.DEIDENTIFY, Kind.COVER)

    @property
    def reads_original(self) -> bool:
        """Whether it is about the one clip's original, shows it, and goes with it."""
        return self in (Kind.PEOPLE, Kind.TRY)


class Status(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    HELD = "held"
    """Stored, and begun when somebody says so."""

    @property
    def over(self) -> bool:
        """Whether nothing more will happen unasked."""
        return self not in (Status.QUEUED, Status.RUNNING)


class Role(StrEnum):
    """What an account may do at all; what it may do with a project, `Right` says."""

    READER = "reader"
    """Sees results and reports, and downloads results."""
    WORKER = "worker"
    """Uploads and makes in own projects, and in those that are shared so."""
    ADMIN = "admin"
    """Everything, in all projects; accounts and the log of who saw what."""

    @property
    def rank(self) -> int:
        """The higher, the more is allowed."""
        return list(Role).index(self)


class Right(IntEnum):
    """What an account may do with a project; each includes those before it."""

    READ = 1
    """See and download results: nothing that shows an original or says what its file was called."""
    WORK = 2
    """Upload, make, see originals, remove."""
    OWN = 3
    """Rename, share, remove the project."""


class Base(DeclarativeBase):
    """All tables."""


class Account(Base):
    """Somebody who may log in, where people have accounts."""

    __tablename__ = "accounts"

    id: Mapped[str] = mapped_column(primary_key=True)
    """Random."""
    name: Mapped[str]
    """By which they log in."""
    folded: Mapped[str] = mapped_column(unique=True)
    """The name without regard to case."""
    role: Mapped[str]
    """A `Role`."""
    kept: Mapped[str]
    """Of the password, as `mien.web.queue.passwords.digest` makes it."""
    epoch: Mapped[int]
    """Counts changes of the password: sessions of an earlier one are over."""
    quota: Mapped[int | None]
    """Bytes that the own projects may take; None for what the server says."""
    created: Mapped[float]
    """Seconds since 1970."""


class Share(Base):
    """A project that somebody who does not own it may use."""

    __tablename__ = "shares"

    project_id: Mapped[str] = mapped_column(
        ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True
    )
    account_id: Mapped[str] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True
    )
    right: Mapped[int]
    """A `Right`: `READ` or `WORK`."""


class Belonging(Base):
    """Whose something is that lies in no project: a study, a call, a guided recording."""

    __tablename__ = "belongings"

    id: Mapped[str] = mapped_column(primary_key=True)
    """Of the thing."""
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))


class Head(Base):
    """The last line of the log of who saw what, so that one that is cut off is noticed."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True)
    """Always 1."""
    number: Mapped[int]
    """Of the line."""
    sha256: Mapped[str]
    """Of the line, hexadecimal."""


class Project(Base):
    """Clips that belong together, in a folder of their own."""

    __tablename__ = "projects"

    id: Mapped[str] = mapped_column(primary_key=True)
    """Random; the name of its folder."""
    name: Mapped[str]
    """What the user calls it."""
    created: Mapped[float]
    """Seconds since 1970."""
    owner: Mapped[str | None] = mapped_column(index=True)
    """Id of the account whose it is; None of one that only admins see, or without accounts."""


class Removed(Base):
    """What somebody removed: files with its id may go, those of unknown ids may not."""

    __tablename__ = "removed"

    id: Mapped[str] = mapped_column(primary_key=True)
    """What the clip's or the job's id was."""


class Job(Base):
    """One piece of work, what is wanted, and how far it is."""

    __tablename__ = "jobs"

    id: Mapped[str] = mapped_column(primary_key=True)
    """Random; the name of its files. A clip's, if it makes that clip's result."""
    kind: Mapped[str] = mapped_column(index=True)
    """A `Kind`."""
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"), index=True)
    number: Mapped[int] = mapped_column(index=True)
    """Place in the queue: of equally urgent jobs the first that came is taken."""
    urgency: Mapped[int]
    """The lower, the sooner."""
    name: Mapped[str | None]
    """What people call it; None of what makes a clip's result, which is called as the clip."""
    created: Mapped[float]
    """Seconds since 1970."""
    finished: Mapped[float | None]
    """Seconds since 1970; None until the job is over."""
    status: Mapped[str] = mapped_column(index=True)
    """A `Status`."""

    wanted: Mapped[dict[str, Any]] = mapped_column(JSON)
    """Settings, as the kind of job has them."""
    clips: Mapped[list[str]] = mapped_column(JSON)
    """Ids of clips whose original or result this one reads."""
    found: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    """What the worker says of the result, in short."""

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
    started: Mapped[float | None]
    """When it was taken last, seconds since 1970; of jobs of earlier versions unknown."""


class Clip(Base):
    """What somebody uploaded, and the result that it has now."""

    __tablename__ = "clips"

    id: Mapped[str] = mapped_column(ForeignKey("jobs.id"), primary_key=True)
    """Random; the name of its files, and the id of the job that makes its result."""
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"), index=True)
    name: Mapped[str]
    """What its file was called: leaves this computer with nothing, see `called`."""
    created: Mapped[float]
    """When it came, seconds since 1970."""
    after: Mapped[str]
    """`ask`, or `delete`: what happens to the original when all is done."""
    size: Mapped[int]
    """Bytes of the original."""
    width: Mapped[int | None]
    """Pixels; None of a clip that was found again without its result, as the next three."""
    height: Mapped[int | None]
    frames: Mapped[int | None]
    """Frames that the file announces."""
    seconds: Mapped[float | None]
    """Duration."""
    original: Mapped[bool]
    """Whether the original is still here."""
    run: Mapped[str | None]
    """Folder of its result, of whatever job that was made by; None as long as it has none."""
    found: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    """What is said of that result, in short."""
    digest: Mapped[str | None] = mapped_column(index=True)
    """SHA-256 of the file that came; None of clips of earlier versions."""
    subject: Mapped[str | None]
    """Whom it shows, by a pseudonym."""
    visit: Mapped[str | None]
    """Which visit it is of."""
    note: Mapped[str | None]
    """What somebody wrote about it."""
    family: Mapped[str | None]
    """Id of the clip that it, and others made of the same original, began with; None while it is
    the only one."""
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    """``run`` and ``found`` of the result that the last cover took the place of, as long as that
    can be undone."""
    leaves: Mapped[float | None]
    """When it is removed for good, seconds since 1970; None of a clip that stays."""
    came: Mapped[float | None]
    """When its original came, seconds since 1970, where that is before `created`: it was made once
    more of one that was there."""

    @property
    def called(self) -> str:
        """What people call it: its pseudonym and visit, or else as its file was called."""
        if self.subject is None:
            return self.name
        return " · ".join(part for part in (self.subject, self.visit) if part)

    job: Mapped[Job] = relationship(lazy="joined", viewonly=True)
    """What makes its first result: how that is wanted, and how far it is."""
