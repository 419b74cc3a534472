"""Face recognisers: a frame and a face in, a descriptor out."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from mien.errors import EngineError

# dlib's five points (outer and inner corner of the left eye, of the right eye, base of the nose)
# in MediaPipe's indices
_FIVE = [263, 362, 33, 133, 2]


class Dlib:
    """dlib's ResNet descriptor, 128-d, trained on 3 million faces.

    Two faces closer than `threshold` count as one person: at 0.6 the network's author reports
    99.38 % on LFW [1]_.

    References
    ----------
    .. [1] King, "High quality face recognition with deep metric learning", dlib blog, 2017.
    """

    name = "dlib_face_recognition_resnet_model_v1"
    threshold = 0.6

    def __init__(self) -> None:
        import dlib

        self._dlib: Any = dlib
        self._network = dlib.face_recognition_model_v1(str(_weights(f"{self.name}.dat")))

    def describe(self, image: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
        """Descriptor of one face.

        Parameters
        ----------
        image : np.ndarray [shape=(height, width, 3), dtype=uint8]
            RGB.
        landmarks : np.ndarray [shape=(478, 3)]
            The face, pixels.

        Returns
        -------
        descriptor : np.ndarray [shape=(128,)]
        """
        return self.describe_chip(self.chip(image, landmarks))

    def chip(self, image: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
        """The aligned 150-pixel picture that the network sees, shape (150, 150, 3)."""
        dlib = self._dlib
        points = [dlib.point(round(float(x)), round(float(y))) for x, y in landmarks[_FIVE, :2]]
        low, high = landmarks[:, :2].min(0), landmarks[:, :2].max(0)
        box = dlib.rectangle(*(int(v) for v in (*low, *high)))
        shape = dlib.full_object_detection(box, points)
        return dlib.get_face_chip(np.ascontiguousarray(image), shape, 150, 0.25)

    def describe_chip(self, chip: np.ndarray) -> np.ndarray:
        """Descriptor of a chip from `chip`, shape (128,)."""
        return np.array(self._network.compute_face_descriptor(chip))

    def describe_all(self, chips: list[np.ndarray]) -> np.ndarray:
        """Descriptors of many chips at once, shape (n, 128)."""
        return np.array(self._network.compute_face_descriptor(chips)).reshape(-1, 128)


def _weights(name: str) -> Path:
    """A file of the face_recognition_models package, which is found but never imported."""
    spec = find_spec("face_recognition_models")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / "models" / name
        if path.is_file():
            return path
    raise EngineError(f"The recogniser's {name} is missing: install face_recognition_models.")
