"""Reading a clip: upright RGB frames, each with its own exact timestamp."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Lock
from types import TracebackType

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from mien import shortfall
from mien.errors import VideoError
from mien.shortfall import Shortfall
from mien.video.clock import Clock
from mien.video.coded import announced_frames, coded_of, in_decoding_order
from mien.video.container import open_input, video_stream, words_of
from mien.video.fields import Fields
from mien.video.frame import Frame, Loss
from mien.video.owed import Owed
from mien.video.picture import Upright
from mien.video.slots import Slots

_DEMUX_RETRIES = 8
_CUT_SHARE = 0.03  # of a clip: announced durations are rounded, and sound may be a little longer
_NO_PICTURE = np.zeros((0, 0, 3), np.uint8)


class Reader:
    """The frames of a clip in the order they are shown.

    Frames come one at a time, so memory does not grow with the length of the clip, and every
    pass over the clip gives the same frames. Timestamps strictly increase: a frame that repeats
    the timestamp before it is dropped, and where timestamps jump back the rest of the clip is
    moved to continue; both are noted in `losses`. Where all frames have one timestamp they are
    shown evenly spaced, at the rate that the file states; `info.notes` says so.

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
        self._first = coded_of(self.path)
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
        container = open_input(self.path)
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
        stream = video_stream(container, self.path)
        # Threads within a frame, not across frames: an error then belongs to the packet that was
        # being decoded, and the frames around it are the same in every pass.
        stream.thread_type = "SLICE"
        clock = Clock(self.info, self.losses)
        tick = stream.time_base or self.info.time_base
        ordered = self._first.one_time or in_decoding_order(container, stream)
        expected = Owed(tick, self.losses, Slots() if ordered else None)
        to_rgb = Upright(self._first)
        index = 0
        announced = announced_frames(container, stream)
        decoded = self._decoded(container, stream, expected)
        for picture in self._whole(stream, decoded):
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
                self.losses.append(Loss(time_s, 0, 1, words_of(exc)))
                continue
            if to_rgb.size_changed:
                to_rgb.size_changed = False
                time_s = float(pts * self.info.time_base)
                self.losses.append(
                    Loss(time_s, 0, 0, "the picture size changes; fitted into the first size")
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
                f"No frame of {self.path} could be decoded: the file is damaged, so export or copy "
                "it again from where it came."
            )
        lost = sum(loss.packets + loss.frames for loss in self.losses)
        met = expected.pictures + sum(loss.packets for loss in self.losses)
        self.missing = Shortfall(lost, max(announced, met, lost), cut_short_s, clock.same_time)
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
        with open_input(self.path) as whole:
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

    def _whole(self, stream: VideoStream, pictures: Iterator[VideoFrame]) -> Iterator[VideoFrame]:
        """Yield pictures of one moment each: those of an interlaced picture by themselves."""
        fields = Fields(stream, both=True) if self._first.interlaced else None
        for picture in pictures:
            if fields is None and picture.interlaced_frame:
                time_s = None if picture.pts is None else float(picture.pts * self.info.time_base)
                self.losses.append(
                    Loss(time_s, 0, 0, "pictures are interlaced from here on; one field is kept")
                )
                fields = Fields(stream, both=False)
            if fields is None:
                yield picture
            else:
                yield from fields.split(picture)
        if fields is not None:
            yield from fields.split(None)

    def _decoded(
        self, container: InputContainer, stream: VideoStream, expected: Owed
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
                    expected.failed(packet, words_of(exc))
                    continue
            for picture in pictures:
                picture.pts = expected.arrived(picture.pts)
                yield picture

    def _evenly(self, count: int) -> int:
        """When a packet is decoded of a clip that has one time for all, ticks: as in an AVI."""
        assert self.info.average_rate is not None  # or it would not have been opened
        return round(count / (self.info.average_rate * self.info.time_base))

    def _packets(
        self, container: InputContainer, stream: VideoStream, expected: Owed
    ) -> Iterator[Packet | None]:
        """Yield the packets of the video, reading on after a demuxer's error where it can."""
        failures, count = 0, 0
        while True:
            try:
                for packet in container.demux(stream):
                    if packet.size == 0:
                        yield None
                        return
                    failures = 0
                    if self._first.one_time:
                        packet.pts = packet.dts = self._evenly(count)
                    count += 1
                    expected.sent(packet)
                    yield packet
                return
            except (av.FFmpegError, OSError) as exc:
                failures += 1
                expected.failed(None, words_of(exc))
                if failures > _DEMUX_RETRIES:
                    yield None
                    return
