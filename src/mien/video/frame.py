"""A clip and a frame of it, as the rest of mien knows them."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np


@dataclass(frozen=True)
class Note:
    """Something that is stored otherwise than the source has it, for people to know."""

    kind: str
    """``"interlaced"``, ``"hdr"``, ``"pixels"``, ``"times"``, ``"sound"`` (pages have words of
    their own), or ``"damaged"``: what of the sound could not be kept."""
    words: str
    """A sentence."""


@dataclass(frozen=True)
class VideoInfo:
    """What a clip is, before its frames are read."""

    width: int
    """Width in pixels of the upright picture."""
    height: int
    """Height in pixels of the upright picture."""
    time_base: Fraction
    """Seconds in one tick of `Frame.pts`."""
    average_rate: Fraction | None = None
    """Average frames per second; None where the file does not say."""
    frame_estimate: int | None = None
    """Number of frames that the file announces or its duration implies; None if unknown."""
    duration_s: float | None = None
    """Duration in seconds; None if unknown."""
    color_range: str = "tv"
    """``"tv"`` (limited, 16 to 235) or ``"pc"`` (full, 0 to 255)."""
    colorspace: str = "bt709"
    """Luma/chroma matrix, e.g. ``"bt709"`` or ``"smpte170m"``; chosen by size if unspecified."""
    rotation: int = 0
    """Degrees clockwise (0, 90, 180, 270) by which the coded picture is turned to stand upright."""
    has_audio: bool = False
    """Whether there is a sound track."""
    codec: str = ""
    """FFmpeg's name of the video codec, e.g. ``"h264"``."""
    primaries: str = "unknown"
    """Colour primaries, e.g. ``"bt709"``; ``"unknown"`` where the file does not say."""
    transfer: str = "unknown"
    """Transfer curve, e.g. ``"bt709"``; ``"unknown"`` where the file does not say."""
    sample_aspect_ratio: Fraction = Fraction(1)
    """Width over height of one pixel of the upright picture; 1 but where a file surely lies."""
    mirrored: bool = False
    """Whether the coded picture is also mirrored to become what a player shows."""
    notes: tuple[Note, ...] = ()
    """What reading makes of the pictures beside turning them."""


@dataclass(frozen=True, eq=False)
class Frame:
    """One decoded picture and when it is shown."""

    image: np.ndarray
    """RGB picture, upright, C-contiguous [shape=(height, width, 3), uint8]."""
    pts: int
    """Presentation timestamp in ticks of `time_base`; may start below or above zero."""
    time_base: Fraction
    """Seconds in one tick."""
    index: int
    """Position among the frames that were decoded, from 0."""
    duration: int | None = None
    """Ticks for which the frame is shown; None where the file does not say."""

    @property
    def time(self) -> float:
        """Presentation time in seconds."""
        return float(self.pts * self.time_base)


@dataclass(frozen=True)
class Loss:
    """Where a clip is damaged, and what that cost."""

    time_s: float | None
    """Presentation time in seconds of the first thing lost; None if unknown."""
    packets: int
    """Compressed packets that gave no picture."""
    frames: int
    """Pictures that were dropped, or kept although the decoder marked them as damaged."""
    reason: str
    """What happened, in words."""
