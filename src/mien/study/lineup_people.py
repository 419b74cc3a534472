"""Whose faces a line-up shows: patients, their surrogates, and others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np

from mien.errors import FormatError, MienError, NoFaceError, ParameterError
from mien.intake.pictures import read_picture
from mien.models.landmarker import Backend
from mien.pipeline.stored import StoredManifest
from mien.progress import Progress
from mien.study.faces import Face, largest_face, two_moments
from mien.tracking.detection import Detector

SHOWN = 6
"""Faces in a trial."""
COHORT, SURROGATES = "cohort", "surrogates"
"""Where controls come from, beside a folder of portraits."""
_PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")


@dataclass(frozen=True, eq=False)
class Person:
    """One patient."""

    clip: str
    """Name of the clip, without ending."""
    original: Face
    result: Face
    """At another moment, where the clip is long enough."""
    surrogate: Face | None
    """None if its picture is not known."""
    surrogate_id: str
    """Empty if no manifest names it."""


Control = Callable[[Person], list[Face]]
"""Gives faces of others for a patient's trials, in an order that is drawn."""


def people_of(
    pairs: Sequence[tuple[Path, Path]],
    detector: Detector,
    backend: Backend,
    progress: Progress | None = None,
    names: Sequence[str] | None = None,
) -> tuple[list[Person], list[str]]:
    """The faces of patients, and a sentence on each that was left out or lacks something.

    `names` are what patients are called; as their original if not given.

    Raises
    ------
    NoFaceError
        If no pair shows a face.
    VideoError
        If a clip cannot be read.
    """
    found, left_out = [], []
    for number, (original, result) in enumerate(pairs):
        try:
            first, second = two_moments(original, result, detector, backend)
        except NoFaceError as error:
            said = str(error)
            if names is not None:  # where the clips lie says nothing to whoever named them
                for path in (original, result):
                    said = said.replace(str(path), names[number])
            left_out.append(said)
            continue
        name = _surrogate_of(result)
        face = _shipped(name, detector, backend) if name else None
        if face is None:
            left_out.append(
                f"{result.name if names is None else names[number]} does not say which surrogate "
                "it has: its trials show another control in its place."
            )
        called_so = original.stem if names is None else names[number]
        found.append(Person(called_so, first, second, face, name))
        if progress is not None:
            progress("looking", number + 1, None)
    if not found:
        raise NoFaceError("No pair of clips shows a face: give other clips.")
    return found, left_out


def _surrogate_of(result: Path) -> str:
    """The surrogate that the manifest beside a result names; nothing if there is none."""
    try:
        people = StoredManifest.read(result.with_suffix(".json")).people
    except (FormatError, OSError):
        return ""
    return next((str(one.face) for one in people if one.face), "")


def _shipped(name: str, detector: Detector, backend: Backend) -> Face | None:
    place = files("mien") / "assets" / "surrogates" / "pictures" / f"{Path(name).name}.jpg"
    if not place.is_file():
        return None
    with as_file(place) as path:
        return _portrait(path, detector, backend)


def _portrait(path: Path, detector: Detector, backend: Backend) -> Face | None:
    try:
        image = read_picture(path)
    except (MienError, OSError):
        return None
    return None if image is None else largest_face(image, detector, backend)


def controls_of(
    kind: str,
    people: Sequence[Person],
    detector: Detector,
    backend: Backend,
    rng: np.random.Generator,
) -> Control:
    """Who else is shown beside patients.

    Parameters
    ----------
    kind : str
        `COHORT`, `SURROGATES`, or a folder of portraits.
    people : sequence of Person
        All patients.
    detector, backend
        Find faces and measure them.
    rng : np.random.Generator
        Draws the order.

    Raises
    ------
    ParameterError
        If there are too few of them, or no such folder.
    """
    if kind == COHORT:
        if len(people) < SHOWN - 1:
            raise ParameterError(
                f"{len(people)} patients are too few to be controls for one another: give "
                f"{SHOWN - 1}, or other controls."
            )
        return lambda person: [
            people[k].original for k in rng.permutation(len(people)) if people[k] is not person
        ]
    if kind == SURROGATES:
        root = files("mien") / "assets" / "surrogates" / "pictures"
        names = sorted(one.name.removesuffix(".jpg") for one in root.iterdir())
        known: dict[str, Face | None] = {}

        def others(person: Person) -> list[Face]:
            found: list[Face] = []
            for k in rng.permutation(len(names)):
                name = names[k]
                if name == person.surrogate_id:
                    continue
                if name not in known:
                    known[name] = _shipped(name, detector, backend)
                if (face := known[name]) is not None:
                    found.append(face)
                if len(found) == SHOWN:
                    break
            return found

        return others
    return _portraits(Path(kind), SHOWN * len(people), detector, backend, rng)


def _portraits(
    folder: Path, most: int, detector: Detector, backend: Backend, rng: np.random.Generator
) -> Control:
    if not folder.is_dir():
        raise ParameterError(f"{folder} is not a folder: give one of portraits as controls.")
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in _PICTURES)
    faces: list[Face] = []
    for k in rng.permutation(len(paths)):
        face = _portrait(paths[k], detector, backend)
        if face is not None:
            faces.append(face)
        if len(faces) >= most:
            break
    if len(faces) < SHOWN - 2:
        raise ParameterError(f"{folder} holds {len(faces)} portraits: give {SHOWN - 2} or more.")
    return lambda person: [faces[k] for k in rng.permutation(len(faces))]
