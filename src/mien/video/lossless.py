"""A sound track that an MP4 cannot hold as it is, stored without loss (Apple Lossless)."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.packet import Packet

from mien.video.container import words_of
from mien.video.frame import Loss
from mien.video.sound import Sound

_SHORT = ("u8", "u8p", "s16", "s16p")
_ROUNDED_S = Fraction(2, 1000)  # containers that count in milliseconds are as wrong as that
_LONGEST_S = 3600  # of a gap; a clock that jumps further was broken
_BLOCK = 4096  # samples in a packet of Apple Lossless
LAYOUTS = ("mono", "stereo", "3.0", "4.0", "5.0", "5.1", "6.1(back)", "7.1(wide)")
"""What Apple Lossless calls that many channels. They keep their order and are never mixed."""


class Lossless(Sound):
    """A track that is decoded, and stored so that every sample can be had back.

    Samples of up to 16 bits are kept in 16, others in the 24 that Apple Lossless holds at most.
    Where the source has a gap there is silence.
    """

    def __init__(self, container: InputContainer, stream: AudioStream, losses: list[Loss]) -> None:
        super().__init__(container, stream, losses)
        context = stream.codec_context
        self._form = "s16p" if context.format.name in _SHORT else "s32p"
        self._layout = LAYOUTS[context.channels - 1]

    def attach(self, container: OutputContainer) -> None:
        rate = self.tick.denominator
        self._out = container.add_stream("alac", rate=rate, layout=self._layout, format=self._form)
        self._out.time_base = self._out.codec_context.time_base = self.tick

    def _played(self, shift: int) -> Iterator[Packet]:
        assert self._out is not None
        for pts, samples in self._blocks(shift):
            frame = AudioFrame.from_ndarray(samples, format=self._form, layout=self._layout)
            frame.sample_rate, frame.pts, frame.time_base = self.tick.denominator, pts, self.tick
            yield from self._out.encode(frame)
        yield from self._out.encode(None)

    def _blocks(self, shift: int) -> Iterator[tuple[int, np.ndarray]]:
        """Yield when blocks begin and their samples [shape=(channels, n)], one after the other."""
        waiting: list[np.ndarray] = []
        begins, held = 0, 0
        for at, samples in self._gapless(shift):
            if not waiting:
                begins = at
            waiting.append(samples)
            held += samples.shape[1]
            if held >= _BLOCK:
                whole = np.concatenate(waiting, axis=1)
                for first in range(0, held - _BLOCK + 1, _BLOCK):
                    yield begins + first, np.ascontiguousarray(whole[:, first : first + _BLOCK])
                done = held - held % _BLOCK
                begins, held, waiting = begins + done, held - done, [whole[:, done:]]
        if held:
            yield begins, np.ascontiguousarray(np.concatenate(waiting, axis=1))

    def _gapless(self, shift: int) -> Iterator[tuple[int, np.ndarray]]:
        """Yield samples that follow each other, silence in gaps; the first with its place."""
        due: int | None = None
        for at, samples in self._decoded():
            at += shift
            if due is None:
                samples = samples[:, max(-at, 0) :]  # an MP4 shows nothing before time zero
                due = at = max(at, 0)
            ahead = at - due
            if ahead * self.tick > _LONGEST_S:
                said = f"the sound jumps ahead by {float(ahead * self.tick):.0f} s and ends here"
                self._losses.append(Loss(float(due * self.tick), 0, 0, said))
                return
            if -ahead * self.tick > _ROUNDED_S:
                samples = samples[:, -ahead:]  # heard already
            elif ahead * self.tick > _ROUNDED_S:
                while due < at:  # in pieces: an hour of silence is no reason for gigabytes
                    piece = min(at - due, 16 * _BLOCK)
                    yield due, np.zeros((len(samples), piece), samples.dtype)
                    due += piece
            yield due, samples
            due += samples.shape[1]

    def _decoded(self) -> Iterator[tuple[int, np.ndarray]]:
        """Yield when decoded samples are heard, in samples, and the samples."""
        resampler = AudioResampler(self._form, None, self.tick.denominator)
        due = 0
        try:
            for frame in self._container.decode(self._stream):
                if frame.pts is not None and frame.time_base is not None:
                    due = round(frame.pts * frame.time_base / self.tick)
                frame.pts = None
                for part in resampler.resample(frame):
                    samples = part.to_ndarray()
                    yield due, samples
                    due += samples.shape[1]
        except (av.FFmpegError, OSError) as exc:
            said = f"the sound ends here: {words_of(exc)}"
            self._losses.append(Loss(float(due * self.tick), 0, 0, said))
