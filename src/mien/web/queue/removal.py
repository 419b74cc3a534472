"""Removing files and folders of the application, and nothing that a link leads to.

Between a look at a folder and its removal somebody may put a link in its place. Where the system
can, every folder on the way is therefore opened without following links, and what lies in it is
removed through that opening [1]_; elsewhere the way is looked at just before.

References
----------
.. [1] openat(2), Linux Programmer's Manual: race conditions of changed path components.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mien.web.queue.places import check, is_link

BY_OPENING = (
    {os.open, os.stat, os.unlink, os.rmdir} <= os.supports_dir_fd
    and shutil.rmtree.avoids_symlink_attacks
    and hasattr(os, "O_NOFOLLOW")
)
"""Whether the system can reach what lies in a folder through that folder, opened."""


def remove(data: Path, *parts: str, by_opening: bool = BY_OPENING) -> None:
    """Remove a file, or a folder with all that is in it; nothing if it is not there.

    A link in the last place is removed itself. As much is removed as can be.

    Parameters
    ----------
    data : Path
        The data folder.
    parts : str
        The way from there to what is removed.
    by_opening : bool
        Whether folders on the way are opened; else they are looked at.

    Raises
    ------
    OSError
        If something stays, or a folder on the way is a link.
    """
    failures: list[OSError] = []

    def failed(function: Any, path: str, info: Any) -> None:
        if not isinstance(info[1], FileNotFoundError):
            failures.append(info[1])

    try:
        with _reached(data, parts[:-1], by_opening) as (folder, place):
            name = place(parts[-1])
            status = os.stat(name, dir_fd=folder, follow_symlinks=False)
            if stat.S_ISDIR(status.st_mode) and not is_link(status):
                shutil.rmtree(name, onerror=failed, dir_fd=folder)
            elif stat.S_ISDIR(status.st_mode):  # a junction
                os.rmdir(name, dir_fd=folder)
            else:
                os.unlink(name, dir_fd=folder)
    except FileNotFoundError:
        return
    if failures:
        raise failures[0]


def remove_empty(data: Path, *parts: str) -> None:
    """Remove a folder in which nothing is.

    Raises
    ------
    OSError
        If something is, or a folder on the way is a link.
    """
    try:
        with _reached(data, parts[:-1]) as (folder, place):
            os.rmdir(place(parts[-1]), dir_fd=folder)
    except FileNotFoundError:
        return


@contextmanager
def _reached(
    data: Path, parts: tuple[str, ...], by_opening: bool = BY_OPENING
) -> Iterator[tuple[int | None, Any]]:
    """The opened folder, or None, and how things in it are called."""
    if not by_opening:
        check(data, *parts)
        yield None, data.joinpath(*parts).joinpath
        return
    folder = os.open(data, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in parts:
            inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
            os.close(folder)
            folder = inner
        yield folder, str
    finally:
        os.close(folder)
