"""What all routes share: finding clips and jobs, and saying what they are."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from mien.errors import LinkError
from mien.web.http.batches import Batches
from mien.web.http.calling import Calling
from mien.web.http.problems import Problem
from mien.web.http.reviews import Reviews
from mien.web.http.serving import Serving
from mien.web.http.studies import Studies
from mien.web.http.study_making import Making, StudyMaking, Wanted
from mien.web.http.visitor import VISITOR, Visitor, not_allowed
from mien.web.queue.clips import REMOVED
from mien.web.queue.folders import Folders
from mien.web.queue.jobs import READERS
from mien.web.queue.places import LINKED
from mien.web.queue.probing import Upload
from mien.web.queue.quota import Quota
from mien.web.queue.recovery import Recovery
from mien.web.queue.store import Store
from mien.web.queue.tables import Clip, Job, Kind, Project, Status

NOT_TOLD = "It did not work: ask whoever works in this project why."
"""Instead of a sentence that may hold the name of a file."""


class ProgressView(BaseModel):
    """What a job is, and how far it is."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str
    """What people call it; a clip's is what its file was called."""
    status: Status
    created: float
    """Seconds since 1970."""
    finished: float | None
    stage: str | None
    done: int
    """Frames that have passed the stage."""
    total: int | None
    fps: float | None
    seconds_left: float | None
    cancelling: bool
    """Whether it was asked to stop and has not stopped yet."""
    error: str | None
    code: str | None


class WorkView(ProgressView):
    """A job that is no clip."""

    kind: Kind
    clips: list[str]
    """Clips that it reads."""
    wanted: dict[str, Any]
    """Its settings."""
    found: dict[str, Any] | None
    """What was found, in short; None until it is done."""
    outdated: bool = False
    """Whether a clip that it was made of was removed, or covered by hand, since."""


@dataclass(frozen=True)
class Desk:
    """Where routes ask."""

    serving: Serving
    """How the server is run."""
    folders: Folders
    """Where files lie."""
    store: Store
    """Projects, clips and the queue."""
    look: Callable[[Path], Upload]
    """Says what an upload is, or raises `VideoError`."""
    recovery: Recovery
    """What was found at the start that was on no list."""
    studies: Studies
    """Rating studies that the server was given, or made."""
    making: StudyMaking
    """Makes studies from clips."""
    reviews: Reviews
    """Reviews that the server was given."""
    calling: Calling
    """Live calls."""
    quota: Quota
    """How much may be stored."""
    batches: Batches = field(default_factory=lambda: Batches(()))
    """Batches that the server was given to show."""
    by_name: bool = False
    """Whether people have accounts: then nothing is given to whom it was not allowed."""

    def visitor(self) -> Visitor | None:
        """Who asks; None where nobody has an account, and everybody may do everything."""
        found = VISITOR.get()
        if found is None and self.by_name:
            raise not_allowed()
        return found

    def projects(self) -> list[Project]:
        """Projects that whoever asks may see, oldest first."""
        visitor, found = self.visitor(), self.store.projects.all()
        return [one for one in found if visitor is None or one.id in visitor.rights]

    def project(self, project: str | None) -> Project:
        """A project, by default the first; a `Problem` if there is none of that id."""
        gone = Problem(404, "no_project", "There is no such project: it may have been removed.")
        if project is None:
            found = next(iter(self.projects()), None)
        else:
            found = self.store.projects.get(project)
        if found is None:
            raise gone
        self._allow(found.id, found.id, gone)
        self._check(found.id)
        return found

    def clip(self, clip: str, *, leaving: bool = False) -> Clip:
        """A clip; a `Problem` if there is none of that id, or if it is about to be removed, unless
        those are meant as well."""
        gone = Problem(404, "no_clip", "There is no such clip: it may have been removed.")
        found = self.store.clips.get(clip)
        if found is None or (found.leaves is not None and not leaving):
            raise gone
        self._allow(found.project_id, found.id, gone)
        self._check_files(found)
        return found

    def work(self, work: str, *kinds: Kind) -> Job:
        """A job that is no clip's making; a `Problem` if none has that id and one of the kinds."""
        gone = Problem(404, "no_work", "There is no such job: it may have been removed.")
        found = self.store.jobs.get(work)
        if found is None or found.kind not in (kinds or READERS):
            raise gone
        self._allow(found.project_id, found.id, gone)
        if Kind(found.kind).reads_original and not self.names(found.project_id):
            raise gone
        self._check_files(found)
        return found

    def done(self, clip: str) -> Clip:
        """A clip whose result can be read; a `Problem` where it cannot."""
        found = self.clip(clip)
        if found.run is None:
            raise Problem(409, "not_done", "This clip has no result: wait until it is done.")
        return found

    def file(self, owner: Clip | Job, name: str) -> Path:
        """A file of a clip's result, or of what a job made; a `Problem` if it is not there."""
        if owner.run is None or (isinstance(owner, Job) and owner.status != Status.DONE):
            raise Problem(409, "not_done", "This is not done: wait until it is.")
        path = self.folders.run(owner) / name
        if not path.is_file() or path.is_symlink():
            raise Problem(404, "file_gone", "The file is gone: make it again.")
        return path

    def order(
        self,
        kind: Kind,
        clips: Sequence[Clip],
        wanted: dict[str, Any],
        name: str,
        project: str | None = None,
    ) -> Job:
        """Queue a job that reads clips, all of which are done."""
        return self.store.jobs.add(
            kind,
            id=secrets.token_hex(16),
            project_id=project or clips[0].project_id,
            name=name,
            clips=[clip.id for clip in clips],
            wanted=wanted,
        )

    def names(self, project: str) -> bool:
        """Whether whoever asks may know what the files of a project's originals were called."""
        visitor = self.visitor()
        return visitor is None or visitor.names(project)

    def mine(self, thing: str, gone: Problem) -> None:
        """Pass if something that lies in no project is of whoever asks; `gone` is raised else."""
        visitor = self.visitor()
        if visitor is None:
            return
        visitor.note(thing)
        if thing not in self.own(thing):
            visitor.refused = True
            raise gone
        visitor.asked = True

    def own(self, *things: str) -> set[str]:
        """Those of some things in no project that are of whoever asks; an admin's are all."""
        visitor = self.visitor()
        if visitor is None or visitor.is_admin:
            return set(things)
        return set(things) & self.store.accounts.belongings(visitor.account.id)

    def take(self, thing: str) -> None:
        """Let something that was just made and lies in no project belong to whoever asks."""
        visitor = self.visitor()
        if visitor is not None:
            visitor.note(thing)
            self.store.accounts.take(thing, visitor.account.id)

    def begin_study(self, wanted: Wanted) -> Making:
        """Begin to make a study, which is of whoever asks."""
        visitor = self.visitor()
        return self.making.begin(wanted, None if visitor is None else visitor.account.id)

    def made(self, thing: str) -> None:
        """Have something that was just made named in the log."""
        visitor = self.visitor()
        if visitor is not None:
            visitor.note(thing)

    def say(self, more: str) -> None:
        """Have something said besides in the log."""
        visitor = self.visitor()
        if visitor is not None:
            visitor.more = more

    def called(self, clip: Clip) -> str:
        """What a clip is called for whoever asks: never as its file, if they may not know that."""
        if clip.subject is not None or self.names(clip.project_id):
            return clip.called
        return _nameless(clip.id)

    def work_view(self, job: Job, runs: Mapping[str, str | None] | None = None) -> WorkView:
        """What is told of a job that is no clip; `runs` are those that clips have now."""
        read = (job.found or {}).get("runs", {})
        outdated = runs is not None and any(runs.get(clip) != run for clip, run in read.items())
        told = {**progress_of(job), "outdated": outdated}
        if not self.names(job.project_id):
            told |= {"name": self._neutral(job), "error": job.error and NOT_TOLD}
            if job.kind == Kind.RELEASE:
                told["found"] = without_words(job.found)
                told["wanted"] = {  # words that somebody typed may name somebody
                    key: value
                    for key, value in told["wanted"].items()
                    if not isinstance(value, str)
                }
        return WorkView.model_validate(told)

    def _neutral(self, job: Job) -> str:
        """What a job is called for those who may not know names of files."""
        if job.kind == Kind.RELEASE:  # what somebody typed for others, or how many clips
            return job.name or ""
        clips = [self.store.clips.get(clip) for clip in job.clips]
        return " + ".join(REMOVED if clip is None else self.called(clip) for clip in clips)

    def _allow(self, project: str, thing: str, gone: Problem) -> None:
        """The one place where it is asked what somebody may do with what is in a project."""
        visitor = self.visitor()
        if visitor is not None:
            visitor.note(thing)
            visitor.allow(project, gone)

    def _check_files(self, owner: Clip | Job) -> None:
        """Refuse to do anything with files that a link has taken the place of."""
        self._check(owner.project_id)
        with _refusing_links():
            self.folders.check_files(owner)

    def _check(self, project: str) -> None:
        """Refuse to do anything in a folder that a link has taken the place of."""
        with _refusing_links():
            self.folders.check(project)


def _nameless(clip: str) -> str:
    return f"Clip {clip[:8]}"


def without_words(found: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What was found by a release, without what its checks say, which may be names of files."""
    if found is None:
        return None
    checks = [{**check, "words": ""} for check in found.get("checks", [])]
    return {**found, "checks": checks}


@contextmanager
def _refusing_links() -> Iterator[None]:
    try:
        yield
    except LinkError as error:
        raise Problem(503, "linked", LINKED) from error


def progress_of(job: Job) -> dict[str, Any]:
    """Fields of `ProgressView` and `WorkView`; of a clip's making all but its name."""
    return {
        **{column.key: getattr(job, column.key) for column in Job.__table__.columns},
        "cancelling": job.status == Status.RUNNING and job.cancel_asked is not None,
    }
