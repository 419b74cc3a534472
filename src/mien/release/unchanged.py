"""Frames of a result that are still the original's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import cv2
import numpy as np

from mien.progress import Progress
from mien.video import Frame, Reader
from mien.workers import ahead

SAME = 10.0
"""Grey levels: a frame no part of which differs by more is the original's frame, encoded again. On
three real clips encoding at a constant rate factor of 28 made 2.8 to 6.1; the mesh engine made 19
or more in every frame of seven."""
_ACROSS = 192  # pixels of the width in which frames are compared
_PART = 4  # pixels of the side of a part


def unchanged(original: Path, video: Path, *, progress: Progress | None = None) -> list[float]:
    """Times at which a video shows the original's frame, in no part different, seconds.

    Each frame is compared with the two originals that are nearest in time. Frames are made small
    and grey, and differences are averaged over small parts: an encoder's noise disappears, another
    face does not.

    Raises
    ------
    VideoError
        If a video cannot be read.
    """
    found: list[float] = []
    with ExitStack() as stack:
        theirs = _opened(stack, original)
        before: tuple[float, np.ndarray] | None = None
        after = _next(theirs, None)
        with Reader(video) as reader:
            total = reader.info.frame_estimate
        for frame in _opened(stack, video):
            small = _small(frame.image, after or before)
            while after is not None and after[0] < frame.time:
                before, after = after, _next(theirs, after)
            near = [one for one in (before, after) if one is not None]
            if any(_apart(small, picture) < SAME for _, picture in near):
                found.append(frame.time)
            if progress is not None:
                progress("comparing with the original", frame.index + 1, total)
    return found


def _opened(stack: ExitStack, path: Path) -> Iterator[Frame]:
    return stack.enter_context(closing(ahead(stack.enter_context(Reader(path)))))


def _next(
    frames: Iterator[Frame], last: tuple[float, np.ndarray] | None
) -> tuple[float, np.ndarray] | None:
    frame = next(frames, None)
    return None if frame is None else (frame.time, _small(frame.image, last))


def _small(image: np.ndarray, like: tuple[float, np.ndarray] | None) -> np.ndarray:
    """A frame, small and grey, of the size of another one."""
    if like is not None:
        size = like[1].shape[1], like[1].shape[0]
    else:
        height, width = image.shape[:2]
        across = min(_ACROSS, width)
        size = across, max(round(height * across / width), _PART)
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    return cv2.resize(grey, size, interpolation=cv2.INTER_AREA).astype(np.float32)


def _apart(one: np.ndarray, other: np.ndarray) -> float:
    """Largest mean difference of a part, grey levels."""
    return float(cv2.blur(np.abs(one - other), (_PART, _PART)).max())
