"""Changing some frames of a clip that mien wrote; what can stay is copied bit for bit.

H.264 stores runs of frames (groups of pictures, GOP), each of which can be decoded without the
others. A run in which no frame changes is copied as it is. The others are decoded and encoded as
`Writer` encodes, with the same headers, so that both kinds make one stream.
"""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from types import TracebackType

import av
import numpy as np
from av.codec.context import CodecContext
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType, VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from mien.errors import ParameterError, VideoError
from mien.video.reader import Reader, VideoInfo, _open, _video_stream, _words
from mien.video.reencode import _rgb
from mien.video.writer import _OURS, Writer, to_picture

Edit = Callable[[int, np.ndarray], np.ndarray]
Progress = Callable[[str, int, int | None], None]

_STATED = re.compile(rb"x264 - core .*? keyint=([0-9]+) .*? crf=([0-9]+(?:\.[0-9]+)?)", re.DOTALL)
_USUAL_CRF = 17
_IDR, _SPS, _PPS = 5, 7, 8
_ALIKE = (
    "width height pix_fmt time_base framerate flags color_range colorspace color_primaries "
    "color_trc sample_aspect_ratio"
).split()


@dataclass
class Spliced:
    """A changed clip that has no name yet: `commit` names it, leaving the context removes it."""

    part: Path
    """The hidden file, playable."""
    frames: int
    """Frames of the clip."""
    encoded: int
    """Frames that were encoded again: the changed ones and those that depend on them."""
    copied: int
    """Frames that are bit for bit what they were."""
    reason: str | None
    """Why everything was encoded again, in words; None where only what had to be was."""
    _writer: Writer = field(repr=False)

    def __enter__(self) -> Spliced:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._writer.__exit__(exc_type, exc, traceback)

    def commit(self) -> Path:
        """Give the file its name; raises `OutputError` if something appeared there meanwhile."""
        return self._writer.commit()


def frame_times(path: str | os.PathLike[str]) -> np.ndarray:
    """When each frame of a clip is shown and, last, when the last one ends; nothing is decoded.

    Parameters
    ----------
    path : path
        A clip that mien wrote.

    Returns
    -------
    times : np.ndarray [shape=(n_frames + 1,), float64]
        Seconds, increasing.

    Raises
    ------
    VideoError
        If the clip cannot be read.
    """
    index = _Index.of(Path(path))
    return np.array([*index.pts, index.end], float) * float(index.time_base)


def splice(
    path: str | os.PathLike[str],
    output: str | os.PathLike[str],
    frames: Collection[int],
    edit: Edit,
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Spliced:
    """Change some frames of a clip; the others, all times, the sound and the comment stay.

    A frame that is not asked for but stored in a group with one that is, differs by being encoded
    once more. Everything is encoded again if the file's headers are not those that mien writes now:
    it was made by another version, or by something else.

    Parameters
    ----------
    path : path
        A clip that `Writer` wrote; only read.
    output : path
        The changed clip, an MP4.
    frames : collection of int
        Numbers of the frames to change, from 0.
    edit : callable
        Called as ``edit(number, image)`` with each of these frames, RGB, shape (height, width, 3),
        uint8; returns one like it.
    overwrite : bool
        Whether a file at `output` may be replaced.
    progress : callable, optional
        Called as ``progress("covering", done, total)`` with frames.

    Returns
    -------
    spliced : Spliced
        The finished hidden file, to be checked and committed.

    Raises
    ------
    ParameterError
        If there is no such frame.
    VideoError
        If the clip cannot be read or decoded.
    OutputError
        If the output cannot be written, is in the way, or is the clip itself.

    Examples
    --------
    >>> black = lambda number, image: np.zeros_like(image)
    >>> with splice("in.mp4", "out.mp4", range(20, 40), black) as made:  # doctest: +SKIP
    ...     made.commit()
    """
    path, output = Path(path), Path(output)
    index, wanted = _Index.of(path), set(frames)
    count = len(index.pts)
    if wanted and not 0 <= min(wanted) <= max(wanted) < count:
        raise ParameterError(
            f"{path.name} has frames 0 to {count - 1}: frames {min(wanted)} to {max(wanted)} "
            "are not all among them."
        )
    report = progress or (lambda stage, done, total: None)
    with Reader(path) as reader:
        info = reader.info
    reason = index.obstacle
    if reason is None:
        writer = _Splicer(output, info, path, index, overwrite)
        try:
            if writer.fits(index.header):
                runs = index.runs(wanted)
                writer.splice(path, runs, wanted, edit, report)
                encoded = sum(len(run) for run in runs)
                return Spliced(writer.finish(), count, encoded, count - encoded, None, writer)
            reason = "the headers of the file are not those that are written now"
        except BaseException:
            writer.__exit__(None, None, None)
            raise
        writer.__exit__(None, None, None)
    whole = Writer(
        output,
        info,
        audio_from=path,
        crf=index.crf,  # type: ignore[arg-type]  # a fraction is as good as a whole number
        overwrite=overwrite,
        comment=index.comment,
        gop=index.keyint,
    )
    try:
        with Reader(path) as reader:
            written = 0
            for frame in reader:
                image = edit(frame.index, frame.image) if frame.index in wanted else frame.image
                whole.write(image, frame.pts, duration=frame.duration)
                written += 1
                report("covering", written, count)
        if written != count:
            raise _damaged(path)
        return Spliced(whole.finish(), count, count, 0, reason, whole)
    except BaseException:
        whole.__exit__(None, None, None)
        raise


@dataclass(frozen=True)
class _Index:
    """What the packets of a clip say without being decoded."""

    pts: list[int]
    """Time of each frame in the order shown, ticks of `time_base`."""
    end: int
    """When the last frame ends, ticks."""
    time_base: Fraction
    starts: list[int]
    """Numbers of the frames with which a group begins."""
    header: bytes
    """SPS and PPS as MP4 stores them (``avcC``)."""
    crf: float
    """Quality at which x264 says that it encoded."""
    keyint: int | None
    """Frames between groups at most, as x264 says."""
    comment: str | None
    obstacle: str | None
    """Why groups cannot be copied, in words; None if they can."""

    @classmethod
    def of(cls, path: Path) -> _Index:
        """Read through a clip without decoding it."""
        pts: list[int] = []
        starts: list[int] = []
        end = 0
        crf: float = _USUAL_CRF
        keyint = obstacle = None
        with _open(path) as container:
            stream = _video_stream(container, path)
            header = bytes(stream.codec_context.extradata or b"")
            if stream.codec_context.name != "h264" or header[:1] != b"\x01" or len(header) < 7:
                obstacle = "the file is not H.264 in an MP4"
            for packet in _packets(container, stream, path):
                if packet.pts is None:
                    raise _damaged(path)
                if not pts:
                    stated = _STATED.search(bytes(packet))
                    if stated is None:
                        obstacle = obstacle or "the file does not say how it was encoded"
                    else:
                        keyint, crf = int(stated[1]), float(stated[2])
                if packet.is_keyframe:
                    starts.append(len(pts))
                    if obstacle is None and _IDR not in _kinds(bytes(packet), header):
                        obstacle = "its groups of pictures depend on each other"
                if packet.dts != packet.pts or (pts and packet.pts <= pts[-1]):
                    obstacle = obstacle or "its frames are not stored in the order they are shown"
                pts.append(packet.pts)
                end = max(end, packet.pts + (packet.duration or 1))
            comment = container.metadata.get("comment")
            time_base = stream.time_base or Fraction(1, 1000)
        if not pts:
            raise _damaged(path)
        if starts[:1] != [0]:
            obstacle = obstacle or "its first frame depends on others"
        return cls(
            sorted(pts), end, time_base, starts, header, crf, keyint, comment or None, obstacle
        )

    def runs(self, wanted: set[int]) -> list[range]:
        """Frames that are encoded again: whole groups, adjoining ones in one run."""
        edges = [*self.starts, len(self.pts)]
        groups = [range(a, b) for a, b in itertools.pairwise(edges)]
        touched = [not wanted.isdisjoint(group) for group in groups]
        # Two frames after each other that both begin a group carry numbers that must differ (H.264,
        # 7.4.3, idr_pic_id). A new encoder counts from 0 again, so no run may begin after a group
        # of one frame or end with one.
        for k in reversed(range(1, len(groups))):
            touched[k - 1] |= touched[k] and len(groups[k - 1]) == 1
        for k in range(1, len(groups)):
            touched[k] |= touched[k - 1] and len(groups[k - 1]) == 1
        runs: list[range] = []
        for group, again in zip(groups, touched, strict=True):
            if again and runs and runs[-1].stop == group.start:
                runs[-1] = range(runs[-1].start, group.stop)
            elif again:
                runs.append(group)
        return runs


class _Splicer(Writer):
    """A `Writer` that also takes frames as they are stored.

    The encoder of its stream only makes the headers; each run has an encoder of its own.
    """

    def __init__(
        self, path: Path, info: VideoInfo, source: Path, index: _Index, overwrite: bool
    ) -> None:
        self._index = index
        super().__init__(
            path,
            info,
            audio_from=source,
            crf=index.crf,  # type: ignore[arg-type]
            overwrite=overwrite,
            comment=index.comment,
            gop=index.keyint,
        )

    def _start(self, options: dict[str, str], comment: str | None) -> None:
        # x264 derives the level from the frame rate, which a copy may give a little differently
        self._options = {**options, "level": str(self._index.header[3]), "forced-idr": "1"}
        super()._start(self._options, comment)
        self._video.codec_context.open(strict=False)

    def fits(self, header: bytes) -> bool:
        """Whether what this writes can stand in one stream with a file of these headers."""
        own = _units(bytes(self._video.codec_context.extradata or b""))
        parameters = [unit for unit in own if unit[0] & 31 in (_SPS, _PPS)]
        return sorted(parameters) == sorted(_parameters(header))

    def splice(
        self, path: Path, runs: list[range], wanted: set[int], edit: Edit, report: Progress
    ) -> None:
        """Write every frame, those of runs encoded again."""
        starts, count = set(self._index.starts), len(self._index.pts)
        of_frame = {number: run for run in runs for number in run}
        to_rgb = VideoReformatter()
        with _open(path) as container:
            stream = _video_stream(container, path)
            stream.thread_type = "SLICE"  # a picture for every packet, at once
            encoder: VideoCodecContext | None = None
            for number, packet in enumerate(_packets(container, stream, path)):
                run = of_frame.get(number)
                if run is None:
                    self._put([_annexed(packet, self._index.header)])
                    report("covering", number + 1, count)
                    continue
                if encoder is None:
                    encoder, given = self._encoder(), run.start
                pictures = _decoded(stream, packet, path)
                if number == run.stop - 1:
                    pictures += _decoded(stream, None, path)
                    stream.codec_context.flush_buffers()
                for picture in pictures:
                    if given >= run.stop or picture.pts != self._index.pts[given]:
                        raise _damaged(path)
                    duration = picture.duration
                    if given in wanted:
                        image = edit(given, _rgb(picture, self.info, to_rgb))
                        self._check_frame(image, self._index.pts[given])
                        picture = self._converted(image)
                    else:
                        picture = self._as_coded(picture)
                    picture.pts, picture.time_base = self._index.pts[given], self._tick
                    picture.duration = duration
                    # groups begin where they began
                    picture.pict_type = PictureType.I if given in starts else PictureType.P
                    self._put(self._code(encoder, picture))
                    given += 1
                    report("covering", given, count)
                if number == run.stop - 1:
                    if given != run.stop:
                        raise _damaged(path)
                    self._put(self._code(encoder, None))
                    encoder = None

    def _converted(self, image: np.ndarray) -> VideoFrame:
        return to_picture(image, self.info, self._pix_fmt, self._reformatter)

    def _as_coded(self, picture: VideoFrame) -> VideoFrame:
        """A decoded picture for the encoder, which has no other name for a format's full range."""
        if picture.format.name == self._pix_fmt:
            return picture
        same = VideoFrame.from_ndarray(picture.to_ndarray(), format=self._pix_fmt)
        same.color_range, same.colorspace = picture.color_range, picture.colorspace
        return same

    def _encoder(self) -> VideoCodecContext:
        """An encoder like that of the stream."""
        encoder = CodecContext.create("libx264", "w")
        assert isinstance(encoder, VideoCodecContext)
        for name in _ALIKE:
            setattr(encoder, name, getattr(self._video.codec_context, name))
        encoder.options = dict(self._options)
        return encoder

    def _code(self, encoder: VideoCodecContext, picture: VideoFrame | None) -> list[Packet]:
        try:
            return encoder.encode(picture)
        except (av.FFmpegError, ValueError) as exc:
            raise self._cannot_write(exc) from exc

    def _put(self, packets: list[Packet]) -> None:
        try:
            for packet in packets:
                self._last_pts = packet.pts
                self._mux([packet])
        except (av.FFmpegError, OSError, ValueError) as exc:
            if isinstance(exc, _OURS):
                raise
            raise self._cannot_write(exc) from exc


def _packets(
    container: av.container.InputContainer, stream: VideoStream, path: Path
) -> Iterator[Packet]:
    """Packets that hold a frame."""
    try:
        for packet in container.demux(stream):
            if packet.size and not packet.is_discard:
                yield packet
    except (av.FFmpegError, OSError) as exc:
        raise _damaged(path, exc) from exc


def _decoded(stream: VideoStream, packet: Packet | None, path: Path) -> list[VideoFrame]:
    try:
        return stream.decode(packet)
    except (av.FFmpegError, ValueError) as exc:
        raise _damaged(path, exc) from exc


def _damaged(path: Path, exc: BaseException | None = None) -> VideoError:
    words = "" if exc is None else f" ({_words(exc)})"
    return VideoError(f"{path} is damaged{words}: make it again from the original.")


# --- H.264: network abstraction layer units, with lengths in MP4, with start codes from x264 ---


def _kinds(stored: bytes, header: bytes) -> list[int]:
    """Types of the units of a frame as MP4 stores it."""
    return [unit[0] & 31 for unit in _split(stored, header) if unit]


def _split(stored: bytes, header: bytes) -> list[bytes]:
    size, at, units = (header[4] & 3) + 1, 0, []
    while at + size < len(stored):
        length = int.from_bytes(stored[at : at + size], "big")
        units.append(stored[at + size : at + size + length])
        at += size + length
    return units


def _annexed(packet: Packet, header: bytes) -> Packet:
    """The same frame with start codes, from which the muxer makes the same lengths again."""
    annexed = Packet(b"".join(b"\0\0\0\1" + unit for unit in _split(bytes(packet), header)))
    annexed.pts, annexed.dts, annexed.duration = packet.pts, packet.dts, packet.duration
    annexed.time_base = packet.time_base
    annexed.is_keyframe = packet.is_keyframe
    return annexed


def _units(annexed: bytes) -> list[bytes]:
    """Units between start codes; none ends in a zero."""
    return [unit for part in annexed.split(b"\0\0\1") if (unit := part.rstrip(b"\0"))]


def _parameters(header: bytes) -> list[bytes]:
    """SPS and PPS of an ``avcC`` (ISO/IEC 14496-15, 5.3.3.1)."""
    units, at = [], 5
    for bits in (31, 255):
        for _ in range(header[at] & bits if at < len(header) else 0):
            length = int.from_bytes(header[at + 1 : at + 3], "big")
            units.append(header[at + 3 : at + 3 + length])
            at += 2 + length
        at += 1
    return units
