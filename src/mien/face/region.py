"""Where in a picture a face is: a square, turned with it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Region:
    """A square, possibly turned, part of an image that holds one face."""

    x: float
    """Centre, pixels from the left."""
    y: float
    """Centre, pixels from the top."""
    size: float
    """Side, pixels; the tight square around the landmarks."""
    angle: float
    """Clockwise turn, radians; the line between the eyes is level in the region."""

    @staticmethod
    def around(landmarks: np.ndarray) -> Region:
        """The tight region of a face, from landmarks of shape (478, 3) in pixels."""
        points = landmarks[:, :2]
        across = points[263] - points[33]
        angle = float(np.arctan2(across[1], across[0]))
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        level = points @ turn.T
        low, high = level.min(0), level.max(0)
        centre = (low + high) / 2 @ turn
        return Region(float(centre[0]), float(centre[1]), float((high - low).max()), angle)

    def view(self, scale: float, dx: float, dy: float) -> Region:
        """The region enlarged by `scale` and shifted by a share of its own size."""
        c, s = np.cos(self.angle), np.sin(self.angle)
        size = self.size * scale
        return Region(
            self.x + size * (c * dx - s * dy), self.y + size * (s * dx + c * dy), size, self.angle
        )

    def overlap(self, other: Region) -> float:
        """Intersection over union of the two squares, ignoring their turn."""
        reach = (self.size + other.size) / 2
        smaller = min(self.size, other.size)
        width = min(max(reach - abs(self.x - other.x), 0.0), smaller)
        height = min(max(reach - abs(self.y - other.y), 0.0), smaller)
        both = width * height
        return both / (self.size**2 + other.size**2 - both)

    def same_place(self, other: Region) -> bool:
        """Whether two regions can only be one face: no face lies inside another."""
        reach = 0.5 * max(self.size, other.size)
        return max(abs(self.x - other.x), abs(self.y - other.y)) < reach
