"""Blendshape scores of the small grey faces of FER2013, for ``scripts/build_seven_classes.py``.

    python scripts/build_fer_scores.py fer2013_plus.npz SCORES.npz

Each face of 48 x 48 pixels is enlarged, given a margin, looked for and measured by itself, with
mien's detector and mesh. This takes half an hour, in parts that are kept beside the output in
``SCORES.parts`` until all is there: an interrupted run goes on where it was. Then pictures that are
there more than once are marked (`copies`): many are, cut out a little differently.

The pictures are for research use only: neither they nor scores of single pictures belong into the
repository.
"""

from __future__ import annotations

import argparse
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from mien.blendshapes.names import NAMES
from mien.blendshapes.scores import Blendshapes
from mien.face.region import Region
from mien.models.landmarker import FaceMesh
from mien.tracking.detection import Detector

ENLARGED = 5  # how many times
MARGIN = 144  # pixels around the enlarged face: the mesh looks at half a face more on each side
SIDE = 48 * ENLARGED + 2 * MARGIN
DARK = 96  # pixels of black around a face, in which the detector finds most
GUESSES = (0.0, 0.35, -0.35)  # turns of the square in which a face is supposed when none is found
HOW = ("not found", "in black", "in its own edge", "supposed", "supposed, turned")
PART = 500  # faces
ALIKE, ALIKE_ALIGNED = 0.93, 0.95  # correlation above which two pictures are one, judged by eye


class Finder:
    """A small grey face to landmarks."""

    def __init__(self) -> None:
        self._mesh, self._detector = FaceMesh(1), Detector()

    def __call__(self, grey: np.ndarray) -> tuple[int, np.ndarray]:
        """How the face was found, as a place in `HOW`, and landmarks (478, 3), enlarged pixels."""
        image = _framed(grey, MARGIN, cv2.BORDER_REPLICATE)
        for how, region in self._regions(grey, image):
            points = self._settle(image, region, 2 if how < 3 else 3)
            if points is not None:
                return how, points
        return 0, np.full((478, 3), np.nan)

    def _settle(self, image: np.ndarray, region: Region, rounds: int) -> np.ndarray | None:
        points = None
        for _ in range(rounds):
            points = self._mesh.measure(image, [region])[0]
            if points is None:
                return None
            region = Region.around(points)
        return points

    def _regions(self, grey: np.ndarray, image: np.ndarray) -> Iterator[tuple[int, Region]]:
        shift = MARGIN - DARK
        for found in self._detector.find(_framed(grey, DARK, cv2.BORDER_CONSTANT))[:1]:
            yield 1, Region(found.x + shift, found.y + shift, found.size, found.angle)
        for found in self._detector.find(image)[:1]:
            yield 2, found
        for turn in GUESSES:  # the face fills the picture, and the mesh says whether there is one
            yield 3 if turn == 0 else 4, Region(SIDE / 2, SIDE / 2, 0.9 * 48 * ENLARGED, turn)


def _framed(grey: np.ndarray, margin: int, border: int) -> np.ndarray:
    large = cv2.resize(grey, None, fx=ENLARGED, fy=ENLARGED, interpolation=cv2.INTER_CUBIC)
    large = cv2.copyMakeBorder(large, margin, margin, margin, margin, border)
    return cv2.cvtColor(large, cv2.COLOR_GRAY2RGB)


def measure(images: np.ndarray, finder: Finder, network: Blendshapes) -> dict[str, np.ndarray]:
    """Landmarks and scores of faces (n, 48, 48)."""
    found = [finder(grey) for grey in images]
    points = np.array([landmarks for _, landmarks in found])
    return {
        "how": np.array([how for how, _ in found], np.int8),
        # small pixels from the middle of the picture: 16 bits are enough for a 60th of a pixel
        "landmarks": ((points - [SIDE / 2, SIDE / 2, 0]) / ENLARGED).astype(np.float16),
        "scores": network.scores(points, SIDE, SIDE),
    }


def copies(images: np.ndarray, landmarks: np.ndarray, split: np.ndarray) -> np.ndarray:
    """Which pictures should not be used, so that none is learnt and judged, or judged twice.

    Of the Training split those that resemble one of the PublicTest split, mirrored or not: as
    thumbnails, or with their eyes laid upon each other. Of the PublicTest split repetitions.
    """
    result = np.zeros(len(images), bool)
    found = np.isfinite(landmarks[:, 0, 0])
    learnt, judged = split == "Training", split == "PublicTest"
    mirrored, mirrored_marks = images[:, :, ::-1], landmarks * [-1, 1, 1]
    ways = (
        (_thumbnails(images), _thumbnails(mirrored), np.ones(len(images), bool), ALIKE),
        (
            _aligned(images, landmarks, ((33, 133), (362, 263))),
            _aligned(mirrored, mirrored_marks, ((263, 362), (133, 33))),
            found,
            ALIKE_ALIGNED,
        ),
    )
    for plain, turned, there, alike in ways:
        rows = np.flatnonzero(learnt & there)
        others = np.concatenate([plain[judged & there], turned[judged & there]])
        for start in range(0, len(rows), 2000):
            chosen = rows[start : start + 2000]
            result[chosen] |= (plain[chosen] @ others.T).max(1) > alike
        rows = np.flatnonzero(judged & there)
        same = np.tril(np.maximum(plain[rows] @ plain[rows].T, turned[rows] @ plain[rows].T), -1)
        result[rows] |= same.max(1) > alike
    return result


def _thumbnails(images: np.ndarray) -> np.ndarray:
    """Unit vectors (n, 256)."""
    return _unit([cv2.resize(x, (16, 16), interpolation=cv2.INTER_AREA) for x in images])


def _aligned(
    images: np.ndarray, landmarks: np.ndarray, eyes: tuple[tuple[int, int], tuple[int, int]]
) -> np.ndarray:
    """Unit vectors (n, 576) of pictures in which the eyes are at the same place."""
    made = np.zeros((len(images), 24, 24), np.uint8)
    for k in np.flatnonzero(np.isfinite(landmarks[:, 0, 0])):
        left, right = (landmarks[k, list(eye), :2].mean(0, np.float64) + 23.5 for eye in eyes)
        (x, y), (dx, dy) = (left + right) / 2, right - left
        c, s = 12 * np.array([dx, dy]) / max(dx**2 + dy**2, 1e-9)
        matrix = np.array([[c, s, 12 - c * x - s * y], [-s, c, 8 + s * x - c * y]])
        soft = cv2.GaussianBlur(images[k], (0, 0), 1.0)
        made[k] = cv2.warpAffine(soft, matrix, (24, 24), borderMode=cv2.BORDER_REPLICATE)
    return _unit(made)


def _unit(pictures: list[np.ndarray] | np.ndarray) -> np.ndarray:
    flat = np.array(pictures, np.float32).reshape(len(pictures), -1)
    flat -= flat.mean(1, keepdims=True)
    return flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6)


def _write(path: Path, arrays: dict[str, np.ndarray]) -> None:
    rest = path.with_name(f"{path.stem}.writing.npz")
    np.savez(rest, **arrays)
    os.replace(rest, path)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("faces", type=Path)
    parser.add_argument("output", type=Path)
    args = parser.parse_args()
    with np.load(args.faces) as asset:
        data = {name: asset[name] for name in asset.files}
    images = data.pop("images")
    parts = args.output.with_suffix(".parts")
    parts.mkdir(parents=True, exist_ok=True)
    finder, network, begin = Finder(), Blendshapes.load(), time.monotonic()
    names = []
    for start in range(0, len(images), PART):
        names.append(parts / f"{start:05d}.npz")
        if not names[-1].exists():
            _write(names[-1], measure(images[start : start + PART], finder, network))
            done = min(start + PART, len(images))
            print(f"{done} of {len(images)}: {time.monotonic() - begin:.0f} s", flush=True)
    loaded = [dict(np.load(name)) for name in names]
    measured = {name: np.concatenate([part[name] for part in loaded]) for name in loaded[0]}
    measured["copy"] = copies(images, measured["landmarks"], data["split"])
    table = {"index": np.arange(len(images)), "names": np.array(NAMES), "hows": np.array(HOW)}
    _write(args.output, table | data | measured)
    shutil.rmtree(parts)
    report(args.output)


def report(path: Path) -> None:
    """Print how many faces were found."""
    with np.load(path) as asset:
        how, votes, split = asset["how"], asset["votes"], asset["split"]
        kinds, hows, copy = asset["vote_names"], asset["hows"], asset["copy"]
    for part in np.unique(split):
        here = split == part
        print(f"{part}: {(how[here] > 0).sum()} of {here.sum()} found, {copy[here].sum()} copies")
        print("  " + ", ".join(f"{hows[k]} {(how[here] == k).sum()}" for k in range(len(hows))))
        for k, kind in enumerate(kinds):
            chosen = here & (votes.argmax(1) == k)
            print(f"  {kind}: {(how[chosen] > 0).sum()} of {chosen.sum()}")


if __name__ == "__main__":
    main()
