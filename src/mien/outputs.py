"""Files and folders that appear under their name only when they are complete.

Everything is written beside its place under a hidden name (``.mien-`` and 16 digits, ending in
``.part``), and renamed at the end. Whatever ends the program, at whatever line, nothing that is
empty or half written is ever found under the name.

A file that is not to replace another is renamed such that the system refuses it: with Linux's
``renameat2`` [1]_, else with a hard link, else (on sticks with exFAT, on other systems than Linux)
by looking first; then what appears between looking and renaming is replaced.

A folder cannot replace another one that holds something. Linux exchanges the two in one step. Where
it cannot, the older one is moved to a hidden name that ends in ``.old`` and the new one to its
place: a program that is killed between these two lines leaves nothing under the name, and
`put_back`, which is called before the next look at it, gives the older one its name again.

References
----------
.. [1] rename(2), Linux Programmer's Manual, ``RENAME_NOREPLACE`` and ``RENAME_EXCHANGE``.
"""

from __future__ import annotations

import ctypes
import errno
import hashlib
import os
import secrets
import shutil
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from mien.errors import MienError, OutputError

PART, OLD = ".part", ".old"
"""Endings of hidden names: of what is not complete or not needed any more, and of an older folder
that has to come back if nothing has its name."""
_NOREPLACE, _EXCHANGE = 1, 2
_HERE = -100  # AT_FDCWD: names are relative to the working folder


def checksum(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def check_free(
    path: Path, overwrite: bool = False, *, kind: str = "", endings: Sequence[str] = ()
) -> None:
    """Refuse a file's place early, before any work.

    Parameters
    ----------
    path : Path
        The place.
    overwrite : bool
        Whether a file that is there may be replaced.
    kind : str
        What would be written, as in ``"a picture"``.
    endings : sequence of str
        Those that its name may have, in small letters and with the dot; any if there are none.

    Raises
    ------
    OutputError
        If the name has another ending, there is no folder to put it in, or something is in the way.
    """
    if endings and path.suffix.lower() not in endings:
        either = " or ".join(filter(None, (", ".join(endings[:-1]), endings[-1])))
        raise OutputError(f"{path} would be {kind}: give it a name that ends in {either}.")
    check_parent(path)
    if path.is_dir():
        raise OutputError(f"{path} is a folder, which already exists: choose another name.")
    if os.path.lexists(path) and not overwrite:
        raise OutputError(f"{path} already exists: choose another name or add --overwrite.")


def too_long(path: Path) -> str:
    """What to say of a name that a disk cannot store."""
    return (
        f"The name {path.name[:30]}… is too long, {len(os.fsencode(path.name))} bytes where disks "
        "store 255: choose a shorter one."
    )


def check_parent(path: Path) -> None:
    """Refuse a place in no folder or a read-only one, or of no name; raises `OutputError`."""
    folder = path.absolute().parent
    try:
        there = folder.exists()
        os.lstat(path)
    except OSError as exc:
        if exc.errno == errno.ENAMETOOLONG:
            raise OutputError(too_long(path)) from exc
    if not there:
        raise OutputError(f"The folder {folder} does not exist: create it first.")
    if not folder.is_dir():
        raise OutputError(f"{folder} is not a folder: choose another place for {path.name}.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(f"The folder {folder} cannot be written to: choose another place.")


def hidden(path: Path, ending: str = PART) -> Path:
    """A name beside a place that nothing has; short, however long the place's name is."""
    return path.absolute().parent / f".mien-{_mark(path)}{secrets.token_hex(4)}{ending}"


@contextmanager
def complete(path: Path, *, overwrite: bool = True, done: str = "written") -> Iterator[Path]:
    """Where to write a file, which gets its name when the block ends without an error.

    Parameters
    ----------
    path : Path
        Its place.
    overwrite : bool
        Whether a file that is there by then is replaced.
    done : str
        What is done to the file, for the sentence that says that it cannot be.

    Yields
    ------
    part : Path
        Nothing has this name yet.

    Raises
    ------
    OutputError
        If the file cannot be written, or something has its name.
    """
    part = hidden(path)
    try:
        with _told(path, done):
            yield part
            publish(part, path, overwrite=overwrite)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def complete_folder(path: Path, replaceable: Callable[[Path], bool]) -> Iterator[Path]:
    """Where to put files into a folder, which gets its name when the block ends without an error.

    Parameters
    ----------
    path : Path
        Its place.
    replaceable : callable
        Whether what is there by then may be replaced, asked as ``replaceable(path)``.

    Yields
    ------
    part : Path
        An empty folder.

    Raises
    ------
    OutputError
        If the folder cannot be written, or something has its name.
    """
    part = hidden(path)
    try:
        with _told(path):
            part.mkdir()
            yield part
            if os.path.lexists(path) and not replaceable(path):
                _refuse(path)
            publish_folder(part, path)
    finally:
        shutil.rmtree(part, ignore_errors=True)  # or the older one, which had its name


class Aside:
    """A file that is complete beside its place, so that naming it is all that is left to do.

    For two files that belong together: both are written before either of them has its name.

    Parameters
    ----------
    path : Path
        Its place.
    content : str
        What it holds.

    Raises
    ------
    OutputError
        If it cannot be written.
    """

    def __init__(self, path: Path, content: str) -> None:
        self._path = path
        self._part = hidden(path)
        try:
            with _told(path):
                self._part.write_text(content)
        except BaseException:  # interrupted, too
            self._part.unlink(missing_ok=True)
            raise

    def __enter__(self) -> Aside:
        return self

    def __exit__(self, *error: object) -> None:
        self._part.unlink(missing_ok=True)

    def commit(self) -> None:
        """Give the file its name, whatever has it; raises `OutputError` if that cannot be done."""
        with _told(self._path):
            publish(self._part, self._path, overwrite=True)


@contextmanager
def _told(path: Path, done: str = "written") -> Iterator[None]:
    """Turn errors of the system into sentences about a place."""
    try:
        yield
    except FileExistsError as exc:
        raise OutputError(
            f"{path} appeared meanwhile and was left as it is: choose another name or allow "
            "overwriting."
        ) from exc
    except OSError as exc:
        if isinstance(exc, MienError):
            raise
        raise OutputError(f"{path} cannot be {done}: {exc.strerror or exc}.") from exc


def create(part: Path) -> BinaryIO:
    """Open a hidden file that does not exist yet, to be written piece by piece."""
    return part.open("xb", buffering=1 << 20)


def publish(part: Path, path: Path, *, overwrite: bool) -> None:
    """Give a complete file its name.

    Raises
    ------
    FileExistsError
        If something has the name and is not to be replaced.
    OSError
        If it cannot be renamed.
    """
    if overwrite:
        os.replace(part, path)
        return
    if _renamed(part, path, _NOREPLACE):
        return
    try:
        os.link(part, path)
    except FileExistsError:
        raise
    except OSError:  # no hard links on this file system
        _refuse(path)
        os.rename(part, path)  # which refuses on Windows, too
    else:
        os.unlink(part)


def publish_folder(part: Path, path: Path) -> Path | None:
    """Give a complete folder its name.

    Parameters
    ----------
    part : Path
        The folder, under a name that `hidden` gave it.
    path : Path
        Its place; a folder that is there must be one that may be replaced.

    Returns
    -------
    older : Path or None
        Where the folder is that had the name; it is not needed any more. None if there was none.

    Raises
    ------
    OSError
        If it cannot be renamed; then the older one has its name.
    """
    put_back(path)
    if not os.path.lexists(path):
        os.rename(part, path)
        return None
    if _renamed(part, path, _EXCHANGE):
        return part
    old = hidden(path, OLD)
    try:
        os.rename(path, old)
        os.rename(part, path)
        os.rename(old, part)  # a name that nobody puts back
    except BaseException:  # interrupted, too
        with suppress(OSError):
            os.rename(old, part if os.path.lexists(path) else path)
        raise
    return part


def put_back(path: Path) -> None:
    """Give an older folder its name again, if a program was killed while it replaced it."""
    if os.path.lexists(path):
        return
    with suppress(OSError):
        left = path.absolute().parent.glob(f".mien-{_mark(path)}*{OLD}")
        newest = max(left, key=lambda one: one.stat().st_mtime, default=None)
        if newest is not None:
            os.rename(newest, path)


def _mark(path: Path) -> str:
    """By which the hidden names of a place are known; eight digits."""
    name = unicodedata.normalize("NFC", path.absolute().name).casefold()
    return hashlib.sha256(os.fsencode(name)).hexdigest()[:8]


def _refuse(path: Path) -> None:
    if os.path.lexists(path):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))


def _renamed(part: Path, path: Path, how: int) -> bool:
    """Rename in one step as Linux can; False where it cannot, so that another way is tried."""
    rename = _renameat2()
    if rename is None:
        return False
    if rename(_HERE, os.fsencode(part), _HERE, os.fsencode(path), how) == 0:
        return True
    if ctypes.get_errno() == errno.EEXIST:
        _refuse(path)
    return False


def _renameat2() -> Any:
    """The function of the C library, or None."""
    try:
        return ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError, TypeError):  # another system, or an old one
        return None
