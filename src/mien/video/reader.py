"""Reading a clip: upright RGB frames, each with its own exact timestamp."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import cast

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.sidedata.sidedata import SideData
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from mien import shortfall
from mien.errors import VideoError
from mien.intake.amounts import VIDEO_BLOCKS
from mien.shortfall import Shortfall
from mien.video import colour

# Only demuxers of files that hold their own pictures: a playlist under a video's name would make
# FFmpeg open other files.
_FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,flv,asf,ogg,mxf,dv,nut,h264,hevc,"
    "m4v,mpegvideo,ivf,yuv4mpegpipe,gif,wav,mp3,aac,flac"
)
_PROBE_PACKETS = 240
_DEMUX_RETRIES = 8
_CUT_SHARE = 0.03  # of a clip: announced durations are rounded, and sound may be a little longer
_BOUNDED = {"max_pixels": str(VIDEO_BLOCKS * 256)}
_NO_PICTURE = np.zeros((0, 0, 3), np.uint8)


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
    """Width over height of one pixel of the upright picture."""
    mirrored: bool = False
    """Whether the coded picture is also mirrored to become what a player shows."""


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
    return _probe(Path(path)).info


class Reader:
    """The frames of a clip in the order they are shown.

    Frames come one at a time, so memory does not grow with the length of the clip, and every
    pass over the clip gives the same frames. Timestamps strictly increase: a frame that repeats
    the timestamp before it is dropped, and where timestamps jump back the rest of the clip is
    moved to continue; both are noted in `losses`.

    Parameters
    ----------
    path : str or PathLike
        The file.

    Attributes
    ----------
    info : VideoInfo
        What the clip is.
    losses : list of Loss
        Damage met so far in the current pass.
    missing : Shortfall or None
        How much of the clip was lost in all; None until a pass has come to the end.

    Raises
    ------
    VideoError
        If the file is missing, empty, no video, cut short before its index, or without pictures;
        and at the end of a pass in which no frame could be decoded.

    Examples
    --------
    >>> with Reader("visit.mp4") as clip:  # doctest: +SKIP
    ...     for frame in clip:
    ...         print(frame.time, frame.image.shape)
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self.losses: list[Loss] = []
        self.missing: Shortfall | None = None
        self._first = _probe(self.path)
        self.info = self._first.info
        self._container: InputContainer | None = None
        self._decoding = Lock()

    def __enter__(self) -> Reader:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; a pass that is under way, in this thread or another, ends."""
        with self._decoding:
            if self._container is not None:
                self._container.close()
                self._container = None

    def __iter__(self) -> Iterator[Frame]:
        return self._pass(lambda time: True)

    def selected(self, wanted: Callable[[float], bool]) -> Iterator[Frame]:
        """Only some frames, for about half of the time of those that are left out.

        Parameters
        ----------
        wanted : callable
            Called with the time of each frame in turn, seconds.

        Yields
        ------
        frame : Frame
            As when iterating over the clip, with the number it has there.
        """
        return (frame for frame in self._pass(wanted) if frame.image is not _NO_PICTURE)

    def timestamps(self) -> Iterator[float]:
        """When each frame is shown, seconds: without pictures, in a third of the time.

        A frame whose picture turns out to be damaged counts, although iteration may drop it.
        """
        return (frame.time for frame in self._pass(lambda time: False))

    def _pass(self, wanted: Callable[[float], bool]) -> Iterator[Frame]:
        self.close()
        self.losses, self.missing = [], None
        container = _open(self.path)
        self._container = container
        try:
            yield from self._frames(container, wanted)
        finally:
            with self._decoding:
                container.close()
                if self._container is container:
                    self._container = None

    def _frames(
        self, container: InputContainer, wanted: Callable[[float], bool]
    ) -> Iterator[Frame]:
        stream = _video_stream(container, self.path)
        # Threads within a frame, not across frames: an error then belongs to the packet that was
        # being decoded, and the frames around it are the same in every pass.
        stream.thread_type = "SLICE"
        clock = _Clock(self.info, self.losses)
        expected = _Expected(self.info.time_base, self.losses)
        to_rgb = _ToRgb(self._first)
        index = 0
        announced = _announced(container, stream)
        for picture in self._decoded(container, stream, expected):
            expected.arrived(picture.pts)
            pts = clock.place(picture)
            if pts is None:
                continue
            if picture.is_corrupt:
                time_s = float(pts * self.info.time_base)
                self.losses.append(Loss(time_s, 0, 1, "the picture is damaged"))
            asked = wanted(float(pts * self.info.time_base))
            try:
                image = to_rgb(picture) if asked else _NO_PICTURE
            except (av.FFmpegError, ValueError) as exc:
                time_s = float(pts * self.info.time_base)
                self.losses.append(Loss(time_s, 0, 1, _words(exc)))
                continue
            if to_rgb.size_changed:
                to_rgb.size_changed = False
                time_s = float(pts * self.info.time_base)
                self.losses.append(
                    Loss(time_s, 0, 0, "the picture size changes; scaled to the first size")
                )
            yield Frame(image, pts, self.info.time_base, index, picture.duration or None)
            index += 1
        if self._container is not container:
            return  # closed before the end
        cut_short_s = expected.finish(announced, self.info.average_rate)
        if not announced:
            cut_short_s = self._cut_short(container, clock.end)
        if index == 0:
            raise VideoError(
                f"no frame of {self.path} could be decoded: the file is damaged, so export or copy "
                "it again from where it came"
            )
        lost = sum(loss.packets + loss.frames for loss in self.losses)
        met = index + sum(loss.packets for loss in self.losses)
        self.missing = Shortfall(lost, max(announced, met, lost), cut_short_s)
        shortfall.report(self.path, self.missing)

    def _cut_short(self, container: InputContainer, end_s: float | None) -> float:
        """Seconds by which a file is shorter than it says, where it counts no frames.

        Pictures may end before the sound, so the end of the file is that of its last packet.
        """
        if end_s is None or not container.duration or not self._states_duration(container):
            return 0.0
        says = (container.duration + min(container.start_time or 0, 0)) / av.time_base
        if says - end_s <= _CUT_SHARE * says:
            return 0.0
        with _open(self.path) as whole:
            last = end_s
            try:
                for packet in whole.demux():
                    if packet.size and packet.pts is not None and packet.time_base:
                        ends = packet.pts + (packet.duration or 0)
                        last = max(last, float(ends * packet.time_base))
            except (av.FFmpegError, OSError):
                pass  # and there it ends
        if says - last <= _CUT_SHARE * says:
            return 0.0
        frames = round((says - max(end_s, 0)) * float(self.info.average_rate or 0))
        self.losses.append(
            Loss(end_s, frames, 0, f"the file ends after {last:.2f} of the {says:.2f} s it "
                 "announces")
        )  # fmt: skip
        return says - last

    def _states_duration(self, container: InputContainer) -> bool:
        """Whether the duration is what the file says, not what FFmpeg read off its last packets."""
        return any(name in container.format.name for name in ("matroska", "mov", "flv", "asf"))

    def _decoded(
        self, container: InputContainer, stream: VideoStream, expected: _Expected
    ) -> Iterator[VideoFrame]:
        """Yield the pictures of the video, until the clip is closed."""
        packets = self._packets(container, stream, expected)
        while True:
            # whoever closes the clip, perhaps in another thread, waits for the packet in hand
            with self._decoding:
                if self._container is not container:
                    return
                try:
                    packet = next(packets)
                except StopIteration:
                    return
                try:
                    pictures = stream.decode(packet)
                except av.error.EOFError:
                    return  # flushing again after an error in the flush
                except (av.FFmpegError, ValueError) as exc:
                    expected.failed(packet, _words(exc))
                    continue
            yield from pictures

    def _packets(
        self, container: InputContainer, stream: VideoStream, expected: _Expected
    ) -> Iterator[Packet | None]:
        """Yield the packets of the video, reading on after a demuxer's error where it can."""
        failures = 0
        while True:
            try:
                for packet in container.demux(stream):
                    if packet.size == 0:
                        yield None
                        return
                    failures = 0
                    expected.sent(packet)
                    yield packet
                return
            except (av.FFmpegError, OSError) as exc:
                failures += 1
                expected.failed(None, _words(exc))
                if failures > _DEMUX_RETRIES:
                    yield None
                    return


class _Clock:
    """Gives every frame a timestamp, strictly after the one before it."""

    def __init__(self, info: VideoInfo, losses: list[Loss]) -> None:
        self._time_base = info.time_base
        self._losses = losses
        self._last: int | None = None
        self._offset = 0
        self._step = 1
        if info.average_rate:
            self._step = max(1, round(1 / (info.average_rate * info.time_base)))

    @property
    def end(self) -> float | None:
        """When the last frame ends, seconds; None before the first."""
        if self._last is None:
            return None
        return float((self._last + self._step - self._offset) * self._time_base)

    def place(self, picture: VideoFrame) -> int | None:
        """Return the timestamp of a frame, or None to drop it."""
        if picture.pts is None:
            pts = 0 if self._last is None else self._last + (picture.duration or self._step)
        else:
            pts = picture.pts + self._offset
        if self._last is None:
            self._last = pts
            return pts
        if pts == self._last:
            self._note(pts, 1, "two frames have the same timestamp; the second was dropped")
            return None
        if pts < self._last:
            moved = self._last + self._step
            self._note(moved, 0, "timestamps jump back; the rest of the clip was moved to follow")
            self._offset += moved - pts
            pts = moved
        self._step = pts - self._last
        self._last = pts
        return pts

    def _note(self, pts: int, frames: int, reason: str) -> None:
        self._losses.append(Loss(float(pts * self._time_base), 0, frames, reason))


class _Expected:
    """Packets that owe a picture; those overtaken by a later picture are lost.

    A decoder may drop a picture without an error, and may report an error late, so a loss is
    found by the timestamps that never came out.
    """

    def __init__(self, time_base: Fraction, losses: list[Loss]) -> None:
        self._time_base = time_base
        self._losses = losses
        self._owed: dict[int, None] = {}
        self._reason = "the decoder gave no picture"
        self._count = 0
        self._last_time: float | None = None

    def sent(self, packet: Packet) -> None:
        """Note a packet on its way into the decoder."""
        self._count += 1
        if packet.pts is None:
            return
        self._last_time = float(packet.pts * self._time_base)
        # A packet of a few bytes is MPEG-4's placeholder for "no picture here".
        if not packet.is_discard and packet.size > 8:
            self._owed[packet.pts] = None

    def failed(self, packet: Packet | None, reason: str) -> None:
        """Note an error of the decoder (with its packet) or of the demuxer (without)."""
        self._reason = reason
        if packet is None or packet.pts is None:
            self._losses.append(Loss(self._last_time, 0 if packet is None else 1, 0, reason))

    def arrived(self, pts: int | None) -> None:
        """Note a picture that came out; all that should have come before it is lost."""
        if pts is None:
            return
        self._owed.pop(pts, None)
        self._lose([owed for owed in self._owed if owed < pts])

    def finish(self, announced: int, rate: Fraction | None) -> float:
        """Note what never came, and what the file's index announced but does not hold.

        Returns how many seconds the latter are.
        """
        self._lose(list(self._owed))
        if announced > self._count > 0:
            self._losses.append(
                Loss(
                    self._last_time,
                    announced - self._count,
                    0,
                    f"the file ends after {self._count} of the {announced} frames it announces",
                )
            )
            return float((announced - self._count) / rate) if rate else 0.0
        return 0.0

    def _lose(self, lost: list[int]) -> None:
        if lost:
            first = float(min(lost) * self._time_base)
            self._losses.append(Loss(first, len(lost), 0, self._reason))
            for pts in lost:
                del self._owed[pts]


@dataclass(frozen=True)
class _First:
    """What the first frame tells about the rest."""

    info: VideoInfo
    width: int
    height: int
    quarter_turn: bool
    flip_rows: bool
    flip_columns: bool


class _ToRgb:
    """Turns decoded pictures into upright RGB arrays."""

    def __init__(self, first: _First) -> None:
        self._first = first
        self._reformatter = VideoReformatter()
        self.size_changed = False
        self._size = (first.width, first.height)

    def __call__(self, picture: VideoFrame) -> np.ndarray:
        first, info = self._first, self._first.info
        size = (picture.width, picture.height)
        if size != self._size:
            self._size, self.size_changed = size, True
        range_name = _range_name(picture) if picture.color_range else info.color_range
        name = colour.matrix_name(
            int(picture.colorspace), width=picture.width, height=picture.height
        )
        if int(picture.colorspace) not in (1, 4, 5, 6, 7, 9, 10):
            name = info.colorspace
        matrix = colour.MATRICES[name][1]
        rgb = self._reformatter.reformat(
            picture,
            width=first.width,
            height=first.height,
            format="rgb24",
            src_colorspace=matrix,
            dst_colorspace=matrix,
            src_color_range=colour.RANGES["pc" if _is_rgb(picture) else range_name],
            dst_color_range=colour.RANGES["pc"],
            interpolation=colour.TO_RGB,
        )
        image = rgb.to_ndarray()
        if first.quarter_turn:
            image = image.transpose(1, 0, 2)
        if first.flip_rows:
            image = image[::-1]
        if first.flip_columns:
            image = image[:, ::-1]
        if rgb is picture:  # the decoder may still need its own buffer unchanged
            return np.array(image, order="C")
        return np.ascontiguousarray(image)


def _probe(path: Path) -> _First:
    with _open(path) as container:
        stream = _video_stream(container, path)
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
        quarter_turn, flip_rows, flip_columns = _orientation(picture)
        turned = _turn(quarter_turn, flip_rows, flip_columns)
        time_base = stream.time_base or Fraction(1, 1000)
        rate = stream.average_rate or stream.guessed_rate or None
        duration = None
        if stream.duration:
            duration = float(stream.duration * time_base)
        elif container.duration:
            duration = container.duration / av.time_base
        estimate = stream.frames or (round(duration * rate) if duration and rate else None)
        aspect = Fraction(stream.sample_aspect_ratio or 1) or Fraction(1)
        source = picture or context
        info = VideoInfo(
            width=height if quarter_turn else width,
            height=width if quarter_turn else height,
            time_base=time_base,
            average_rate=rate,
            frame_estimate=estimate,
            duration_s=duration,
            color_range=_range_name(picture) if picture else "tv",
            colorspace=matrix,
            rotation=turned[0],
            has_audio=bool(container.streams.audio),
            codec=context.name,
            primaries=colour.name_of(int(source.color_primaries), colour.PRIMARIES),
            transfer=colour.name_of(int(source.color_trc), colour.TRANSFERS),
            sample_aspect_ratio=1 / aspect if quarter_turn else aspect,
            mirrored=turned[1],
        )
        return _First(info, width, height, quarter_turn, flip_rows, flip_columns)


def _announced(container: InputContainer, stream: VideoStream) -> int:
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


def _is_rgb(picture: VideoFrame) -> bool:
    return bool(picture.format.is_rgb)


def _range_name(picture: VideoFrame) -> str:
    if _is_rgb(picture):
        return "tv"  # RGB has no range of its own; limited is what players expect of its copy
    full = int(picture.color_range) == 2 or picture.format.name.startswith("yuvj")
    return "pc" if full else "tv"


def _open(path: Path) -> InputContainer:
    """Open a file for reading; foreign errors become ours here."""
    if not path.exists():
        raise VideoError(f"there is no file {path}: check the name and the folder")
    if not path.is_file():
        raise VideoError(f"{path} is not a file: name one video file")
    try:
        if path.stat().st_size == 0:
            raise VideoError(f"{path} is empty: copy or export it again from where it came")
        # An absolute name cannot be mistaken for a protocol ("pipe:0").
        return av.open(
            os.path.abspath(path),
            mode="r",
            container_options={"protocol_whitelist": "file", "format_whitelist": _FORMATS},
            options=_BOUNDED,  # FFmpeg may decode a first picture while it opens a file
            metadata_errors="replace",
        )
    except av.error.PermissionError as exc:
        raise VideoError(f"{path} may not be read: change its permissions") from exc
    except av.InvalidDataError as exc:
        raise VideoError(
            f"{path} is not a video that can be read ({_words(exc)}): it is another kind of file, "
            "or was cut short while it was recorded or copied"
        ) from exc
    except (av.FFmpegError, OSError, ValueError) as exc:
        if isinstance(exc, VideoError):
            raise
        raise VideoError(
            f"{path} cannot be opened as a video ({_words(exc)}): use MP4, MOV, MKV, AVI or WebM"
        ) from exc


def _video_stream(container: InputContainer, path: Path) -> VideoStream:
    pictures = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    if not pictures:
        raise VideoError(f"{path} has no video in it, only other tracks: choose a file with video")
    best = container.streams.best("video")
    stream = next((s for s in pictures if best is not None and s.index == best.index), pictures[0])
    if stream.codec_context is None:
        raise VideoError(
            f"the video codec of {path} is not known here: convert the file to H.264 first"
        )
    _check_size(stream.codec_context.width, stream.codec_context.height, path)
    # also where the size changes on the way: the decoder then refuses such a picture
    stream.codec_context.options = {**stream.codec_context.options, **_BOUNDED}
    return stream


def _check_size(width: int, height: int, path: Path) -> None:
    """Refuse pictures that take more memory than any camera's, before one is decoded."""
    if -(-width // 16) * -(-height // 16) > VIDEO_BLOCKS:
        raise VideoError(
            f"{path} has pictures of {width} by {height} pixels, and at most "
            f"{VIDEO_BLOCKS * 256 / 1e6:.1f} megapixels are read, as in 8192 by 4352: make it "
            "smaller first"
        )


def _words(exc: BaseException) -> str:
    """Return what a foreign error says, without its number and file."""
    return str(getattr(exc, "strerror", None) or exc).strip().lower().rstrip(".")
