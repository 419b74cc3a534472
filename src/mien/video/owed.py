"""Which packets of a clip gave no picture."""

from __future__ import annotations

from fractions import Fraction

from av.packet import Packet

from mien.video.frame import Loss
from mien.video.slots import FURTHEST, Slots


class Owed:
    """Packets that owe a picture; those overtaken by a later picture are lost.

    A decoder may drop a picture without an error, and may report an error late, so a loss is
    found by the timestamps that never came out.

    Parameters
    ----------
    time_base : Fraction
        Seconds in a tick of the packets' times.
    losses : list of Loss
        Where losses are noted.
    slots : Slots, optional
        Where times say only in which order packets are decoded.

    Attributes
    ----------
    pictures : int
        Pictures that came out so far.
    """

    def __init__(self, time_base: Fraction, losses: list[Loss], slots: Slots | None = None) -> None:
        self._slots = slots
        self._time_base = time_base
        self._losses = losses
        self._owed: dict[int, int] = {}  # to the number of the packet
        self._reason = "the decoder gave no picture"
        self.pictures = 0
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
            self._owed[packet.pts] = self._count
            if self._slots:
                self._slots.sent(packet.pts)

    def failed(self, packet: Packet | None, reason: str) -> None:
        """Note an error of the decoder (with its packet) or of the demuxer (without)."""
        self._reason = reason
        if packet is None or packet.pts is None:
            self._losses.append(Loss(self._last_time, 0 if packet is None else 1, 0, reason))
        elif self._slots and packet.pts in self._owed:
            self._lose([packet.pts])

    def arrived(self, pts: int | None) -> int | None:
        """Note a picture that came out; all that should have come before it is lost.

        Returns when it is shown, ticks.
        """
        self.pictures += 1
        if pts is None:
            return None
        number = self._owed.pop(pts, 0)
        if self._slots is None:
            self._lose([owed for owed in self._owed if owed < pts])
            return pts
        self._lose([owed for owed, sent in self._owed.items() if sent < number - FURTHEST])
        return self._slots.take(pts)

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
                if self._slots:
                    self._slots.lost(pts)
