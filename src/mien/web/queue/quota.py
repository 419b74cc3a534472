"""How much may be stored: in the whole data folder, and in the projects of one person."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from mien.web.queue.folders import Folders
from mien.web.queue.places import UPLOADS
from mien.web.queue.store import Store
from mien.web.queue.tables import Project

_FRESH_S = 5.0  # for which a size that was measured is taken for the one that there is


class QuotaFull(Exception):
    """An upload does not fit in."""


class Quota:
    """How much is stored, and what may still come.

    Parameters
    ----------
    folders, store
        Where files lie, and whose they are.
    whole : int, optional
        Bytes that the data folder may take.
    each : int, optional
        Bytes that the projects of one account may take, unless the account says something else.
    clock : callable
        Seconds, never going back.
    """

    def __init__(
        self,
        folders: Folders,
        store: Store,
        whole: int | None,
        each: int | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folders, self._store, self._clock = folders, store, clock
        self.whole, self.each = whole, each
        self._lock = Lock()
        self._sizes: dict[Path, tuple[float, int]] = {}
        self._coming: dict[object, tuple[str, int]] = {}

    def used(self) -> int:
        """Bytes in the data folder, without what arrives just now."""
        return self._size(self._folders.data)

    def used_by(self, account: str) -> int:
        """Bytes in the projects of an account."""
        owned = self._store.accounts.owned(account)
        return sum(self._size(self._folders.project(project)) for project in owned)

    def of(self, account: str) -> int | None:
        """Bytes that the projects of an account may take; None if nothing limits them."""
        found = self._store.accounts.get(account)
        return self.each if found is None or found.quota is None else found.quota

    def left(self, project: Project) -> int | None:
        """Bytes that may still come into a project; None if nothing limits them."""
        coming = list(self._coming.values())
        found = []
        if self.whole is not None:
            found.append(self.whole - self.used() - sum(size for _, size in coming))
        most = None if project.owner is None else self.of(project.owner)
        if most is not None and project.owner is not None:
            theirs = sum(size for owner, size in coming if owner == project.owner)
            found.append(most - self.used_by(project.owner) - theirs)
        return max(0, min(found)) if found else None

    @contextmanager
    def room(self, project: Project, announced: int | None) -> Iterator[int | None]:
        """Keep room for an upload as long as it comes; how many bytes it may have.

        Raises
        ------
        QuotaFull
            If it does not fit in.
        """
        key = object()
        with self._lock:  # two that come at once do not both get the last room
            left = self.left(project)
            if left is not None and (announced or 1) > left:
                raise QuotaFull(
                    f"{_written(left)} of the quota are left, and this needs "
                    f"{_written(announced or 1)}: remove what is not needed any more, or ask an "
                    "admin for more."
                )
            # what does not say how large it is may take all that is left
            size = (left or 0) if announced is None else announced
            self._coming[key] = (project.owner or "", size)
        try:
            yield left
        finally:
            del self._coming[key]
            self._sizes.clear()  # it is there now

    def _size(self, folder: Path) -> int:
        known, now = self._sizes.get(folder), self._clock()
        if known is not None and now - known[0] < _FRESH_S:
            return known[1]
        found = size_of(folder)
        self._sizes[folder] = (now, found)
        return found


def size_of(folder: Path) -> int:
    """Bytes of all files in a folder, those with two names once and those that arrive left out."""
    seen: set[tuple[int, int]] = set()
    total, waiting = 0, [folder]
    while waiting:
        try:
            entries = list(os.scandir(waiting.pop()))
        except (FileNotFoundError, NotADirectoryError):  # removed meanwhile
            continue
        for entry in entries:
            try:
                status = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            if stat.S_ISDIR(status.st_mode):
                if entry.name != UPLOADS:
                    waiting.append(Path(entry.path))
            elif stat.S_ISREG(status.st_mode) and (status.st_dev, status.st_ino) not in seen:
                seen.add((status.st_dev, status.st_ino))
                total += status.st_size
    return total


def _written(size: int) -> str:
    return f"{size / 1e9:.3g} GB" if size >= 1e8 else f"{size / 1e6:.3g} MB"
