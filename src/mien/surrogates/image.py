"""A user's own image as a surrogate: only with a statement of consent."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from mien import texture
from mien.errors import NoFaceError, ParameterError
from mien.face_model import FaceModel
from mien.surrogates.bank import Surrogate
from mien.tracking.detection import Detector
from mien.tracking.landmarks import Backend, Region


def from_image(path: str | Path, consent: str | None, backend: Backend) -> Surrogate:
    """Make a surrogate of the one face in a picture.

    Parameters
    ----------
    path : str or Path
        A picture with one face, seen from the front.
    consent : str
        Who agreed to what, when: it is written into the manifest.
    backend : Backend
        Finds the landmarks.

    Raises
    ------
    ParameterError
        If there is no consent statement, or the file is not a picture of one face.
    NoFaceError
        If the picture shows no face.
    """
    if not consent or len(consent.strip()) < 10:
        raise ParameterError(
            "A real person's face needs a consent statement: add --consent \"who agreed to what, "
            'and when".'
        )
    path = Path(path)
    if not path.is_file():
        raise ParameterError(f"There is no picture at {path}: check --surrogate.")
    picture = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise ParameterError(f"{path} is not a picture: give a JPEG or PNG.")
    image = np.ascontiguousarray(picture[..., ::-1])
    detector = Detector()
    regions = detector.find(image, tiles=True)
    detector.close()
    if not regions:
        raise NoFaceError(f"There is no face in {path}: give a picture of one face from the front.")
    if len(regions) > 1:
        raise ParameterError(f"{path} shows {len(regions)} faces: give a picture of one.")
    points = backend.measure(image, regions)[0]
    if points is not None:
        points = backend.measure(image, [Region.around(points)])[0]
    if points is None:
        raise NoFaceError(f"The face in {path} cannot be measured: give one from the front.")
    model = FaceModel.load()
    alpha = model.fit(points[None])
    # the texture of a smile would add a smile to every frame: only the shape can be put to rest
    return Surrogate(
        "image",
        model.shape(alpha),
        texture.unwrap(image, points, 512),
        {"id": "image", "k": 1, "consent": consent.strip()},
    )
