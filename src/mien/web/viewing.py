"""Videos as a browser shows them from the first to the last frame.

A clip that begins late has an edit list that says so, and Chromium takes that time off the end:
nobody can go to the last frames. For viewing, where pages count frames from the first, edit lists
are hidden while the file is sent. The file itself stays as it is.
"""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from starlette.responses import Response, StreamingResponse

_PIECE = 1 << 18  # bytes
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


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
    file = path.open("rb")
    try:
        size = os.fstat(file.fileno()).st_size
        headers = {"Accept-Ranges": "bytes"}
        status, (first, end) = 200, (0, size)
        if match := _RANGE.fullmatch(wanted or ""):
            status, (first, end) = 206, _part(match[1], match[2], size)
            headers["Content-Range"] = f"bytes {first}-{end - 1}/{size}"
            if first >= end:
                file.close()
                return Response(status_code=416, headers={"Content-Range": f"bytes */{size}"})
        headers["Content-Length"] = str(end - first)
        return StreamingResponse(
            _pieces(file, first, end, hidden(file, size)),
            status_code=status,
            media_type="video/mp4",
            headers=headers,
        )
    except BaseException:
        file.close()
        raise


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


def _part(first: str, last: str, size: int) -> tuple[int, int]:
    """First byte and the one after the last, as the header counts them."""
    if not first:
        return max(0, size - int(last or 0)), size
    return int(first), min(size, int(last) + 1) if last else size


def _pieces(file: BinaryIO, first: int, end: int, names: list[int]) -> Iterator[bytes]:
    with file:
        while first < end:
            file.seek(first)
            piece = bytearray(file.read(min(_PIECE, end - first)))
            if not piece:
                return
            for name in names:
                for k, byte in enumerate(b"free", name - first):
                    if 0 <= k < len(piece):
                        piece[k] = byte
            yield bytes(piece)
            first += len(piece)
