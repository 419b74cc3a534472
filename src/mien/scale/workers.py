"""Processes that do tasks, each one after another; a killed one is replaced."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from typing import Any, Protocol

from mien.scale.task import Outcome, Task, do
from mien.workers import threads, with_threads

DIED = "The process that worked on it died: it may need more memory than there is."
"""What is said of a task whose worker was killed or crashed."""


class Pool(Protocol):
    """Who does tasks: processes of this machine, or Ray."""

    size: int
    """How many tasks at a time."""
    kind: str
    """What they are: ``processes``, ``ray``, ``slurm``."""

    def start(self, task: Task) -> None:
        """Hand a task to whoever is free; there is somebody."""

    def finished(self, timeout_s: float) -> list[Outcome]:
        """What ended since this was last asked, waiting so long if nothing has."""

    def close(self) -> None:
        """End everything, finished or not."""


class Processes:
    """A pool of processes on this machine.

    Parameters
    ----------
    size : int
        How many.
    work : callable
        What each does with a task.

    Each computes with its share of the cores, or with ``MIEN_THREADS``: threads of one that wait
    for those of another cost more than they bring.
    """

    kind = "processes"

    def __init__(self, size: int, work: Callable[[Task], Outcome] = do) -> None:
        self.size = size
        self._threads = threads() or max(1, cores() // size)
        self._work = work
        self._free: list[_Process] = []
        self._busy: dict[Any, _Process] = {}

    def start(self, task: Task) -> None:
        one = self._free.pop() if self._free else _Process(self._work, self._threads)
        try:
            one.give(task)
        except OSError:  # it died while it had nothing to do
            one.end()
            one = _Process(self._work, self._threads)
            one.give(task)
        self._busy[one.connection] = one

    def finished(self, timeout_s: float) -> list[Outcome]:
        found = []
        for connection in wait(list(self._busy), timeout_s):
            one = self._busy.pop(connection)
            outcome = one.outcome()
            found.append(outcome or Outcome(one.key, DIED, again=True, code="worker_died"))
            if outcome is None:
                one.end()
            else:
                self._free.append(one)
        return found

    def close(self) -> None:
        for one in [*self._free, *self._busy.values()]:
            one.end()
        self._free, self._busy = [], {}


class _Process:
    """One process, and the line to it."""

    def __init__(self, work: Callable[[Task], Outcome], number: int) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, work), daemon=True)
        with _environment(with_threads(number)):
            self._process.start()
        theirs.close()
        self.key = ""

    def give(self, task: Task) -> None:
        self.key = task.key
        self.connection.send(task)

    def outcome(self) -> Outcome | None:
        try:
            found: Outcome = self.connection.recv()
            return found
        except (EOFError, OSError):
            return None

    def end(self) -> None:
        self.connection.close()
        self._process.kill()
        self._process.join()


def _serve(connection: Connection, work: Callable[[Task], Outcome]) -> None:
    """What a process does: task after task, until the driver is gone."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the driver says when to stop
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_die_with, args=(parent.sentinel,), daemon=True).start()
    _hush()
    while True:
        try:
            task = connection.recv()
        except (EOFError, OSError):
            return
        connection.send(work(task))


def _die_with(sentinel: int) -> None:
    """Nobody would hear of what is done after the driver was killed."""
    wait([sentinel])
    os._exit(1)


def _hush() -> None:
    """What C++ libraries log belongs on no terminal."""
    os.environ.setdefault("GLOG_minloglevel", "2")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    os.close(null)


@contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    """Have these variables while processes are started."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def cores() -> int:
    """How many cores of this machine may be used."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def suitable(memory: int | None = None, cores_here: int | None = None) -> int:
    """How many tasks this machine can do at a time: one for a core, 2 GB each.

    Parameters
    ----------
    memory : int, optional
        Bytes that are free; asked of the system if None.
    cores_here : int, optional
        Cores that may be used, likewise.
    """
    if memory is None:
        try:
            memory = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        except (AttributeError, ValueError, OSError):
            memory = 4 << 30
    return max(1, min(cores_here or cores(), memory // (2 << 30)))
