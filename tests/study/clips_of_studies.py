"""Small clips that stand for originals and results."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

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
