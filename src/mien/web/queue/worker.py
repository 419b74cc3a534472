"""A worker process: takes jobs from the database, one after the other.

::

    python -m mien.web.queue.worker --data FOLDER --name NAME --work MODULE:FUNCTION

The server starts it and holds the other end of its standard input; when that closes, it ends.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from threading import Event, Thread
from typing import Any

from sqlalchemy.exc import OperationalError

from mien.errors import LinkError, MienError, ParameterError
from mien.progress import Progress
from mien.web.queue.folders import RESULT, Folders
from mien.web.queue.log import Log, noted
from mien.web.queue.places import LINKED
from mien.web.queue.store import Store
from mien.web.queue.tables import Clip, Job, Kind
from mien.web.queue.tasks import Material, Task
from mien.workers import plain_algebra

BEAT_S = 0.25  # between two writes of progress
_IDLE_S = 0.3  # between two looks for a job
_MOST_JOBS = 20  # after which a process makes room for a fresh one, so that memory stays bounded
_REST_S = 120.0  # without a job, after which a process gives its memory back
_LOWER = 5  # priority, so that the server answers

Work = Callable[[Task, Progress], dict[str, Any] | None]


class Stopped(Exception):
    """The job was cancelled, or belongs to somebody else now."""


class Meter:
    """How far a job is; called by the rendering, read by the thread that writes it down.

    Parameters
    ----------
    clock : callable
        Seconds, never going back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._stage: str | None = None
        self._first = (0.0, 0)
        self._last = (0.0, 0)
        self._total: int | None = None
        self.stopped = Event()

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        """Take what `mien.deidentify` reports; raises `Stopped` where the job shall end."""
        if self.stopped.is_set():
            raise Stopped
        now = self._clock()
        if stage != self._stage:
            self._first = (now, done)
        self._stage, self._last, self._total = stage, (now, done), total

    def read(self) -> dict[str, Any]:
        """Columns of the job.

        The time left takes the second pass to be as slow as the first; it is unknown in between.
        """
        seconds, frames = (b - a for a, b in zip(self._first, self._last, strict=True))
        fps = frames / seconds if seconds > 0 and frames > 0 else None
        left = None
        if fps and self._total:
            passes = 1 if self._stage == "measuring" else 0
            left = (max(self._total - self._last[1], 0) + passes * self._total) / fps
        return {
            "stage": self._stage,
            "done": self._last[1],
            "total": self._total,
            "fps": fps,
            "seconds_left": left,
        }


class Worker:
    """Does jobs.

    Parameters
    ----------
    folders : Folders
        Where files lie.
    store : Store
        The queue.
    name : str
        Under which it holds jobs; no two workers share one.
    work : callable
        Makes what a `Task` asks for, and says in short what was found; see
        `mien.web.works.kinds.do`.
    """

    def __init__(self, folders: Folders, store: Store, name: str, work: Work) -> None:
        self._folders, self._name, self._work = folders, name, work
        self._jobs, self._clips = store.held, store.clips
        self._log = Log(folders.log)

    def step(self) -> bool:
        """Do the job that has waited longest; False if none waits."""
        job = self._jobs.take(self._name)
        if job is None:
            return False
        meter, over = Meter(), Event()
        beats = Thread(target=self._beat, args=(job, meter, over), daemon=True)
        beats.start()
        failure: tuple[str, str] | None = None
        finished, found, clips = False, None, self._read_by(job)
        try:
            self._folders.check(job.project_id)
            self._folders.check_files(job)
            for clip in clips:
                self._folders.check_files(clip)
            self._folders.run(job).mkdir(mode=0o700, parents=True)
            # what is written on the way lies where the result lies: on the disk that the user
            # chose, and removed with it
            tempfile.tempdir = str(self._folders.run(job))
            found = self._work(self._task(job, clips), meter)
            if job.kind in (Kind.ENCOUNTER, Kind.RELEASE):
                found = {**(found or {}), "runs": {clip.id: clip.run for clip in clips}}
            finished = True
        except Stopped:
            pass
        except MienError as error:
            failure = self._sentence(error, job, clips), error.code
        except Exception as error:  # whatever it is, the queue goes on
            number = self._log.failure(f"a job of the kind {job.kind}", error)
            sentence = (
                f"Something unexpected went wrong with this ({type(error).__name__}): try again, "
                "or convert the clip to MP4 first."
            )
            failure = noted(sentence, number), "unexpected"
        finally:
            tempfile.tempdir = None
            over.set()
            beats.join()
        if finished and self._jobs.finish(job.id, self._name, found):
            self._settle(job, clips)
            return True
        self._folders.drop_run(job)
        if not self._jobs.cancelled(job.id, self._name) and failure is not None:
            self._jobs.fail(job.id, self._name, *failure)
        return True

    def _read_by(self, job: Job) -> list[Clip]:
        return [found for clip in job.clips if (found := self._clips.get(clip)) is not None]

    def _task(self, job: Job, clips: list[Clip]) -> Task:
        if len(clips) < len(job.clips):
            raise ParameterError("A clip was removed meanwhile: choose others.")
        return Task(
            Kind(job.kind),
            self._folders.run(job),
            job.wanted,
            tuple(
                Material(
                    clip.id,
                    clip.called,
                    self._folders.original(clip) if clip.original else None,
                    self._folders.run(clip) if clip.run is not None else None,
                    clip.job.wanted,
                    clip.name,
                    self._folders.portrait(clip),
                )
                for clip in clips
            ),
        )

    def _sentence(self, error: MienError, job: Job, clips: list[Clip]) -> str:
        """What went wrong, with clips called as people know them and without places on the disk."""
        if isinstance(error, LinkError):
            return LINKED
        sentence = " ".join(str(error).split())
        runs = {clip.id: str(self._folders.run(clip)) for clip in clips if clip.run is not None}
        for clip in clips:
            if clip.id in runs:
                sentence = sentence.replace(str(Path(runs[clip.id]) / RESULT), clip.called)
            sentence = sentence.replace(str(self._folders.original(clip)), clip.called)
        for folder in (*runs.values(), str(self._folders.run(job))):
            sentence = sentence.replace(folder + os.sep, "").replace(folder, "the folder")
        for clip in clips:
            sentence = sentence.replace(clip.id, clip.called)
        # of one clip, what is only called by its last name
        return sentence.replace(RESULT, clips[0].called) if len(clips) == 1 else sentence

    def _settle(self, job: Job, clips: list[Clip]) -> None:
        """Follow up on a job that is done."""
        if job.kind == Kind.COVER:
            clip = self._clips.get(clips[0].id)
            if clip is None:  # removed meanwhile
                self._folders.drop_run(job)
                return
            self._folders.forget_others(clip)
            if not clip.original:
                self._folders.forget_original(clip)

    def _beat(self, job: Job, meter: Meter, over: Event) -> None:
        while not over.wait(BEAT_S):
            try:
                if not self._jobs.note(job.id, self._name, **meter.read()):
                    meter.stopped.set()
            except OperationalError:  # the disk is full or slow: the next one may get through
                continue


def _function(name: str) -> Work:
    module, _, function = name.partition(":")
    found: Work = getattr(import_module(module), function)
    return found


def _watch() -> None:
    """End the process when the server is gone: its next start lets the job wait again."""
    while os.read(0, 1):
        pass
    os._exit(1)


def work(
    worker: Worker,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Let a worker do jobs until it has done many, or none came for a while."""
    for _ in range(_MOST_JOBS):
        since = clock()
        while not worker.step():
            if clock() - since > _REST_S:
                return
            sleep(_IDLE_S)


def main() -> None:
    """Run the process."""
    parser = argparse.ArgumentParser()
    for option in ("--data", "--name", "--work"):
        parser.add_argument(option, required=True)
    options = parser.parse_args()
    Thread(target=_watch, daemon=True).start()
    if hasattr(os, "nice"):
        os.nice(_LOWER)
    plain_algebra()
    folders = Folders(Path(options.data))
    worker = Worker(folders, Store(folders.database), options.name, _function(options.work))
    work(worker)


if __name__ == "__main__":
    main()
