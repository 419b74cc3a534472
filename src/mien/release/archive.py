"""A ZIP whose bytes depend on nothing but the names and contents of its files."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

_DATE = (1980, 1, 1, 0, 0, 0)  # the first that a ZIP can hold
_CHUNK = 1 << 20  # bytes


def write_archive(
    target: BinaryIO,
    files: Mapping[str, Path | bytes],
    packed: Callable[[int], None] = lambda count: None,
) -> None:
    """Store files uncompressed: video does not shrink, and no library's version shows.

    Parameters
    ----------
    target : binary file
        Opened for writing.
    files : mapping
        Contents, or where they are, by name, in the order in which they are stored.
    packed : callable, optional
        Called with the number of files that are stored.

    Raises
    ------
    OSError
        If something cannot be read or written.
    """
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for count, (name, content) in enumerate(files.items(), 1):
            entry = zipfile.ZipInfo(name, _DATE)
            entry.create_system, entry.external_attr = 3, 0o100644 << 16  # the same everywhere
            entry.file_size = len(content) if isinstance(content, bytes) else content.stat().st_size
            source = BytesIO(content) if isinstance(content, bytes) else content.open("rb")
            with source, archive.open(entry, "w") as place:
                shutil.copyfileobj(source, place, _CHUNK)
            packed(count)
