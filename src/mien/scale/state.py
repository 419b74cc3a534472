"""What a batch's folder remembers, so that the next start goes on where the last one ended."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from mien.errors import OutputError
from mien.intake.secret import Secret
from mien.outputs import checksum, hidden
from mien.scale import fetched
from mien.scale.far import Url
from mien.scale.places import (
    DRIVER,
    EVIDENCE,
    QUARANTINE,
    REPORT,
    RESULTS,
    STATE,
    STORE,
    record_of,
)
from mien.scale.store import Store
from mien.scale.task import read_record, write_json

_FOLDERS = (STATE, RESULTS, EVIDENCE, REPORT)
_ASIDE = {"name": str, "row": int, "tries": int, "sentence": str}
"""What is said of each that is in quarantine; what says something else was damaged."""
_SHARE = 20  # times as long as writing the quarantine takes pass until it is written again
_LOOKS, _LOOK_S = 5, 0.1  # at whether another driver has the folder: who looks at it holds it, too


class State:
    """The folder of a batch, held by one driver at a time.

    Parameters
    ----------
    folder : Path
        The batch's folder; made if there is none.
    store : Store, optional
        Where results, evidence and report go, if they do not stay in the folder.

    Raises
    ------
    OutputError
        If it is the folder of something else.
    """

    def __init__(self, folder: Path, store: Store | None = None) -> None:
        self.folder = folder
        self.store = store
        strangers = [
            path.name for path in (folder.iterdir() if folder.is_dir() else ())
            if path.name not in _FOLDERS
        ]  # fmt: skip
        if (folder.exists() and not folder.is_dir()) or (
            strangers and not (folder / STATE).is_dir()
        ):
            raise OutputError(f"{folder} is no folder of a batch: give a new one.")
        with _written(folder):
            for name in _FOLDERS:
                (folder / name).mkdir(parents=True, exist_ok=True)
        self._sums_path = folder / STATE / "checksums.json"
        self._sums: dict[str, list[Any]] = {
            path: known for path, known in _read(self._sums_path).items()
            if isinstance(known, list) and len(known) == 3 and isinstance(known[2], str)
        }  # fmt: skip
        self.quarantine: dict[str, dict[str, Any]] = {
            key: one for key, one in _read(folder / STATE / QUARANTINE).items()
            if isinstance(one, dict) and all(isinstance(one.get(k), t) for k, t in _ASIDE.items())
        }  # fmt: skip
        self._unwritten, self._due = False, 0.0

    @contextmanager
    def held(self) -> Iterator[None]:
        """Be the only driver; the system lets go when this process ends, however it does.

        Raises
        ------
        OutputError
            If another one works on it, or nothing can be written into it.
        """
        with _written(self.folder):
            stream = (self.folder / STATE / DRIVER).open("a")
        with stream:
            self._hold(stream)
            self._try_writing()
            self._own_store()
            self.sweep()
            fetched.sweep()
            if self.store is not None:
                self.store.sweep()
            yield

    def _try_writing(self) -> None:
        """Refuse early what would fail after the work on every clip."""
        for name in _FOLDERS:
            part = hidden(self.folder / name / "tried")
            with _written(self.folder / name):
                part.touch()
                part.unlink()

    def _hold(self, stream: IO[str]) -> None:
        """Take the lock, also from whoever only looks whether it is held, which takes no time."""
        for look in range(_LOOKS):
            try:
                return fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as exc:
                if look + 1 == _LOOKS:
                    raise OutputError(
                        f"{self.folder} is being worked on by another mien: wait until it ends."
                    ) from exc
            time.sleep(_LOOK_S)

    def _own_store(self) -> None:
        """Refuse a store with files of somebody else, and remember one that is this batch's."""
        path = self.folder / STATE / STORE
        known = _read(path).get("url", "" if self._started() else None)
        asked = None if self.store is None else str(self.store.url)
        if known is None and self.store is not None and self.store.names():
            raise OutputError(
                f"{asked} is not empty: give a new place, or as --state the folder of the batch "
                "that filled it."
            )
        if known is not None and known != (asked or ""):
            raise OutputError(
                f"{self.folder} belongs to a batch whose results go to {known or 'it'}: give that "
                "place, or another --state."
            )
        if known is None:
            write_json(path, {"url": asked or ""})

    def _started(self) -> bool:
        """Whether an earlier version, which knew no stores, began this batch."""
        return self._sums_path.exists()

    def sweep(self) -> None:
        """Remove what workers that were killed left under hidden names."""
        for folder in (RESULTS, EVIDENCE, STATE, REPORT):
            for path in list((self.folder / folder).rglob(".mien-*.part")):
                with suppress(OSError):
                    if path.is_dir():
                        shutil.rmtree(path)
                    else:
                        path.unlink()

    def secret(self) -> Secret:
        """The batch's own, drawn when it is first asked for."""
        path = self.folder / STATE / "secret"
        if not path.exists():
            drawn = Secret.drawn().key
            descriptor = os.open(path.with_suffix(".new"), os.O_WRONLY | os.O_CREAT, 0o600)
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(drawn)
            os.replace(path.with_suffix(".new"), path)
        return Secret.read(path)

    def checksum(self, path: Path | Url) -> str:
        """The checksum of a clip, read again only if it changed."""
        if isinstance(path, Url):
            stamp = path.stamp()
        else:
            found = path.stat()
            if not stat.S_ISREG(found.st_mode):
                raise OSError(errno.EINVAL, "it is no file")
            stamp = [found.st_size, found.st_mtime_ns]
        known = self._sums.get(str(path))
        if known is None or known[:2] != stamp or stamp[1] is None:
            content = path.checksum() if isinstance(path, Url) else checksum(path)
            self._sums[str(path)] = known = [*stamp, content]
        return str(known[2])

    def size(self, path: Path | Url) -> int:
        """Bytes of a clip whose checksum was asked for."""
        return int(self._sums[str(path)][0])

    def results(self) -> set[str]:
        """Names of all results that are where they belong."""
        if self.store is None:
            found = {path.name for path in (self.folder / RESULTS).iterdir()}
        else:
            found = {name.rpartition("/")[2] for name in self.store.names(RESULTS)}
        return {name.removesuffix(".mp4") for name in found if name.endswith(".mp4")}

    def keep_checksums(self) -> None:
        """Remember them for the next start."""
        write_json(self._sums_path, dict(self._sums))  # read by several threads

    def records(self) -> dict[str, dict[str, Any]]:
        """What is done, by the hash of each task."""
        found = {}
        for path in (self.folder / STATE).glob("??/*.json"):
            record = read_record(path)
            if record:
                found[path.stem] = record
        return found

    def record(self, key: str) -> dict[str, Any]:
        """What is said of a task that is done; empty if it is not."""
        return read_record(record_of(self.folder, key))

    def forget(self, key: str) -> None:
        """Have something done again."""
        path = record_of(self.folder, key)
        path.unlink(missing_ok=True)

    def put_aside(
        self,
        key: str,
        name: str,
        row: int,
        tries: int,
        sentence: str,
        code: str = "",
        now: bool = True,
    ) -> None:
        """Put a task into quarantine; on the disk now, or soon where many are."""
        self.quarantine[key] = {
            "name": name, "row": row, "tries": tries, "sentence": sentence, "code": code,
        }  # fmt: skip
        self._unwritten = True
        if now:
            self.keep_what_is_due()

    def keep_what_is_due(self) -> None:
        """Write who is in quarantine, unless that takes much of the time: all are written anew."""
        if self._unwritten and time.monotonic() >= self._due:
            self.keep_quarantine()

    def keep_quarantine(self) -> None:
        """Write who is in quarantine."""
        began = time.monotonic()
        write_json(self.folder / STATE / QUARANTINE, self.quarantine)
        took = time.monotonic() - began
        self._unwritten, self._due = False, began + _SHARE * took


@contextmanager
def _written(folder: Path) -> Iterator[None]:
    """Say of a folder that it cannot be written."""
    try:
        yield
    except OSError as exc:
        raise OutputError(
            f"{folder} cannot be written ({exc.strerror}): look after its rights and its disk."
        ) from exc


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
