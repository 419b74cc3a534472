"""Places that the application owns: real folders and files below the data folder, never links.

What a link leads to belongs to somebody else. Whoever deletes or writes through one changes files
that mien was never given, so a link in a place of the application is refused, at the start and
before anything is done in the place. Only the data folder itself may be a link: it is the user's
choice, and followed once.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from mien.errors import LinkError, OutputError
from mien.web.queue.audit import AUDIT
from mien.web.queue.log import LOG

PROJECTS, UPLOADS, ORIGINALS, RUNS = "projects", "uploads", "originals", "runs"
PORTRAITS = "portraits"
IN_PROJECT = (UPLOADS, ORIGINALS, PORTRAITS, RUNS)
"""Folders of a project."""
DATABASE, LOCK, PORT = "mien.sqlite3", "server.lock", "server.port"
PROJECT_ID, JOB_ID = re.compile(r"[0-9a-f]{16}"), re.compile(r"[0-9a-f]{32}")
"""What names that the application gives look like; everything else is not its own."""
LINKED = (
    "A place in the data folder was replaced by a link: end mien serve and start it again, which "
    "says where."
)
"""For those who cannot see the disk."""
_BESIDE = ("", "-wal", "-shm", "-journal")  # what SQLite keeps beside a database
_FILES = (
    *(f"{database}{ending}" for database in (DATABASE, LOCK) for ending in _BESIDE),
    *(PORT, LOG, f"{LOG}.1", AUDIT),
)
_OF_THE_SYSTEM = (".DS_Store", ".directory", ".localized", "Thumbs.db", "desktop.ini")
_JUNCTION = getattr(stat, "IO_REPARSE_TAG_MOUNT_POINT", None)


def is_link(status: os.stat_result, junction: int | None = _JUNCTION) -> bool:
    """Whether a status, of the thing itself, is that of a symbolic link or a junction."""
    tag = getattr(status, "st_reparse_tag", None)
    return stat.S_ISLNK(status.st_mode) or (tag is not None and tag == junction)


def of_the_system(path: Path) -> bool:
    """Whether it is a file that file managers leave by themselves."""
    named_so = path.name.startswith("._") or path.name in _OF_THE_SYSTEM
    return named_so and is_real_file(path)


def data_folder(data: Path) -> Path:
    """Where the data folder is, all links followed.

    Raises
    ------
    OutputError
        If it is a link to nothing, as to a disk that is not connected.
    """
    try:
        found = data.resolve()
        lost = [
            place for place in (data, *data.parents) if place.is_symlink() and not place.exists()
        ]
    except (OSError, RuntimeError) as exc:  # a circle of links
        raise OutputError(
            f"{data} cannot be followed to a folder: choose another with --data."
        ) from exc
    if lost:
        raise OutputError(
            f"{lost[0]} is a link to something that is not there: connect its disk, or choose "
            "another folder with --data."
        )
    return found


def check(data: Path, *parts: str) -> None:
    """Refuse a place of which any part below the data folder is a link.

    Raises
    ------
    LinkError
        If one is; the message says which.
    """
    place = data
    for part in parts:
        place = place / part
        try:
            status = place.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return
        if is_link(status):
            raise _refused(place)


def check_all(data: Path) -> None:
    """Refuse a data folder with a link in any place that the application owns.

    Raises
    ------
    LinkError
        If there is one; the message says where.
    """
    for name in (*_FILES, PROJECTS):
        check(data, name)
    for project in entries(data / PROJECTS):
        if not PROJECT_ID.fullmatch(project.name):
            continue  # nothing is read, written or deleted there
        for place in (Path(project.path), *(Path(project.path) / name for name in IN_PROJECT)):
            check(data, *place.relative_to(data).parts)
        for name in IN_PROJECT:
            _walk(Path(project.path) / name)


def entries(folder: Path) -> list[os.DirEntry[str]]:
    """What lies in a folder, by name; nothing if it is not there."""
    try:
        with os.scandir(folder) as found:
            return sorted(found, key=lambda entry: entry.name)
    except (FileNotFoundError, NotADirectoryError):
        return []


def real_folders(folder: Path) -> Iterator[Path]:
    """Folders in a folder that are no links, by name."""
    for entry in entries(folder):
        status = _status(entry)
        if status is not None and stat.S_ISDIR(status.st_mode) and not is_link(status):
            yield Path(entry.path)


def is_real_file(path: Path) -> bool:
    """Whether a file lies there itself."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def _status(entry: os.DirEntry[str]) -> os.stat_result | None:
    """Of the thing itself; None if it went meanwhile, as where another server works."""
    try:
        return entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None


def _walk(folder: Path) -> None:
    waiting = [folder]
    while waiting:
        for entry in entries(waiting.pop()):
            status = _status(entry)
            if status is None:
                continue
            if is_link(status):
                raise _refused(Path(entry.path))
            if stat.S_ISDIR(status.st_mode):
                waiting.append(Path(entry.path))


def _refused(place: Path) -> LinkError:
    return LinkError(
        f"{place} is a link, and mien keeps and deletes files only in its own folder: remove the "
        "link, put the real file or folder in its place if it was moved, then start mien serve "
        "again."
    )
