from __future__ import annotations

import numpy as np
import pytest

from mien.errors import VideoError
from mien.recording import camera


class Source:
    """A camera that fails now and then, and in the end always."""

    def __init__(self, number: int) -> None:
        self.given = 0
        self.released = False
        Source.last = self

    def isOpened(self) -> bool:
        return True

    def read(self):
        self.given += 1
        if self.given > 6 or self.given % 2 == 0:
            return False, None
        return True, np.full((2, 2, 3), (9, 5, 1), np.uint8)

    def release(self) -> None:
        self.released = True


def test_a_camera_that_is_pulled_out_says_so(monkeypatch):
    monkeypatch.setattr(camera.cv2, "VideoCapture", Source)
    seen = []
    with pytest.raises(VideoError, match="camera 0 gives no pictures any more"):
        for time, image in camera.pictures(0):
            seen.append(time)
            assert image[0, 0].tolist() == [1, 5, 9]  # RGB
    assert len(seen) == 3 and seen == sorted(seen)
    assert Source.last.released


def test_who_stops_looking_lets_the_camera_go(monkeypatch):
    monkeypatch.setattr(camera.cv2, "VideoCapture", Source)
    pictures = camera.pictures(0)
    next(pictures)
    pictures.close()
    assert Source.last.released
