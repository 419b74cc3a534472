"""Small silent copies of clips, to be looked at inside a page."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np

from mien.errors import OutputError
from mien.progress import Progress
from mien.video import Frame, Reader, VideoInfo, Writer
from mien.workers import ahead

BUDGET = 8_000_000
"""Bytes of one copy, at most."""
CLOCK = Fraction(1, 90_000)
"""Time base of every copy, seconds."""
_HEIGHTS = ((360, 300.0), (240, math.inf))  # and the seconds up to which they serve
_RATE = 15.0  # pictures a second: expressions are looked at, not tremor
_CRF = 27
_WORST = 45  # constant rate factor beyond which nothing is recognised any more


@dataclass(frozen=True, eq=False)
class Copy:
    """A clip as a page shows it."""

    video: bytes | None
    """MP4 whose time zero is the clip's first frame; None where it would not fit."""
    width: int
    """Pixels."""
    height: int
    """Pixels."""
    still: bytes
    """JPEG of a frame of the middle, for print."""


def copy_of(
    clip: Path,
    beside: Path | None = None,
    *,
    budget: int = BUDGET,
    progress: Progress | None = None,
) -> Copy:
    """Copy a clip small.

    Parameters
    ----------
    clip : Path
        The clip.
    beside : Path, optional
        A clip with the same frames, shown on the left.
    budget : int
        Bytes of the copy, at most.
    progress : callable, optional
        Called as ``progress(stage, done, total)``.

    Raises
    ------
    VideoError
        If a clip cannot be read.
    """
    with Reader(clip) as reader:
        info = reader.info
    seconds = info.duration_s or 0.0
    size = shown_size(info, next(height for height, limit in _HEIGHTS if seconds <= limit))
    wide = 1 if beside is None else 2
    still = b""

    def encode(path: Path, crf: int) -> bytes:
        nonlocal still
        still = _encode(clip, beside, path, size, crf, progress)
        return path.read_bytes()

    data = within(budget, encode, _CRF)
    return Copy(data, wide * size[0], size[1], still)


def within(budget: int, encode: Callable[[Path, int], bytes], crf: float) -> bytes | None:
    """Encode a clip, coarser where it does not fit.

    Parameters
    ----------
    budget : int
        Bytes, at most.
    encode : callable
        Writes the clip to a path at a constant rate factor, and gives its bytes.
    crf : float
        The factor to begin with.

    Returns
    -------
    data : bytes or None
        None where it would not fit.
    """
    with TemporaryDirectory(prefix="mien-report-") as folder:
        for _ in range(3):
            data = encode(Path(folder) / "copy.mp4", round(min(crf, _WORST)))
            if len(data) <= budget or crf >= _WORST:
                break
            crf += 6 * math.log2(len(data) / budget) + 2  # six steps of x264's factor halve a clip
    return data if len(data) <= budget else None


def shown_size(info: VideoInfo, height: int) -> tuple[int, int]:
    """Even width and height of a clip's copy with square pixels, at most so high."""
    tall = min(height, info.height)
    across = info.width * float(info.sample_aspect_ratio) * tall / info.height
    return max(2 * round(across / 2), 2), max(2 * round(tall / 2), 2)


def frames_ahead(stack: ExitStack, path: Path) -> Iterator[Frame]:
    """A clip's frames; the thread that reads ahead ends before the clip is closed."""
    return stack.enter_context(closing(ahead(stack.enter_context(Reader(path)))))


def shrunk(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A picture at a smaller width and height."""
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def jpeg(image: np.ndarray, quality: int = 82) -> bytes:
    """An RGB picture as JPEG."""
    ok, data = cv2.imencode(
        ".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality]
    )
    if not ok:
        raise OutputError("A picture of the report cannot be encoded as JPEG.")
    return bytes(data)


def _encode(
    clip: Path,
    beside: Path | None,
    path: Path,
    size: tuple[int, int],
    crf: int,
    progress: Progress | None,
) -> bytes:
    wide = 1 if beside is None else 2
    info = VideoInfo(wide * size[0], size[1], CLOCK)
    still, first, due = b"", None, -1.0
    with ExitStack() as stack:
        frames = frames_ahead(stack, clip)
        others = None if beside is None else frames_ahead(stack, beside)
        writer = stack.enter_context(Writer(path, info, crf=crf, voice="mute", overwrite=True))
        with Reader(clip) as reader:
            total = reader.info.frame_estimate
        for frame in frames:
            other = next(others, None) if others is not None else None
            if first is None:
                first = frame.time
            time = frame.time - first
            if time < due - 1e-3:
                continue
            due = max(due + 1 / _RATE, time - 0.5 / _RATE) if due >= 0 else 1 / _RATE
            image = shrunk(frame.image, size)
            if beside is not None:
                left = np.zeros_like(image) if other is None else shrunk(other.image, size)
                image = np.hstack([left, image])
            ticks = round(time / float(CLOCK))
            # a last frame without a duration would not be shown
            writer.write(image, ticks, duration=round(1 / _RATE / float(CLOCK)))
            if not still or (total and frame.index <= total // 2):
                still = jpeg(image)
            if progress is not None:
                progress("copying", frame.index + 1, total)
        writer.commit()
    return still
