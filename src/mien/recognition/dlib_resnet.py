"""dlib's recogniser, and its own ways of cutting a face out."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from mien.face.topology import SIXTY_EIGHT
from mien.models.dlib_file import weights
from mien.models.dlib_network import SIDE, Network
from mien.recognition.recogniser import GLIMPSE

# dlib's five points (outer and inner corner of the left eye, of the right eye, base of the nose)
# in MediaPipe's indices
_FIVE = np.array([263, 362, 33, 133, 2])
_EYES = np.array([33, 263, 2])
# the box that dlib's face detector draws, from the middle of `_EYES`, in outer-eye distances
_BOX = np.array([[-0.87, -0.68], [0.83, 1.03]])
_AGREE = 0.22  # outer-eye distances by which dlib's points may differ from the landmarks


class Dlib:
    """dlib's ResNet descriptor, 128-d, trained on 3 million faces.

    Two faces closer than `threshold` count as one person: at 0.6 the network's author reports
    99.38 % on LFW [1]_. Faces are aligned by dlib's own five points, as an attacker would do it
    who uses dlib as it comes; where these are far off, by the landmarks. With 68 points, the other
    way in which dlib comes, descriptors of one picture lie about 0.1 elsewhere: a second view.

    References
    ----------
    .. [1] King, "High quality face recognition with deep metric learning", dlib blog, 2017.
    """

    name = "dlib_face_recognition_resnet_model_v1"
    threshold = 0.6
    source = "King 2017 (dlib): 99.38 % on LFW at 0.6"

    def __init__(self) -> None:
        import dlib

        self._dlib: Any = dlib
        self._network = _network()
        self._points = _predictor()

    def describe(self, image: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
        """See `Recogniser.describe`; shape (128,)."""
        return np.asarray(self.describe_all([self.chip(image, landmarks)])[0])

    def chip(self, image: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
        """See `Recogniser.chip`; shape (150, 150, 3)."""
        dlib = self._dlib
        image = np.ascontiguousarray(image)
        box, scale = detector_box(landmarks)
        shape = self._points(image, box)
        found = np.array([(p.x, p.y) for p in shape.parts()], float)
        if np.linalg.norm(found - landmarks[_FIVE, :2], axis=1).max() > _AGREE * scale:
            shape = dlib.full_object_detection(box, self._dlib_points(landmarks[_FIVE]))
        return np.asarray(dlib.get_face_chip(image, shape, SIDE, 0.25))

    def views(self, image: np.ndarray, landmarks: np.ndarray) -> list[np.ndarray]:
        """See `Recogniser.views`: aligned by five points and by 68."""
        dlib = self._dlib
        points = self._dlib_points(landmarks[SIXTY_EIGHT])
        shape = dlib.full_object_detection(detector_box(landmarks)[0], points)
        other = dlib.get_face_chip(np.ascontiguousarray(image), shape, SIDE, 0.25)
        return [self.chip(image, landmarks), np.asarray(other)]

    def glimpse(self, picture: np.ndarray) -> np.ndarray:
        """See `Recogniser.glimpse`: by dlib's five points in the box that its detector draws."""
        dlib = self._dlib
        side = GLIMPSE / 1.148
        middle = np.array(picture.shape[1::-1]) / 2 + np.array([0.01, 0.034]) * side
        corners = np.concatenate([middle - side / 2, middle + side / 2])
        box = dlib.rectangle(*(round(float(v)) for v in corners))
        shape = self._points(np.ascontiguousarray(picture), box)
        return np.asarray(dlib.get_face_chip(np.ascontiguousarray(picture), shape, SIDE, 0.25))

    def _dlib_points(self, points: np.ndarray) -> list[Any]:
        return [self._dlib.point(round(float(x)), round(float(y))) for x, y in points[:, :2]]

    def describe_all(self, chips: list[np.ndarray]) -> np.ndarray:
        """See `Recogniser.describe_all`; shape (n, 128)."""
        return self._network.describe(np.asarray(chips, np.uint8).reshape(-1, SIDE, SIDE, 3))


@cache
def _network() -> Network:
    return Network(weights(f"{Dlib.name}.dat"))


@cache
def _predictor() -> Any:
    """dlib's fit of five points, which threads may share: reading it takes a tenth of a second."""
    import dlib

    return dlib.shape_predictor(str(weights("shape_predictor_5_face_landmarks.dat")))


def detector_box(landmarks: np.ndarray) -> tuple[Any, float]:
    """Where dlib's detector would see a face, and the distance of its outer eyes, pixels."""
    import dlib

    scale = float(np.linalg.norm(landmarks[33, :2] - landmarks[263, :2]))
    corners = landmarks[_EYES, :2].mean(0) + _BOX * scale
    return dlib.rectangle(*(round(float(v)) for v in corners.ravel())), scale
