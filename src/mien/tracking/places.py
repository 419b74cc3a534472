"""Where faces lie to each other, and whether two readings are of one."""

from __future__ import annotations

import numpy as np

from mien.face.region import Region
from mien.models.sighting import Sighting

_TURNED = 0.9  # radians by which two readings of one face may be turned against each other


def same_place(points: np.ndarray, other: np.ndarray) -> bool:
    """Whether two sets of landmarks, shape (478, 3), are of one face."""
    return Region.around(points).same_place(Region.around(other))


def distance(region: Region, other: Region) -> float:
    """How far two faces are from each other, sizes of the larger one."""
    away = max(abs(region.x - other.x), abs(region.y - other.y))
    return away / max(region.size, other.size)


def distance_soon(region: Region, other: Region, pace: np.ndarray) -> float:
    """The same as it may be by the next frame, at a relative pace in pixels per frame."""
    away = np.array([region.x - other.x, region.y - other.y])
    share = np.clip(-(away @ pace) / max(float(pace @ pace), 1e-6), 0, 2)
    return float(np.abs(away + share * pace).max()) / max(region.size, other.size)


def box_around(points: np.ndarray) -> np.ndarray:
    """The box of a face with what moves with it: left, top, right, bottom, pixels."""
    region = Region.around(points)
    half = 0.8 * region.size
    return np.array([region.x - half, region.y - half, region.x + half, region.y + half])


def lies_otherwise(region: Region, sighting: Sighting) -> bool:
    """Whether a face that is seen where another is measured lies otherwise, or is far larger."""
    turn = (sighting.angle - region.angle + np.pi) % (2 * np.pi) - np.pi
    return bool(abs(turn) > _TURNED) or region.size < 0.6 * sighting.size


def reads_alike(region: Region, other: Region) -> bool:
    """Whether two readings of a place say the same: as large, and the same way up."""
    turn = (region.angle - other.angle + np.pi) % (2 * np.pi) - np.pi
    return bool(abs(turn) < _TURNED) and 0.6 < region.size / other.size < 1 / 0.6
