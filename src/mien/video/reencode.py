"""What encoding alone does to a clip: its pictures encoded and decoded again, in memory.

No file is written: these are pictures of the patient.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import numpy as np
from av.codec.context import CodecContext
from av.video.codeccontext import VideoCodecContext
from av.video.reformatter import VideoReformatter

from mien.errors import VideoError
from mien.video import colour, x264
from mien.video.container import open_input, video_stream
from mien.video.frame import Frame, VideoInfo
from mien.video.picture import pixel_format, to_picture, to_rgb
from mien.video.reader import Reader

_TRIED = 120  # frames at the start of a clip that tell how much a quality costs
_TRIALS = 3
_BEST, _WORST = 1, 45
_HALVES = 6  # steps of crf that halve the size of a clip, as x264's authors say
_FIRST_GUESS = 20


@dataclass(frozen=True)
class Quality:
    """How a clip was encoded, as far as its file tells."""

    crf: float
    """x264's constant rate factor, 0 (lossless) to 51."""
    source: str
    """Where the number comes from: ``"stated"`` in the file by x264 itself, or ``"size"``, the
    factor at which x264 needs as many bytes a pixel as the clip has."""


def quality_of(path: str | os.PathLike[str], source: str | os.PathLike[str]) -> Quality:
    """The quality at which `source` has to be encoded to lose what `path` lost.

    Parameters
    ----------
    path : path
        A finished clip, encoded by anything.
    source : path
        The clip it was made from.

    Raises
    ------
    VideoError
        If a clip cannot be read.
    """
    stated, wanted = _look(Path(path))
    if stated is not None:
        return Quality(stated, "stated")
    crf: float = _FIRST_GUESS
    for _ in range(_TRIALS):
        with Reader(source) as reader:
            info = reader.info
            sizes = [size for size, _ in _encode(islice(reader, _TRIED), info, crf)][1:]
        spent = sum(sizes) / max(len(sizes), 1) / (info.width * info.height)
        if not spent or not wanted:
            break
        step = _HALVES * float(np.log2(spent / wanted))
        crf = float(np.clip(round(crf + step, 1), _BEST, _WORST))
        if abs(step) < 0.5:
            break
    return Quality(crf, "size")


def reencoded(frames: Iterable[Frame], info: VideoInfo, crf: float) -> Iterator[Frame]:
    """Encode frames as `Writer` would, and decode them again.

    Parameters
    ----------
    frames : iterable of Frame
        In the order they are shown.
    info : VideoInfo
        Size and colour of the frames.
    crf : float
        x264's constant rate factor.

    Yields
    ------
    frame : Frame
        The same frame with the pixels that a player would show.
    """
    for _, frame in _encode(frames, info, crf):
        yield frame


def _encode(frames: Iterable[Frame], info: VideoInfo, crf: float) -> Iterator[tuple[int, Frame]]:
    """Bytes that each frame takes, and the frame afterwards."""
    pix_fmt = pixel_format(info)
    encoder = CodecContext.create("libx264", "w")
    decoder = CodecContext.create("h264", "r")
    assert isinstance(encoder, VideoCodecContext) and isinstance(decoder, VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = info.width, info.height, pix_fmt
    encoder.time_base = Fraction(1, 1000)  # frames are counted, not timed
    encoder.framerate = info.average_rate or Fraction(30)
    encoder.options = x264.options(crf)
    encoder.color_range = int(colour.RANGES[info.color_range])
    encoder.colorspace = colour.MATRICES[info.colorspace][0]
    # threads across frames would hold frames back
    decoder.thread_type = "SLICE"
    to_coded, from_coded = VideoReformatter(), VideoReformatter()
    waiting: deque[Frame] = deque()
    sizes: deque[int] = deque()

    def decoded(packet: av.Packet | None) -> Iterator[tuple[int, Frame]]:
        for picture in decoder.decode(packet):
            image = to_rgb(picture, info, from_coded)
            yield sizes.popleft(), replace(waiting.popleft(), image=image)

    try:
        for number, frame in enumerate(frames):
            picture = to_picture(frame.image, info, pix_fmt, to_coded)
            picture.pts = round(number * 1000 / float(encoder.framerate))
            waiting.append(replace(frame, image=np.empty(0)))
            for packet in encoder.encode(picture):
                sizes.append(packet.size)
                yield from decoded(packet)
        for packet in encoder.encode(None):
            sizes.append(packet.size)
            yield from decoded(packet)
        yield from decoded(None)
    except av.FFmpegError as exc:
        raise VideoError(
            f"The original could not be encoded again to see what encoding costs: {exc}."
        ) from exc


def _look(path: Path) -> tuple[float | None, float]:
    """The factor that x264 states in a clip, and bytes a pixel of its frames but the first."""
    stated, total, count = None, 0, 0
    with open_input(path) as container:
        stream = video_stream(container, path)
        pixels = max(stream.codec_context.width * stream.codec_context.height, 1)
        for number, packet in enumerate(container.demux(stream)):
            if number == 0:
                said = x264.stated(bytes(packet))
                stated = said.crf if said else None
            elif packet.size:
                total, count = total + packet.size, count + 1
            if stated is not None or number >= _TRIED:
                break
    return stated, total / max(count, 1) / pixels
