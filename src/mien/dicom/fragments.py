"""Encapsulated pixel data: the items it is made of, found and copied without loading them.

References
----------
.. [1] DICOM PS3.5 2024b, annex A.4.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from mien.dicom.stored import Stored
from mien.errors import VideoError

_ITEM, _END = 0xFFFEE000, 0xFFFEE0DD
_UNDEFINED = 0xFFFFFFFF
_CHUNK = 1 << 20


def items(stored: Stored) -> list[tuple[int, int]]:
    """Where the items of the pixel data lie, without the table of offsets: begin and length, bytes.

    Raises
    ------
    VideoError
        If the pixel data is not encapsulated, has no items, or ends within one.
    """
    size = stored.path.stat().st_size
    with stored.path.open("rb") as stream:
        stream.seek(stored.begins)
        head = stream.read(12)
        if len(head) < 12 or struct.unpack("<I", head[8:])[0] != _UNDEFINED:
            raise VideoError(
                f"{stored.path} says that its pictures are compressed, but they are stored as if "
                "they were not: export it again from the archive."
            )
        found = []
        for begin, length in _walk(stream, stored.path, size):
            found.append((begin, length))
    if not [length for _, length in found[1:] if length]:
        raise VideoError(f"{stored.path} has no frames: its pixel data is empty.")
    return found[1:]


def _walk(stream: BinaryIO, path: Path, size: int) -> Iterator[tuple[int, int]]:
    while True:
        head = stream.read(8)
        group, element, length = struct.unpack("<HHI", head) if len(head) == 8 else (0, 0, 0)
        if group << 16 | element == _END:
            return
        if group << 16 | element != _ITEM or stream.tell() + length > size:
            raise VideoError(f"{path} is cut short or damaged within its pictures: copy it again.")
        yield stream.tell(), length
        stream.seek(length, 1)


def copy_stream(stored: Stored, place: Path) -> int:
    """Write the one stream of a video to a file; the number of fragments it was stored in.

    Several fragments are joined in their order, which is what the fragmentable transfer syntaxes
    mean by them; in the others the standard allows one, and the stream that comes of joining has
    to be readable.
    """
    parts = items(stored)
    with stored.path.open("rb") as source, place.open("xb") as target:
        for begin, length in parts:
            source.seek(begin)
            while length > 0:
                piece = source.read(min(_CHUNK, length))
                target.write(piece)
                length -= len(piece)
    return sum(1 for _, length in parts if length)


def pictures(stored: Stored) -> Iterator[bytes]:
    """The frames of an image that stores each as JPEG, one or several fragments a frame.

    Raises
    ------
    VideoError
        If there are more or fewer than the header says.
    """
    parts = [part for part in items(stored) if part[1]]
    with stored.path.open("rb") as stream:

        def read(part: tuple[int, int]) -> bytes:
            stream.seek(part[0])
            return stream.read(part[1])

        if len(parts) == stored.frames:
            yield from map(read, parts)
            return
        waiting, count = b"", 0
        for part in parts:  # a frame ends with the marker of the end of an image
            waiting += read(part)
            if waiting.rstrip(b"\0").endswith(b"\xff\xd9"):
                yield waiting
                waiting, count = b"", count + 1
    if waiting or count != stored.frames:
        raise VideoError(
            f"{stored.path} announces {stored.frames} frames and holds {count}: copy it again."
        )
