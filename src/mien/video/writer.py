"""Writing a clip: every frame keeps its timestamp, the sound is copied, nothing else passes."""

from __future__ import annotations

import errno
import math
import os
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Literal, overload

import av
import numpy as np
from av.audio.stream import AudioStream
from av.codec.context import Flags
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.stream import Discard
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from mien.errors import OutputError, ParameterError
from mien.outputs import check_free, hidden, publish
from mien.video import colour
from mien.video.reader import Frame, Loss, VideoInfo, _open, _words

_PRESETS = "ultrafast superfast veryfast faster fast medium slow slower veryslow placebo".split()
PRESET = "veryfast"
WRITTEN = (".mp4", ".m4v")
"""Endings of clips that mien writes."""
_MAX_TIMESCALE = 2**31 - 1
# What players of MP4 expect to find in one. FFmpeg would also store Vorbis and PCM, in forms
# that hardly any of them opens.
_AUDIO_CODECS = ("aac", "mp3", "mp3float", "mp2", "mp2float", "ac3", "eac3", "alac", "flac", "opus")
# Packets before the first one that is heard without which a decoder cannot give that one as it was:
# the overlap of transforms (AAC, AC-3), the reservoir of bits (MP3), 80 ms to settle (RFC 7845,
# 4.6, in Opus packets of 20 ms). Without its own predecessor, such a packet decodes to nothing that
# was ever recorded but the part that the next one needs.
_PRIMING = {"aac": 1, "mp3": 2, "mp3float": 2, "ac3": 1, "eac3": 1, "opus": 4}


def x264_options(crf: int | float, preset: str = PRESET) -> dict[str, str]:
    """How mien encodes a picture.

    One thread count on every machine, because x264's output depends on it. No B-frames: then
    pictures are stored in the order they are shown and need no edit list to be on time, in players
    that read edit lists and in those that do not. No macroblock tree: it takes bits from whatever
    moves, which here is the tremor or the blink, and with it the same frames did not always give
    the same bytes.
    """
    return {
        "crf": str(crf),
        "preset": preset,
        "threads": "4",
        "bf": "0",
        "x264-params": "mbtree=0",
    }


def pixel_format(info: VideoInfo) -> str:
    """FFmpeg's name of the format that pictures are stored in.

    H.264 crops a 4:2:0 picture in steps of two, so an odd size needs 4:4:4: its pixels are then all
    there, where padding would add a line that players show.
    """
    return "yuv444p" if info.width % 2 or info.height % 2 else "yuv420p"


def to_picture(
    image: np.ndarray, info: VideoInfo, pix_fmt: str, reformatter: VideoReformatter
) -> VideoFrame:
    """Convert RGB to what is encoded; neither times nor time base are set.

    Parameters
    ----------
    image : np.ndarray [shape=(height, width, 3), dtype=uint8]
        RGB.
    info : VideoInfo
        Its colour tags are followed.
    pix_fmt : str
        See `pixel_format`.
    reformatter : VideoReformatter
        Kept from frame to frame, because making one is slow.
    """
    return reformatter.reformat(
        VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24"),
        format=pix_fmt,
        dst_colorspace=colour.MATRICES[info.colorspace][1],
        src_color_range=colour.RANGES["pc"],
        dst_color_range=colour.RANGES[info.color_range],
        interpolation=colour.FROM_RGB,
        threads=1,
    )


class Writer:
    """Writes frames to an MP4 (H.264) that appears under its name only when it is complete.

    The clip is written to a hidden file beside `path`; `commit` moves it there. Without `commit`
    the hidden file is removed, and nothing ever stands under the final name.

    Each frame is shown at exactly the time it carries: the track counts in ticks of
    ``1 / info.time_base.denominator`` seconds, and a first timestamp above zero is kept by an
    empty edit. MP4 cannot show anything before time zero, so if the first timestamp is negative
    picture and sound are moved later together by `time_shift`.

    The only metadata written is `comment`. Sound is copied without re-encoding, as far as the
    source plays it: what an edit list hides there is left out, but for the packet or few that a
    decoder needs before the first one. It is the one track that a player would choose, without its
    language or name. Titles, dates, places,
    devices, chapters, subtitles, covers and data tracks of the source are not read at all.

    Parameters
    ----------
    path : str or PathLike
        The output, named ``.mp4`` or ``.m4v``.
    info : VideoInfo
        Size, time base and colour of the frames, normally `Reader.info`.
    audio_from : str or PathLike, optional
        Clip whose sound is copied.
    voice : {"keep", "mute"}
        Whether the sound is copied or left out.
    crf : int
        Quality, 0 (lossless) to 51; lower is better and larger.
    preset : str
        Effort of x264, ``"ultrafast"`` to ``"placebo"``.
    overwrite : bool
        Whether a file at `path` may be replaced.
    comment : str, optional
        Comment stored in the file.
    gop : int, optional
        Frames at most from one that stands alone to the next; x264's 250 if None. Fewer let a
        player jump more quickly, in a larger file.

    Attributes
    ----------
    time_shift : Fraction
        Seconds by which picture and sound were moved later; 0 unless the clip starts before zero.
    losses : list of Loss
        Places where the source's sound was damaged.

    Raises
    ------
    ParameterError
        If a setting is out of its range, or the sound cannot be stored in an MP4.
    OutputError
        If the file cannot be written, is in the way, or is the source itself.
    VideoError
        If `audio_from` cannot be read.

    Examples
    --------
    >>> with Reader("in.mp4") as clip, Writer("out.mp4", clip.info) as out:  # doctest: +SKIP
    ...     for frame in clip:
    ...         out.write(frame)
    ...     out.commit()
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        info: VideoInfo,
        *,
        audio_from: str | os.PathLike[str] | None = None,
        voice: Literal["keep", "mute"] = "keep",
        crf: int = 17,
        preset: str = PRESET,
        overwrite: bool = False,
        comment: str | None = None,
        gop: int | None = None,
    ) -> None:
        self.path = Path(path)
        self.info = info
        self.overwrite = overwrite
        self.time_shift = Fraction(0)
        self.losses: list[Loss] = []
        self._source = None if audio_from is None else Path(audio_from)
        self._check_settings(voice, crf, preset)
        self._check_path()

        self._last_pts: int | None = None
        self._step = 1  # ticks between the last two frames
        self._done = False
        self._part: Path | None = None
        self._file: BinaryIO | None = None
        self._container: OutputContainer | None = None
        self._sound: _Sound | None = None
        self._reformatter = VideoReformatter()
        self._pix_fmt = pixel_format(info)
        try:
            if self._source is not None and voice == "keep":
                self._sound = _Sound.of(self._source, self.losses)
            options = x264_options(crf, preset)
            self._start(options if gop is None else {**options, "g": str(gop)}, comment)
        except BaseException as exc:
            self._abandon()
            if isinstance(exc, (av.FFmpegError, OSError)) and not isinstance(exc, _OURS):
                raise self._cannot_write(exc) from exc
            raise

    def __enter__(self) -> Writer:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._abandon()

    def __del__(self) -> None:
        # interrupted after it was made and before anybody held it
        if getattr(self, "_part", None) is not None:
            self._abandon()

    @overload
    def write(self, frame: Frame) -> None: ...
    @overload
    def write(self, frame: np.ndarray, pts: int, *, duration: int | None = None) -> None: ...
    def write(
        self, frame: Frame | np.ndarray, pts: int | None = None, *, duration: int | None = None
    ) -> None:
        """Add a frame.

        Parameters
        ----------
        frame : Frame or np.ndarray [shape=(height, width, 3), uint8]
            The frame, or its RGB picture.
        pts : int, optional
            Timestamp in ticks of ``info.time_base``, with a picture only; must increase.
        duration : int, optional
            Ticks for which the picture is shown; matters for the last one. The time since the frame
            before if not given.

        Raises
        ------
        ParameterError
            If the picture has another size or type, or its timestamp does not follow the last.
        OutputError
            If the file cannot be written.
        """
        if isinstance(frame, Frame):
            image, duration = frame.image, frame.duration
            ticks = frame.pts * frame.time_base / self.info.time_base
            if ticks.denominator != 1:
                raise ParameterError(
                    f"the frame at {frame.time:.3f} s does not fall on a tick of "
                    f"{self.info.time_base} s: pass the VideoInfo of the clip it comes from"
                )
            pts = ticks.numerator
            if duration is not None:
                duration = round(duration * frame.time_base / self.info.time_base)
        else:
            image = frame
        if pts is None:
            raise ParameterError("a picture needs a timestamp: pass `pts` with it")
        self._check_frame(image, pts)
        if self._container is None:
            raise OutputError(f"{self.path} is already finished: open another Writer")
        if self._last_pts is None and pts < 0:
            self.time_shift = -pts * self.info.time_base
        if self._last_pts is not None:
            self._step = pts - self._last_pts
        self._last_pts = pts
        try:
            self._mux(self._video.encode(self._picture(image, pts, duration)))
        except (av.FFmpegError, OSError, ValueError) as exc:
            self._abandon()
            if isinstance(exc, _OURS):
                raise
            raise self._cannot_write(exc) from exc

    def finish(self) -> Path:
        """Complete the hidden file, so that it can be checked before `commit` names it.

        Returns
        -------
        part : Path
            The hidden file, playable.

        Raises
        ------
        OutputError
            If no frame was written or the file cannot be written.
        """
        if self._part is None:
            raise OutputError(f"{self.path} is already finished: open another Writer")
        if self._container is None or self._file is None:
            return self._part
        if self._last_pts is None:
            self._abandon()
            raise OutputError(f"{self.path} was not written, because no frame was given to it")
        try:
            self._mux(self._video.encode(None))
            if self._sound is not None:
                for sound in self._sound.until(None, self.time_shift):
                    self._container.mux(sound)
            self._container.close()
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
        except (av.FFmpegError, OSError, ValueError) as exc:
            self._abandon()
            if isinstance(exc, _OURS):
                raise
            raise self._cannot_write(exc) from exc
        self._container = None
        return self._part

    def commit(self) -> Path:
        """Finish the file and give it its name.

        Returns
        -------
        path : Path
            The finished file.

        Raises
        ------
        OutputError
            If no frame was written, the file cannot be written, or something appeared at `path`
            meanwhile and `overwrite` is False.
        """
        part = self.finish()
        try:
            self._publish(part)
        except OSError as exc:
            if isinstance(exc, _OURS):
                raise
            raise self._cannot_write(exc) from exc
        finally:
            self._abandon()
        return self.path

    def _check_settings(self, voice: str, crf: int, preset: str) -> None:
        if voice not in ("keep", "mute"):
            raise ParameterError(f'voice is "keep" or "mute", not {voice!r}')
        if not 0 <= crf <= 51:
            raise ParameterError(f"crf is between 0 and 51, not {crf}")
        if preset not in _PRESETS:
            raise ParameterError(f"preset is one of {', '.join(_PRESETS)}, not {preset!r}")
        info = self.info
        if info.width < 1 or info.height < 1:
            raise ParameterError(f"a video of {info.width} by {info.height} pixels has no picture")
        if info.colorspace not in colour.MATRICES or info.color_range not in colour.RANGES:
            raise ParameterError(
                f"colours as {info.colorspace!r}, {info.color_range!r} cannot be written: use one "
                f"of {', '.join(colour.MATRICES)} and one of {', '.join(colour.RANGES)}"
            )
        if info.time_base <= 0 or info.time_base.denominator > _MAX_TIMESCALE:
            raise ParameterError(
                f"an MP4 cannot count in ticks of {info.time_base} s: use a time base whose "
                f"denominator is at most {_MAX_TIMESCALE}"
            )

    def _check_path(self) -> None:
        path, folder = self.path, self.path.absolute().parent
        source = self._source
        if source is not None and path.exists() and source.exists() and path.samefile(source):
            raise OutputError(
                f"{path} is the source itself, which is never overwritten: choose another name"
            )
        check_free(path, self.overwrite, kind="an MP4", endings=WRITTEN)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise OutputError(f"the folder {folder} may not be written to: choose another one")

    def _check_frame(self, image: np.ndarray, pts: int) -> None:
        shape = (self.info.height, self.info.width, 3)
        if image.shape != shape or image.dtype != np.uint8:
            raise ParameterError(
                f"a frame is {shape} of uint8, not {image.shape} of {image.dtype}: pass an upright "
                "RGB picture of the clip's size"
            )
        if self._last_pts is not None and pts <= self._last_pts:
            raise ParameterError(
                f"timestamps must increase, but {pts} follows {self._last_pts}: write the frames "
                "in the order they are shown"
            )

    def _start(self, options: dict[str, str], comment: str | None) -> None:
        info = self.info
        # known before it exists: whatever interrupts from here on, the file is found and removed
        self._part = hidden(self.path)
        self._file = _open_part(self._part)
        timescale = info.time_base.denominator
        self._tick = Fraction(1, timescale)
        # Edits (a late start, the length of the track) count in ticks of the whole file; sharing
        # the track's own makes them exact, where the usual 1/1000 s would round them.
        movie_timescale = timescale
        if self._sound is not None:
            both = math.lcm(timescale, self._sound.tick.denominator)
            movie_timescale = both if both <= _MAX_TIMESCALE else timescale
        container = av.open(
            self._file,
            mode="w",
            format="mp4",
            container_options={
                "fflags": "+bitexact",  # no dates, no version: the same frames, the same bytes
                "video_track_timescale": str(timescale),
                "movie_timescale": str(movie_timescale),
            },
            buffer_size=1 << 18,
        )
        self._container = container
        if comment:
            container.metadata["comment"] = comment
        self._video: VideoStream = container.add_stream(
            "libx264",
            rate=info.average_rate or Fraction(30),
            options=options,
            width=info.width,
            height=info.height,
        )
        self._video.time_base = self._tick
        context = self._video.codec_context
        context.time_base = self._tick
        context.pix_fmt = self._pix_fmt
        context.flags |= Flags.bitexact | Flags.frame_duration
        context.color_range = int(colour.RANGES[info.color_range])
        context.colorspace = colour.MATRICES[info.colorspace][0]
        context.color_primaries = colour.PRIMARIES.get(info.primaries, 2)
        context.color_trc = colour.TRANSFERS.get(info.transfer, 2)
        context.sample_aspect_ratio = info.sample_aspect_ratio
        if self._sound is not None:
            self._sound.attach(container)

    def _picture(self, image: np.ndarray, pts: int, duration: int | None) -> VideoFrame:
        picture = to_picture(image, self.info, self._pix_fmt, self._reformatter)
        ticks = self.info.time_base.numerator
        picture.pts = pts * ticks + int(self.time_shift / self._tick)
        picture.time_base = self._tick
        # a last frame that takes no time would not be shown
        picture.duration = (duration or self._step) * ticks
        return picture

    def _mux(self, packets: list[Packet]) -> None:
        assert self._container is not None
        for packet in packets:
            if self._sound is not None and packet.pts is not None:
                for sound in self._sound.until(packet.pts * self._tick, self.time_shift):
                    self._container.mux(sound)
            packet.stream = self._video
            self._container.mux(packet)

    def _publish(self, part: Path) -> None:
        publish(part, self.path, overwrite=self.overwrite)
        self._part = None
        with suppress(OSError):  # not every file system can sync a folder
            folder = os.open(self.path.absolute().parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def _abandon(self) -> None:
        """Release everything; the hidden file goes unless it has been given its name."""
        if self._file is not None:
            with suppress(OSError, ValueError):
                self._file.close()  # first: an unfinished container then writes no more
            self._file = None
        self._container = None
        if self._sound is not None:
            self._sound.close()
            self._sound = None
        if self._part is not None:
            with suppress(FileNotFoundError):
                os.unlink(self._part)
            self._part = None

    def _cannot_write(self, exc: BaseException) -> OutputError:
        code = getattr(exc, "errno", None)
        if code in (errno.ENOSPC, errno.EDQUOT):
            return OutputError(
                f"{self.path} was not written, because the disk is full: make room or choose "
                "another folder"
            )
        if code == errno.EEXIST:
            return OutputError(
                f"{self.path} appeared while it was being written and was left as it is: choose "
                "another name or allow overwriting"
            )
        return OutputError(
            f"{self.path} was not written ({_words(exc)}): check the folder and the disk"
        )


_OURS = (OutputError, ParameterError)


def _open_part(part: Path) -> BinaryIO:
    """Create the hidden file."""
    return open(part, "xb", buffering=1 << 20)


def check_sound(path: str | os.PathLike[str]) -> None:
    """Refuse a clip whose sound `Writer` could not copy.

    Raises
    ------
    ParameterError
        If an MP4 cannot hold it.
    VideoError
        If the clip cannot be read.
    """
    sound = _Sound.of(Path(path), [])
    if sound is not None:
        sound.close()


class _Sound:
    """Copies the packets of one sound track, a few at a time."""

    def __init__(self, container: InputContainer, stream: AudioStream, losses: list[Loss]) -> None:
        self._container = container
        self._stream = stream
        self._losses = losses
        self._out: AudioStream | None = None
        self.tick = Fraction(1, stream.codec_context.sample_rate)
        self._packets: Iterator[Packet] | None = None
        # only these have edit lists, which FFmpeg has followed by now
        self._edited = "mov" in container.format.name
        self._end: int | None = None
        if self._edited and stream.duration and stream.time_base:
            self._end = round(stream.duration * stream.time_base / self.tick)
        self._waiting: Packet | None = None
        self._next_pts: int | None = None

    @classmethod
    def of(cls, path: Path, losses: list[Loss]) -> _Sound | None:
        """Open the sound of a clip; None if it has none."""
        container = _open(path)
        stream = container.streams.best("audio")
        if not isinstance(stream, AudioStream):
            container.close()
            return None
        name = stream.codec_context.name if stream.codec_context else "unknown"
        if name not in _AUDIO_CODECS:
            container.close()
            raise ParameterError(
                f"The sound of {path} is {name}, which an MP4 cannot hold: leave it out (voice "
                '"mute"), or convert it to AAC first.'
            )
        for other in container.streams:
            if other.index != stream.index:
                other.discard = Discard.all
        return cls(container, stream, losses)

    def attach(self, container: OutputContainer) -> None:
        """Add the track to an output."""
        self._out = container.add_stream_from_template(self._stream)
        self._out.time_base = self.tick

    def until(self, time_s: Fraction | None, shift_s: Fraction) -> Iterator[Packet]:
        """Yield the packets due by a time in seconds (all of them for None), moved by a shift.

        The shift is the same whenever this is called.
        """
        if self._packets is None:
            self._packets = self._played(round(shift_s / self.tick))
        while True:
            if self._waiting is None:
                self._waiting = next(self._packets, None)
            packet = self._waiting
            if packet is None or packet.pts is None:
                return
            if time_s is not None and packet.pts * self.tick > time_s:
                return
            self._waiting = None
            assert self._out is not None
            packet.stream = self._out
            yield packet

    def close(self) -> None:
        """Close the source."""
        self._container.close()

    def _played(self, shift: int) -> Iterator[Packet]:
        """Yield what is heard, and before it what a decoder needs; times moved by some samples.

        An MP4 hides what comes before zero, so there a packet may stand that is needed, or heard in
        part. Later it would be heard, and is left out.
        """
        priming: deque[Packet] = deque(maxlen=_PRIMING.get(self._stream.codec_context.name, 0))
        heard_from: int | None = None
        last: int | None = None
        for packet in self._read():
            assert packet.pts is not None
            packet.pts = packet.dts = packet.pts + shift
            if heard_from is None:
                heard_from = max(0, packet.pts + (_skipped(packet) if self._edited else 0))
            if last is None and packet.pts < heard_from:
                whole = packet.pts + (packet.duration or 1) <= heard_from
                if packet.is_discard or whole:
                    priming.append(packet)
                    continue
                if heard_from > 0:
                    continue
            elif packet.is_discard:
                continue
            if last is None:
                yield from _leading_to(packet, list(priming))
            elif packet.pts <= last:
                continue  # two edits that play at one time: what was heard first stays
            last = packet.pts
            yield packet

    def _read(self) -> Iterator[Packet]:
        try:
            for packet in self._container.demux(self._stream):
                if packet.size:
                    self._retime(packet)
                    yield packet
        except (av.FFmpegError, OSError) as exc:
            time_s = None if self._next_pts is None else float(self._next_pts * self.tick)
            self._losses.append(Loss(time_s, 0, 0, f"the sound ends here: {_words(exc)}"))

    def _retime(self, packet: Packet) -> None:
        """Count in samples, undoing the rounding of containers that count in milliseconds."""
        source = packet.time_base or self._stream.time_base or self.tick
        samples = self._stream.codec_context.frame_size
        if not samples and packet.duration:
            samples = round(packet.duration * source / self.tick)
        stamp = packet.pts if packet.pts is not None else packet.dts
        if stamp is None:
            pts = self._next_pts or 0
        else:
            pts = round(stamp * source / self.tick)
            if self._next_pts is not None and abs(pts - self._next_pts) * self.tick <= source:
                pts = self._next_pts
        self._next_pts = pts + samples
        if samples * self.tick - (packet.duration or 0) * source > 2 * source and packet.duration:
            samples = round(packet.duration * source / self.tick)  # the last one, heard in part
        if self._end is not None and pts < self._end < pts + samples:
            samples = self._end - pts
        packet.time_base = self.tick
        packet.pts = packet.dts = pts
        packet.duration = samples


def _skipped(packet: Packet) -> int:
    """Samples from the start of a packet that a decoder has to throw away."""
    for data in packet.iter_sidedata():
        if data.data_type == "skip_samples":
            return int.from_bytes(bytes(data)[:4], "little")
    return 0


def _leading_to(packet: Packet, before: list[Packet]) -> list[Packet]:
    """Those packets before one that adjoin it and each other and are over by time zero."""
    kept: list[Packet] = []
    follows = packet
    for one in reversed(before):
        assert one.pts is not None and follows.pts is not None
        end = one.pts + (one.duration or 0)
        if end > 0 or abs(follows.pts - end) > 1:
            break
        kept.insert(0, one)
        follows = one
    return kept
