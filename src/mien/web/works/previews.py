"""Pictures of results: one while a clip is drawn, one when it is done."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np

from mien.outputs import complete
from mien.video import Frame, Reader

_WIDTH = 640  # pixels at most
_WITHIN = 240  # frames from the start, so that a long clip is not read through for a picture
_EVERY_S = 0.5


class Live:
    """Shows how far a clip is: a frame of what is drawn, a new one every half a second.

    Parameters
    ----------
    picture : Path
        The ``.jpg``; there is always a whole one after the first.
    """

    def __init__(self, picture: Path) -> None:
        self._picture, self._last = picture, -_EVERY_S

    def __call__(self, frame: Frame, image: np.ndarray) -> None:
        """Take a frame of the result, RGB, shape (height, width, 3)."""
        now = time.monotonic()
        if now - self._last >= _EVERY_S:
            self._last = now
            with suppress(OSError):  # a full disk says so where the result is written
                write(image, self._picture)


def preview(result: Path, picture: Path, frames: int) -> None:
    """Write a frame from the middle of a result, or near its start if that is far.

    Parameters
    ----------
    result : Path
        A de-identified clip, never an original.
    picture : Path
        The ``.jpg``.
    frames : int
        Frames that the clip has.
    """
    with Reader(result) as reader:
        for frame in reader:
            if frame.index >= min(frames // 2, _WITHIN):
                break
    write(frame.image, picture)


def write(image: np.ndarray, picture: Path) -> None:
    """Write RGB, shape (height, width, 3), as a small JPEG that is never seen half."""
    scale = min(1.0, _WIDTH / image.shape[1])
    image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    _, coded = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    with complete(picture) as part:
        part.write_bytes(coded.tobytes())
