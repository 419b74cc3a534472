"""Where files lie: random names only, results in a folder per attempt."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from mien.errors import OutputError
from mien.web.queue import damage, places
from mien.web.queue.audit import AUDIT
from mien.web.queue.log import LOG
from mien.web.queue.places import (
    IN_PROJECT,
    JOB_ID,
    ORIGINALS,
    PORTRAITS,
    PROJECTS,
    RUNS,
    UPLOADS,
)
from mien.web.queue.removal import remove, remove_empty
from mien.web.queue.tables import Clip, Job, Kind

RESULT, MANIFEST, PREVIEW = "result.mp4", "result.json", "preview.jpg"
COMPARE = "compare.mp4"
"""Original and result beside each other: SHOWS THE PATIENT."""
ARCHIVE = "release.zip"
"""Of a release; only there if all its checks passed."""
FRAMES = "frames.json"
"""When each frame is shown: ``{"times": [seconds, ...]}``."""
TRIED, WAS = "tried.jpg", "was.jpg"
"""A moment of a clip as its result would look, and as the original has it."""


def person_picture(number: int) -> str:
    """What the picture of a person of a clip is called, from 1: SHOWS THE PATIENT."""
    return f"person-{number}.jpg"


@dataclass(frozen=True)
class Folders:
    """The data folder::

        mien.sqlite3
        mien.log, mien.log.1                 what nobody expected
        audit.log                            who saw what, where people have accounts
        projects/PROJECT/uploads/RANDOM      arriving
        projects/PROJECT/originals/CLIP
        projects/PROJECT/portraits/CLIP      somebody's picture, to be the new face
        projects/PROJECT/runs/CLIP/RUN/      result.mp4, ...
        projects/PROJECT/runs/JOB/RUN/       report/, release.zip, ...

    A result counts once its clip, or its job that is done, names the run; every other run is a
    left-over. What makes or covers a clip's result has its run among the clip's, so that the clip
    can take it over.

    Whatever is deleted is of one of these places, and reached without following a link. Files with
    other names than these were put there by somebody else and stay.
    """

    data: Path

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.data / places.DATABASE

    @property
    def log(self) -> Path:
        """Where unexpected failures are written down; may hold names of files, is never sent."""
        return self.data / LOG

    @property
    def audit(self) -> Path:
        """The log of who saw what."""
        return self.data / AUDIT

    def make(self) -> None:
        """Create the data folder, for its owner only.

        Raises
        ------
        OutputError
            If it cannot be created or is something else.
        LinkError
            If a place in it is a link.
        DatabaseError
            If the list of clips is damaged, or not mien's.
        """
        try:
            self.data.mkdir(parents=True, exist_ok=True)
            if not any(self.data.iterdir()):
                self.data.chmod(0o700)
            places.check_all(self.data)
            damage.check(self.database)  # before an empty one is in its place
            (self.data / PROJECTS).mkdir(mode=0o700, exist_ok=True)
            self.database.touch(mode=0o600)  # SQLite gives its other files the same mode
        except OutputError:  # a link, or a list that cannot be opened
            raise
        except OSError as exc:
            raise OutputError(
                f"{self.data} cannot be used as a folder for data: choose another with --data."
            ) from exc

    def open_project(self, project: str) -> None:
        """Create the folders of a project."""
        self.check(project)
        try:
            for name in IN_PROJECT:
                (self.project(project) / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as exc:
            raise OutputError(
                f"Nothing can be written to {self.data}: choose another folder with --data."
            ) from exc

    def check(self, project: str) -> None:
        """Refuse a project of which a folder is a link.

        Raises
        ------
        LinkError
            If one is; the message says which.
        """
        for name in IN_PROJECT:
            places.check(self.data, PROJECTS, project, name)

    def check_files(self, owner: Clip | Job) -> None:
        """Refuse what has its original, its result or its attempt behind a link, as `check`."""
        made = self.runs(owner) if owner.run is None else self.run(owner)
        stored = (self.original(owner), self.portrait(owner)) if isinstance(owner, Clip) else ()
        for path in (made, *stored):
            places.check(self.data, *self._parts(path))

    def upload(self, project: str) -> Path:
        """A place for a file that arrives."""
        return self.project(project) / UPLOADS / secrets.token_hex(16)

    def original(self, clip: Clip) -> Path:
        """The clip as it came."""
        return self.project(clip.project_id) / ORIGINALS / clip.id

    def portrait(self, clip: Clip) -> Path:
        """A picture of somebody who agreed to be the new face of a clip."""
        return self.project(clip.project_id) / PORTRAITS / clip.id

    def runs(self, owner: Clip | Job) -> Path:
        """All attempts at a clip's result, or at a job."""
        name = owner.id
        if isinstance(owner, Job) and Kind(owner.kind).changes_result:
            (name,) = owner.clips
        return self.project(owner.project_id) / RUNS / name

    def run(self, owner: Clip | Job) -> Path:
        """The result that a clip has, or the attempt that a job names."""
        assert owner.run is not None
        return self.runs(owner) / owner.run

    def forget_clip(self, clip: Clip) -> None:
        """Remove every file of a clip."""
        self._remove(self.original(clip))
        self._remove(self.portrait(clip))
        with suppress(OSError):  # what stays is removed at the next start
            self._remove(self.runs(clip))

    def forget(self, job: Job) -> None:
        """Remove every file of a job, unless the clip has what it made."""
        if not Kind(job.kind).changes_result:
            with suppress(OSError):
                self._remove(self.runs(job))

    def forget_portrait(self, clip: Clip) -> None:
        """Remove a clip's picture of somebody who agreed to be the new face."""
        self._remove(self.portrait(clip))

    def forget_original(self, clip: Clip) -> None:
        """Remove whatever shows the original of a clip."""
        for path in self.comparisons(clip):
            self._remove(path)
        self._remove(self.original(clip))

    def comparisons(self, clip: Clip) -> list[Path]:
        """Where videos lie, or could, that show the original of a clip beside its result."""
        return [run / COMPARE for run in places.real_folders(self.runs(clip))]

    def forget_others(self, clip: Clip) -> None:
        """Remove results of a clip that another has taken the place of, for good."""
        kept = (clip.run, (clip.before or {}).get("run"))
        for run in places.entries(self.runs(clip)):
            if run.name not in kept:
                with suppress(OSError):
                    self._remove(Path(run.path))

    def strange(self, project: str) -> list[Path]:
        """What lies in a project's folder and was not put there by the application."""
        home = self.project(project)
        found = [Path(one.path) for one in places.entries(home) if one.name not in IN_PROJECT]
        for name in IN_PROJECT:
            found += [
                Path(one.path)
                for one in places.entries(home / name)
                if not JOB_ID.fullmatch(one.name)
            ]
        return [path for path in found if not places.of_the_system(path)]

    def names(self, projects: Iterable[str]) -> set[str]:
        """Names of all that lies among originals and results."""
        return {
            one.name
            for project in projects
            for name in (ORIGINALS, PORTRAITS, RUNS)
            for one in places.entries(self.project(project) / name)
        }

    def is_empty(self, project: str) -> bool:
        """Whether no original, no result and nothing strange lies in a project's folder."""
        home = self.project(project)
        stored = [
            one for name in (ORIGINALS, PORTRAITS, RUNS) for one in places.entries(home / name)
        ]
        kept = [one for one in stored if not places.of_the_system(Path(one.path))]
        return not kept and not self.strange(project)

    def forget_project(self, project: str) -> None:
        """Remove the folder of a project; anything in it that is not the application's stays."""
        home = self.project(project)
        for one in places.entries(home / UPLOADS):
            if JOB_ID.fullmatch(one.name):
                with suppress(OSError):
                    self._remove(Path(one.path))
        for folder in (*(home / name for name in IN_PROJECT), home):
            for one in places.entries(folder):
                if places.of_the_system(Path(one.path)):
                    with suppress(OSError):
                        self._remove(Path(one.path))
            with suppress(OSError):
                remove_empty(self.data, *self._parts(folder))

    def drop_run(self, owner: Clip | Job) -> None:
        """Remove what an attempt left."""
        if owner.run is not None:
            with suppress(OSError):
                self._remove(self.run(owner))

    def tidy(
        self,
        projects: Iterable[str],
        results: Mapping[str, str | None],
        removed: Collection[str] = (),
    ) -> None:
        """Remove broken uploads, stopped attempts, and what is left of what was removed.

        Only while no worker runs and nothing is uploaded. What belongs to no clip and no job, and
        was never removed, stays: `mien.web.queue.recovery` says what becomes of it.

        Parameters
        ----------
        projects : iterable of str
            Ids.
        results : mapping
            The run that counts of all clips and jobs that are stored, by id; None where none does.
        removed : collection of str
            Ids of clips and jobs that were removed.
        """
        for project in projects:
            home = self.project(project)
            due = [one for one in places.entries(home / UPLOADS) if JOB_ID.fullmatch(one.name)]
            for name in (ORIGINALS, PORTRAITS, RUNS):
                due += [one for one in places.entries(home / name) if one.name in removed]
            for one in due:
                with suppress(OSError):  # the server has to start
                    self._remove(Path(one.path))
            for folder in places.real_folders(home / RUNS):
                if folder.name not in results:
                    continue
                for run in places.entries(folder):
                    if run.name != results[folder.name]:
                        with suppress(OSError):
                            self._remove(Path(run.path))
                with suppress(OSError):
                    remove_empty(self.data, *self._parts(folder))  # if nothing is left

    def _remove(self, path: Path) -> None:
        remove(self.data, *self._parts(path))

    def _parts(self, path: Path) -> tuple[str, ...]:
        return path.relative_to(self.data).parts

    def project(self, project: str) -> Path:
        """All of a project."""
        return self.data / PROJECTS / project
