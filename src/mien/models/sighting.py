"""What every face detector says: where a face is, how it is turned, and how sure that is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import cv2
import numpy as np

from mien.face.region import Region

QUARTERS: tuple[int, ...] = (0, 1, 2, 3)
"""Quarter turns at which a face may lie: upright, on either side, upside down."""
# a face that lies turned clockwise is upright in a picture turned the other way
_UPRIGHT = {1: cv2.ROTATE_90_COUNTERCLOCKWISE, 2: cv2.ROTATE_180, 3: cv2.ROTATE_90_CLOCKWISE}


def _no_points() -> np.ndarray:
    return np.full((3, 2), np.nan)


@dataclass(frozen=True, eq=False)
class Sighting:
    """One face seen by one detector."""

    x: float
    """Middle of the face, from hairline to chin, pixels from the left."""
    y: float
    """The same, pixels from the top."""
    size: float
    """Side of the tight square around the face's landmarks, from hairline to chin, pixels."""
    score: float
    """How sure the detector is, in its own measure."""
    detector: str
    """Name of the detector."""
    angle: float = 0.0
    """Clockwise turn of the face in the picture, radians."""
    points: np.ndarray = field(default_factory=_no_points)
    """The eye on the picture's left when the face is upright, the other eye, the middle of the
    mouth: pixels, NaN where the detector does not say, shape (3, 2)."""

    @property
    def box(self) -> np.ndarray:
        """Left, top, right, bottom of the square, ignoring its turn, pixels, shape (4,)."""
        half = self.size / 2
        return np.array([self.x - half, self.y - half, self.x + half, self.y + half])

    @property
    def region(self) -> Region:
        """Where the face is."""
        return Region(self.x, self.y, self.size, self.angle)

    def same_place(self, other: Sighting) -> bool:
        """Whether the two can only be one face: near each other and of like size."""
        apart = max(abs(self.x - other.x), abs(self.y - other.y))
        smaller, larger = sorted((self.size, other.size))
        return apart < 0.5 * larger and smaller > 0.4 * larger

    def moved(self, left: float, top: float, scale: float = 1.0) -> Sighting:
        """The same face in the picture of which this was a part: enlarged by `scale`, shifted."""
        return replace(
            self,
            x=self.x * scale + left,
            y=self.y * scale + top,
            size=self.size * scale,
            points=self.points * scale + [left, top],
        )


class FaceDetector(Protocol):
    """What mien asks of a detector."""

    name: str
    """Of the model, for manifests."""

    def find(self, image: np.ndarray) -> list[Sighting]:
        """Upright faces of an RGB image, shape (height, width, 3), uint8; the surest first."""
        ...


def at_quarters(
    find: Callable[[np.ndarray], Iterable[Sighting]],
    image: np.ndarray,
    quarters: Sequence[int] = QUARTERS,
) -> list[Sighting]:
    """Look for faces in a picture as it is and turned.

    Parameters
    ----------
    find : callable
        Finds upright faces, as `FaceDetector.find`.
    image : np.ndarray [shape=(height, width, 3), dtype=uint8]
        RGB.
    quarters : sequence of int
        Which quarter turns the faces may have, clockwise.

    Returns
    -------
    sightings : list of Sighting
        In the pixels of `image`. One face may be among them several times.
    """
    height, width = image.shape[:2]
    found = []
    for quarter in quarters:
        turned = cv2.rotate(image, _UPRIGHT[quarter]) if quarter else image
        found += [_back(s, quarter, height, width) for s in find(turned)]
    return found


def _back(sighting: Sighting, quarter: int, height: int, width: int) -> Sighting:
    """A sighting in a picture turned counter-clockwise, in the picture itself."""
    if quarter == 0:
        return sighting

    def back(points: np.ndarray) -> np.ndarray:
        x, y = points[..., 0], points[..., 1]
        if quarter == 1:
            return np.stack([width - y, x], axis=-1)
        if quarter == 2:
            return np.stack([width - x, height - y], axis=-1)
        return np.stack([y, height - x], axis=-1)

    x, y = back(np.array([sighting.x, sighting.y]))
    angle = sighting.angle + quarter * np.pi / 2
    return replace(
        sighting,
        x=float(x),
        y=float(y),
        angle=float((angle + np.pi) % (2 * np.pi) - np.pi),
        points=back(sighting.points),
    )


def distinct(sightings: Iterable[Sighting]) -> list[Sighting]:
    """The surest sighting of each face, by one detector."""
    kept: list[Sighting] = []
    for sighting in sorted(sightings, key=lambda s: -s.score):
        if not any(sighting.same_place(other) for other in kept):
            kept.append(sighting)
    return kept
