"""One face, measured picture by picture as a camera delivers them: scores and turn of the head."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mien.blendshapes.scores import Blendshapes
from mien.face.pose import head_pose
from mien.face.region import Region
from mien.models.landmarker import open_backend
from mien.tracking.detection import Detector


@dataclass(frozen=True, eq=False)
class Sight:
    """One face in one picture."""

    scores: np.ndarray
    """In the order of `blendshapes.NAMES`, shape (51,), float32."""
    pose: tuple[float, float, float]
    """Yaw (to image right), pitch (down) and roll (clockwise) of the head, degrees; about 0 each
    when it faces the camera."""
    landmarks: np.ndarray
    """Pixels, shape (478, 3)."""


class LiveFace:
    """Follows the largest face; remembers where it was and nothing else.

    Parameters
    ----------
    landmarker : str or Path, optional
        A Face Landmarker model to measure with; MediaPipe's face mesh if not given.

    Raises
    ------
    ParameterError
        If the model file is missing or of another kind.
    TrackingError
        If the installed MediaPipe has no face mesh and no model file is given.
    """

    def __init__(self, landmarker: str | Path | None = None) -> None:
        self._backend = open_backend(landmarker)
        self.name = self._backend.name
        self._detector = Detector()
        self._scores = Blendshapes.load()
        self._region: Region | None = None

    def see(self, image: np.ndarray) -> Sight | None:
        """Measure the next picture.

        Parameters
        ----------
        image : np.ndarray [shape=(height, width, 3), dtype=uint8]
            RGB.

        Returns
        -------
        sight : Sight or None
            None if no face is seen.
        """
        points = None if self._region is None else self._measure(image, self._region)
        if points is None:
            regions = self._detector.find(image)
            if regions:
                points = self._measure(image, max(regions, key=lambda region: region.size))
        if points is None:
            self._region = None
            return None
        self._region = Region.around(points)
        height, width = image.shape[:2]
        scores = self._scores.scores(points[None], width, height)[0]
        if not np.isfinite(scores).all():  # imagined outside the picture
            self._region = None
            return None
        return Sight(scores, head_pose(points), points)

    def close(self) -> None:
        """Free the models."""
        self._backend.close()
        self._detector.close()

    def _measure(self, image: np.ndarray, region: Region) -> np.ndarray | None:
        return self._backend.measure(image, [region])[0]


class WithGeometry:
    """Gives the coordinates of all landmarks after the scores, as `capture --geometry` keeps them.

    Parameters
    ----------
    face : LiveFace
        Measures the pictures.
    """

    def __init__(self, face: LiveFace) -> None:
        self._face = face

    def see(self, image: np.ndarray) -> Sight | None:
        """As `LiveFace.see`, with scores of shape (51 + 1434,): x, y and z of each landmark."""
        sight = self._face.see(image)
        if sight is None:
            return None
        return replace(sight, scores=np.concatenate([sight.scores, sight.landmarks.ravel()]))

    def close(self) -> None:
        """Free the models."""
        self._face.close()
