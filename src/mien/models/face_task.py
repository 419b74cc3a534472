"""MediaPipe's Face Landmarker: a face, its 478 landmarks and 52 scores.

Its networks ship with mien; those of a task file that somebody gives are written anew in ONNX
format when it is opened.

References
----------
.. [1] MediaPipe, "Face landmark detection guide", 2023: three networks in one file.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.special import expit

from mien.errors import FormatError, ParameterError
from mien.face.region import Region
from mien.intake.networks import check_task
from mien.models.anchored import AnchoredDetector
from mien.models.lite.convert import convert
from mien.models.lite.file import read
from mien.models.lite.graph import FIRST, LAST
from mien.models.onnx_network import OnnxNetwork
from mien.models.squares import cut, placed, shipped

_DETECTOR = (128, ((8, 2), (16, 6)))  # pixels it is given, its grids
_AROUND = 1.5  # boxes of the detector about a face
_SIDE = 256  # pixels that the landmarks' network is given
_FACE = 0.5  # certainty from which on there is a face
_NETWORKS: tuple[tuple[str, dict[str, int], str], ...] = (
    ("face_detector", {"boxes": 896 * 16, "scores": 896}, FIRST),
    ("face_landmarks_detector", {"points": 478 * 3, "face": 1}, FIRST),
    ("face_blendshapes", {"shapes": 52}, LAST),
)
"""What they are called in a task file, how many numbers their outputs are, the order of axes."""
_SCORED = (  # landmarks that the scores are computed from
    *(0, 1, 4, 5, 6, 7, 8, 10, 13, 14, 17, 21, 33, 37, 39, 40, 46, 52, 53, 54, 55, 58, 61, 63),
    *(65, 66, 67, 70, 78, 80, 81, 82, 84, 87, 88, 91, 93, 95, 103, 105, 107, 109, 127, 132, 133),
    *(136, 144, 145, 146, 148, 149, 150, 152, 153, 154, 155, 157, 158, 159, 160, 161, 162, 163),
    *(168, 172, 173, 176, 178, 181, 185, 191, 195, 197, 234, 246, 249, 251, 263, 267, 269, 270),
    *(276, 282, 283, 284, 285, 288, 291, 293, 295, 296, 297, 300, 308, 310, 311, 312, 314, 317),
    *(318, 321, 323, 324, 332, 334, 336, 338, 356, 361, 362, 365, 373, 374, 375, 377, 378, 379),
    *(380, 381, 382, 384, 385, 386, 387, 388, 389, 390, 397, 398, 400, 402, 405, 409, 415, 454),
    *(466, 468, 469, 470, 471, 472, 473, 474, 475, 476, 477),
)


@dataclass(frozen=True)
class TaskFace:
    """The surest face of a picture."""

    landmarks: np.ndarray
    """Shape (478, 3), pixels."""
    scores: np.ndarray | None
    """Shape (52,), 0 to 1, the neutral face first; None where they were not asked for."""


class FaceTask:
    """A Face Landmarker.

    Parameters
    ----------
    path : str or Path, optional
        A model file; without it the networks that ship with mien.
    scores : bool
        Whether scores are wanted: a file has to have a network of them then.

    Raises
    ------
    ParameterError
        If the file is missing or of another kind.
    """

    def __init__(self, path: str | Path | None = None, scores: bool = False) -> None:
        self.name = "MediaPipe Face Landmarker" if path is None else f"MediaPipe {Path(path).name}"
        nets = _shipped(scores) if path is None else _given(Path(path), scores)
        self._detector = AnchoredDetector(nets[0], *_DETECTOR)
        self._points = nets[1]
        self._scores = nets[2] if scores else None

    def look(self, image: np.ndarray) -> TaskFace | None:
        """The surest face.

        Parameters
        ----------
        image : np.ndarray [shape=(height, width, 3), dtype=uint8]
            RGB.
        """
        faces = self._detector.find(image)
        if not faces:
            return None
        low, high = faces[0].low, faces[0].high
        across, down = faces[0].points[1] - faces[0].points[0]
        middle, size = (low + high) / 2, float((high - low).max()) * _AROUND
        region = Region(float(middle[0]), float(middle[1]), size, float(np.arctan2(down, across)))
        given = cut(image, region, _SIDE)[None].astype(np.float32) / 255
        answer, face = self._points.run(given, ("points", "face"))
        if expit(float(face.ravel()[0])) < _FACE:
            return None
        landmarks = answer.reshape(478, 3).astype(np.float64) / _SIDE
        landmarks[:, :2] = placed(landmarks[:, :2], region)
        landmarks[:, 2] *= region.size
        if self._scores is None:
            return TaskFace(landmarks, None)
        (shapes,) = self._scores.run(landmarks[None, _SCORED, :2], ("shapes",))
        return TaskFace(landmarks, shapes)


def _shipped(scores: bool) -> list[OnnxNetwork]:
    names = ("face_short", "face_points", *(["face_scores"] if scores else []))
    return [shipped(name, cores=1) for name in names]


def _given(path: Path, scores: bool) -> list[OnnxNetwork]:
    if not path.is_file():
        raise ParameterError(f"There is no landmarker model at {path}: check --landmarker.")
    check_task(path, "a Face Landmarker model")
    kind = "a Face Landmarker model with blendshapes" if scores else "a Face Landmarker model"
    try:
        return [OnnxNetwork(content, cores=1) for content in networks(path.read_bytes(), scores)]
    except (KeyError, FormatError) as exc:
        raise ParameterError(f"{path} is not {kind}: check --landmarker.") from exc


def networks(task: bytes, scores: bool = True) -> list[bytes]:
    """Detector, landmarks and, if they are wanted, scores of a task file, each in ONNX format.

    Raises
    ------
    KeyError, FormatError
        If one is missing or of another kind.
    """
    with zipfile.ZipFile(io.BytesIO(task)) as archive:
        return [
            _network(archive.read(f"{name}.tflite"), sizes, order)
            for name, sizes, order in (_NETWORKS if scores else _NETWORKS[:2])
        ]


def _network(content: bytes, sizes: dict[str, int], order: str) -> bytes:
    """A network whose outputs are known by how many numbers they have; of equals, the first."""
    source = read(content)
    names: dict[str, str] = {}
    for wanted, size in sizes.items():
        fitting = [
            source.tensors[k].name
            for k in source.outputs
            if int(np.prod(source.tensors[k].shape)) == size
        ]
        if not fitting:
            raise FormatError("The network has other outputs.")
        names[fitting[0]] = wanted
    return convert(content, names, "face landmarker", order)
