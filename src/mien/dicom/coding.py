"""Pictures as DICOM stores them: a stream of H.264 at a stated level, JPEG, uncompressed.

References
----------
.. [1] DICOM PS3.5 2024b, 8.2.7: MPEG-4 AVC/H.264 in an MP4, in one fragment.
.. [2] ITU-T H.264, table A-1 and A.3.3.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.bitstream import BitStreamFilterContext

from mien.dicom.stored import Stored
from mien.dicom.syntaxes import LEVELS, Level
from mien.errors import ParameterError, VideoError
from mien.video import h264

_HIGH = 100
_QUALITY = 95  # of JPEG


@dataclass(frozen=True)
class Stream:
    """A finished stream of video."""

    path: Path
    """The file: an MP4."""
    level: Level
    """What it states and keeps to."""
    times: list[Fraction]
    """Seconds at which its frames are shown."""


def level_for(stored: Stored, width: int, height: int, rate: float) -> Level:
    """The lowest level that holds such pictures, not lower than that of the source.

    Raises
    ------
    ParameterError
        If there is none.
    """
    blocks = -(-width // 16) * -(-height // 16)
    least = 42 if stored.syntax.uid.startswith(LEVELS[1].uid) else 41
    for level in LEVELS:
        fits = blocks <= level.frame_blocks and blocks * rate <= level.blocks_per_s
        if level.idc >= least and fits:
            return level
    raise ParameterError(
        f"{stored.path} has {width} by {height} pixels at {rate:g} frames a second, more than "
        f"H.264's level {LEVELS[-1].name} holds, beyond which DICOM has no syntax: make it smaller."
    )


def at_level(clip: Path, place: Path, level: Level) -> Stream:
    """Copy a clip's coded pictures into an MP4 whose stream states a level; no picture changes.

    Raises
    ------
    ParameterError
        If the stream is not High Profile, or has more bits in a second than the level holds.
    """
    times: list[Fraction] = []
    sizes: list[int] = []
    with av.open(str(clip)) as source:
        tick = str((source.streams.video[0].time_base or Fraction(1, 90_000)).denominator)
    told = {
        "fflags": "+bitexact",
        "movflags": "+faststart",
        "video_track_timescale": tick,
        "movie_timescale": tick,
    }
    with (
        av.open(str(clip)) as source,
        av.open(str(place), mode="w", format="mp4", container_options=told) as target,
    ):
        (track,) = source.streams.video
        copied = target.add_stream_from_template(track)
        copied.time_base = track.time_base
        stated = BitStreamFilterContext(f"h264_metadata=level={level.name}", track, copied)
        for packet in source.demux(track):
            if packet.size and packet.pts is not None and packet.time_base is not None:
                times.append(packet.pts * packet.time_base)
                sizes.append(packet.size)
            for done in stated.filter(packet if packet.size else None):
                done.stream = copied
                target.mux(done)
    _check(place, level)
    _check_rate(sizes, times, level)
    return Stream(place, level, sorted(times))


def _check(place: Path, level: Level) -> None:
    with av.open(str(place)) as made:
        header = bytes(made.streams.video[0].codec_context.extradata or b"")
    states = [(unit[1], unit[3]) for unit in h264.parameters(header) if unit[0] & 31 == h264.SPS]
    if states != [(_HIGH, level.idc)]:
        raise ParameterError(
            f"The new pictures are not High Profile at level {level.name}, which DICOM asks for: "
            "choose a crf above 0 and pictures of an even width and height."
        )


def _check_rate(sizes: list[int], times: list[Fraction], level: Level) -> None:
    """Refuse what needs more bits in any second than a decoder of the level takes."""
    when = np.array([float(time) for time in times])
    total = np.append(0, np.cumsum(sizes))
    within = np.searchsorted(when, when + 1.0)
    most = 8 * float((total[within] - total[np.arange(len(when))]).max(initial=0))
    if most > level.bits_per_s:
        raise ParameterError(
            f"The new pictures need {most / 1e6:.0f} million bits in one second and level "
            f"{level.name} holds {level.bits_per_s / 1e6:g}: choose a higher crf."
        )


def as_jpeg(picture: np.ndarray) -> bytes:
    """A picture as JPEG Baseline, of an even number of bytes.

    Parameters
    ----------
    picture : np.ndarray [shape=(height, width, 3) or (height, width), dtype=uint8]
        RGB, or grey.
    """
    done, data = cv2.imencode(
        ".jpg", picture[..., ::-1] if picture.ndim == 3 else picture,
        [cv2.IMWRITE_JPEG_QUALITY, _QUALITY, cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
         cv2.IMWRITE_JPEG_SAMPLING_FACTOR_422],
    )  # fmt: skip
    assert done
    code = data.tobytes()
    return code + b"\0" * (len(code) % 2)


def frames_of(stored: Stored) -> Iterator[np.ndarray]:
    """The frames of an image that stores each by itself, RGB [shape=(height, width, 3)].

    Raises
    ------
    VideoError
        If one cannot be decoded, or has another size than the header says.
    """
    source = _decoded(stored) if stored.syntax.family == "jpeg" else _plain(stored)
    for number, picture in enumerate(source, 1):
        if picture is None or picture.shape[:2] != (stored.height, stored.width):
            raise VideoError(
                f"Frame {number} of {stored.path} is damaged, or not of the size that the header "
                "says: copy it again."
            )
        yield np.ascontiguousarray(picture)


def _decoded(stored: Stored) -> Iterator[np.ndarray | None]:
    from mien.dicom.fragments import pictures

    for code in pictures(stored):
        try:
            found = cv2.imdecode(np.frombuffer(code, np.uint8), cv2.IMREAD_COLOR)
        except cv2.error:
            found = None
        yield None if found is None else found[..., ::-1]


def _plain(stored: Stored) -> Iterator[np.ndarray]:
    from pydicom.pixels import iter_pixels

    try:
        for picture in iter_pixels(stored.path):
            yield picture if picture.ndim == 3 else np.repeat(picture[..., None], 3, 2)
    except (ValueError, AttributeError, EOFError, NotImplementedError) as exc:
        raise VideoError(
            f"The pictures of {stored.path} cannot be read ({exc}): export it again."
        ) from exc
