"""Where files lie: random names only, results in a folder per attempt."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from mien.errors import OutputError
from mien.web.log import LOG
from mien.web.tables import Job, Kind

RESULT, MANIFEST, PREVIEW = "result.mp4", "result.json", "preview.jpg"
COMPARE = "compare.mp4"
"""Original and result beside each other: SHOWS THE PATIENT."""
ARCHIVE = "release.zip"
"""Of a release; only there if all its checks passed."""
FRAMES = "frames.json"
"""When each frame is shown: ``{"times": [seconds, ...]}``."""


@dataclass(frozen=True)
class Folders:
    """The data folder::

        mien.sqlite3
        mien.log, mien.log.1                 what nobody expected
        projects/PROJECT/uploads/RANDOM      arriving
        projects/PROJECT/originals/JOB
        projects/PROJECT/runs/JOB/RUN/       result.mp4, ...

    A result counts once its job is done and names the run; every other run is a left-over. What
    covers a clip by hand has its run among the clip's, so that the clip can take it over.
    """

    data: Path

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.data / "mien.sqlite3"

    @property
    def log(self) -> Path:
        """Where unexpected failures are written down; may hold names of files, is never sent."""
        return self.data / LOG

    def make(self) -> None:
        """Create the data folder, for its owner only.

        Raises
        ------
        OutputError
            If it cannot be created or is something else.
        """
        try:
            self.data.mkdir(parents=True, exist_ok=True)
            if not any(self.data.iterdir()):
                self.data.chmod(0o700)
            (self.data / "projects").mkdir(mode=0o700, exist_ok=True)
            self.database.touch(mode=0o600)  # SQLite gives its other files the same mode
        except OSError as exc:
            raise OutputError(
                f"{self.data} cannot be used as a folder for data: choose another with --data."
            ) from exc

    def open_project(self, project: str) -> None:
        """Create the folders of a project."""
        try:
            for name in ("uploads", "originals", "runs"):
                (self._project(project) / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as exc:
            raise OutputError(
                f"Nothing can be written to {self.data}: choose another folder with --data."
            ) from exc

    def upload(self, project: str) -> Path:
        """A place for a file that arrives."""
        return self._project(project) / "uploads" / secrets.token_hex(16)

    def original(self, job: Job) -> Path:
        """The clip as it came."""
        return self._project(job.project_id) / "originals" / job.id

    def runs(self, job: Job) -> Path:
        """All attempts at a job."""
        owner = job.clips[0] if job.kind == Kind.COVER else job.id
        return self._project(job.project_id) / "runs" / owner

    def run(self, job: Job) -> Path:
        """The attempt that a job names."""
        assert job.run is not None
        return self.runs(job) / job.run

    def forget(self, job: Job) -> None:
        """Remove every file of a job."""
        if job.kind == Kind.COVER:  # its run is the clip's now
            return
        self.original(job).unlink(missing_ok=True)
        shutil.rmtree(self.runs(job), ignore_errors=True)

    def forget_original(self, clip: Job) -> None:
        """Remove whatever shows the original of a clip."""
        for path in self.runs(clip).glob(f"*/{COMPARE}"):
            path.unlink(missing_ok=True)
        self.original(clip).unlink(missing_ok=True)

    def forget_others(self, clip: Job) -> None:
        """Remove results of a clip that another has taken the place of."""
        for run in self.runs(clip).glob("*"):
            if run.name != clip.run:
                shutil.rmtree(run, ignore_errors=True)

    def forget_project(self, project: str) -> None:
        """Remove the folder of a project."""
        shutil.rmtree(self._project(project), ignore_errors=True)

    def drop_run(self, job: Job) -> None:
        """Remove what an attempt left."""
        if job.run is not None:
            shutil.rmtree(self.run(job), ignore_errors=True)

    def tidy(self, projects: Iterable[str], jobs: Iterable[Job]) -> None:
        """Remove what belongs to no job: broken uploads, stopped attempts.

        Only while no worker runs and nothing is uploaded.
        """
        known = {job.id: job for job in jobs}
        for project in projects:
            folder = self._project(project)
            for path in (folder / "uploads").glob("*"):
                _remove(path)
            for path in (folder / "originals").glob("*"):
                if path.name not in known:
                    _remove(path)
            for path in (folder / "runs").glob("*"):
                job = known.get(path.name)
                if job is None:
                    _remove(path)
                    continue
                for run in path.glob("*"):
                    if job.status != "done" or job.run != run.name:
                        _remove(run)
                with suppress(OSError):
                    path.rmdir()  # if nothing is left

    def _project(self, project: str) -> Path:
        return self.data / "projects" / project


def _remove(path: Path) -> None:
    """Remove a file or a folder; what cannot be removed stays, for the server has to start."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
        return
    with suppress(OSError):
        path.unlink()
