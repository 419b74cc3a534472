"""Units of an H.264 stream: with lengths in MP4, with start codes from x264."""

from __future__ import annotations

from av.packet import Packet

IDR, SPS, PPS = 5, 7, 8
"""Types of units: a picture that stands alone, and the parameters of a stream."""


def kinds(stored: bytes, header: bytes) -> list[int]:
    """Types of the units of a frame as MP4 stores it."""
    return [unit[0] & 31 for unit in _split(stored, header) if unit]


def _split(stored: bytes, header: bytes) -> list[bytes]:
    size, at, units = (header[4] & 3) + 1, 0, []
    while at + size < len(stored):
        length = int.from_bytes(stored[at : at + size], "big")
        units.append(stored[at + size : at + size + length])
        at += size + length
    return units


def annexed(packet: Packet, header: bytes) -> Packet:
    """The same frame with start codes, from which the muxer makes the same lengths again."""
    same = Packet(b"".join(b"\0\0\0\1" + unit for unit in _split(bytes(packet), header)))
    same.pts, same.dts, same.duration = packet.pts, packet.dts, packet.duration
    same.time_base = packet.time_base
    same.is_keyframe = packet.is_keyframe
    return same


def units(annexed: bytes) -> list[bytes]:
    """Units between start codes; none ends in a zero."""
    return [unit for part in annexed.split(b"\0\0\1") if (unit := part.rstrip(b"\0"))]


def parameters(header: bytes) -> list[bytes]:
    """SPS and PPS of an ``avcC`` (ISO/IEC 14496-15, 5.3.3.1)."""
    units, at = [], 5
    for bits in (31, 255):
        for _ in range(header[at] & bits if at < len(header) else 0):
            length = int.from_bytes(header[at + 1 : at + 3], "big")
            units.append(header[at + 3 : at + 3 + length])
            at += 2 + length
        at += 1
    return units
