"""Pictures that somebody gave: their size is read from the header, before they are decoded.

The kinds that cameras, telephones and browsers write: JPEG [1]_, PNG [2]_, WebP [3]_, BMP and
TIFF [4]_.

References
----------
.. [1] ITU-T T.81, Digital compression and coding of continuous-tone still images, B.2.2.
.. [2] W3C, Portable Network Graphics (Third Edition), 11.2.1.
.. [3] RFC 9649, WebP Image Format.
.. [4] Adobe, TIFF Revision 6.0, section 2.
"""

from __future__ import annotations

import mmap
import os
import struct
from pathlib import Path

import numpy as np

from mien.errors import FormatError
from mien.intake.amounts import PICTURE_PIXELS, PICTURE_SIDE

_MOST_BYTES = 512 << 20
_MOST_CHUNKS = 1 << 20  # in a PNG
_STARTS_OF_FRAME = {0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}
_BARE = {0x01, *range(0xD0, 0xD8)}  # markers without content


def read_picture(
    path: str | os.PathLike[str], *, side: int = PICTURE_SIDE, pixels: int = PICTURE_PIXELS
) -> np.ndarray | None:
    """Decode a picture, turned upright as its EXIF says.

    Parameters
    ----------
    path : path
        The file.
    side, pixels : int
        How long a side may be, and how many pixels it may have.

    Returns
    -------
    picture : np.ndarray [shape=(height, width, 3), dtype=uint8] or None
        RGB; None if the file is no picture of a kind that is read.

    Raises
    ------
    OSError
        If there is no such file, or it cannot be read.
    FormatError
        If the picture is too large; nothing of it was decoded.
    """
    import cv2

    size = picture_size(path, side=side, pixels=pixels)
    if size is None:
        return None
    try:
        decoded = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        return None
    # a decoder that found another size than the header says was not reading that header
    if decoded is None or sorted(decoded.shape[:2]) != sorted(size):
        return None
    return np.ascontiguousarray(decoded[..., ::-1])


def picture_size(
    path: str | os.PathLike[str], *, side: int = PICTURE_SIDE, pixels: int = PICTURE_PIXELS
) -> tuple[int, int] | None:
    """Width and height of a picture as stored; None if the file is no picture that is read.

    Raises
    ------
    OSError
        If there is no such file, or it cannot be read.
    FormatError
        If the picture is too large.
    """
    path = Path(path)
    if path.stat().st_size > _MOST_BYTES:
        raise FormatError(f"{path} is too large for a picture: give one of less than 512 MB.")
    try:
        with (
            path.open("rb") as stream,
            mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data,
        ):
            size = _size(data)
    except (struct.error, IndexError, ValueError):  # cut short, or empty
        return None
    if size is None or min(size) < 1:
        return None
    if max(size) > side or size[0] * size[1] > pixels:
        most = f"{side} pixels along a side" if max(size) > side else f"{pixels / 1e6:g} megapixels"
        raise FormatError(
            f"{path} is a picture of {size[0]} by {size[1]} pixels, and at most {most} are read: "
            "make it smaller."
        )
    return size


def _size(data: mmap.mmap) -> tuple[int, int] | None:
    if data[:8] == b"\x89PNG\r\n\x1a\n" and data[12:16] == b"IHDR":
        return _png(data)
    if data[:2] == b"\xff\xd8":
        return _jpeg(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _webp(data)
    if data[:2] == b"BM":
        return _bmp(data)
    if data[:4] in (b"II*\0", b"MM\0*"):
        return _tiff(data)
    return None


def _png(data: mmap.mmap) -> tuple[int, int] | None:
    """Also none where a chunk is longer than the file: decoders make room for what it says."""
    at = 8
    for _ in range(_MOST_CHUNKS):
        (length,) = struct.unpack_from(">I", data, at)
        kind = data[at + 4 : at + 8]
        at += 12 + length
        if at > len(data):
            return None
        if kind == b"IEND":
            width, height = struct.unpack_from(">II", data, 16)
            return width, height
    return None


def _jpeg(data: mmap.mmap) -> tuple[int, int] | None:
    place = 2
    while True:
        while data[place] != 0xFF:
            place += 1
        while data[place] == 0xFF:
            place += 1
        marker = data[place]
        place += 1
        if marker in _STARTS_OF_FRAME:
            height, width = struct.unpack_from(">HH", data, place + 3)
            return width, height
        if marker in (0xD9, 0xDA):
            return None
        if marker not in _BARE and marker:
            place += max(struct.unpack_from(">H", data, place)[0], 2)


def _webp(data: mmap.mmap) -> tuple[int, int] | None:
    kind = data[12:16]
    if kind == b"VP8X":
        width = int.from_bytes(data[24:27], "little") + 1
        return width, int.from_bytes(data[27:30], "little") + 1
    if kind == b"VP8L" and data[20] == 0x2F:
        bits = struct.unpack_from("<I", data, 21)[0]
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    return None


def _bmp(data: mmap.mmap) -> tuple[int, int]:
    if struct.unpack_from("<I", data, 14)[0] == 12:
        old_width, old_height = struct.unpack_from("<HH", data, 18)
        return old_width, old_height
    width, height = struct.unpack_from("<ii", data, 18)
    return abs(width), abs(height)


def _tiff(data: mmap.mmap) -> tuple[int, int] | None:
    order = "<" if data[:2] == b"II" else ">"
    at = struct.unpack_from(f"{order}I", data, 4)[0]
    said: dict[int, int] = {}
    for k in range(struct.unpack_from(f"{order}H", data, at)[0]):
        tag, kind = struct.unpack_from(f"{order}HH", data, at + 2 + 12 * k)
        if tag in (256, 257):
            code = {3: "H", 4: "I"}.get(kind)
            if code is None:
                return None
            said[tag] = struct.unpack_from(order + code, data, at + 10 + 12 * k)[0]
    return (said[256], said[257]) if len(said) == 2 else None
