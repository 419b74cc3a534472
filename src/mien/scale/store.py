"""Where the files of a batch go that is kept far away: results, evidence and its report.

A batch's memory (`mien.scale.state`) stays on a disk, for it needs locks that the system lets go
of when a process dies, and no object store has such. A file gets its name in the store when it is
whole: object stores show one only when all of it has come; elsewhere it comes under a hidden name
and is renamed.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mien.errors import OutputError, ParameterError, StorageError, VideoError
from mien.scale.far import Url, opened, told

_WHOLE_AT_ONCE = ("s3", "s3a", "gs", "gcs", "az", "abfs", "abfss")
"""Protocols of object stores, in which a file is there when all of it has come."""
_RENAMED = ("sftp", "ssh", "local")
"""Protocols by which a file replaces another one in one step when it is renamed."""
_PART = ".part"


@dataclass(frozen=True)
class Store:
    """What the names of all files of a batch begin with.

    Raises
    ------
    ParameterError
        If files of this protocol cannot be given their names whole.
    """

    url: Url
    """Of the batch."""

    def __post_init__(self) -> None:
        known = (*_WHOLE_AT_ONCE, *_RENAMED)
        if self.url.protocol not in known:
            raise ParameterError(
                f"{self.url} cannot hold a batch: give a folder, or a URL with one of "
                f"{', '.join(known)}."
            )

    def put(self, file: Path, name: str) -> None:
        """Put a file in the store, in place of an older one.

        Parameters
        ----------
        file : Path
            On this machine.
        name : str
            What it is called in the store, with slashes.

        Raises
        ------
        OutputError
            If it may not be written.
        StorageError
            If nobody answers, or it did not arrive whole.
        """
        with _files(self.url) as (files, root):
            place = f"{root}/{name}"
            if self.url.protocol in _WHOLE_AT_ONCE:
                files.put_file(str(file), place)
            else:
                folder = place.rpartition("/")[0]
                part = f"{folder}/.mien-{secrets.token_hex(8)}{_PART}"
                files.makedirs(folder, exist_ok=True)
                files.put_file(str(file), part)
                files.mv(part, place)
            files.invalidate_cache()
            came = files.info(place)["size"]
        if came != file.stat().st_size:
            raise StorageError(f"{self.url / name} did not arrive whole: look after the store.")

    def put_folder(self, folder: Path, name: str) -> None:
        """Put what lies in a folder in the store, but for hidden files; errors are those of
        `put`."""
        for path in sorted(folder.rglob("*")):
            within = path.relative_to(folder)
            if path.is_file() and not any(part.startswith(".mien-") for part in within.parts):
                self.put(path, f"{name}/{within.as_posix()}")

    def remove(self, name: str) -> None:
        """Remove a file, if it is there; errors are those of `put`."""
        with _files(self.url) as (files, root):
            files.invalidate_cache()
            if files.exists(f"{root}/{name}"):
                files.rm_file(f"{root}/{name}")

    def names(self, folder: str = "") -> set[str]:
        """Names of all files in the store, or in a folder of it; errors are those of `put`."""
        with _files(self.url) as (files, root):
            files.invalidate_cache()
            place = f"{root}/{folder}".rstrip("/")
            try:
                found = files.find(place)
            except FileNotFoundError:
                return set()
        cut = len(str(files._strip_protocol(root))) + 1
        return {str(files._strip_protocol(path))[cut:] for path in found}

    def sweep(self) -> None:
        """Remove what somebody who was killed left under hidden names; errors are those of
        `put`."""
        if self.url.protocol in _WHOLE_AT_ONCE:
            return
        for name in self.names():
            last = name.rpartition("/")[2]
            if last.startswith(".mien-") and last.endswith(_PART):
                self.remove(name)


@contextmanager
def _files(url: Url) -> Iterator[tuple[Any, str]]:
    """The file system of a store, and what its files' names begin with there."""
    try:
        with told(url):
            files, root = opened(url)
            yield files, root.rstrip("/")
    except OutputError:
        raise
    except VideoError as exc:
        raise OutputError(f"{url} cannot be written: look after its rights.") from exc
