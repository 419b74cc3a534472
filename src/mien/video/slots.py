"""Times of pictures in files that know only the order in which pictures are decoded (AVI)."""

from __future__ import annotations

from collections import deque

FURTHEST = 17
"""Pictures by which one may be shown later than it is decoded: H.264 keeps at most 16."""


class Slots:
    """Gives the pictures, which come in the order they are shown, the times of the packets in turn.

    With B-frames, the time that an AVI has for a packet is its place in the order of decoding. The
    first picture that is shown takes the first of these times, and so on: evenly spaced, over the
    true length.
    """

    def __init__(self) -> None:
        self._free: deque[int] = deque()

    def sent(self, pts: int) -> None:
        """Note the time of a packet on its way into the decoder."""
        self._free.append(pts)

    def lost(self, pts: int) -> None:
        """Note that the packet of this time gives no picture: nothing is shown then."""
        if pts in self._free:
            self._free.remove(pts)
        elif self._free:
            self._free.popleft()  # another picture has that time already, and the next one its own

    def take(self, pts: int) -> int:
        """When the next picture is shown; `pts` is the time of the packet that it came from."""
        return self._free.popleft() if self._free else pts
