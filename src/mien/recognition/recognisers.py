"""Face recognisers: a frame and a face in, a descriptor out."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
from scipy.spatial.distance import cdist

from mien.errors import EngineError, ParameterError
from mien.face.geometry import umeyama
from mien.face.topology import SIXTY_EIGHT
from mien.intake.networks import read_onnx
from mien.models.dlib_file import weights
from mien.models.dlib_network import SIDE, Network

# dlib's five points (outer and inner corner of the left eye, of the right eye, base of the nose)
# in MediaPipe's indices
_FIVE = np.array([263, 362, 33, 133, 2])
_EYES = np.array([33, 263, 2])
# the box that dlib's face detector draws, from the middle of `_EYES`, in outer-eye distances
_BOX = np.array([[-0.87, -0.68], [0.83, 1.03]])
_AGREE = 0.22  # outer-eye distances by which dlib's points may differ from the landmarks
# InsightFace's five points (eyes, tip of the nose, corners of the mouth), left to right
_INSIGHT = ([33, 133], [362, 263], [4], [61], [291])
_INSIGHT_PLACES = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655],
     [70.7299, 92.2041]]
)  # fmt: skip


GLIMPSE = 240
"""Pixels of the side of a face in the close-up that `Recogniser.glimpse` is given."""


class Recogniser(Protocol):
    """What mien asks of a recogniser; distances between descriptors are Euclidean."""

    name: str
    """Of the model, for manifests."""
    threshold: float
    """Distance under which two faces count as one person."""
    source: str
    """Where the threshold comes from."""

    def chip(self, image: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
        """The aligned picture that the network sees: uint8, RGB, square."""

    def views(self, image: np.ndarray, landmarks: np.ndarray) -> list[np.ndarray]:
        """The same in every way in which an attacker may align it, the chip first."""

    def glimpse(self, picture: np.ndarray) -> np.ndarray:
        """The chip of a face that somebody else's detector found: aligned by the recogniser's own
        means from a close-up, shape (540, 540, 3), with the face upright, 240 pixels wide, in its
        middle."""

    def describe(self, image: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
        """Descriptor of one face of an RGB image; landmarks in pixels, shape (478, 3)."""

    def describe_all(self, chips: list[np.ndarray]) -> np.ndarray:
        """Descriptors of many chips, shape (n, size)."""


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
        self._points = dlib.shape_predictor(str(weights("shape_predictor_5_face_landmarks.dat")))

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


_MOST_NUMBERS = 8192  # that describe a face


class ArcFace:
    """A recogniser in InsightFace's format (ArcFace and its kin), for those who have its file.

    Parameters
    ----------
    weights : Path, optional
        The ONNX file; else it is looked for where InsightFace keeps its models.

    References
    ----------
    .. [1] Deng et al., "ArcFace: additive angular margin loss for deep face recognition",
       CVPR 2019.
    """

    threshold = float(np.sqrt(2 - 2 * 0.2))
    source = "InsightFace's demonstration calls a cosine below 0.2 another person"

    def __init__(self, weights: Path | None = None) -> None:
        path = weights or _insightface()
        try:
            data = np.frombuffer(read_onnx(path, "a recogniser"), np.uint8)
            self._net: Any = cv2.dnn.readNetFromONNX(data)
            self._net.setInput(np.zeros((1, 3, 112, 112), np.float32))
            tried = self._net.forward()
        except OSError as exc:
            raise EngineError(f"{path} cannot be read: {exc.strerror or exc}.") from exc
        except cv2.error as exc:
            raise EngineError(f"{path.name} is not a recogniser in ONNX format.") from exc
        if tried.ndim != 2 or tried.shape[0] != 1 or tried.shape[1] > _MOST_NUMBERS:
            raise EngineError(f"{path.name} is a network, but does not describe faces.")
        self.name = path.stem

    def describe(self, image: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
        """See `Recogniser.describe`; of length 1."""
        return np.asarray(self.describe_all([self.chip(image, landmarks)])[0])

    def chip(self, image: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
        """See `Recogniser.chip`; shape (112, 112, 3)."""
        points = np.array([landmarks[list(some), :2].mean(0) for some in _INSIGHT])
        flat = np.zeros((5, 1))
        fit = umeyama(np.hstack([points, flat]), np.hstack([_INSIGHT_PLACES, flat]))
        matrix = np.hstack([fit.scale * fit.rotation[:2, :2], fit.translation[:2, None]])
        return cv2.warpAffine(image, matrix, (112, 112), flags=cv2.INTER_LINEAR)

    def glimpse(self, picture: np.ndarray) -> np.ndarray:
        """See `Recogniser.glimpse`: cut where InsightFace's template lies in an upright face."""
        scale = 97 / GLIMPSE  # the template's eyes and mouth in a face of that size
        left, top = 56 - scale * picture.shape[1] / 2, 68 - scale * picture.shape[0] / 2
        matrix = np.array([[scale, 0, left], [0, scale, top]])
        return cv2.warpAffine(picture, matrix, (112, 112), flags=cv2.INTER_LINEAR)

    def views(self, image: np.ndarray, landmarks: np.ndarray) -> list[np.ndarray]:
        """See `Recogniser.views`: there is one."""
        return [self.chip(image, landmarks)]

    def describe_all(self, chips: list[np.ndarray]) -> np.ndarray:
        """See `Recogniser.describe_all`."""
        found = []
        for chip in chips:  # exported models often take one face at a time
            planes = (chip.astype(np.float32).transpose(2, 0, 1)[None] - 127.5) / 127.5
            self._net.setInput(planes)
            found.append(self._net.forward()[0].astype(np.float64))
        vectors = np.stack(found)
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def recogniser(name: str = "dlib") -> Recogniser:
    """A recogniser by name.

    Parameters
    ----------
    name : str
        `dlib`, `arcface`, or the path of an ONNX file in InsightFace's format.

    Raises
    ------
    ParameterError
        If there is none of that name.
    EngineError
        If its weights are missing.
    """
    if name == "dlib":
        return Dlib()
    if name == "arcface":
        return ArcFace()
    if name.endswith(".onnx") and Path(name).is_file():
        return ArcFace(Path(name))
    raise ParameterError(
        f"There is no recogniser called {name!r}: choose dlib, arcface or an ONNX file."
    )


def distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Euclidean distances of descriptors, shapes (n, d) and (m, d), as shape (n, m)."""
    return np.asarray(cdist(np.asarray(a), np.asarray(b)))


@cache
def _network() -> Network:
    return Network(weights(f"{Dlib.name}.dat"))


def detector_box(landmarks: np.ndarray) -> tuple[Any, float]:
    """Where dlib's detector would see a face, and the distance of its outer eyes, pixels."""
    import dlib

    scale = float(np.linalg.norm(landmarks[33, :2] - landmarks[263, :2]))
    corners = landmarks[_EYES, :2].mean(0) + _BOX * scale
    return dlib.rectangle(*(round(float(v)) for v in corners.ravel())), scale


def _insightface() -> Path:
    """InsightFace's recogniser, where the package keeps what it has downloaded."""
    folder = Path.home() / ".insightface" / "models"
    for name in ("buffalo_l/w600k_r50.onnx", "antelopev2/glintr100.onnx"):
        if (folder / name).is_file():
            return folder / name
    raise EngineError(
        "InsightFace's recogniser is missing: install it with its model pack buffalo_l, or name an "
        "ONNX file."
    )
