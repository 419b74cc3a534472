"""One change of a review's folder at a time, whichever programs change it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: there the last one to write wins
    fcntl = None  # type: ignore[assignment]


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Wait until nobody else who asks this is at work in a folder, and keep others waiting.

    For what is read, changed and written back. The lock is on the folder itself and ends with the
    process, however that ends.

    Parameters
    ----------
    folder : Path
        Nothing is locked where there is none yet.
    """
    if fcntl is None or not folder.is_dir():
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
