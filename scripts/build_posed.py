"""Make posed faces for ``scripts/build_emotion.py``, out of portraits and phantoms.

    python scripts/build_posed.py PORTRAITS RUN/posed.npz

Pictures from the web show few faces that do what a photographer asked for. Here portraits are bent
by the face model until they do: each gets the action units that FACS gives for an expression, with
a strength and a mixture of its own; what bending cannot show, the inside of an opened mouth and the
furrows of a frown, is painted. The portraits themselves are added, as happiness or neutral by how
much they smile, and phantoms with scripted expressions. Pictures are 60 x 60, the face framed as
OpenCV's detector frames it, with an eighth of that on each side. The portraits are in the public
domain; nothing of them is kept but the weights that learnt from them.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
from build_blendshapes import _displaced

from mien.blendshapes import prototypes
from mien.blendshapes.names import NAMES
from mien.blendshapes.scores import Blendshapes
from mien.emotion import framing
from mien.emotion.classifier import EXPRESSIONS
from mien.face import topology
from mien.face.model import FaceModel
from mien.face.region import Region
from mien.models.landmarker import FaceMesh
from mien.phantom.encounter import clip_of
from mien.phantom.encounter_script import EncounterScript
from mien.tracking.detection import Detector

PORTRAITS, PHANTOMS = 1204, 47  # bent pictures, and people each with seven expressions
HEAD = 360  # pixels across a whole head
SIDE, AROUND = 60, 1.25
SHUT = 0.05  # of the eye distance: gap between the lips of a closed mouth
OPEN = 0.25
RESTING, SMILING = 0.2, 0.45  # blendshape score of the smile; what lies between is left out

# action units and their strengths, several ways of posing each expression; after Ekman & Friesen,
# "Facial Action Coding System", 1978
WAYS: dict[str, tuple[dict[int, float], ...]] = {
    "anger": (
        {4: 1, 5: 0.3, 7: 0.6, 23: 0.7, 24: 0.5},
        {4: 1, 7: 0.7, 10: 0.5, 25: 0.6, 16: 0.4},
        {4: 1, 5: 0.5, 7: 0.4, 25: 0.5, 26: 0.3, 10: 0.3},
        {4: 0.8, 17: 0.5, 24: 0.7},
    ),
    "disgust": (
        {9: 1, 10: 0.5, 17: 0.5},
        {9: 0.9, 10: 0.4, 25: 0.2, 16: 0.15},
        {9: 0.3, 10: 0.45, 15: 0.5, 17: 0.7, 4: 0.5, 7: 0.5},
        {9: 0.9, 4: 0.6, 7: 0.7, 17: 0.6, 24: 0.3},
    ),
    "fear": (
        {1: 1, 2: 0.6, 4: 0.5, 5: 0.9, 20: 0.8, 25: 0.6},
        {1: 0.9, 4: 0.5, 5: 0.9, 26: 0.5, 20: 0.5, 25: 0.3},
        {1: 0.8, 2: 0.4, 4: 0.4, 5: 0.8, 20: 0.5},
        {1: 1, 4: 0.5, 5: 0.6, 25: 0.5, 26: 0.25},
    ),
    "happiness": (
        {6: 0.7, 12: 1, 25: 0.6},
        {6: 0.3, 12: 0.7},
        {6: 0.9, 12: 1, 25: 0.8, 26: 0.35},
    ),
    "neutral": ({}, {24: 0.15}, {25: 0.15}),
    "sadness": (
        {1: 1, 4: 0.5, 15: 0.9, 17: 0.5},
        {1: 0.8, 4: 0.4, 15: 0.6},
        {4: 0.5, 1: 0.5, 15: 0.8, 17: 0.8},
        {1: 0.8, 15: 0.6, 7: 0.3, 25: 0.2},
    ),
    "surprise": (
        {1: 0.9, 2: 1, 5: 0.8, 26: 0.8},
        {1: 1, 2: 1, 5: 0.6, 26: 0.4, 25: 0.3},
        {1: 0.9, 2: 0.9, 5: 0.9, 26: 1},
        {1: 0.7, 2: 0.8, 5: 0.5, 18: 0.3, 26: 0.4},
    ),
}


def heads(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Grey pictures of whole heads (n, 360, 360), and their landmarks (n, 478, 3)."""
    mesh, detector = FaceMesh(workers=1), Detector()
    pictures, landmarks = [], []
    for path in sorted(folder.glob("*.jpg")):
        image = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
        regions = detector.find(image)
        points = mesh.measure(image, regions)[0] if len(regions) == 1 else None
        if points is not None:
            points = mesh.measure(image, [Region.around(points)])[0]
        if points is None:
            continue
        low, high = points[:, :2].min(0), points[:, :2].max(0)
        scale = HEAD / (2 * (high - low).max())
        shift = np.array([0.5, 0.54]) * HEAD - scale * (low + high) / 2
        grey = cv2.warpAffine(
            cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.c_[scale * np.eye(2), shift], (HEAD, HEAD),
            flags=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE,
        )  # fmt: skip
        pictures.append(grey)
        landmarks.append(scale * points + [*shift, 0])
    return np.array(pictures), np.array(landmarks, np.float64)


class Pose:
    """One portrait made to show one expression."""

    def __init__(self, picture: np.ndarray, points: np.ndarray, which: str, seed: int) -> None:
        self.rng, model = np.random.default_rng(seed), FaceModel.load()
        names = model.expression_names
        solution = model.solve(points, model.fit(points[None]))
        beta, rest = np.zeros(len(names)), solution.beta.copy()
        for name, value in zip(NAMES, self._scores(which), strict=True):
            if name in names:
                beta[names.index(name)] = value
        for k, name in enumerate(names):
            if "Look" in name or "Blink" in name:
                rest[k] *= 0.3
        self._beta = {name: float(value) for name, value in zip(names, beta, strict=True)}
        added = beta - self.rng.uniform(0.8, 1) * rest
        offset = np.tensordot(added, model.expression, 1)
        moved = solution.pose.scale * (offset @ solution.pose.rotation.T)[:, :2]
        self.there = points[:, :2] + moved
        self.eyes = float(np.linalg.norm(points[33, :2] - points[263, :2]))
        self.image = _displaced(picture, self.there, moved).astype(np.float32)
        before = float(np.linalg.norm(points[13, :2] - points[14, :2])) / self.eyes
        self._open_mouth(before)
        self._furrow()

    def _scores(self, which: str) -> np.ndarray:
        way = WAYS[which][self.rng.integers(len(WAYS[which]))]
        strength, scores = self.rng.uniform(0.6, 1.25), np.zeros(len(NAMES))
        for unit, share in way.items():
            scores += strength * share * self.rng.uniform(0.75, 1.25) * prototypes.unit(unit)
        return scores.clip(0, 1.2)

    def _open_mouth(self, before: float) -> None:
        """What is inside a mouth that was shut is dark, often with teeth above."""
        there, rng = self.there, self.rng
        gap = float(np.linalg.norm(there[13] - there[14])) / self.eyes
        if gap < max(SHUT, 1.6 * before):
            return
        mask = np.zeros(self.image.shape, np.uint8)
        ring = np.round(there[topology.INNER_LIP_RING] * 8).astype(np.int32)
        cv2.fillPoly(mask, [ring], 255, cv2.LINE_AA, 3)
        share = cv2.GaussianBlur(mask, (0, 0), 1.0) / 255.0
        inside = np.full(self.image.shape, rng.uniform(15, 45), np.float32)
        if rng.random() < 0.7:
            y = np.mgrid[:HEAD, :HEAD][0]
            top = there[[13, 82, 312], 1].mean()
            teeth = min(rng.uniform(0.04, 0.09), 0.5 * gap) * self.eyes
            below = np.maximum(0, (y - top - teeth) / (0.02 * self.eyes))
            inside += rng.uniform(110, 180) * np.exp(-(below**2)) * (y < there[14, 1] + 2)
        self.image = self.image * (1 - share) + inside * share

    def _furrow(self) -> None:
        """Lines that frowning, sneering and raised inner brows draw."""
        there, rng, eyes = self.there, self.rng, self.eyes
        frown = min(self._mean("browDown") - 0.2, 0.8)
        if frown > 0.1:
            up, middle = there[9] - there[8], (there[107] + there[336]) / 2
            for side in (-0.16, 0.16):
                x = middle + side * (there[336] - there[107])
                start, end = x - 0.6 * up * rng.uniform(0.5, 1), x + 0.7 * up
                self._line(start, end, rng.uniform(1.2, 2.5), frown * rng.uniform(0.2, 0.55))
        nose = self._mean("noseSneer")
        sneer = max(nose, 0.5 * self._mean("mouthUpperUp"))
        if sneer > 0.25:
            for wing, corner, side in ((129, 61, -1), (358, 291, 1)):
                start = there[wing] + [2 * side, -4]
                end = 0.35 * there[wing] + 0.65 * there[corner] + [6 * side, 0]
                self._line(start, end, rng.uniform(1.5, 3), sneer * rng.uniform(0.3, 0.6))
        if nose > 0.3:
            for place in (0.0, 0.35, 0.7):
                middle = (1 - place) * there[168] + place * there[197]
                half = np.array([0.09 * eyes, 0])
                self._line(
                    middle - half, middle + half, rng.uniform(1, 2), nose * rng.uniform(0.15, 0.4)
                )
        inner = min(self._mean("browInnerUp"), 1.0)
        if inner > 0.4:
            for place in (0.45, 0.75):
                middle = (1 - place) * there[9] + place * there[10]
                peak = middle - [0, rng.uniform(0, 4)]
                for side in (-0.28, 0.28):
                    end = middle + [side * eyes, rng.normal(0, 2)]
                    self._line(end, peak, rng.uniform(1, 2.5), inner * rng.uniform(0.05, 0.25))

    def _mean(self, stem: str) -> float:
        return float(np.mean([v for name, v in self._beta.items() if name.startswith(stem)]))

    def _line(self, start: np.ndarray, end: np.ndarray, width: float, depth: float) -> None:
        mask = np.zeros(self.image.shape, np.uint8)
        a, b = (tuple(np.round(np.asarray(p) * 8).astype(int).tolist()) for p in (start, end))
        cv2.line(mask, a, b, 255, max(1, round(width)), cv2.LINE_AA, 3)
        self.image *= 1 - depth * cv2.GaussianBlur(mask, (0, 0), 0.8 * width) / np.float32(255)


def framed(image: np.ndarray) -> np.ndarray | None:
    """The face and an eighth around it, (60, 60); None where the detector finds none."""
    cascade, _ = framing.face_cascade()
    small = cv2.resize(image, (144, 144), interpolation=cv2.INTER_AREA)
    found = cascade.detectMultiScale(small, 1.08, 2, minSize=(43, 43))
    if not len(found):
        return None
    x, y, side, _ = max(found, key=lambda box: box[2]) * len(image) / 144
    return _square(image, x + side / 2, y + side / 2, AROUND * side)


def _square(image: np.ndarray, x: float, y: float, side: float) -> np.ndarray:
    scale = 3 * SIDE / side
    matrix = np.array([[scale, 0, 1.5 * SIDE - scale * x], [0, scale, 1.5 * SIDE - scale * y]])
    large = cv2.warpAffine(image, matrix, (3 * SIDE, 3 * SIDE), borderMode=cv2.BORDER_REPLICATE)
    return cv2.resize(large, (SIDE, SIDE), interpolation=cv2.INTER_AREA)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("portraits", type=Path)
    parser.add_argument("output", type=Path)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    rng = np.random.default_rng(7)
    images, labels, who = [], [], []
    pictures, landmarks = heads(args.portraits)
    eyes = np.linalg.norm(landmarks[:, 33, :2] - landmarks[:, 263, :2], axis=1)
    gaps = np.linalg.norm(landmarks[:, 13, :2] - landmarks[:, 14, :2], axis=1) / eyes
    for number in range(PORTRAITS):
        which = EXPRESSIONS[number % 7]
        # an opened mouth has teeth that another expression would not show
        fit = gaps < (SHUT if which in ("anger", "disgust", "neutral", "sadness") else OPEN)
        chosen = int(rng.choice(np.flatnonzero(fit)))
        posed = Pose(pictures[chosen], landmarks[chosen], which, number).image
        crop = framed(np.clip(posed, 0, 255).astype(np.uint8)[52:308, 52:308])
        if crop is not None:
            images.append(crop)
            labels.append(number % 7)
            who.append(chosen)
    scores = Blendshapes.load().scores(landmarks, HEAD, HEAD)
    smiles = scores[:, [NAMES.index(f"mouthSmile{side}") for side in ("Left", "Right")]].mean(1)
    for chosen in np.flatnonzero((smiles < RESTING) | (smiles > SMILING)):
        crop = framed(pictures[chosen][52:308, 52:308])
        # most smile: those that do not come three times
        for _ in range(0 if crop is None else 1 if smiles[chosen] > SMILING else 3):
            images.append(crop)
            labels.append(EXPRESSIONS.index("happiness" if smiles[chosen] > SMILING else "neutral"))
            who.append(int(chosen))
    for seed in range(PHANTOMS):
        order = rng.permutation(7)
        course = tuple((k, k + 1.0, EXPRESSIONS[which]) for k, which in enumerate(order))
        script = EncounterScript(seconds=7, patient=course, fps=4, seed=1000 + seed)
        clip = clip_of(script, "patient")
        points = clip.truth.people[0].landmarks
        assert points is not None
        for k, which in enumerate(order):
            frame = cv2.cvtColor(clip.frame(4 * k + 2).image, cv2.COLOR_RGB2GRAY)
            x, y, side, _ = framing.square_of(points[4 * k + 2])
            images.append(_square(frame, x, y, AROUND * side))
            labels.append(which)
            who.append(7000 + seed)
    np.savez(args.output, images=np.array(images), labels=np.array(labels), who=np.array(who))
    print(f"{args.output}: {len(images)} posed faces")


if __name__ == "__main__":
    main()
