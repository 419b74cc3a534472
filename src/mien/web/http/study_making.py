"""Rating studies that are made from clips of the application: one at a time, in the data folder."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock, Thread
from typing import Any

from mien.errors import MienError
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
    frames: int = 0
    """Copied so far."""
    error: str | None = None
    """Why it could not be made, one sentence."""
    code: str | None = None
    """The kind of error, for translations."""


@dataclass(frozen=True)
class Wanted:
    """What is to be made."""

    pairs: Sequence[tuple[Path, Path]]
    """Original and result."""
    names: Sequence[str]
    """What each pair is called in tables."""
    settings: dict[str, Any] = field(default_factory=dict)
    """Fields of `mien.study.design.DesignSettings`, with the items as their keys."""


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

    def begin(self, wanted: Wanted) -> Making:
        """Begin to make a study; a `Problem` if one is being made."""
        with self._lock:
            if self._thread is not None and self._thread.is_alive():
                raise Problem(409, "making", "A study is being made: wait until it is done.")
            places.check(self._data, MADE)
            self._now = making = Making(str(wanted.settings.get("title", "")))
            self._thread = Thread(target=self._make, args=(wanted, making), daemon=True)
            self._thread.start()
        return making

    def wait(self) -> None:
        """Wait until nothing is being made."""
        if self._thread is not None:
            self._thread.join()

    def _make(self, wanted: Wanted, making: Making) -> None:
        def progress(stage: str, done: int, total: int | None) -> None:
            making.frames += 1

        try:
            from mien.study.design import DesignSettings, design
            from mien.study.items import shipped
            from mien.study.power import power

            settings = dict(wanted.settings)
            items = tuple(shipped()[key] for key in settings.pop("items"))
            chosen = DesignSettings(items=items, **settings)
            said = power(len(wanted.pairs), len(chosen.raters),
                         repeats=chosen.repeats / len(wanted.pairs))  # fmt: skip
            home = self._data / MADE
            home.mkdir(mode=0o700, exist_ok=True)
            folder = home / secrets.token_hex(16)
            design(
                wanted.pairs, folder, chosen, names=wanted.names, power=said.to_json(),
                progress=progress,
            )  # fmt: skip
            self._studies.add(folder)
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
    for name, pair in zip(wanted.names, wanted.pairs, strict=True):
        for path in pair:
            said = said.replace(str(path), name)
    return said
