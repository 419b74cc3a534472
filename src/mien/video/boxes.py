"""The boxes of an MP4, of which everything in it consists (ISO/IEC 14496-12 [1]_).

References
----------
.. [1] ISO/IEC 14496-12:2022, Coding of audio-visual objects, Part 12: ISO base media file format.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple


class Box(NamedTuple):
    """Where one box stands in a file."""

    kind: bytes
    """Its four letters, as in ``b"moov"``."""
    start: int
    """First byte of its content."""
    end: int
    """First byte after its content."""


def boxes(file: BinaryIO, start: int, end: int) -> Iterator[Box]:
    """Boxes between two places of a file, one after the other; not those inside them.

    Parameters
    ----------
    file : binary file
        Open for reading; it may be read elsewhere between two boxes.
    start, end : int
        Bytes from its start, where the first box begins and the last one ends.

    Raises
    ------
    ValueError
        If what stands there is no box, or leaves its place.
    """
    while start < end:
        file.seek(start)
        head = file.read(min(16, end - start))
        if len(head) < 8:
            raise ValueError("a box has no head")
        length, kind = struct.unpack(">I4s", head[:8])
        before = 8
        if length == 1:
            if len(head) < 16:
                raise ValueError("a box has no length")
            length, before = struct.unpack(">Q", head[8:])[0], 16
        elif length == 0:
            length = end - start
        if length < before or start + length > end:
            raise ValueError("a box leaves its place")
        yield Box(kind, start + before, start + length)
        start += length
