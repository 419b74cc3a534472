"""What the server sends to a browser: the newest picture, and a voice.

Neither track knows where its pictures and sounds come from. A track of pictures sends a covered one
by itself when none was given for too long.
"""

from __future__ import annotations

import asyncio
from collections import deque
from fractions import Fraction
from time import monotonic

import numpy as np
from aiortc.mediastreams import MediaStreamTrack
from av import AudioFrame, VideoFrame

from mien.live.calls.wire import planes_of
from mien.live.covered import covered
from mien.live.doubt import Doubt

RATE = 48_000
"""Samples of sound a second."""
CHUNK = 960
"""Samples that are sent at once: 20 ms."""
_CLOCK = Fraction(1, 90_000)
_WAITING = 8  # chunks of sound that wait at most; older ones are dropped
_STILL_S = 1.0  # between two pictures where nothing changes


class PictureTrack(MediaStreamTrack):
    """The newest picture, each sent once; a covered one where none is given in time.

    Parameters
    ----------
    late_s : float
        Seconds without a picture after which a covered one is sent.
    doubt : Doubt or None
        What the covered picture says until there is another; None for nothing.
    size : (int, int)
        Its height and width, pixels.
    """

    kind = "video"

    def __init__(
        self, late_s: float, doubt: Doubt | None, size: tuple[int, int] = (480, 640)
    ) -> None:
        super().__init__()
        self.sent = 0
        """Pictures that were sent, covered or not."""
        self.filled = 0
        """Covered ones that it put in place of those that did not come in time."""
        self._late_s = late_s
        self._size = size
        self._began, self._last = monotonic(), -1
        self._came = asyncio.Event()
        self._covered = False
        self._doubt: Doubt | None = None
        self.cover(doubt)

    def show(self, rows: np.ndarray) -> None:
        """Send a picture next: planes below each other, shape (height * 3 / 2, width), uint8."""
        self._size = (rows.shape[0] * 2 // 3, rows.shape[1])
        self._newest, self._covered = rows, False
        self._came.set()

    def cover(self, doubt: Doubt | None) -> None:
        """Send a covered picture next, and on until another one is given."""
        if not self._covered or doubt is not self._doubt:
            self._doubt, self._covered = doubt, True
            self._newest = planes_of(covered((*self._size, 3), doubt), 0, doubt).rows()
            self._came.set()

    async def recv(self) -> VideoFrame:
        """The next picture; see aiortc's `MediaStreamTrack.recv`."""
        try:
            await asyncio.wait_for(self._came.wait(), _STILL_S if self._covered else self._late_s)
        except TimeoutError:
            if not self._covered:
                self.filled += 1
                self.cover(Doubt.LATE)
        self._came.clear()
        frame = VideoFrame.from_ndarray(self._newest, format="yuv420p")
        self._last = max(self._last + 1, round((monotonic() - self._began) / _CLOCK))
        frame.pts, frame.time_base = self._last, _CLOCK
        self.sent += 1
        return frame


class VoiceTrack(MediaStreamTrack):
    """Sound in pieces of 20 ms; what waits too long is dropped, oldest first."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._rest = np.zeros(0, np.int16)
        self._chunks: deque[np.ndarray] = deque(maxlen=_WAITING)
        self._came = asyncio.Event()
        self._began = monotonic()
        self._at = 0

    def play(self, samples: np.ndarray) -> None:
        """Send sound next: shape (n,), int16, 48,000 a second."""
        joined = np.concatenate([self._rest, samples])
        whole = len(joined) - len(joined) % CHUNK
        self._chunks.extend(joined[:whole].reshape(-1, CHUNK))
        self._rest = joined[whole:]
        if self._chunks:
            self._came.set()

    async def recv(self) -> AudioFrame:
        """The next 20 ms; see aiortc's `MediaStreamTrack.recv`."""
        await self._came.wait()
        chunk = self._chunks.popleft()
        if not self._chunks:
            self._came.clear()
        now = int((monotonic() - self._began) * RATE)
        self._at = now if abs(now - self._at) > RATE // 4 else self._at
        frame = AudioFrame.from_ndarray(chunk[None], format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, self._at, Fraction(1, RATE)
        self._at += CHUNK
        return frame
