"""Rating studies and line-ups made from clips of the application, one at a time."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, Thread

from mien.errors import MienError
from mien.progress import Progress
from mien.web.http.problems import Problem
from mien.web.http.studies import Studies
from mien.web.queue import places
from mien.web.queue.log import Log, noted

MADE = "studies"
"""Where they lie within the data folder, under random names."""


@dataclass
class Making:
    """A study that is being made, or could not be."""

    title: str
    stage: str = "copying"
    """What is done: `copying` frames, or `looking` at clips."""
    frames: int = 0
    """Copied so far, or clips that were looked at."""
    error: str | None = None
    """Why it could not be made, one sentence."""
    code: str | None = None
    """The kind of error, for translations."""
    account: str | None = None
    """Whose it is; None where nobody has an account."""


@dataclass(frozen=True)
class Wanted:
    """What is to be made."""

    title: str
    called: Sequence[tuple[Path, str]]
    """Files of clips, and what people call them."""
    make: Callable[[Path, Progress], None]
    """Makes the folder; raises `MienError`."""


class StudyMaking:
    """Makes studies in a thread of its own.

    Parameters
    ----------
    data : Path
        The data folder.
    studies : Studies
        Are told of those that are made, and of those that were made before.
    log : Log
        Is told of what nobody expected.
    """

    def __init__(self, data: Path, studies: Studies, log: Log) -> None:
        self._data, self._studies, self._log = data, studies, log
        self._lock = Lock()
        self._now: Making | None = None
        self._thread: Thread | None = None
        places.check(data, MADE)
        for entry in places.entries(data / MADE):
            if entry.name.startswith(".mien-"):  # one that was not finished
                shutil.rmtree(entry.path, ignore_errors=True)
        for folder in places.real_folders(data / MADE):
            with suppress(MienError):
                studies.add(folder)

    @property
    def now(self) -> Making | None:
        """The study that is being made, or the last one if it could not be made."""
        return self._now

    def begin(self, wanted: Wanted, account: str | None = None) -> Making:
        """Begin to make a study; a `Problem` if one is being made."""
        with self._lock:
            if self._thread is not None and self._thread.is_alive():
                raise Problem(409, "making", "A study is being made: wait until it is done.")
            places.check(self._data, MADE)
            self._now = making = Making(wanted.title, account=account)
            self._thread = Thread(target=self._make, args=(wanted, making), daemon=True)
            self._thread.start()
        return making

    def wait(self) -> None:
        """Wait until nothing is being made."""
        if self._thread is not None:
            self._thread.join()

    def _make(self, wanted: Wanted, making: Making) -> None:
        def progress(stage: str, done: int, total: int | None) -> None:
            making.stage = stage
            making.frames += 1

        try:
            home = self._data / MADE
            home.mkdir(mode=0o700, exist_ok=True)
            folder = home / secrets.token_hex(16)
            wanted.make(folder, progress)
            self._studies.add(folder, making.account)
            self._now = None
        except MienError as error:
            making.error, making.code = _told(error, wanted), error.code
        except Exception as error:
            number = self._log.failure("making a study", error)
            making.code = "unexpected_here"
            making.error = noted("Something unexpected went wrong: try again.", number)


def _told(error: MienError, wanted: Wanted) -> str:
    """What an error says, with clips as people call them."""
    said = " ".join(str(error).split())
    for path, name in wanted.called:
        said = said.replace(str(path), name)
    return said
