"""Uploads: streamed to disk under random names, never whole in memory, of limited size."""

from __future__ import annotations

import hashlib
import shutil
import unicodedata
from collections.abc import AsyncIterator
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from mien.web.http.problems import Problem

FULL = "There is not enough space on the disk: delete files, then try again."
_PIECE = 1 << 20  # bytes written at once
_ROOM = 2.5  # free space that is asked for, in sizes of the upload: a result needs some too
_LONGEST_NAME = 200


async def receive(
    pieces: AsyncIterator[bytes], announced: int | None, largest: int, place: Path
) -> tuple[int, str]:
    """Write a request's body to a file.

    Parameters
    ----------
    pieces : async iterator of bytes
        The body.
    announced : int, optional
        Bytes that the request says it has.
    largest : int
        Bytes that it may have.
    place : Path
        The new file; whoever calls removes it where this raises.

    Returns
    -------
    size : int
        Bytes written.
    digest : str
        SHA-256 of them, hexadecimal.

    Raises
    ------
    Problem
        If it is too large or empty or breaks off, or the disk is full.
    """
    if announced is not None and announced > largest:
        raise _too_large(largest)
    if announced is not None and shutil.disk_usage(place.parent).free < _ROOM * announced:
        raise _full()
    size, waiting, digest = 0, bytearray(), hashlib.sha256()
    try:
        with place.open("xb") as file:
            async for piece in pieces:
                size += len(piece)
                if size > largest:
                    raise _too_large(largest)
                waiting += piece
                digest.update(piece)
                if len(waiting) >= _PIECE:
                    await run_in_threadpool(file.write, bytes(waiting))
                    waiting.clear()
            await run_in_threadpool(file.write, bytes(waiting))
    except ClientDisconnect as exc:
        raise Problem(400, "broken_off", "The upload was broken off: choose it again.") from exc
    except OSError as exc:
        raise _full() from exc
    if not size:
        raise Problem(422, "empty", "The file is empty: choose another.")
    return size, digest.hexdigest()


def display_name(name: str) -> str:
    """A file's name for people to read: no folders, nothing that does not print."""
    return printable(name.replace("\\", "/").rpartition("/")[2]) or "video"


def printable(text: str) -> str:
    """A short text without what does not print, such as line breaks and marks of direction."""
    kept = "".join(c for c in text if unicodedata.category(c)[0] not in "CZ" or c == " ")
    return kept.strip()[:_LONGEST_NAME].strip()


def in_words(error: Exception, path: Path, called: str) -> str:
    """What went wrong with a file, in one sentence that calls it as the user knows it."""
    sentence = " ".join(str(error).split())
    return sentence.replace(str(path), called).replace(path.name, called)


def _too_large(largest: int) -> Problem:
    return Problem(
        413,
        "too_large",
        f"The file is larger than {largest / 1e9:.3g} GB: cut the video into shorter ones.",
    )


def _full() -> Problem:
    return Problem(507, "disk_full", FULL)
