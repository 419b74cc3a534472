"""Small clips with known content, made on the spot."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter

MATRIX = {"bt709": (1, Colorspace.ITU709), "smpte170m": (6, Colorspace.ITU601)}


def patches(index: int, width: int = 96, height: int = 64) -> np.ndarray:
    """Flat 16-pixel patches whose colours depend on `index` [shape=(height, width, 3)]."""
    rng = np.random.default_rng(index)
    rows, columns = -(-height // 16), -(-width // 16)
    small = rng.integers(30, 226, (rows, columns, 3), dtype=np.uint8)
    return np.ascontiguousarray(small.repeat(16, 0).repeat(16, 1)[:height, :width])


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
        sound = out.add_stream(audio, rate=audio_rate) if audio else None
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
            for block in range(20):
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
