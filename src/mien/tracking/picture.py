"""The one face in a picture that a user gives: somebody to become, or somebody to find."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mien.errors import NoFaceError, ParameterError
from mien.face.region import Region
from mien.intake.pictures import read_picture
from mien.models.landmarker import Backend
from mien.tracking.detection import Detector


def one_face(path: str | Path, backend: Backend) -> tuple[np.ndarray, np.ndarray]:
    """Read a picture and find the landmarks of the only face in it.

    Parameters
    ----------
    path : str or Path
        A JPEG, PNG or another picture that OpenCV reads; turned upright as its EXIF says.
    backend : Backend
        Finds the landmarks.

    Returns
    -------
    image : np.ndarray [shape=(height, width, 3), dtype=uint8]
        RGB.
    landmarks : np.ndarray [shape=(478, 3)]
        Pixels of `image`.

    Raises
    ------
    ParameterError
        If there is no such file, it is not a picture, or it shows several faces.
    FormatError
        If the picture is too large.
    NoFaceError
        If the picture shows no face that can be measured.
    """
    path = Path(path)
    if not path.is_file():
        raise ParameterError(f"There is no picture at {path}: check the name.")
    try:
        image = read_picture(path)
    except OSError as exc:
        raise ParameterError(f"{path} cannot be read: {exc.strerror or exc}.") from exc
    if image is None:
        raise ParameterError(f"{path} is not a picture: give a JPEG or PNG.")
    detector = Detector()
    try:
        regions = detector.find(image, tiles=True)
    finally:
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
    return image, points
