"""Pictures between the server and the process that de-identifies them, over a pipe.

A message is a head of fixed size and the bytes of a picture: planes of luma and of two half-size
chromas, as video codecs have them (I420, BT.601).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from time import monotonic
from typing import BinaryIO

import cv2
import numpy as np

from mien.live.doubt import Doubt

# width, height, when it was taken, when it came, why it is covered
_HEAD = struct.Struct("<HHqdB")
_DOUBTS = tuple(Doubt)
_SHOWN = 255
_MOST = 1920  # pixels of a side


@dataclass(frozen=True, eq=False)
class Planes:
    """A picture as codecs have it."""

    data: bytes
    """Luma and both chromas, one after the other, 1.5 bytes a pixel."""
    width: int
    """Pixels, even."""
    height: int
    """Pixels, even."""
    pts: int
    """When it was taken, ticks of 1/90,000 s."""
    came: float
    """When it came, seconds of this computer's clock that never jumps."""
    doubt: Doubt | None = None
    """Why it is covered; None where it is not, or is not decided yet."""

    def rgb(self) -> np.ndarray:
        """As red, green and blue, shape (height, width, 3), uint8."""
        rows = np.frombuffer(self.data, np.uint8).reshape(self.height * 3 // 2, self.width)
        return cv2.cvtColor(rows, cv2.COLOR_YUV2RGB_I420)

    def rows(self) -> np.ndarray:
        """All planes below each other, shape (height * 3 / 2, width), uint8."""
        return np.frombuffer(self.data, np.uint8).reshape(self.height * 3 // 2, self.width)


def planes_of(image: np.ndarray, pts: int, doubt: Doubt | None) -> Planes:
    """A picture in red, green and blue as codecs have it; an odd row or column is left out."""
    height, width = (side - side % 2 for side in image.shape[:2])
    rows = cv2.cvtColor(np.ascontiguousarray(image[:height, :width]), cv2.COLOR_RGB2YUV_I420)
    return Planes(rows.tobytes(), width, height, pts, monotonic(), doubt)


def halved(rows: np.ndarray) -> np.ndarray:
    """A picture of half the size, planes below each other; as it is where that does not go."""
    height, width = rows.shape[0] * 2 // 3, rows.shape[1]
    if height % 4 or width % 4:
        return rows
    luma = cv2.resize(rows[:height], (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    chroma = rows[height:].reshape(2, height // 2, width // 2)
    small = [
        cv2.resize(plane, (width // 4, height // 4), interpolation=cv2.INTER_AREA).ravel()
        for plane in chroma
    ]
    return np.concatenate([luma.ravel(), *small]).reshape(height * 3 // 4, width // 2)


def send(stream: BinaryIO, picture: Planes) -> None:
    """Write a picture; raises `OSError` where nobody reads."""
    doubt = _SHOWN if picture.doubt is None else _DOUBTS.index(picture.doubt)
    stream.write(_HEAD.pack(picture.width, picture.height, picture.pts, picture.came, doubt))
    stream.write(picture.data)
    stream.flush()


def receive(stream: BinaryIO) -> Planes | None:
    """Read a picture; None at the end, or where what comes is none."""
    head = stream.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    width, height, pts, came, doubt = _HEAD.unpack(head)
    if width % 2 or height % 2 or not 0 < width <= _MOST or not 0 < height <= _MOST:
        return None
    if doubt != _SHOWN and doubt >= len(_DOUBTS):
        return None
    size = width * height * 3 // 2
    data = stream.read(size)
    if len(data) < size:
        return None
    return Planes(data, width, height, pts, came, None if doubt == _SHOWN else _DOUBTS[doubt])
