"""Videos as a browser shows them from the first to the last frame.

A clip that begins late has an edit list that says so, and Chromium takes that time off the end:
nobody can go to the last frames. For viewing, where pages count frames from the first, edit lists
are hidden while the file is sent. The file itself stays as it is.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from starlette.responses import Response

from mien.web.http.sending import send


def view(path: Path, wanted: str | None) -> Response:
    """Answer with an MP4 or a part of it.

    Parameters
    ----------
    path : Path
        The file.
    wanted : str or None
        The request's header ``Range``; what is no single range is answered with everything.

    Raises
    ------
    OSError
        If the file cannot be opened.
    """
    with path.open("rb") as file:
        places = hidden(file, os.fstat(file.fileno()).st_size)
    return send(path, wanted, "video/mp4", hide=places)


def hidden(file: BinaryIO, size: int) -> list[int]:
    """Where the names of an MP4's edit lists stand, bytes from the start."""
    found = []
    for name, start, end in _boxes(file, 0, size):
        if name != b"moov":
            continue
        for track, inside, last in _boxes(file, start, end):
            if track == b"trak":
                found += [
                    begin - 4 for kind, begin, _ in _boxes(file, inside, last) if kind == b"edts"
                ]
    return found


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Name, first and last byte of the contents of each box between two places."""
    while start + 8 <= end:
        file.seek(start)
        length, name = struct.unpack(">I4s", file.read(8))
        contents = start + 8
        if length == 1:
            if contents + 8 > end:
                return
            (length,) = struct.unpack(">Q", file.read(8))
            contents += 8
        elif length == 0:
            length = end - start
        if length < contents - start or start + length > end:
            return
        yield name, contents, start + length
        start += length
