"""Measure what the modes do to recognisers and to a landmark detector, and write it beside them.

    python scripts/measure_modes.py PORTRAITS -o src/mien/assets/modes.npz

Some portraits stand in for patients. Each is given the mean face of the bank, and that face moved
along each mode by two standard deviations either way: how far the descriptor of every recogniser
that chooses goes, and how far dlib's points go astray, are the mean differences. Run it again when
the engine draws in another way, or another recogniser chooses.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from mien.engines.laying import composite
from mien.engines.mesh.engine import Mesh, Person
from mien.face.model import FaceModel
from mien.models.landmarker import open_backend
from mien.pipeline.legible import read
from mien.recognition.recogniser import Recogniser
from mien.recognition.registry import ALSO_STEER, STEERS, recogniser
from mien.surrogates.bank import Bank, Surrogate
from mien.surrogates.modes import Modes
from mien.tracking import Sample
from mien.tracking.detection import Detector

PATIENTS = 8  # portraits that stand in for patients
ENLARGE = 2  # of many portraits the face is 110 to 150 pixels wide
STEP = 2.0  # standard deviations of a mode
EYES = 3.0  # weight of the eyes' points among those that shall be read as they are


def stand_ins(folder: Path) -> list[Sample]:
    """Portraits with landmarks, evenly from a folder."""
    backend, detector = open_backend(), Detector()
    paths = sorted(folder.glob("*.jpg"))
    found: list[Sample] = []
    for path in paths[:: max(1, len(paths) // PATIENTS)][:PATIENTS]:
        small = cv2.imread(str(path))
        image = cv2.resize(small, None, fx=ENLARGE, fy=ENLARGE, interpolation=cv2.INTER_CUBIC)
        image = np.ascontiguousarray(image[..., ::-1])
        for region in detector.find(image, tiles=True)[:1]:
            points = backend.measure(image, [region])[0]
            if points is not None:
                found.append(Sample(image, points))
    return found


def middle_of(bank: Bank) -> Surrogate:
    """The mean face of a bank."""
    faces = [bank.load(name) for name in bank.cards]
    texture = np.mean([face.texture.astype(np.float64) for face in faces], 0)
    return replace(
        faces[0],
        shape=np.mean([face.shape for face in faces], 0),
        texture=texture.round().astype(np.uint8),
    )


def measured(
    modes: Modes, face: Surrogate, patients: Sequence[Sample], recognisers: Sequence[Recogniser]
) -> tuple[list[np.ndarray], np.ndarray]:
    """What each mode does, averaged over those who are given the face.

    Returns
    -------
    seen : list of np.ndarray [shape=(n_modes, size)]
        Change of each recogniser's descriptor per s.d.
    astray : np.ndarray [shape=(n_modes, 102)]
        How far dlib's 51 inner points go from where the rendered landmarks are, per s.d.
    """
    weight = np.ones((51, 1))
    weight[19:31] = EYES
    model = FaceModel.load()
    columns: list[list[np.ndarray]] = []
    for patient in patients:
        alpha = model.fit(patient.landmarks[None])
        person = Person.calibrate([patient], alpha)
        rows = []
        for step in STEP * np.eye(len(modes)):
            back, forth = (
                _look(person, modes.moved(face, amounts), patient, recognisers, weight)
                for amounts in (-step, step)
            )
            rows.append([(b - a) / (2 * STEP) for a, b in zip(back, forth, strict=True)])
        columns.append([np.stack(column) for column in zip(*rows, strict=True)])
        print(f"{len(columns)} of {len(patients)}", flush=True)
    *seen, astray = (np.mean(column, axis=0) for column in zip(*columns, strict=True))
    return seen, astray


def _look(
    person: Person,
    face: Surrogate,
    patient: Sample,
    recognisers: Sequence[Recogniser],
    weight: np.ndarray,
) -> list[np.ndarray]:
    """What recognisers and the detector make of a patient with another face."""
    picture = patient.image.copy()
    rendering = Mesh(person, face).render(patient.image, patient.landmarks)
    composite(picture, rendering)
    there = rendering.face(patient.landmarks)
    error, _ = read(picture, there)
    return [*(who.describe(picture, there) for who in recognisers), (weight * error).ravel()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("portraits", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True, help="modes.npz, changed")
    given = parser.parse_args()
    who = [recogniser(name) for name in (STEERS, *ALSO_STEER)]
    bank = Bank.open()
    seen, astray = measured(Modes.load(), middle_of(bank), stand_ins(given.portraits), who)
    with np.load(given.output) as data:
        kept = {name: data[name] for name in data.files if not name.startswith("seen_")}
    kept["reading"] = astray.astype(np.float32)
    for one, change in zip(who, seen, strict=True):
        kept[f"seen_{one.name}"] = change.astype(np.float32)
        print(f"{one.name}: {np.linalg.norm(change, axis=1).mean():.3f} per s.d. on average")
    np.savez_compressed(given.output, **kept)


if __name__ == "__main__":
    main()
