"""A camera of this computer, picture by picture."""

from __future__ import annotations

from collections.abc import Generator
from time import monotonic

import cv2
import numpy as np

from mien.errors import VideoError

_BLIND = 50  # pictures that a camera may fail to give, one after the other


def pictures(camera: int) -> Generator[tuple[float, np.ndarray], None, None]:
    """Seconds and pictures of a camera, without end; close it to let the camera go.

    Parameters
    ----------
    camera : int
        Its number; 0 is the first one.

    Yields
    ------
    time : float
        Seconds, of a clock that never jumps.
    image : np.ndarray [shape=(height, width, 3)], uint8
        RGB.

    Raises
    ------
    VideoError
        If it cannot be opened, or gives no pictures any more.
    """
    source = cv2.VideoCapture(camera)
    try:
        if not source.isOpened():
            raise VideoError(
                f"camera {camera} cannot be opened: check that it is connected, that no other "
                "program uses it and that it may be used"
            )
        failed = 0
        while failed < _BLIND:
            good, image = source.read()
            if good:
                failed = 0
                yield monotonic(), cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
            else:
                failed += 1
        raise VideoError(f"camera {camera} gives no pictures any more: check its connection")
    finally:
        source.release()
