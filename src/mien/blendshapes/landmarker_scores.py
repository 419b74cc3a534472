"""The scores of a Face Landmarker model file itself, from pixels."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from mien.blendshapes.names import NAMES
from mien.errors import ParameterError
from mien.face.region import Region
from mien.intake.networks import check_task
from mien.models import undrawn


class LandmarkerScores:
    """The scores of a Face Landmarker model file itself, from pixels.

    Parameters
    ----------
    path : str or Path
        The model, with blendshapes.

    Raises
    ------
    ParameterError
        If the file is missing or of another kind.
    """

    _VIEWS = (
        (1.50, 0.010, -0.008),
        (1.62, -0.010, 0.008),
    )  # as `FaceMesh`: the answers are averaged

    def __init__(self, path: str | Path) -> None:
        mediapipe = undrawn.mediapipe()
        from mediapipe.tasks import python as tasks

        path = Path(path)
        if not path.is_file():
            raise ParameterError(f"There is no landmarker model at {path}: check --landmarker.")
        check_task(path, "a Face Landmarker model")
        self._image, self._format = mediapipe.Image, mediapipe.ImageFormat.SRGB
        try:
            self._task = tasks.vision.FaceLandmarker.create_from_options(
                tasks.vision.FaceLandmarkerOptions(
                    base_options=tasks.BaseOptions(model_asset_path=str(path)),
                    num_faces=1,
                    output_face_blendshapes=True,
                )
            )
        except (RuntimeError, ValueError) as exc:
            raise ParameterError(
                f"{path} is no Face Landmarker model with blendshapes: check --landmarker."
            ) from exc

    def scores(self, image: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
        """Score one face.

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
        region = replace(Region.around(landmarks), angle=0.0)  # turned as in the picture
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
        result = self._task.detect(self._image(image_format=self._format, data=patch))
        if not result.face_blendshapes:
            return None
        given = {entry.category_name: entry.score for entry in result.face_blendshapes[0]}
        return np.array([given.get(name, np.nan) for name in NAMES], np.float32)

    def close(self) -> None:
        """Free the model."""
        self._task.close()
