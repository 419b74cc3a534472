"""Originals that lie far away, at hand for as long as somebody works on them.

They are fetched into a folder that only this user can enter, and removed with it. A folder is held
by a lock; whoever is killed lets go of it, and the next one who fetches, or starts a batch on this
machine, removes what nobody holds.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from mien.errors import VideoError
from mien.outputs import checksum
from mien.scale.far import Url

_BEGINS = "mien-original-"


@contextmanager
def at_hand(source: Path | Url, sha256: str) -> Iterator[Path]:
    """A clip on a disk of this machine; one that lies there is left where it is.

    Parameters
    ----------
    source : Path or Url
        The clip; only read.
    sha256 : str
        Its checksum.

    Raises
    ------
    VideoError
        If it cannot be fetched, or is another one than it was.
    StorageError
        If nobody answers.
    OSError
        If there is no room for it.
    """
    if isinstance(source, Path):
        yield source
        return
    sweep()
    with _private_folder() as folder:
        path = folder / f"original{source.suffix}"
        source.fetch(path)
        if checksum(path) != sha256:
            raise VideoError(f"{source} changed after the batch began: start it again.")
        yield path


def sweep() -> None:
    """Remove originals on this machine that were fetched by somebody who was killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_BEGINS}*"):
        with suppress(OSError), _held(folder, fcntl.LOCK_EX | fcntl.LOCK_NB):
            shutil.rmtree(folder)


@contextmanager
def _private_folder() -> Iterator[Path]:
    with ExitStack() as held:
        while True:
            folder = Path(tempfile.mkdtemp(prefix=_BEGINS))  # which nobody else can enter
            with suppress(FileNotFoundError):
                held.enter_context(_held(folder, fcntl.LOCK_EX))
            if folder.exists():
                break  # else it was swept before it was held
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _held(folder: Path, how: int) -> Iterator[None]:
    """Hold a folder of this user's own; raises `OSError` if somebody else does."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        if os.fstat(descriptor).st_uid != os.getuid():
            raise PermissionError(f"{folder} is somebody else's")
        fcntl.flock(descriptor, how)
        yield
    finally:
        os.close(descriptor)
