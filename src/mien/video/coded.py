"""How the pictures of a clip are stored, found by decoding the first one."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.container import InputContainer
from av.sidedata.sidedata import SideData
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from mien.errors import VideoError
from mien.intake.amounts import VIDEO_BLOCKS
from mien.video import colour
from mien.video.container import open_input, video_stream
from mien.video.frame import Note, VideoInfo

_PROBE_PACKETS = 240
_HARDLY = Fraction(1, 100)  # pixels that are as square as the numbers in headers tell
_SLOWEST, _FASTEST = Fraction(1), Fraction(960)  # frames a second; 1000 is a tick of files
_WIDEST = 4  # pixels, times their height; no camera has wider ones

HDR = {"arib-std-b67": "HLG", "smpte2084": "PQ"}
"""Transfer curves of high dynamic range, and what people call them."""


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
    shown: tuple[int, int]
    """Width and height in square pixels, before it is turned."""
    interlaced: bool
    """Whether each picture holds two moments."""
    hdr: str
    """Transfer curve of high dynamic range; empty for ordinary video."""
    one_time: bool = False
    """Whether every frame is stored with the same time, so that none can be told from it."""

    def fitted(self, width: int, height: int) -> tuple[int, int]:
        """The largest size within `shown` for a picture stored as `width` by `height`."""
        across, down = self.shown[0] / self.width * width, self.shown[1] / self.height * height
        scale = min(self.shown[0] / across, self.shown[1] / down)
        return max(1, round(across * scale)), max(1, round(down * scale))


def coded_of(path: Path) -> Coded:
    """Decode the first picture of a clip; raises what `probe` raises."""
    with open_input(path) as container:
        stream = video_stream(container, path)
        times: Counter[int | None] = Counter()
        try:
            picture = _first_picture(container, stream, times)
        except (av.FFmpegError, ValueError, OSError):
            picture = None  # a full pass says what is wrong, if anything is
        context = stream.codec_context
        width = picture.width if picture else context.width
        height = picture.height if picture else context.height
        if not width or not height:
            raise VideoError(
                f"No frame of {path} could be decoded: the file is damaged, or its pictures are "
                "larger than 8192 by 4352, so export or copy it again from where it came."
            )
        number = int(picture.colorspace) if picture else int(context.colorspace)
        matrix = colour.matrix_name(number, width=width, height=height)
        if not matrix:
            raise VideoError(
                f"The colours of {path} are stored in a way that cannot be converted (matrix "
                f"{number} of ITU-T H.273): convert it to BT.709 first."
            )
        coded = _coded(container, stream, picture, (width, height), matrix)
        if not _one_time(container, stream, times):
            return coded
        return _spaced(coded, path, stream, times.total())


def _coded(
    container: InputContainer,
    stream: VideoStream,
    picture: VideoFrame | None,
    size: tuple[int, int],
    matrix: str,
) -> Coded:
    """From a container, its stream and, if there is one, its first picture."""
    orientation = _orientation(picture)
    interlaced = picture is not None and bool(picture.interlaced_frame)
    aspect = Fraction(stream.sample_aspect_ratio or 1) or Fraction(1)
    shown = _square(*size, aspect)
    info = _timed(container, stream, fields=2 if interlaced else 1)
    info = _coloured(info, picture or stream.codec_context, matrix)
    hdr = info.transfer if info.transfer in HDR else ""
    notes = []
    if interlaced:
        rate = f", {float(info.average_rate):.4g} a second" if info.average_rate else ""
        words = f"Interlaced pictures were split into their two moments{rate}."
        notes.append(Note("interlaced", words))
    if hdr:
        notes.append(Note("hdr", f"High dynamic range ({HDR[hdr]}) was brought to BT.709."))
        info = replace(info, colorspace="bt709", primaries="bt709", transfer="bt709")
        info = replace(info, color_range="tv")
    if shown != size:
        shape = f"{aspect.numerator}:{aspect.denominator}"
        notes.append(Note("pixels", f"Pixels of {shape} were made square."))
        aspect = Fraction(1)
    rotation, mirrored = _turn(*orientation)
    info = replace(
        info,
        width=shown[orientation[0]],
        height=shown[not orientation[0]],
        rotation=rotation,
        mirrored=mirrored,
        sample_aspect_ratio=1 / aspect if orientation[0] else aspect,
        notes=tuple(notes),
    )
    return Coded(info, *size, *orientation, shown=shown, interlaced=interlaced, hdr=hdr)


def _square(width: int, height: int, aspect: Fraction) -> tuple[int, int]:
    """The size in square pixels, by making one side longer; the same where a file surely lies."""
    if abs(aspect - 1) < _HARDLY or not 1 / _WIDEST <= aspect <= _WIDEST:
        return width, height
    across = round(width * aspect / 2) * 2 if aspect > 1 else width
    down = round(height / aspect / 2) * 2 if aspect < 1 else height
    if -(-across // 16) * -(-down // 16) > VIDEO_BLOCKS:
        return width, height
    return across, down


def _timed(container: InputContainer, stream: VideoStream, *, fields: int) -> VideoInfo:
    """What a clip is, but for its size and colours; `fields` are moments in a picture."""
    ticks = stream.time_base or Fraction(1, 1000)
    rate = stream.average_rate or stream.guessed_rate or None
    duration = None
    if stream.duration:
        duration = float(stream.duration * ticks)
    elif container.duration:
        duration = container.duration / av.time_base
    estimate = stream.frames or (round(duration * rate) if duration and rate else None)
    return VideoInfo(
        width=0,
        height=0,
        time_base=ticks / fields,
        average_rate=rate and rate * fields,
        frame_estimate=estimate and estimate * fields,
        duration_s=duration,
        has_audio=bool(container.streams.audio),
        codec=stream.codec_context.name,
    )


def _coloured(info: VideoInfo, source: VideoFrame | VideoCodecContext, matrix: str) -> VideoInfo:
    return replace(
        info,
        color_range=colour.range_of(source) if isinstance(source, VideoFrame) else "tv",
        colorspace=matrix,
        primaries=colour.name_of(int(source.color_primaries), colour.PRIMARIES),
        transfer=colour.name_of(int(source.color_trc), colour.TRANSFERS),
    )


def announced_frames(container: InputContainer, stream: VideoStream) -> int:
    """Frames that the file says are stored and not hidden by an edit list; 0 where it does not."""
    if "mov" in container.format.name and stream.frames:
        return min(stream.frames, len(stream.index_entries) or stream.frames)
    return stream.frames


def in_decoding_order(container: InputContainer, stream: VideoStream) -> bool:
    """Whether packets' times count only in which order they are decoded, not shown."""
    return container.format.name == "avi" and bool(stream.codec_context.has_b_frames)


def _first_picture(
    container: InputContainer, stream: VideoStream, times: Counter[int | None]
) -> VideoFrame | None:
    """Decode until a picture comes; the times of packets that are read are counted in `times`."""
    for count, packet in enumerate(container.demux(stream)):
        if packet.size:
            times[packet.pts] += 1
        try:
            pictures = stream.decode(packet if packet.size else None)
        except av.InvalidDataError:
            continue
        if pictures:
            return pictures[0]
        if count > _PROBE_PACKETS:
            break
    return None


def _one_time(container: InputContainer, stream: VideoStream, times: Counter[int | None]) -> bool:
    """Whether all packets have one time; reads on where those before, in `times`, have."""
    try:
        for packet in container.demux(stream) if len(times) == 1 else ():
            if packet.size:
                times[packet.pts] += 1
            if len(times) > 1:
                break
    except (av.FFmpegError, OSError):
        pass  # a full pass says what is wrong
    return len(times) == 1 and None not in times and times.total() > 1


def _spaced(coded: Coded, path: Path, stream: VideoStream, count: int) -> Coded:
    """The same for `count` pictures with one time: they are shown at the rate that they state.

    The file's average is not asked: without times it is made of nothing.
    """
    fields = 2 if coded.interlaced else 1
    stated = (stream.codec_context.framerate, stream.guessed_rate)
    rate = next((fields * one for one in stated if one and _SLOWEST <= one <= _FASTEST), None)
    if rate is None or rate * coded.info.time_base > 1:
        raise VideoError(
            f"All frames of {path} are stored with one and the same time, and the file does not "
            "say how many there are a second: store it again with a time for each frame, as by "
            "converting it to MP4 at its frame rate."
        )
    words = (
        "All frames are stored with one and the same time; they are shown evenly spaced, "
        f"{float(rate):.4g} a second, as the file states."
    )
    info = replace(
        coded.info,
        average_rate=rate,
        frame_estimate=fields * count,
        duration_s=float(fields * count / rate),
        notes=(*coded.info.notes, Note("times", words)),
    )
    return replace(coded, info=info, one_time=True)


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
