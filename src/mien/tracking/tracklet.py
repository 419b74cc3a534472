"""An unbroken run of one face."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from mien.face.region import Region


@dataclass(eq=False)
class Tracklet:
    """An unbroken run of one face."""

    start: int
    landmarks: list[np.ndarray] = field(default_factory=list)
    views: list[tuple[int, np.ndarray]] = field(default_factory=list)
    """Frames in which the recogniser described it, and how."""
    before: Tracklet | None = None
    """The run of which this is the rest, where a run was cut."""
    placed: bool = True
    """Whether being where somebody was just now makes this that person."""
    cut: bool = False
    """Whether another run goes on in its place."""
    close: bool = False
    """Whether another face is so near that the two may be mistaken."""
    patch: np.ndarray | None = None
    """The face in its last frame, small and grey."""
    described: tuple[int, np.ndarray] | None = None
    """The last frame in which it was described, and the face in it, small and grey."""
    level: int = -1
    """Last frame in which a detector saw the face the way up that it seems."""

    @property
    def descriptors(self) -> list[np.ndarray]:
        return [looks for _, looks in self.views]

    @property
    def end(self) -> int:
        return self.start + len(self.landmarks)

    @property
    def region(self) -> Region:
        return Region.around(self.landmarks[-1])

    def pace(self) -> np.ndarray:
        """Pixels from frame to frame, of late, shape (2,)."""
        if len(self.landmarks) < 2:
            return np.zeros(2)
        last = [Region.around(points) for points in self.landmarks[-3:]]
        return np.array([last[-1].x - last[0].x, last[-1].y - last[0].y]) / (len(last) - 1)
