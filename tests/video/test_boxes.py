"""Boxes of MP4 files, whole and damaged."""

from __future__ import annotations

import io
import struct

import pytest

from mien.video.boxes import boxes


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


def found(data: bytes) -> list[tuple[bytes, bytes]]:
    stream = io.BytesIO(data)
    return [(each.kind, data[each.start : each.end]) for each in boxes(stream, 0, len(data))]


def test_boxes_of_every_kind_of_length():
    wide = struct.pack(">I4sQ", 1, b"mdat", 16 + 5) + b"wide!"
    rest = struct.pack(">I4s", 0, b"free") + b"to the end"
    data = box(b"ftyp", b"isom") + box(b"moov", b"") + wide + rest
    assert found(data) == [
        (b"ftyp", b"isom"), (b"moov", b""), (b"mdat", b"wide!"), (b"free", b"to the end"),
    ]  # fmt: skip


def test_a_box_in_a_box():
    data = box(b"moov", box(b"trak", b"1") + box(b"trak", b"2"))
    stream = io.BytesIO(data)
    (outer,) = boxes(stream, 0, len(data))
    inner = boxes(stream, outer.start, outer.end)
    assert [data[each.start : each.end] for each in inner] == [b"1", b"2"]


@pytest.mark.parametrize(
    "end",
    [
        b"\0",
        b"\0\0\0\7free",
        b"\0\0\0\11free",
        b"\0\0\0\1free\0\0",
        b"\0\0\0\1free" + bytes(8),
    ],
)
def test_what_is_no_box_is_refused_after_those_before_it(end):
    data = box(b"ftyp", b"isom") + end
    seen = boxes(io.BytesIO(data), 0, len(data))
    assert next(seen).kind == b"ftyp"
    with pytest.raises(ValueError, match="box"):
        next(seen)
