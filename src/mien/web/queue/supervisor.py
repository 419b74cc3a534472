"""Keeps as many worker processes running as jobs need, and settles what dead ones held."""

from __future__ import annotations

import logging
import os
import secrets
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from threading import Event, Thread
from typing import IO

from mien.web.http.serving import Serving
from mien.web.queue.damage import DAMAGED, is_damage
from mien.web.queue.folders import Folders
from mien.web.queue.leaving import go_on, remove_clip, remove_original
from mien.web.queue.log import Log, noted
from mien.web.queue.retention import Keeper
from mien.web.queue.store import Store
from mien.web.queue.tables import Kind, Status

_LOG = logging.getLogger(__name__)
_MOST_FAILED = 3
_LAST_WORDS = 1 << 14  # bytes that are kept of what a worker says on its standard error
_WAIT_S = 1.0  # for the last words of a dead worker, if something it started still holds the pipe
_NO_WORKER = (
    "The program that works on clips does not start, perhaps for want of memory: close other "
    "programs and try again, or install mien anew."
)


@dataclass(frozen=True)
class Pace:
    """How often is looked, and how long waited; seconds."""

    look_s: float = 0.3
    """Between two looks at workers and the queue."""
    patience_s: float = 4.0
    """Between asking a worker to cancel and ending it."""
    soon_s: float = 5.0
    """A worker that lived no longer is started again more and more slowly."""
    slowest_s: float = 30.0
    """Before a worker is started again, at most."""
    trouble_s: float = 5.0
    """After a look that failed, until the next."""


class _LastWords:
    """The end of what a process says on its standard error.

    It is kept in memory, and written down only if the process dies: libraries say much, and may
    name files.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._kept = b""
        self._thread = Thread(target=self._listen, args=(stream,), daemon=True)
        self._thread.start()

    def _listen(self, stream: IO[bytes]) -> None:
        with stream:
            while piece := os.read(stream.fileno(), 1 << 12):
                self._kept = (self._kept + piece)[-_LAST_WORDS:]

    def read(self) -> str:
        """What a dead process said last."""
        self._thread.join(_WAIT_S)
        return self._kept.decode("utf-8", "replace")


@dataclass
class _Slot:
    """Room for one worker."""

    name: str = ""
    process: subprocess.Popen[bytes] | None = None
    last_words: _LastWords | None = None
    """None once they are written down."""
    number: str | None = None
    """Of the entry in the log about the process, if it died."""
    started: float = 0.0
    wait: float = 0.0
    """Seconds after the last start before the next one."""
    failed: int = 0
    """Processes one after the other that ended at once, without a job."""


class Supervisor:
    """Runs the workers of a server.

    Parameters
    ----------
    folders, store
        Where files lie, and the queue.
    serving : Serving
        How many workers, and what they call.
    pace : Pace, optional
        How often is looked, and how long waited.
    """

    def __init__(
        self, folders: Folders, store: Store, serving: Serving, pace: Pace | None = None
    ) -> None:
        self._folders, self._store, self._serving = folders, store, serving
        self._pace = pace or Pace()
        self._slots = [_Slot() for _ in range(serving.worker_count)]
        self._over = Event()
        self._troubled = False
        self._log = Log(folders.log)
        self._keeper = Keeper(folders, store, serving.retention, self._note)
        self._thread = Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Settle what the last server left, then start the workers."""
        self._store.held.resume()
        self._store.clips.forget_before()
        projects, removed = [p.id for p in self._store.projects.all()], self._store.removed()
        self._folders.tidy(projects, self._store.results(), removed)
        for gone in go_on(self._folders, self._store):
            self._note("original removed", gone, "begun before the server was stopped")
        self._store.all_gone(removed - self._folders.names(projects))
        self._thread.start()

    def stop(self) -> None:
        """End the workers; what they were doing waits for the next start."""
        self._over.set()
        self._thread.join()
        for slot in self._slots:
            if slot.process is not None:
                _end(slot.process)
                self._settle(slot, count=False)

    @property
    def processes(self) -> list[int]:
        """Process ids of the workers that run."""
        return [slot.process.pid for slot in self._slots if slot.process is not None]

    def _run(self) -> None:
        while not self._over.is_set():
            try:
                self._tick()
                self._troubled = False
            except Exception as error:  # a busy or damaged disk: the queue has to go on
                if not self._troubled:
                    sentence = (
                        f"mien: nothing is being worked on ({type(error).__name__}): look whether "
                        "the disk is full."
                    )
                    if is_damage(error):
                        sentence = f"mien: nothing is being worked on. {DAMAGED}"
                    number = self._log.failure("the part that starts workers", error)
                    _LOG.warning("%s", noted(sentence, number))
                self._troubled = True
                self._over.wait(self._pace.trouble_s)
            self._over.wait(self._pace.look_s)

    def _tick(self) -> None:
        pace = self._pace
        overdue = self._store.held.cancels_overdue(pace.patience_s)
        for slot in self._slots:
            ended = slot.process is not None and slot.name in overdue
            if slot.process is not None and ended:
                _end(slot.process)
            if slot.process is not None and slot.process.poll() is not None:
                number = None if ended else self._write_down(slot)
                held = self._settle(slot, number=number)
                self._tidy_covers()
                ended_well = slot.process.returncode == 0
                lived = time.monotonic() - slot.started
                slot.wait = min(2 * slot.wait + 1, pace.slowest_s) if lived < pace.soon_s else 0.0
                slot.failed = 0 if ended_well or held or lived >= pace.soon_s else slot.failed + 1
                _end(slot.process)
                slot.process = None
                if slot.failed >= _MOST_FAILED:
                    self._store.held.give_up_next(noted(_NO_WORKER, number), "no_worker")
        # a worker is started for a job, not before: models take memory, and starting takes a core
        # that the first page needs
        free = sum(slot.process is not None for slot in self._slots) - self._store.jobs.running()
        lacking = self._store.jobs.waiting() - max(free, 0)
        for slot in self._slots:
            rested = time.monotonic() - slot.started >= slot.wait
            if lacking > 0 and slot.process is None and rested:
                self._launch(slot)
                lacking -= 1
        for due in self._store.clips.originals_due():
            with suppress(OSError):  # one that cannot go does not keep the others
                remove_original(self._folders, self._store, due)
                self._note("original removed", due.id, "as was chosen when it came")
        for gone in self._store.clips.leaving():
            with suppress(OSError):
                remove_clip(self._folders, self._store, gone)
        self._keeper.step()
        self._store.scrub()

    def _note(self, what: str, thing: str, why: str) -> None:
        """Write into the log of who saw what that something went by itself."""
        if self._store.accounts.any():
            self._store.audit.write(what, on=[thing], more=why)

    def _write_down(self, slot: _Slot) -> str | None:
        """Leave a trace of a worker that died; the number of the entry in the log."""
        # once, even if settling fails and is tried again
        if slot.process is not None and slot.process.returncode and slot.last_words is not None:
            code = slot.process.returncode
            how = f"was ended by signal {-code}" if code < 0 else f"ended with status {code}"
            said = slot.last_words.read() or "It said nothing."
            slot.number = self._log.entry(f"a worker {how}", said)
            slot.last_words = None
        return slot.number

    def _settle(self, slot: _Slot, *, count: bool = True, number: str | None = None) -> bool:
        """Let go of what a dead worker held; whether it held something."""
        held = self._store.held.reap(slot.name, count=count, number=number)
        for job in held:
            self._folders.drop_run(job)
        return bool(held)

    def _tidy_covers(self) -> None:
        """Remove results that a cover took the place of, if its worker died before it could."""
        covers = self._store.jobs.listing(None, Kind.COVER)
        under_way = {job.clips[0] for job in covers if job.status == Status.RUNNING}
        for clip in {job.clips[0] for job in covers if job.status == Status.DONE} - under_way:
            found = self._store.clips.get(clip)
            if found is not None:
                self._folders.forget_others(found)

    def _launch(self, slot: _Slot) -> None:
        slot.name, slot.started, slot.number = secrets.token_hex(8), time.monotonic(), None
        slot.process = subprocess.Popen(
            [
                *(sys.executable, "-P", "-X", "faulthandler", "-m", "mien.web.queue.worker"),
                *("--data", str(self._folders.data)),
                *("--name", slot.name),
                *("--work", self._serving.work),
            ],
            stdin=subprocess.PIPE,  # closes with this process, however it ends
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,  # not the terminal: what libraries log may name files
            start_new_session=True,  # Ctrl-C in the terminal is the server's to handle
        )
        assert slot.process.stderr is not None
        slot.last_words = _LastWords(slot.process.stderr)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    if process.stdin is not None:
        process.stdin.close()
