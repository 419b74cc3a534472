"""What all routes share: finding clips and jobs, and saying what they are."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from mien.errors import LinkError
from mien.web.http.calling import Calling
from mien.web.http.problems import Problem
from mien.web.http.reviews import Reviews
from mien.web.http.serving import Serving
from mien.web.http.studies import Studies
from mien.web.http.study_making import StudyMaking
from mien.web.queue.folders import Folders
from mien.web.queue.jobs import READERS
from mien.web.queue.places import LINKED
from mien.web.queue.probing import Upload
from mien.web.queue.recovery import Recovery
from mien.web.queue.store import Store
from mien.web.queue.tables import Clip, Job, Kind, Project, Status


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

    def project(self, project: str | None) -> Project:
        """A project, by default the first; a `Problem` if there is none of that id."""
        projects = self.store.projects
        found = projects.all()[0] if project is None else projects.get(project)
        if found is None:
            raise Problem(404, "no_project", "There is no such project: it may have been removed.")
        self._check(found.id)
        return found

    def clip(self, clip: str, *, leaving: bool = False) -> Clip:
        """A clip; a `Problem` if there is none of that id, or if it is about to be removed, unless
        those are meant as well."""
        found = self.store.clips.get(clip)
        if found is None or (found.leaves is not None and not leaving):
            raise Problem(404, "no_clip", "There is no such clip: it may have been removed.")
        self._check_files(found)
        return found

    def work(self, work: str, *kinds: Kind) -> Job:
        """A job that is no clip's making; a `Problem` if none has that id and one of the kinds."""
        found = self.store.jobs.get(work)
        if found is None or found.kind not in (kinds or READERS):
            raise Problem(404, "no_work", "There is no such job: it may have been removed.")
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

    def _check_files(self, owner: Clip | Job) -> None:
        """Refuse to do anything with files that a link has taken the place of."""
        self._check(owner.project_id)
        with _refusing_links():
            self.folders.check_files(owner)

    def _check(self, project: str) -> None:
        """Refuse to do anything in a folder that a link has taken the place of."""
        with _refusing_links():
            self.folders.check(project)


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


def work_view(job: Job, runs: Mapping[str, str | None] | None = None) -> WorkView:
    """What pages are told of a job that is no clip; `runs` are those that clips have now."""
    read = (job.found or {}).get("runs", {})
    outdated = runs is not None and any(runs.get(clip) != run for clip, run in read.items())
    return WorkView.model_validate({**progress_of(job), "outdated": outdated})
