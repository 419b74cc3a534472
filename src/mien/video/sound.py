"""A sound track of a clip, copied packet by packet without what nobody hears."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator
from fractions import Fraction

import av
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.packet import Packet

from mien.video.container import words_of
from mien.video.frame import Loss

# Packets before the first one that is heard without which a decoder cannot give that one as it was:
# the overlap of transforms (AAC, AC-3), the reservoir of bits (MP3), 80 ms to settle (RFC 7845,
# 4.6, in Opus packets of 20 ms). Without its own predecessor, such a packet decodes to nothing that
# was ever recorded but the part that the next one needs.
_PRIMING = {"aac": 1, "mp3": 2, "mp3float": 2, "ac3": 1, "eac3": 1, "opus": 4}


class Sound(ABC):
    """One sound track on its way into an MP4, a few packets at a time.

    Attributes
    ----------
    tick : Fraction
        Seconds of one sample, in which times count.
    codec : str
        FFmpeg's name of how the source stores it.
    """

    def __init__(self, container: InputContainer, stream: AudioStream, losses: list[Loss]) -> None:
        self._container = container
        self._stream = stream
        self._losses = losses
        self._out: AudioStream | None = None
        self.tick = Fraction(1, stream.codec_context.sample_rate)
        self.codec = stream.codec_context.name
        self._packets: Iterator[Packet] | None = None
        self._waiting: Packet | None = None

    @abstractmethod
    def attach(self, container: OutputContainer) -> None:
        """Add the track to an output."""

    @abstractmethod
    def _played(self, shift: int) -> Iterator[Packet]:
        """Yield what is heard, with what a decoder needs before it; times moved by some samples."""

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


class Copied(Sound):
    """A track whose packets are copied as they are."""

    def __init__(self, container: InputContainer, stream: AudioStream, losses: list[Loss]) -> None:
        super().__init__(container, stream, losses)
        # only these have edit lists, which FFmpeg has followed by now
        self._edited = "mov" in container.format.name
        self._end: int | None = None
        if self._edited and stream.duration and stream.time_base:
            self._end = round(stream.duration * stream.time_base / self.tick)
        self._next_pts: int | None = None

    def attach(self, container: OutputContainer) -> None:
        self._out = container.add_stream_from_template(self._stream)
        self._out.time_base = self.tick

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
            self._losses.append(Loss(time_s, 0, 0, f"the sound ends here: {words_of(exc)}"))

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
