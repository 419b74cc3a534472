"""What an MP4 carries besides pictures and sound: every box is looked at.

mien writes one comment and nothing else. So whatever is not on the short list of boxes that
pictures, sound and that comment need is a finding, wherever it stands and whatever it is called.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple

import av
from av.container import InputContainer

from mien.pipeline.manifest import LABELS
from mien.video.boxes import boxes

_SIGNED = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")  # the box of content credentials
_INSIDE = {  # boxes that hold boxes, and the bytes before these
    "moov": 0,
    "trak": 0,
    "edts": 0,
    "mdia": 0,
    "minf": 0,
    "dinf": 0,
    "stbl": 0,
    "udta": 0,
    "meta": 4,
    "ilst": 0,
    "©cmt": 0,
    "stsd": 8,
    "dref": 8,
    "avc1": 78,
}
_TRACK = "moov/trak"
_TABLES = "stts stss ctts stsc stsz stco co64 sgpd sbgp stsd".split()
_KNOWN = {
    *("ftyp", "free", "mdat", "uuid", "moov", "moov/mvhd", _TRACK),
    *(f"{_TRACK}/{name}" for name in ("tkhd", "edts", "edts/elst", "mdia")),
    *(f"{_TRACK}/mdia/{name}" for name in ("mdhd", "hdlr", "minf")),
    *(f"{_TRACK}/mdia/minf/{name}" for name in ("vmhd", "smhd", "dinf", "dinf/dref", "stbl")),
    f"{_TRACK}/mdia/minf/dinf/dref/url ",
    *(f"{_TRACK}/mdia/minf/stbl/{name}" for name in _TABLES),
    f"{_TRACK}/mdia/minf/stbl/stsd/avc1",
    *(f"{_TRACK}/mdia/minf/stbl/stsd/avc1/{name}" for name in ("avcC", "colr", "pasp", "btrt")),
    *(
        f"{_TRACK}/mdia/minf/stbl/stsd/{name}"
        for name in ("mp4a", "ac-3", "ec-3", "Opus", "fLaC", "alac", ".mp3")
    ),
    *(f"moov/udta{name}" for name in ("", "/meta", "/meta/hdlr", "/meta/ilst")),
    *(f"moov/udta/meta/ilst/©cmt{name}" for name in ("", "/data")),
}  # fmt: skip
_HANDLERS = (b"VideoHandler", b"SoundHandler", b"")
_PLAIN = {"major_brand", "minor_version", "compatible_brands", "comment"}
_PLAIN_OF_TRACK = {"language", "handler_name", "vendor_id"}
_UNDETERMINED = 0x55C4  # language "und"
_PRIMING, _PRIMING_S = 2, 0.1  # packets or seconds that decoders need before the first sound
_LITTLE_S = 1e-3
_MOST_SMALL = 1 << 20  # bytes of a box that is read whole


@dataclass(frozen=True)
class Carried:
    """What a file says besides what it shows."""

    label: str | None
    """The comment; None if there is none."""
    sound: bool
    """Whether there is a sound track."""
    signed: bool
    """Whether there are content credentials, which hold the signer's certificate."""
    extra: tuple[str, ...]
    """Everything that does not belong there, a noun each; never its content."""

    @property
    def labelled(self) -> bool:
        """Whether the comment is one that mien writes."""
        return self.label in LABELS


class _Box(NamedTuple):
    path: str
    start: int
    """First byte of its content."""
    size: int
    """Bytes of its content."""


def carried(path: Path) -> Carried:
    """Look through an MP4.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    extra: list[str] = []
    sound, label, chapters = _as_players_see_it(path, extra)
    signed, samples, stored = False, 0, 0
    try:
        with path.open("rb") as stream:
            for box in _tree(stream, 0, path.stat().st_size, ""):
                name = box.path.rpartition("/")[2]
                if box.path not in _KNOWN:
                    extra.append(f"a field “{name.strip()}”")
                elif box.path == "uuid":
                    signed = _content(stream, box)[:16] == _SIGNED
                    if not signed:
                        extra.append("a private field")
                elif box.path == "free":
                    if any(_content(stream, box)):
                        extra.append("bytes in a gap")
                elif name == "mdat":
                    stored += box.size
                elif name == "stsz":
                    samples += _sample_bytes(_content(stream, box))
                else:
                    extra += _wrong_in(name, _content(stream, box))
    except (struct.error, UnicodeDecodeError, ValueError):
        extra.append("fields that cannot be read")
    if stored != samples:
        extra.append("bytes that belong to no picture or sound")
    return Carried(label, sound, signed, tuple(dict.fromkeys([*extra, *chapters])))


def _as_players_see_it(path: Path, extra: list[str]) -> tuple[bool, str | None, list[str]]:
    """Sound, comment and chapters, as FFmpeg reads them; what it finds besides goes to `extra`."""
    try:
        with av.open(str(path)) as container:
            kinds = [stream.type for stream in container.streams]
            if kinds.count("video") != 1 or kinds.count("audio") > 1 or len(kinds) > 2:
                extra.append("tracks besides its picture and sound")
            extra += [f"a tag “{key}”" for key in container.metadata if key not in _PLAIN]
            for stream in container.streams:
                extra += [
                    f"a tag “{key}” of a track"
                    for key in stream.metadata
                    if key not in _PLAIN_OF_TRACK
                ]
            extra += _hidden(path, container)
            chapters = ["chapters"] if container.chapters() else []
            return "audio" in kinds, container.metadata.get("comment"), chapters
    except (av.FFmpegError, OSError):
        extra.append("no video that can be read")
        return False, None, []


def _hidden(path: Path, container: InputContainer) -> list[str]:
    """Whether anything is stored that no player plays, but for what a decoder of sound needs."""
    played = _played(container)
    with av.open(str(path), options={"ignore_editlist": "1"}) as whole:
        stored = _played(whole)
    (packets, seconds), (_, shown) = (
        (stored[kind][0] - played[kind][0], stored[kind][1] - played[kind][1])
        for kind in ("audio", "video")
    )
    # a packet lasts 23 ms at 44.1 kHz, 128 ms at 8 kHz
    needed = packets <= _PRIMING or seconds <= _PRIMING_S
    found = [] if needed else ["sound that no player plays"]
    return found + (["pictures that no player plays"] if shown > _LITTLE_S else [])


def _played(container: InputContainer) -> dict[str, tuple[int, float]]:
    """How many packets of pictures and of sound are to be played, and for how many seconds."""
    found = {"audio": (0, 0.0), "video": (0, 0.0)}
    for packet in container.demux():
        kind = packet.stream.type
        if kind in found and packet.size and not packet.is_discard and packet.time_base:
            count, seconds = found[kind]
            found[kind] = count + 1, seconds + float((packet.duration or 0) * packet.time_base)
    return found


def _tree(stream: BinaryIO, start: int, end: int, parent: str) -> Iterator[_Box]:
    """All boxes between two bytes of a file, and those in them."""
    for box in boxes(stream, start, end):
        name = box.kind.decode("latin-1")
        path = f"{parent}/{name}" if parent else name
        yield _Box(path, box.start, box.end - box.start)
        if name in _INSIDE and path in _KNOWN:
            yield from _tree(stream, box.start + _INSIDE[name], box.end, path)


def _content(stream: BinaryIO, box: _Box) -> bytes:
    stream.seek(box.start)
    table = box.path.endswith("/stsz")  # four bytes a frame, however long the clip
    return stream.read(box.size if table else min(box.size, _MOST_SMALL))


def _sample_bytes(content: bytes) -> int:
    """Bytes of all pictures, or all sound, of a track."""
    each, count = struct.unpack(">II", content[4:12])
    return each * count if each else sum(struct.unpack(f">{count}I", content[12 : 12 + 4 * count]))


def _wrong_in(name: str, content: bytes) -> list[str]:
    """What a known box says that mien would not say."""
    if name in ("mvhd", "tkhd", "mdhd"):
        wide = content[0] == 1
        dates = content[4:20] if wide else content[4:12]
        found = ["a date"] if any(dates) else []
        if name == "mdhd":
            language = struct.unpack(">H", content[32:34] if wide else content[20:22])[0]
            found += [] if language in (_UNDETERMINED, 0) else ["a language"]
        return found
    if name == "hdlr":
        return [] if content[24:].rstrip(b"\0") in _HANDLERS else ["a name of a track"]
    if name == "url ":
        return [] if len(content) <= 4 else ["a link to another file"]
    if name == "avc1":
        return ["a name of a device"] if any(content[43:74]) else []
    if name == "data":
        return [] if content[8:].decode() in LABELS else ["another comment"]
    return []
