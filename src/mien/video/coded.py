"""How the pictures of a clip are stored, found by decoding the first one."""

from __future__ import annotations

import os
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.container import InputContainer
from av.sidedata.sidedata import SideData
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from mien.errors import VideoError
from mien.video import colour
from mien.video.container import open_input, video_stream
from mien.video.frame import VideoInfo

_PROBE_PACKETS = 240


def probe(path: str | os.PathLike[str]) -> VideoInfo:
    """Look at a clip without reading it through.

    Parameters
    ----------
    path : str or PathLike
        The file.

    Returns
    -------
    info : VideoInfo
        Size, timing and colour, found by decoding the first frame.

    Raises
    ------
    VideoError
        If the file is missing, empty, no video, cut short before its index, or without pictures.
    """
    return coded_of(Path(path)).info


@dataclass(frozen=True)
class Coded:
    """What the first picture tells about how the others are stored."""

    info: VideoInfo
    """What the clip is."""
    width: int
    """Width in pixels as stored."""
    height: int
    """Height in pixels as stored."""
    quarter_turn: bool
    """Whether rows are columns of the upright picture; done first."""
    flip_rows: bool
    """Whether then the last row is the topmost."""
    flip_columns: bool
    """Whether then the last column is the leftmost."""


def coded_of(path: Path) -> Coded:
    """Decode the first picture of a clip; raises what `probe` raises."""
    with open_input(path) as container:
        stream = video_stream(container, path)
        try:
            picture = _first_picture(container, stream)
        except (av.FFmpegError, ValueError, OSError):
            picture = None  # a full pass says what is wrong, if anything is
        context = stream.codec_context
        width = picture.width if picture else context.width
        height = picture.height if picture else context.height
        if not width or not height:
            raise VideoError(
                f"no frame of {path} could be decoded: the file is damaged, or its pictures are "
                "larger than 8192 by 4352, so export or copy it again from where it came"
            )
        number = int(picture.colorspace) if picture else int(context.colorspace)
        matrix = colour.matrix_name(number, width=width, height=height)
        if not matrix:
            raise VideoError(
                f"{path} stores its colours in a way that cannot be converted (matrix {number} of "
                "ITU-T H.273): convert it to BT.709 first"
            )
        turned = _orientation(picture)
        info = _info(container, stream, picture, matrix, turned)
        return Coded(info, width, height, *turned)


def _info(
    container: InputContainer,
    stream: VideoStream,
    picture: VideoFrame | None,
    matrix: str,
    orientation: tuple[bool, bool, bool],
) -> VideoInfo:
    """What a clip is, from its container, its stream and, if there is one, its first picture."""
    context = stream.codec_context
    source = picture or context
    width, height = source.width, source.height
    if orientation[0]:
        width, height = height, width
    rotation, mirrored = _turn(*orientation)
    time_base = stream.time_base or Fraction(1, 1000)
    rate = stream.average_rate or stream.guessed_rate or None
    duration = None
    if stream.duration:
        duration = float(stream.duration * time_base)
    elif container.duration:
        duration = container.duration / av.time_base
    estimate = stream.frames or (round(duration * rate) if duration and rate else None)
    aspect = Fraction(stream.sample_aspect_ratio or 1) or Fraction(1)
    return VideoInfo(
        width=width,
        height=height,
        time_base=time_base,
        average_rate=rate,
        frame_estimate=estimate,
        duration_s=duration,
        color_range=colour.range_of(picture) if picture else "tv",
        colorspace=matrix,
        rotation=rotation,
        has_audio=bool(container.streams.audio),
        codec=context.name,
        primaries=colour.name_of(int(source.color_primaries), colour.PRIMARIES),
        transfer=colour.name_of(int(source.color_trc), colour.TRANSFERS),
        sample_aspect_ratio=1 / aspect if orientation[0] else aspect,
        mirrored=mirrored,
    )


def announced_frames(container: InputContainer, stream: VideoStream) -> int:
    """Frames that the file says are stored and not hidden by an edit list; 0 where it does not."""
    if "mov" in container.format.name and stream.frames:
        return min(stream.frames, len(stream.index_entries) or stream.frames)
    return stream.frames


def _first_picture(container: InputContainer, stream: VideoStream) -> VideoFrame | None:
    for count, packet in enumerate(container.demux(stream)):
        try:
            pictures = stream.decode(packet if packet.size else None)
        except av.InvalidDataError:
            continue
        if pictures:
            return pictures[0]
        if count > _PROBE_PACKETS:
            break
    return None


def _orientation(picture: VideoFrame | None) -> tuple[bool, bool, bool]:
    """Return (transpose, then flip rows, then flip columns) that make the picture upright."""
    side = picture.side_data.get("DISPLAYMATRIX") if picture else None
    if side is None:
        return False, False, False
    # A point (x, y) of the coded picture is shown at (a x + c y, b x + d y), y pointing down.
    a, b, _, c, d = np.frombuffer(bytes(cast(SideData, side)), dtype=np.int32)[:5].tolist()
    if abs(b) + abs(c) > abs(a) + abs(d):
        return True, b < 0, c < 0
    return False, d < 0, a < 0


def _turn(quarter_turn: bool, flip_rows: bool, flip_columns: bool) -> tuple[int, bool]:
    """Name an orientation as degrees clockwise and whether it is mirrored."""
    if quarter_turn:
        return (90 if flip_columns else 270), flip_rows == flip_columns
    return (180 if flip_rows else 0), flip_rows != flip_columns
