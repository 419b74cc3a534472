"""Small clips that stand for originals and results."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from mien.video import VideoInfo, Writer


def film(path: Path, seed: int, frames: int = 12, size: int = 64, smooth: bool = False) -> Path:
    """A pattern that moves; `smooth` takes its detail away, as a result may."""
    rng = np.random.default_rng(seed)
    picture = rng.integers(0, 255, (size, size, 3)).astype(np.uint8)
    if smooth:
        picture = np.repeat(np.repeat(picture[::8, ::8], 8, 0), 8, 1)
    info = VideoInfo(size, size, Fraction(1, 12_800), Fraction(25))
    path.parent.mkdir(parents=True, exist_ok=True)
    with Writer(path, info, crf=20, comment="synthetic faces" if smooth else None) as out:
        for k in range(frames):
            out.write(np.ascontiguousarray(np.roll(picture, k, 1)), 512 * k)
        out.commit()
    return path


def folders(home: Path, count: int) -> tuple[Path, Path]:
    """Originals and results of the same names."""
    for k in range(count):
        film(home / "originals" / f"p{k}.mp4", k, frames=10 + k)
        film(home / "results" / f"p{k}.mp4", k, frames=10 + k, smooth=True)
    return home / "originals", home / "results"


def with_sound(path: Path, seed: int, rate: int = 48_000, loud: float = 0.3) -> Path:
    """The same film with noise of its own as AAC, from its first frame to its last."""
    rng = np.random.default_rng(seed)
    silent = path.rename(path.with_suffix(".silent.mp4"))
    with av.open(str(silent)) as film_of, av.open(str(path), "w") as out:
        video = out.add_stream_from_template(film_of.streams.video[0])
        speech = out.add_stream("aac", rate=rate, layout="mono")
        for packet in film_of.demux(video=0):
            if packet.size:
                packet.stream = video
                out.mux(packet)
        length = float(film_of.streams.video[0].duration * film_of.streams.video[0].time_base)
        noise = loud * rng.standard_normal((1, round(rate * length))).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(noise, "fltp", "mono")
        frame.sample_rate, frame.pts = rate, 0
        out.mux([*speech.encode(frame), *speech.encode(None)])
    silent.unlink()
    return path
