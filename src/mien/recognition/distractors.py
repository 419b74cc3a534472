"""Other people's descriptors, among which a recogniser has to pick the patient."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

import cv2
import numpy as np

from mien.errors import EngineError, NoFaceError, ParameterError
from mien.face.region import Region
from mien.intake.pictures import picture_size, read_picture
from mien.models.landmarker import Backend
from mien.recognition.parts import only
from mien.recognition.recogniser import Recogniser
from mien.tracking.detection import Detector

_ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")


def shipped(recogniser: str, part: str | None = None) -> np.ndarray | None:
    """What `load` gives, or None for a recogniser that none ship for."""
    place = files("mien") / "assets" / "distractors" / f"{recogniser}.npz"
    return load(recogniser, part) if place.is_file() else None


@cache
def load(recogniser: str, part: str | None = None) -> np.ndarray:
    """The descriptors that ship with mien: one for each of some hundred official portraits.

    Numbers only, without names and in no order. See ``docs/cards/distractors.md``.

    Parameters
    ----------
    recogniser : str
        Name of the recogniser that they have to come from.
    part : str, optional
        Of the pictures, one of `mien.recognition.parts.PARTS`; the whole of them without it.

    Returns
    -------
    descriptors : np.ndarray [shape=(n, size), dtype=float32]
        One person each; not to be written to.

    Raises
    ------
    EngineError
        If none ship for this recogniser, or they are damaged.
    """
    place = files("mien") / "assets" / "distractors" / f"{recogniser}.npz"
    if not place.is_file():
        raise EngineError(
            f"There are no distractors for {recogniser}: give a folder of pictures of other people."
        )
    try:
        with as_file(place) as path, np.load(path) as data:
            descriptors = data[part or "descriptors"].astype(np.float32)
    except (OSError, KeyError, ValueError) as exc:
        raise EngineError("The distractors are damaged: reinstall mien.") from exc
    descriptors.flags.writeable = False
    return np.asarray(descriptors)


def _pictures(path: Path) -> list[Path]:
    """The pictures in a folder, by name."""
    if not path.is_dir():
        raise ParameterError(f"There is no folder {path}: name one that holds pictures of faces.")
    names = sorted(entry for entry in path.iterdir() if entry.suffix.lower() in _ENDINGS)
    if not names:
        raise ParameterError(f"There is no picture in {path}: put JPEG or PNG files into it.")
    for name in names:  # one that is too large is refused before the others are looked at
        with suppress(OSError):
            picture_size(name)
    return names


def from_folder(
    path: str | Path,
    recogniser: Recogniser,
    backend: Backend,
    *,
    enlarge: float = 1.0,
    parts: Sequence[str | None] = (None,),
) -> list[np.ndarray]:
    """Describe the people in a folder of pictures, the clearest face of each picture.

    Pictures without a face that can be measured are left out, and so is what is no picture.

    Parameters
    ----------
    path : str or Path
        Folder with JPEG, PNG, WebP, BMP or TIFF files; one picture of each person.
    recogniser : Recogniser
        Describes the faces.
    backend : Backend
        Finds the landmarks.
    enlarge : float
        By how much to enlarge the pictures first.
    parts : sequence of str or None
        What is left of the pictures, see `mien.recognition.parts`; None for the whole.

    Returns
    -------
    descriptors : list of np.ndarray [shape=(n, size), dtype=float32]
        For each of `parts`, in the order of the file names.

    Raises
    ------
    ParameterError
        If there is no such folder, or no picture in it.
    FormatError
        If a picture is too large.
    NoFaceError
        If none of the pictures shows a face.
    """
    path = Path(path)
    names = _pictures(path)
    chips: list[list[np.ndarray]] = [[] for _ in parts]
    detector = Detector()
    try:
        for name in names:
            image = _picture(name, enlarge)
            points = None if image is None else _face(image, detector, backend)
            if image is not None and points is not None:
                for own, part in zip(chips, parts, strict=True):
                    seen = image if part is None else only(image, points, part)
                    own.append(recogniser.chip(seen, points))
    finally:
        detector.close()
    if not chips[0]:
        raise NoFaceError(f"None of the {len(names)} pictures in {path} shows a face: use others.")
    return [_described(own, recogniser) for own in chips]


def _described(chips: list[np.ndarray], recogniser: Recogniser) -> np.ndarray:
    """Descriptors of chips, some at a time."""
    found = [recogniser.describe_all(chips[k : k + 32]) for k in range(0, len(chips), 32)]
    return np.concatenate(found).astype(np.float32)


def _picture(path: Path, enlarge: float) -> np.ndarray | None:
    """An RGB picture, or None if the file is not one."""
    try:
        picture = read_picture(path)
    except OSError:
        return None
    if picture is None:
        return None
    if enlarge != 1:
        picture = cv2.resize(picture, None, fx=enlarge, fy=enlarge, interpolation=cv2.INTER_CUBIC)
    return picture


def _face(image: np.ndarray, detector: Detector, backend: Backend) -> np.ndarray | None:
    """Landmarks of the clearest face that can be measured, shape (478, 3), or None."""
    for region in detector.find(image, tiles=True)[:2]:
        points = backend.measure(image, [region])[0]
        if points is not None:
            points = backend.measure(image, [Region.around(points)])[0]
        if points is not None:
            return points
    return None
