"""Small clips with known content, made on the spot."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter

CENTRES = np.s_[8::16, 8::16]
MATRIX = {"bt709": (1, Colorspace.ITU709), "smpte170m": (6, Colorspace.ITU601)}


def patches(index: int, width: int = 96, height: int = 64) -> np.ndarray:
    """Flat 16-pixel patches whose colours depend on `index` [shape=(height, width, 3)]."""
    rng = np.random.default_rng(index)
    rows, columns = -(-height // 16), -(-width // 16)
    small = rng.integers(30, 226, (rows, columns, 3), dtype=np.uint8)
    return np.ascontiguousarray(small.repeat(16, 0).repeat(16, 1)[:height, :width])


def difference(image: np.ndarray, truth: np.ndarray) -> float:
    """Largest error at the centres of the patches, in grey levels."""
    return float(np.abs(image[CENTRES].astype(int) - truth[CENTRES]).max())


def make_clip(
    path: Path,
    *,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    width: int = 96,
    height: int = 64,
    stamps: tuple[int, ...] = tuple(range(12)),
    tick: Fraction = Fraction(1, 25),
    matrix: str = "bt709",
    full: bool = False,
    options: dict[str, str] | None = None,
    audio: str | None = None,
    audio_rate: int = 48000,
    blocks: int = 20,
    audio_options: dict[str, str] | None = None,
    container_options: dict[str, str] | None = None,
    dress=None,
) -> Path:
    """Write a clip; `dress(container)` may add tracks and metadata before the first frame."""
    for name in filter(None, (codec, audio)):
        try:
            av.codec.Codec(name, "w")
        except av.codec.codec.UnknownCodecError:
            pytest.skip(f"this PyAV has no encoder {name}")
    number, space = MATRIX[matrix]
    colour_range = ColorRange.JPEG if full else ColorRange.MPEG
    convert = VideoReformatter()
    with av.open(str(path), "w", container_options=container_options or {}) as out:
        stream = out.add_stream(
            codec, rate=round(1 / tick) if tick > Fraction(1, 200) else 25, options=options or {}
        )
        stream.width, stream.height, stream.pix_fmt = width, height, pix_fmt
        stream.time_base = stream.codec_context.time_base = tick
        stream.codec_context.color_range = int(colour_range)
        stream.codec_context.colorspace = number
        sound = None
        if audio:
            sound = out.add_stream(audio, rate=audio_rate, options=audio_options or {})
        extra = dress(out) if dress else None
        for index, pts in enumerate(stamps):
            picture = convert.reformat(
                av.VideoFrame.from_ndarray(patches(index, width, height), format="rgb24"),
                format=pix_fmt,
                dst_colorspace=space,
                src_color_range=ColorRange.JPEG,
                dst_color_range=colour_range,
                interpolation="AREA",
            )
            picture.pts, picture.time_base = pts, tick
            out.mux(stream.encode(picture))
        out.mux(stream.encode(None))
        if sound is not None:
            fmt, layout = sound.codec_context.format.name, sound.codec_context.layout.name
            size = sound.codec_context.frame_size or 1024
            channels = sound.codec_context.layout.nb_channels
            planar = sound.codec_context.format.is_planar
            kind = {"s16": np.int16, "s32": np.int32, "flt": np.float32}[fmt.rstrip("p")]
            rng = np.random.default_rng(1)
            scale = {np.int16: 3e3, np.int32: 2e8, np.float32: 0.1}[kind]
            for block in range(blocks):
                shape = (channels, size) if planar else (1, channels * size)
                data = (rng.standard_normal(shape) * scale).astype(kind)
                noise = av.AudioFrame.from_ndarray(data, format=fmt, layout=layout)
                noise.sample_rate, noise.pts = audio_rate, block * size
                noise.time_base = Fraction(1, audio_rate)
                out.mux(sound.encode(noise))
            out.mux(sound.encode(None))
        if extra:
            extra()
    return path


def audio_packets(path: Path) -> list[tuple[bytes, Fraction]]:
    """Bytes and presentation time of every packet of the sound."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        return [
            (bytes(packet), packet.pts * packet.time_base)
            for packet in container.demux(stream)
            if packet.size
        ]


def set_matrix(path: Path, matrix: tuple[int, int, int, int]) -> None:
    """Write (a, b, c, d) as the display matrix of the first track of an MP4."""
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4
    at += 52 if data[at] == 1 else 40
    a, b, c, d = (value << 16 for value in matrix)
    cells = np.array([a, b, 0, c, d, 0, 0, 0, 1 << 30], dtype=">i4")
    data[at : at + 36] = cells.tobytes()
    path.write_bytes(data)


def boxes(data: bytes, first: int, last: int) -> Iterator[tuple[bytes, int, int]]:
    """Kind, first byte and size of each box of an MP4 between two bytes."""
    while first + 8 <= last:
        size = int.from_bytes(data[first : first + 4], "big")
        yield data[first + 4 : first + 8], first, size
        first += size


def set_edits(path: Path, kind: str, edits: list[tuple[float, float | None]]) -> None:
    """Let a track (``"soun"`` or ``"vide"``) of an MP4 play only these parts of what it stores.

    Each is how long it is and where it begins in the stored track, seconds; None plays nothing.
    """
    data = path.read_bytes()
    name, at, size = list(boxes(data, 0, len(data)))[-1]
    assert name == b"moov"  # last, so that no offset changes
    parts: list[bytes] = []
    for name, first, length in boxes(data, at + 8, at + size):
        box = data[first : first + length]
        if name == b"mvhd":
            scale = int.from_bytes(box[20:24], "big")
        if name == b"trak" and box[box.index(b"hdlr") + 12 :][:4] == kind.encode():
            where = box.index(b"mdhd") + 16
            tick = int.from_bytes(box[where : where + 4], "big")
            entries = b"".join(
                struct.pack(
                    ">iiI",
                    round(long * scale),
                    -1 if begin is None else round(begin * tick),
                    0x10000,
                )
                for long, begin in edits
            )
            table = struct.pack(">I4sII", 16 + len(entries), b"elst", 0, len(edits)) + entries
            inner = [box[a : a + b] for n, a, b in boxes(box, 8, length) if n != b"edts"]
            inner.insert(1, struct.pack(">I4s", 8 + len(table), b"edts") + table)
            box = struct.pack(">I4s", 8 + sum(map(len, inner)), b"trak") + b"".join(inner)
        parts.append(box)
    path.write_bytes(
        data[:at] + struct.pack(">I4s", 8 + sum(map(len, parts)), b"moov") + b"".join(parts)
    )
