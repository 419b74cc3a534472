"""Landmarks that are believed to be a face."""

from __future__ import annotations

import numpy as np

from mien.face.model import FaceModel
from mien.face.region import Region
from mien.models.landmarker import Backend


class Measuring:
    """Measures landmarks, and gives none that have not the proportions of a face.

    Parameters
    ----------
    backend : Backend
        Finds landmarks.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def measure(self, image: np.ndarray, regions: list[Region]) -> list[np.ndarray | None]:
        """Landmarks in each region, pixels, shape (478, 3); None where there is no face."""
        return [
            points if points is not None and _plausible(points) else None
            for points in self._backend.measure(image, regions)
        ]

    def settle(self, image: np.ndarray, region: Region) -> np.ndarray | None:
        """Measure from a detection, then again from the landmarks' own region."""
        points = self.measure(image, [region])[0]
        return None if points is None else self.measure(image, [Region.around(points)])[0]


def _plausible(points: np.ndarray) -> bool:
    """Whether landmarks have the proportions of a face: the mesh can lock on to a hand."""
    if not np.isfinite(points).all():
        return False
    model = FaceModel.load()
    pose = model.pose(points, np.zeros(len(model.identity)))
    error = np.abs(pose.invert(points) - model.neutral)[:, :2]
    return bool(np.median(error) < 0.12) and bool(np.percentile(error, 90) < 0.45)
