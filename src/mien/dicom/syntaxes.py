"""How DICOM stores pictures that mien reads: transfer syntaxes and what is in them.

References
----------
.. [1] DICOM PS3.5 2024b, section 8.2 and annex A.4; PS3.6, annex A.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Family = Literal["plain", "jpeg", "video"]
_BASE = "1.2.840.10008.1.2"


@dataclass(frozen=True)
class Syntax:
    """A transfer syntax."""

    uid: str
    """Its UID."""
    family: Family
    """Whether frames are stored one by one, uncompressed or as JPEG, or as one stream of video."""
    codec: str = ""
    """FFmpeg's name of what the stream has to be; empty but for video."""
    fragmentable: bool = False
    """Whether the stream may be stored in several fragments."""


def _video(number: str, codec: str) -> list[Syntax]:
    uid = f"{_BASE}.4.{number}"
    return [Syntax(uid, "video", codec), Syntax(f"{uid}.1", "video", codec, True)]


SYNTAXES = {
    one.uid: one
    for one in (
        Syntax(_BASE, "plain"),
        Syntax(f"{_BASE}.1", "plain"),
        Syntax(f"{_BASE}.2", "plain"),
        Syntax(f"{_BASE}.4.50", "jpeg"),
        *(s for number in ("100", "101") for s in _video(number, "mpeg2video")),
        *(s for number in ("102", "103", "104", "105", "106") for s in _video(number, "h264")),
        *(Syntax(f"{_BASE}.4.{number}", "video", "hevc") for number in ("107", "108")),
    )
}
"""Those that are read, by UID."""
EXPLICIT = f"{_BASE}.1"
"""Explicit VR Little Endian, in which what was uncompressed is written."""
JPEG = f"{_BASE}.4.50"
"""JPEG Baseline (Process 1)."""


@dataclass(frozen=True)
class Level:
    """A level of H.264 that DICOM has a transfer syntax for (ITU-T H.264, table A-1)."""

    name: str
    """As FFmpeg calls it."""
    idc: int
    """As a stream states it."""
    uid: str
    """Transfer syntax for High Profile at this level."""
    frame_blocks: int
    """Blocks of 16 by 16 pixels in a picture, at most."""
    blocks_per_s: int
    """The same in a second."""
    bits_per_s: int
    """Bits in a second in High Profile, at most."""


LEVELS = (
    Level("4.1", 41, f"{_BASE}.4.102", 8192, 245_760, 62_500_000),
    Level("4.2", 42, f"{_BASE}.4.104", 8704, 522_240, 62_500_000),
)
"""In the order in which they are tried."""
