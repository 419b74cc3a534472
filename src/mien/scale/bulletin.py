"""What a driver says of its work while it goes on, for those who look at it from elsewhere.

Two files in the batch's memory: the plan, a line a task, and how it stands, written anew every two
seconds. No driver reads them, nothing that is done depends on them, and where they cannot be
written the work goes on.
"""

from __future__ import annotations

import platform
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mien.errors import OutputError
from mien.outputs import complete
from mien.scale.places import PLAN, STANDING, STATE, VERSION
from mien.scale.task import Outcome, write_json

_EVERY_S = 2.0
_MOST = 1000  # tasks at work, tried again and machines that are named


@dataclass
class Bulletin:
    """How far a driver has come."""

    folder: Path
    """Of the batch."""
    total: int
    """Rows of the plan."""
    command: Sequence[str] = ()
    """By which it was started, and how it goes on: words of a shell; empty if nobody knows."""
    stage: str = "reading"
    """``reading`` clips for their checksums, ``working``, or ``ended``."""
    _read: int = 0
    _worked: int = 0
    _retried: int = 0
    _workers: int = 0
    _kind: str = ""
    _left_s: float | None = None
    _began: float = field(default_factory=time.time)
    _work_began: float | None = None
    _at_work: dict[str, tuple[float, int]] = field(default_factory=dict)
    _again: dict[str, tuple[int, str, str]] = field(default_factory=dict)
    _machines: Counter[str] = field(default_factory=Counter)
    _told: float = 0.0

    def read(self, count: int) -> None:
        """So many clips were read for their checksums."""
        self._read = count
        self._tell()

    def plan(self, tasks: Iterable[tuple[int, str, str]]) -> None:
        """Say what the plan asks for: row, key and name of each task."""
        with suppress(OutputError), complete(self.folder / STATE / PLAN) as part:
            with part.open("w") as stream:
                stream.write(f"mien plan {VERSION}\n")
                stream.writelines(f"{row}\t{key}\t{name}\n" for row, key, name in tasks)

    def work(self, kind: str, workers: int) -> None:
        """Work begins."""
        self.stage, self._kind, self._workers = "working", kind, workers
        self._work_began = time.time()
        self._tell(now=True)

    def begun(self, key: str, tries: int) -> None:
        """Somebody works on a task, which was tried so often before."""
        self._at_work[key] = (time.time(), tries)

    def ended(self, outcome: Outcome, tries: int, again: bool) -> None:
        """A task was tried so often, and is perhaps tried again."""
        self._at_work.pop(outcome.key, None)
        if outcome.machine:
            self._machines[outcome.machine] += outcome.error is None
        if again:
            self._retried += tries == 1
            self._again[outcome.key] = (tries, outcome.error or "", outcome.code)
        else:
            self._again.pop(outcome.key, None)
            self._worked += outcome.error is None

    def stands(self, left_s: float | None) -> None:
        """It goes on, and takes so many seconds more."""
        self._left_s = left_s
        self._tell()

    def close(self) -> None:
        """The driver ends, whatever for."""
        self.stage, self._at_work, self._left_s = "ended", {}, None
        self._tell(now=True)

    def _tell(self, now: bool = False) -> None:
        clock = time.monotonic()
        if not now and clock - self._told < _EVERY_S:
            return
        self._told = clock
        with suppress(OutputError):
            write_json(self.folder / STATE / STANDING, self._content())

    def _content(self) -> dict[str, Any]:
        return {
            "version": VERSION,
            "stage": self.stage,
            "machine": platform.node(),
            "began": self._began,
            "work_began": self._work_began,
            "at": time.time(),
            "total": self.total,
            "read": self._read,
            "worked": self._worked,
            "retried": self._retried,
            "workers": self._workers,
            "kind": self._kind,
            "left_s": self._left_s,
            "at_work": {
                key: {"since": since, "tries": tries}
                for key, (since, tries) in list(self._at_work.items())[:_MOST]
            },
            "again": {
                key: {"tries": tries, "sentence": said, "code": code}
                for key, (tries, said, code) in list(self._again.items())[:_MOST]
            },
            "machines": dict(self._machines.most_common(_MOST)),
            "command": list(self.command),
            "folder": str(Path.cwd()),
        }
