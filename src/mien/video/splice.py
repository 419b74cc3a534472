"""Changing some frames of a clip that mien wrote; what can stay is copied bit for bit.

H.264 stores runs of frames (groups of pictures, GOP), each of which can be decoded without the
others. A run in which no frame changes is copied as it is. The others are decoded and encoded as
`Writer` encodes, with the same headers, so that both kinds make one stream.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
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

from mien.errors import ParameterError
from mien.progress import Progress, silent
from mien.video import h264
from mien.video.container import open_input, video_stream
from mien.video.frame import VideoInfo
from mien.video.index import Index, damaged, frame_packets
from mien.video.picture import to_picture, to_rgb
from mien.video.reader import Reader
from mien.video.writer import Writer

Edit = Callable[[int, np.ndarray], np.ndarray]

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
        self._writer.abandon()

    def commit(self) -> Path:
        """Give the file its name; raises `OutputError` if something appeared there meanwhile."""
        return self._writer.commit()


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
    index, wanted = Index.of(path), set(frames)
    count = len(index.pts)
    if wanted and not 0 <= min(wanted) <= max(wanted) < count:
        raise ParameterError(
            f"{path.name} has frames 0 to {count - 1}: frames {min(wanted)} to {max(wanted)} "
            "are not all among them."
        )
    report = progress or silent
    with Reader(path) as reader:
        info = reader.info
    reason = index.obstacle
    if reason is None:
        writer = _Splicer(output, info, path, index, overwrite)
        with _gone_if_it_fails(writer):
            if writer.fits(index.header):
                runs = index.runs(wanted)
                writer.splice(path, runs, wanted, edit, report)
                encoded = sum(len(run) for run in runs)
                return Spliced(writer.finish(), count, encoded, count - encoded, None, writer)
        writer.abandon()
        reason = "the headers of the file are not those that are written now"
    whole = _whole(output, info, path, index, overwrite)
    with _gone_if_it_fails(whole), Reader(path) as reader:
        written = 0
        for frame in reader:
            image = edit(frame.index, frame.image) if frame.index in wanted else frame.image
            whole.write(image, frame.pts, duration=frame.duration)
            written += 1
            report("covering", written, count)
        if written != count:
            raise damaged(path)
        return Spliced(whole.finish(), count, count, 0, reason, whole)


@contextmanager
def _gone_if_it_fails(writer: Writer) -> Iterator[None]:
    """Leave a writer open, unless there is an error."""
    try:
        yield
    except BaseException:
        writer.abandon()
        raise


def _whole(output: Path, info: VideoInfo, path: Path, index: Index, overwrite: bool) -> Writer:
    """A writer of all frames, as those of the clip were encoded."""
    return Writer(
        output,
        info,
        audio_from=path,
        crf=index.crf,
        overwrite=overwrite,
        comment=index.comment,
        gop=index.keyint,
    )


class _Splicer(Writer):
    """A `Writer` that also takes frames as they are stored.

    The encoder of its stream only makes the headers; each run has an encoder of its own.
    """

    def __init__(
        self, path: Path, info: VideoInfo, source: Path, index: Index, overwrite: bool
    ) -> None:
        self._index = index
        super().__init__(
            path,
            info,
            audio_from=source,
            crf=index.crf,
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
        own = h264.units(bytes(self._video.codec_context.extradata or b""))
        ours = [unit for unit in own if unit[0] & 31 in (h264.SPS, h264.PPS)]
        return sorted(ours) == sorted(h264.parameters(header))

    def splice(
        self, path: Path, runs: list[range], wanted: set[int], edit: Edit, report: Progress
    ) -> None:
        """Write every frame, those of runs encoded again."""
        starts, count = set(self._index.starts), len(self._index.pts)
        of_frame = {number: run for run in runs for number in run}
        reformatter = VideoReformatter()
        with open_input(path) as container:
            stream = video_stream(container, path)
            stream.thread_type = "SLICE"  # a picture for every packet, at once
            encoder: VideoCodecContext | None = None
            for number, packet in enumerate(frame_packets(container, stream, path)):
                run = of_frame.get(number)
                if run is None:
                    self._put([h264.annexed(packet, self._index.header)])
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
                        raise damaged(path)
                    duration = picture.duration
                    if given in wanted:
                        image = edit(given, to_rgb(picture, self.info, reformatter))
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
                        raise damaged(path)
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
        with self._writing():
            return encoder.encode(picture)

    def _put(self, packets: list[Packet]) -> None:
        with self._writing():
            for packet in packets:
                self._last_pts = packet.pts
                self._mux([packet])


def _decoded(stream: VideoStream, packet: Packet | None, path: Path) -> list[VideoFrame]:
    try:
        return stream.decode(packet)
    except (av.FFmpegError, ValueError) as exc:
        raise damaged(path, exc) from exc
