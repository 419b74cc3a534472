"""What is seen in a picture of a video that somebody has chosen and not copied yet."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mien.tracking.detection import Detector


@dataclass(frozen=True)
class Glance:
    """What is seen in a picture."""

    faces: int
    """Found by the detector that also begins every track; of several all but the surest only where
    a closer look finds them again, for parts of a large face are easily taken for small ones."""
    dark: bool
    """Whether even the brightest tenth of the picture is darker than a lit face has to be."""


class Glancing:
    """Looks at pictures, one after the other; none is kept."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._detector: Detector | None = None

    def look(self, pixels: bytes, width: int) -> Glance:
        """Look at a picture: red, green, blue and opacity of each pixel, row by row."""
        import numpy as np

        from mien.recording.checks.light import DARK
        from mien.tracking.detection import Detector

        image = np.frombuffer(pixels, np.uint8).reshape(-1, width, 4)[..., :3]
        with self._lock:  # one network for all
            if self._detector is None:
                self._detector = Detector()
            picture = np.ascontiguousarray(image)
            seen = self._detector.see(picture, tiles=True)
            again = (self._detector.see_again(picture, one) for one in seen[1:])
            faces = min(len(seen), 1) + sum(one is not None for one in again)
        bright = float(np.percentile(image @ np.array([0.299, 0.587, 0.114]), 90))
        return Glance(faces, bright < DARK)
