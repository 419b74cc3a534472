"""MediaPipe's own scores: those of its Face Landmarker, from pixels."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from mien.blendshapes.names import NAMES
from mien.face.region import Region
from mien.models.face_task import FaceTask


class LandmarkerScores:
    """The scores of MediaPipe's Face Landmarker, from pixels.

    Parameters
    ----------
    path : str or Path, optional
        A model file with blendshapes; without it the one that ships with mien.

    Raises
    ------
    ParameterError
        If the file is missing or of another kind.
    """

    _VIEWS = (
        (1.50, 0.010, -0.008),
        (1.62, -0.010, 0.008),
    )  # as `FaceMesh`: the answers are averaged

    def __init__(self, path: str | Path | None = None) -> None:
        self._task = FaceTask(path, scores=True)

    def scores(self, image: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
        """Score one face: in the whole picture if it is the surest there, else cut out.

        Parameters
        ----------
        image : np.ndarray [shape=(height, width, 3), dtype=uint8]
            RGB.
        landmarks : np.ndarray [shape=(478, 3)]
            Where the face is, pixels.

        Returns
        -------
        scores : np.ndarray [shape=(51,), dtype=float32]
            In the order of `NAMES`; NaN where the model finds no face.
        """
        here = Region.around(landmarks)
        first = self._task.look(image)  # as MediaPipe would, whose numbers these are
        if first is not None and first.scores is not None:
            if Region.around(first.landmarks).same_place(here):
                return first.scores[1:]  # the first is neutral
        region = replace(here, angle=0.0)  # turned as in the picture
        found = [
            answer
            for view in self._VIEWS
            if (answer := self._once(image, region.view(*view))) is not None
        ]
        return np.mean(found, 0) if found else np.full(len(NAMES), np.nan, np.float32)

    def _once(self, image: np.ndarray, region: Region) -> np.ndarray | None:
        side = int(np.clip(round(region.size), 192, 512))
        scale = side / region.size
        matrix = np.array(
            [
                [scale, 0, side / 2 - scale * region.x],
                [0, scale, side / 2 - scale * region.y],
            ]
        )
        patch = cv2.warpAffine(image, matrix, (side, side), flags=cv2.INTER_LINEAR)
        face = self._task.look(patch)
        return (
            None if face is None or face.scores is None else face.scores[1:]
        )  # the first is neutral

    def close(self) -> None:
        """Nothing is to be freed."""
