"""What a batch's folder remembers, so that the next start goes on where the last one ended."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from mien.errors import OutputError
from mien.intake.secret import Secret
from mien.outputs import checksum
from mien.scale.task import EVIDENCE, REPORT, RESULTS, STATE, record_of, write_json

_FOLDERS = (STATE, RESULTS, EVIDENCE, REPORT)


class State:
    """The folder of a batch, held by one driver at a time.

    Parameters
    ----------
    folder : Path
        The batch's folder; made if there is none.

    Raises
    ------
    OutputError
        If it is the folder of something else.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        strangers = [
            path.name for path in (folder.iterdir() if folder.is_dir() else ())
            if path.name not in _FOLDERS
        ]  # fmt: skip
        if (folder.exists() and not folder.is_dir()) or (
            strangers and not (folder / STATE).is_dir()
        ):
            raise OutputError(f"{folder} is no folder of a batch: give a new one.")
        for name in _FOLDERS:
            (folder / name).mkdir(parents=True, exist_ok=True)
        self._sums_path = folder / STATE / "checksums.json"
        self._sums: dict[str, list[Any]] = _read(self._sums_path)
        self.quarantine: dict[str, dict[str, Any]] = _read(folder / STATE / "quarantine.json")

    @contextmanager
    def held(self) -> Iterator[None]:
        """Be the only driver; the system lets go when this process ends, however it does.

        Raises
        ------
        OutputError
            If another one works on it.
        """
        with (self.folder / STATE / "driver.lock").open("a") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as exc:
                raise OutputError(
                    f"{self.folder} is being worked on by another mien: wait until it ends."
                ) from exc
            self.sweep()
            yield

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

    def checksum(self, path: Path) -> str:
        """The checksum of a clip, read again only if it changed."""
        found = path.stat()
        stamp = [found.st_size, found.st_mtime_ns]
        known = self._sums.get(str(path))
        if known is None or known[:2] != stamp:
            self._sums[str(path)] = known = [*stamp, checksum(path)]
        return str(known[2])

    def keep_checksums(self) -> None:
        """Remember them for the next start."""
        write_json(self._sums_path, self._sums)

    def records(self) -> dict[str, dict[str, Any]]:
        """What is done, by the hash of each task."""
        found = {}
        for path in (self.folder / STATE).glob("??/*.json"):
            record = _read(path)
            if record.get("name"):
                found[path.stem] = record
        return found

    def record(self, key: str) -> dict[str, Any]:
        """What is said of a task that is done; empty if it is not."""
        return _read(record_of(self.folder, key))

    def forget(self, key: str) -> None:
        """Have something done again."""
        path = record_of(self.folder, key)
        path.unlink(missing_ok=True)

    def allow(self, key: str, name: str) -> None:
        """Let a task replace a result that has its name."""
        write_json(record_of(self.folder, key).with_suffix(".begun"), {"name": name})

    def put_aside(self, key: str, name: str, row: int, tries: int, sentence: str) -> None:
        """Put a task into quarantine, at once on the disk."""
        self.quarantine[key] = {"name": name, "row": row, "tries": tries, "sentence": sentence}
        self.keep_quarantine()

    def keep_quarantine(self) -> None:
        """Write who is in quarantine."""
        write_json(self.folder / STATE / "quarantine.json", self.quarantine)


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
