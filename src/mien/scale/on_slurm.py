"""Slurm in place of processes: a job for each task, on machines that see the same disk.

Jobs are handed in and followed by submitit [1]_. A job goes on when the driver is killed; so it is
written down before it can begin, and the next driver ends what an earlier one left. Whoever works
on a task holds its lock, so that not even a job that cannot be ended does anything twice.

References
----------
.. [1] https://github.com/facebookincubator/submitit
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from mien.advice import to_get
from mien.errors import EngineError, OutputError
from mien.scale.places import STATE
from mien.scale.task import Outcome, Task, do, write_json
from mien.workers import with_threads

ENDED = "Its job ended before it was done: it may need more memory or time than it was given."
"""What is said of a task whose job was killed or ran out of time."""
_LOOK_S, _ASK_S = 0.5, 15.0  # between looks at jobs, and questions to the queue


@dataclass(frozen=True)
class Asked:
    """What is asked of Slurm for each task."""

    partition: str | None = None
    """Where; Slurm's own choice if None."""
    minutes: int = 120
    """Longest time."""
    cores: int = 2
    """Of a machine."""
    memory_gb: int = 4
    """Of a machine."""
    cluster: str = "slurm"
    """What takes the jobs; ``local`` for processes of this machine, to try it."""


class OnSlurm:
    """A pool of Slurm's jobs.

    Parameters
    ----------
    folder : Path
        The batch's, on a disk that all machines see.
    size : int
        How many jobs at a time, waiting ones included.
    asked : Asked
        What for each.
    work : callable
        What a job does with a task.

    Raises
    ------
    EngineError
        If submitit is not installed, or there is no Slurm.
    """

    kind = "slurm"

    def __init__(
        self, folder: Path, size: int, asked: Asked, work: Callable[[Task], Outcome] = do
    ) -> None:
        try:
            submitit: Any = import_module("submitit")
        except ImportError as exc:
            raise EngineError(
                f"--slurm needs the package submitit: {to_get('scale')}, or leave --slurm out."
            ) from exc
        if asked.cluster == "slurm" and shutil.which("sbatch") is None:
            raise EngineError("--slurm finds no sbatch: start it where jobs are handed in.")
        self._folder = folder.absolute() / STATE / "slurm"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._executor = submitit.AutoExecutor(folder=self._folder, cluster=asked.cluster)
        self._executor.update_parameters(
            name="mien", timeout_min=asked.minutes, cpus_per_task=asked.cores,
            mem_gb=asked.memory_gb, tasks_per_node=1, nodes=1,
        )  # fmt: skip
        if asked.partition is not None:
            self._executor.update_parameters(slurm_partition=asked.partition)
        self._job = submitit.SlurmJob if asked.cluster == "slurm" else submitit.LocalJob
        self.size = size
        self._work, self._cores = work, asked.cores
        self._jobs: dict[str, Any] = {}
        self._list = self._folder / "jobs.json"
        self._ended_older = False
        self._asked, self._missing = time.monotonic(), set[str]()
        self._on_this_machine = asked.cluster != "slurm"
        self._queue: Callable[[], set[str] | None] = _queued

    def start(self, task: Task) -> None:
        """Hand a task in.

        Raises
        ------
        OutputError
            If the cluster does not take it.
        """
        if not self._ended_older:
            self._end_older()
        try:
            job = self._executor.submit(_in_job, self._work, task, self._cores)
        except Exception as exc:  # what sbatch says comes in several classes
            said = " ".join(str(exc).split())[:200]
            raise OutputError(f"The cluster takes no job: {said or type(exc).__name__}.") from exc
        self._jobs[task.key] = job
        self._note()

    def finished(self, timeout_s: float) -> list[Outcome]:
        until = time.monotonic() + timeout_s
        while True:
            gone = self._gone()
            found = [
                self._outcome(key) for key, job in list(self._jobs.items())
                if key in gone or self._is_over(job)
            ]  # fmt: skip
            if found or time.monotonic() >= until:
                return found
            time.sleep(min(_LOOK_S, timeout_s))

    def _gone(self) -> set[str]:
        """Tasks whose jobs the queue does not know any more, at two looks: submitit would ask for
        accounts (`sacct`), and not every cluster keeps some."""
        if time.monotonic() - self._asked < _ASK_S:
            return set()
        self._asked = time.monotonic()
        known = None if self._on_this_machine else self._queue()
        if known is None:
            return set()
        missing = {key for key, job in self._jobs.items() if str(job.job_id) not in known}
        gone, self._missing = missing & self._missing, missing
        return gone

    def _is_over(self, job: Any) -> bool:
        if self._on_this_machine and job.done():
            return True
        return bool(job.paths.result_pickle.exists())

    def close(self) -> None:
        for job in self._jobs.values():
            with suppress(Exception):
                job.cancel(check=False)
        self._jobs = {}
        self._note()

    def _outcome(self, key: str) -> Outcome:
        job = self._jobs.pop(key)
        self._note()
        try:
            if not self._is_over(job):
                return _ended(key)  # it would be waited for
            found = job.result()
        except Exception:  # it was killed, or its machine was
            return _ended(key)
        for path in self._folder.glob(f"{job.job_id}_*"):  # a job that ended badly keeps its log
            with suppress(OSError):
                path.unlink()
        return found if isinstance(found, Outcome) else _ended(key)

    def _note(self) -> None:
        """Write down which jobs there are, for whoever comes after a driver that was killed."""
        write_json(self._list, {key: str(job.job_id) for key, job in self._jobs.items()})

    def _end_older(self) -> None:
        """End jobs of a driver that was killed; their tasks are handed in again."""
        self._ended_older = True
        try:
            older = json.loads(self._list.read_text())
        except (OSError, ValueError):
            return
        for number in older.values():
            with suppress(Exception):
                self._job(self._folder, number).cancel(check=False)


def _ended(key: str) -> Outcome:
    return Outcome(key, ENDED, again=True, code="job_ended")


def _queued() -> set[str] | None:
    """Numbers of all jobs that wait or run; None if the queue does not answer."""
    words = ["squeue", "--noheader", "--format=%A", "--name=mien", "--user", str(os.getuid())]
    try:
        ran = subprocess.run(words, capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return None if ran.returncode else set(ran.stdout.split())


def _in_job(work: Callable[[Task], Outcome], task: Task, cores: int) -> Outcome:
    """Do a task in a job, with the cores that it was given."""
    os.environ.update(with_threads(cores))
    return work(task)
