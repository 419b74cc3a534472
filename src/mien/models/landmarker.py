"""Landmark backends: an image and a region in, 478 landmarks out.

A backend measures each region anew and remembers nothing: no filter, no lag. Noise is lowered by
measuring, not by smoothing over time: the same face is seen through several slightly shifted and
scaled regions and the answers are averaged, which takes about a third off the jitter.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from mien.face.region import Region
from mien.models.face_mesh import FaceMeshNetwork
from mien.models.face_task import FaceTask
from mien.workers import threads

# scale and shift (in region sizes) of the views whose answers are averaged
_VIEWS = ((1.50, 0.010, -0.008), (1.62, -0.010, 0.008))

_AGREEMENT = 0.02  # of the eye distance, with a pixel's grace for tiny faces


class Backend(Protocol):
    """What every landmark source offers."""

    name: str
    """Name and version for the manifest."""

    def measure(self, image: np.ndarray, regions: list[Region]) -> list[np.ndarray | None]:
        """Landmarks in each region, shape (478, 3) in pixels, or None where there is no face."""
        ...

    def close(self) -> None:
        """Free the models."""
        ...


class FaceMesh:
    """MediaPipe's face mesh with attention, as mien ships it.

    MediaPipe chooses its own region from the previous frame. Here each frame is measured in regions
    of ours, so that it can be measured several times and the measurement does not depend on
    history.

    Parameters
    ----------
    workers : int, optional
        How many views are measured beside each other; without, two, or one where this process may
        compute with one thread only.
    """

    name = "MediaPipe face mesh"

    def __init__(self, workers: int | None = None) -> None:
        self._network = FaceMeshNetwork()
        many = workers or min(len(_VIEWS), threads() or len(_VIEWS))
        self._workers = ThreadPoolExecutor(many, thread_name_prefix="mesh")

    def measure(self, image: np.ndarray, regions: list[Region]) -> list[np.ndarray | None]:
        """See `Backend.measure`."""
        image = np.ascontiguousarray(image)
        views = [region.view(*view) for region in regions for view in _VIEWS]
        found = list(self._workers.map(lambda view: self._network.measure(image, view), views))
        of_each = (found[k : k + len(_VIEWS)] for k in range(0, len(found), len(_VIEWS)))
        return [_agreed([one for one in seen if one is not None]) for seen in of_each]

    def close(self) -> None:
        """See `Backend.close`."""
        self._workers.shutdown()


def _agreed(views: list[np.ndarray]) -> np.ndarray | None:
    """Mean of the views' answers, each (478, 3), unless they do not see one and the same face.

    On real faces the views differ by half a per cent of the eye distance; where the model imagines
    a face they differ by several.
    """
    if len(views) * 2 <= len(_VIEWS):
        return None
    found = np.stack(views)
    mean = found.mean(0)
    apart = np.median(np.linalg.norm((found - mean)[..., :2], axis=2))
    eyes = np.linalg.norm((mean[33] - mean[263])[:2])
    return mean if apart < _AGREEMENT * eyes + 1.0 else None


class Landmarker:
    """MediaPipe's Face Landmarker, from a model file that the user has."""

    def __init__(self, path: str | Path) -> None:
        self._task = FaceTask(path)
        self.name = self._task.name

    def measure(self, image: np.ndarray, regions: list[Region]) -> list[np.ndarray | None]:
        """See `Backend.measure`."""
        return [self._average(image, region) for region in regions]

    def _average(self, image: np.ndarray, region: Region) -> np.ndarray | None:
        found = [
            points
            for view in _VIEWS[:2]
            if (points := self._once(image, region.view(*view))) is not None
        ]
        return np.mean(found, axis=0) if found else None

    def _once(self, image: np.ndarray, region: Region) -> np.ndarray | None:
        side = int(np.clip(round(region.size), 192, 512))
        scale = side / region.size
        c, s = np.cos(region.angle) * scale, np.sin(region.angle) * scale
        matrix = np.array(
            [
                [c, s, side / 2 - c * region.x - s * region.y],
                [-s, c, side / 2 + s * region.x - c * region.y],
            ]
        )
        patch = cv2.warpAffine(image, matrix, (side, side), flags=cv2.INTER_LINEAR)
        face = self._task.look(patch)
        if face is None:
            return None
        points = face.landmarks
        back = cv2.invertAffineTransform(matrix)
        flat = points[:, :2] @ back[:, :2].T + back[:, 2]
        return np.column_stack([flat, points[:, 2] / scale])

    def close(self) -> None:
        """See `Backend.close`."""


def open_backend(landmarker: str | Path | None = None) -> Backend:
    """The Face Landmarker when a model file is given or `MIEN_LANDMARKER` names one, else the mesh.

    Raises
    ------
    ParameterError
        If the model file is missing or of another kind.
    """
    path = landmarker or os.environ.get("MIEN_LANDMARKER")
    return Landmarker(path) if path else FaceMesh()
