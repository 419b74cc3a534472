"""Measure on portraits what the face model leaves over of everybody, and write it into its asset.

    python scripts/measure_rest.py PORTRAITS -o src/mien/assets/face_model.npz

PORTRAITS holds `ID.jpg` files and `portraits.csv` (id, sex). Landmarks are read a little otherwise
than the modes say, on everybody alike (`usual`), and a lasting smile is partly taken for identity
(`posed`). Both are one linear regression on what people do with their faces, with their sex beside
it so that who smiles more is not mistaken for what smiling does. Run it after
`build_face_model.py`, and the scripts of the bank after it.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import cv2
import numpy as np

from mien.face.model import POSED, FaceModel
from mien.face.region import Region
from mien.models.landmarker import open_backend
from mien.tracking.detection import Detector

LARGE = 1024  # pixels that small portraits are enlarged to, three times at most
TURNED = 0.2  # sine of the turn of a head that is left out
PRIOR = 0.3  # of the ridge, in pictures


def read_all(folder: Path) -> list[tuple[str, np.ndarray]]:
    """Sex and landmarks, shape (478, 3), of each portrait on which a face is found."""
    backend, detector, found = open_backend(), Detector(), []
    with (folder / "portraits.csv").open() as stream:
        rows = [row for row in csv.DictReader(stream) if row["sex"]]
    for row in rows:
        picture = cv2.imread(str(folder / f"{row['id']}.jpg"))
        if picture is None:
            continue
        enlarge = min(3.0, LARGE / min(picture.shape[:2]))
        way = cv2.INTER_CUBIC if enlarge > 1 else cv2.INTER_AREA
        image = cv2.resize(picture[..., ::-1], None, fx=enlarge, fy=enlarge, interpolation=way)
        image = np.ascontiguousarray(image)
        for region in detector.find(image, tiles=True)[:1]:
            points = backend.measure(image, [region])[0]
            if points is not None:
                points = backend.measure(image, [Region.around(points)])[0]
            if points is not None:
                found.append((row["sex"], points))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("portraits", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True, help="face_model.npz, changed")
    given = parser.parse_args()
    model = FaceModel.load()
    rows, alphas, left = [], [], []
    for sex, points in read_all(given.portraits):
        alpha = model.fit(points[None])
        solved = model.solve(points, alpha)
        if abs(solved.pose.rotation[0, 2]) >= TURNED:
            continue
        mirrored = solved.residual[model.mirror] * np.array([-1.0, 1.0, 1.0])
        rows.append([1.0, 1.0 if sex == "M" else -1.0, *model.posing(solved.beta)])
        alphas.append(alpha)
        left.append((solved.residual + mirrored) / 2)
    table = np.array(rows)
    ridge = np.diag([0.0, 0.0] + [PRIOR] * len(POSED))
    weights = np.linalg.solve(table.T @ table + ridge, table.T)
    usual, posed = np.tensordot(weights[0], np.stack(left), 1), weights[2:] @ np.stack(alphas)
    with np.load(given.output) as asset:
        kept = {name: asset[name] for name in asset.files}
    kept |= {"usual": usual.astype(np.float32), "posed": posed.astype(np.float32)}
    np.savez_compressed(given.output, **kept)
    size = np.sqrt((usual**2).mean(0)).round(4)
    print(f"{len(rows)} portraits; usual {size} outer-eye distances, across, down and away")


if __name__ == "__main__":
    main()
