"""A batch as it looks from elsewhere: how far it is, which task is where, whether a driver runs.

It only reads, also while a driver writes, and takes nothing for granted: what is half written, of
another version or behind a link is said to be so and not read. What is done is what has a record.
Loads no numerical library, for a server reads it.
"""

from __future__ import annotations

import os
import platform
import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from threading import Lock
from typing import Any

from mien.errors import FormatError
from mien.intake.words import parse_json
from mien.scale.places import (
    DRIVER,
    NAME,
    PLAN,
    QUARANTINE,
    RESULTS,
    STANDING,
    STATE,
    STORE,
    VERSION,
    record_of,
)

_LINE = re.compile(rf"([0-9]{{1,9}})\t([0-9a-f]{{64}})\t({NAME.pattern})")
_RECORD = re.compile(r"[0-9a-f]{64}\.json")
_PLAN_BYTES, _QUARANTINE_BYTES, _JSON_BYTES = 256 << 20, 64 << 20, 8 << 20
_FRESH_S = 2.0  # in which a folder may change and keep its time
_HEARD_S = 30.0  # after which a driver on another machine, whose lock may not be seen, is gone
_NOTHING: dict[str, Any] = {}


class Where(IntEnum):
    """Where a task is."""

    WAITING = 0
    AT_WORK = 1
    AGAIN = 2
    """It failed and waits to be tried again."""
    QUARANTINE = 3
    DONE = 4


@dataclass(frozen=True)
class Tasks:
    """A plan, as the last driver took it."""

    rows: list[int]
    """Of the table, from 1."""
    keys: list[bytes]
    """The hash of each."""
    names: list[str]
    """What results are called."""


@dataclass(frozen=True)
class Glance:
    """A batch at a moment."""

    running: bool
    """Whether a driver works on it."""
    standing: dict[str, Any]
    """What the last driver said (`mien.scale.bulletin`); empty if nothing that can be read."""
    tasks: Tasks | None
    """The plan; None if it is not known."""
    where: bytearray
    """Of each task, a `Where`; empty without a plan."""
    aside: dict[str, dict[str, Any]]
    """What is in quarantine, by key."""
    troubles: tuple[str, ...]
    """What could not be read: ``gone``, ``plan``, ``standing``, ``quarantine``, or ``older`` of a
    batch that no driver that writes a plan has worked on."""
    far: str
    """Where results go, if they do not stay in the folder."""
    records: int
    """What has a record, the plan's or not."""

    def count(self, where: Where) -> int:
        """How many tasks are there."""
        return self.where.count(where)


class Watched:
    """The folder of a batch, to be looked at.

    Parameters
    ----------
    folder : Path
        The batch's, or the one that ``--state`` named where its files go far away.

    Raises
    ------
    FormatError
        If it is none.
    """

    def __init__(self, folder: Path) -> None:
        if "://" in str(folder) or re.match("[A-Za-z0-9]{2,}:/", str(folder)):
            raise FormatError(
                f"{folder} lies far away: give the folder that --state named, which knows the "
                "batch."
            )
        self.folder = folder.resolve()
        if not (self.folder / STATE).is_dir() or (self.folder / STATE).is_symlink():
            raise FormatError(
                f"{folder} holds no batch: give the folder that mien batch was given with --out, "
                "or with --state if its results go far away."
            )
        self._lock = Lock()
        self._kept: dict[str, tuple[Any, Any]] = {}
        self._done: dict[str, tuple[int, float, frozenset[bytes]]] = {}
        self._last: tuple[list[Any], Glance] | None = None

    def look(self) -> Glance:
        """The batch now."""
        with self._lock:
            return self._look()

    def file(self, *parts: str) -> Path | None:
        """A file below the folder; None unless it is one, and no part of its place is a link."""
        place = self.folder
        for part in parts:
            if part in ("", ".", "..") or "/" in part or "\0" in part or os.sep in part:
                return None
            place = place / part
            if place.is_symlink():
                return None
        return place if place.is_file() else None

    def record(self, key: bytes) -> dict[str, Any]:
        """What is said of a task that is done; empty if it is not, or cannot be read."""
        path = record_of(self.folder, key.hex())
        return self._json(STATE, path.parent.name, path.name)

    def result(self, name: str) -> Path | None:
        """A result's manifest, if it is there."""
        return self.file(RESULTS, f"{name}.json") if NAME.fullmatch(name) else None

    def _look(self) -> Glance:
        if not (self.folder / STATE).is_dir():
            return Glance(False, {}, None, bytearray(), {}, ("gone",), "", 0)
        troubles = []
        tasks, trouble = self._remembered(PLAN, _PLAN_BYTES, _tasks)
        troubles += [trouble] if trouble else []
        standing, trouble = self._remembered(STANDING, _JSON_BYTES, _standing)
        troubles += [trouble] if trouble else []
        aside, trouble = self._remembered(QUARANTINE, _QUARANTINE_BYTES, _quarantine)
        troubles += [trouble] if trouble else []
        if "missing" in troubles:
            troubles = [each for each in troubles if each != "missing"]
            if tasks is None and standing is None and not troubles:
                troubles.append("older")
        standing, aside = standing or _NOTHING, aside or _NOTHING
        running = self._is_running(standing)
        done = self._records()
        read = [tasks, standing, aside, running, *done]
        if self._last is not None and _same(self._last[0], read):
            return self._last[1]
        far = self._json(STATE, STORE).get("url")
        found = Glance(
            running,
            standing,
            tasks,
            bytearray() if tasks is None else _places(tasks, done, aside, standing, running),
            aside,
            tuple(dict.fromkeys(troubles)),
            far if isinstance(far, str) else "",
            sum(map(len, done)),
        )
        self._last = (read, found)
        return found

    def _remembered(
        self, name: str, most: int, parsed: Callable[[bytes], Any]
    ) -> tuple[Any, str | None]:
        """What a file of the memory says, read again only if it changed, and what is wrong."""
        path = self.file(STATE, name)
        if path is None:
            linked = os.path.lexists(self.folder / STATE / name)
            return None, name.partition(".")[0] if linked else "missing"
        try:
            found = path.stat()
            stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
            known = self._kept.get(name)
            if known is None or known[0] != stamp:
                if found.st_size > most:
                    raise ValueError
                known = self._kept[name] = (stamp, parsed(_content(path, most)))
        except FileNotFoundError:
            return None, "missing"
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return None, name.partition(".")[0]
        return known[1], None

    def _json(self, *parts: str) -> dict[str, Any]:
        path = self.file(*parts)
        if path is None:
            return {}
        try:
            found = _parsed(_content(path, _JSON_BYTES))
        except (OSError, ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    def _is_running(self, standing: dict[str, Any]) -> bool:
        """Whether somebody holds the driver's lock, or said something from another machine."""
        path = self.file(STATE, DRIVER)
        if path is not None and _is_held(path):
            return True
        heard = standing.get("stage") in ("reading", "working") and (
            abs(time.time() - standing["at"]) < _HEARD_S
        )
        return heard and standing["machine"] != platform.node()

    def _records(self) -> list[frozenset[bytes]]:
        """Keys of all records, by folder; each is read again only if it changed."""
        before, self._done = self._done, {}
        for folder, time_ns in _folders(self.folder / STATE):
            known, now = before.get(folder.name), time.time()
            if known is None or known[0] != time_ns or known[1] - time_ns / 1e9 < _FRESH_S:
                keys = frozenset(_keys(folder))
                if known is not None and known[2] == keys:
                    keys = known[2]
                known = (time_ns, now, keys)
            self._done[folder.name] = known
        return [keys for _, _, keys in self._done.values()]


@dataclass
class Listing:
    """Tasks of a plan that are somewhere, and whose name has something in it."""

    glance: Glance
    where: Where | None = None
    """None for everywhere."""
    find: str = ""
    """In names, in any case."""
    found: list[int] = field(init=False)
    """Their places in the plan."""

    def __post_init__(self) -> None:
        tasks, find = self.glance.tasks, self.find.casefold()
        names = [] if tasks is None else tasks.names
        self.found = [
            k for k, place in enumerate(self.glance.where)
            if (self.where is None or place == self.where)
            and (not find or find in names[k].casefold())
        ]  # fmt: skip


def _places(
    tasks: Tasks,
    done: list[frozenset[bytes]],
    aside: dict[str, dict[str, Any]],
    standing: dict[str, Any],
    running: bool,
) -> bytearray:
    """Where each task is: a record counts for more than whatever was said of it."""
    known: dict[bytes, Where] = {}
    if running:
        known |= dict.fromkeys(map(bytes.fromhex, standing.get("again", ())), Where.AGAIN)
        known |= dict.fromkeys(map(bytes.fromhex, standing.get("at_work", ())), Where.AT_WORK)
    known |= dict.fromkeys(map(bytes.fromhex, aside), Where.QUARANTINE)
    every = frozenset[bytes]().union(*done)
    found = bytearray(len(tasks.keys))  # all waiting
    for k, key in enumerate(tasks.keys):
        if key in every:
            found[k] = Where.DONE
        elif key in known:
            found[k] = known[key]
    return found


def _tasks(content: bytes) -> Tasks:
    lines = content.decode("ascii").split("\n")
    if lines[0] != f"mien plan {VERSION}" or lines[-1]:
        raise ValueError  # of another version, or not to its end
    found = Tasks([], [], [])
    for line in lines[1:-1]:
        match = _LINE.fullmatch(line)
        if match is None:
            raise ValueError
        found.rows.append(int(match[1]))
        found.keys.append(bytes.fromhex(match[2]))
        found.names.append(match[3])
    return found


def _standing(content: bytes) -> dict[str, Any]:
    """What a driver said; raises ValueError if it is not as `mien.scale.bulletin` writes it."""
    said = _parsed(content)
    if not isinstance(said, dict) or said.get("version") != VERSION:
        raise ValueError
    numbers = [said[key] for key in ("began", "at", "total", "read", "worked", "retried")]
    numbers += [
        said["workers"],
        *(said[k] for k in ("left_s", "work_began") if said[k] is not None),
    ]
    texts = [
        said["stage"],
        said["machine"],
        said["kind"],
        said["folder"],
        *said["command"],
        *said["machines"],
    ]
    numbers += [*said["machines"].values(), *(one["since"] for one in said["at_work"].values())]
    for name in ("at_work", "again"):
        numbers += [one["tries"] for one in said[name].values()]
        for key in said[name]:
            _check_key(key)
    texts += [one[key] for one in said["again"].values() for key in ("sentence", "code")]
    return said if _are(texts, str) and _are(numbers, int, float) else _wrong()


def _quarantine(content: bytes) -> dict[str, dict[str, Any]]:
    said = _parsed(content)
    if not isinstance(said, dict):
        raise ValueError
    for key, one in said.items():
        _check_key(key)
        if not _are((one["name"], one["sentence"], one.get("code", "")), str) or not _are(
            (one["row"], one["tries"]), int
        ):
            raise ValueError
    return said


def _same(before: list[Any], now: list[Any]) -> bool:
    return len(before) == len(now) and all(a is b for a, b in zip(before, now, strict=True))


def _parsed(content: bytes) -> Any:
    return parse_json(content.decode(), "a batch", "its memory")


def _wrong() -> dict[str, Any]:
    raise ValueError


def _are(values: Any, *kinds: type) -> bool:
    return all(isinstance(one, kinds) and not isinstance(one, bool) for one in values)


def _check_key(key: str) -> None:
    if len(key) != 64 or re.fullmatch("[0-9a-f]+", key) is None:
        raise ValueError


def _content(path: Path, most: int) -> bytes:
    """What a file holds that is no link; ValueError if it is too much."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    with os.fdopen(descriptor, "rb") as stream:
        found = stream.read(most + 1)
    if len(found) > most:
        raise ValueError
    return found


def _is_held(path: Path) -> bool:
    """Whether a driver holds its lock: who can have it, too, lets go of it at once."""
    try:
        import fcntl
    except ImportError:  # where no batch can be driven
        return False
    with suppress(OSError), path.open("rb") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _folders(state: Path) -> Iterator[tuple[Path, int]]:
    """Folders of records, and when each changed."""
    with suppress(OSError), os.scandir(state) as found:
        for one in sorted(found, key=lambda each: each.name):
            if re.fullmatch("[0-9a-f]{2}", one.name) and one.is_dir(follow_symlinks=False):
                with suppress(OSError):
                    yield Path(one.path), os.stat(one.path, follow_symlinks=False).st_mtime_ns


def _keys(folder: Path) -> Iterator[bytes]:
    with suppress(OSError), os.scandir(folder) as found:
        for one in found:
            if _RECORD.fullmatch(one.name) and one.is_file(follow_symlinks=False):
                yield bytes.fromhex(one.name[:64])
