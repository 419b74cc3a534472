"""Teach the network of seven classes with the blendshape scores of small faces.

    python scripts/build_seven_classes.py SCORES.npz -o src/mien/assets/seven_classes.npz

SCORES.npz is what ``scripts/build_fer_scores.py`` makes of FER2013 with FER+ votes, which are the
targets: first of three networks, then, together with their mean answer, of the one that is kept.
Each epoch sees each face another way: turned a little in depth, measured a little worse,
with sides exchanged. A tenth of the Training split sets temperature and threshold; PublicTest
teaches nothing: ``benchmarks/seven_classes.py`` judges with it. Needs torch.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mien.blendshapes.names import NAMES
from mien.blendshapes.prototypes import SEVEN, prototype
from mien.blendshapes.scores import Blendshapes
from mien.selfnorm.calibration import coverage, reliability, temperature
from mien.selfnorm.config import SelfNormConfig
from mien.selfnorm.learner import Learner
from mien.selfnorm.measures import Measures, confusion
from mien.selfnorm.network import SelfNorm
from mien.selfnorm.training import mirrored_order

WIDTHS = (128, 128, 96, 96, 64, 64, 64, 64, 64, 64)
STAGES = ((1e-3, 35), (3e-4, 13), (1e-4, 10))  # learning rates, and epochs of each
TEACHERS = 3  # networks whose mean answer is half of what the one that is kept learns
VARIANTS = 4  # ways in which a face is seen, the first one as it is
TURN = np.radians((2.0, 3.0, 3.0))  # nod, shake and tilt: standard deviations
JITTER = 0.004  # of a landmark, in mean distances from the middle
ASPECT = 0.02  # how much taller or wider, standard deviation
AT_REST, TEXTBOOK = 0.004, 0.001  # share of rows added: scores near 0, each prototype
RARE = 0.2  # logits lose this times the logarithm of how frequent a class is
RIGHT = 0.85  # share of answers that should be right: sets the threshold of abstention
VALIDATION = 0.1
SPREAD = 0.03  # scores that vary less are standardised as if they varied so much
DEAD = 0.005  # standard deviation below which a score is not looked at


@dataclass(frozen=True, eq=False)
class Faces:
    """What is known of the faces that can be used."""

    landmarks: np.ndarray
    scores: np.ndarray
    shares: np.ndarray
    """Share of each of the seven among the votes for any of them, (n, 7)."""
    labels: np.ndarray
    """Which got most votes; -1 where that is none of the seven, or two are level."""
    judged: np.ndarray
    """Whether a face is of the PublicTest split."""

    @staticmethod
    def load(path: Path) -> Faces:
        """Those that were found, are no copies, and of which most votes are for the seven."""
        with np.load(path) as asset:
            held = {name: asset[name] for name in asset.files}
        if tuple(held["names"]) != NAMES or tuple(held["vote_names"][:7]) != SEVEN:
            raise SystemExit(f"{path} is of another version: build it again.")
        votes = held["votes"].astype(np.float32)
        ordered = np.sort(votes, 1)
        labels = np.where(ordered[:, -1] > ordered[:, -2], votes.argmax(1), -1)
        seven = votes[:, :7].sum(1)
        keep = (held["how"] > 0) & ~held["copy"] & (seven * 2 >= votes.sum(1))
        return Faces(
            held["landmarks"][keep].astype(np.float32),
            held["scores"][keep],
            (votes[:, :7] / np.maximum(seven, 1)[:, None])[keep],
            np.where(labels < 7, labels, -1)[keep],
            (held["split"] == "PublicTest")[keep],
        )


def seen(landmarks: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Scores of the same faces turned, stretched and measured a little differently, (n, 51)."""
    n = len(landmarks)
    points = landmarks - landmarks.mean(1, keepdims=True)
    for axis, sd in enumerate(TURN):
        c, s = np.cos(angle := rng.normal(0, sd, (n, 1))), np.sin(angle)
        a, b = points[..., (axis + 1) % 3].copy(), points[..., (axis + 2) % 3].copy()
        points[..., (axis + 1) % 3], points[..., (axis + 2) % 3] = c * a - s * b, s * a + c * b
    points[..., 1] *= np.exp(rng.normal(0, ASPECT, (n, 1)))
    size = np.linalg.norm(points[..., :2], axis=2).mean(1)[:, None, None]
    points = points + rng.normal(0, JITTER, points.shape) * size
    return Blendshapes.load().scores(points + 1000, 2000, 2000)


def teach(faces: Faces, seed: int) -> tuple[SelfNorm, np.ndarray]:
    """A network, and which rows validate it."""
    rng = np.random.default_rng(seed)
    held = ~faces.judged & (rng.random(len(faces.labels)) < VALIDATION)
    learnt = np.flatnonzero(~faces.judged & ~held)
    held &= faces.labels >= 0
    ways = [faces.scores[learnt]]
    ways += [seen(faces.landmarks[learnt], rng) for _ in range(VARIANTS - 1)]
    planted = [np.full(round(AT_REST * len(learnt)), SEVEN.index("neutral"))]
    planted += [np.full(round(TEXTBOOK * len(learnt)), k) for k in range(1, len(SEVEN))]
    classes = np.concatenate(planted)
    shape = (VARIANTS, len(classes), len(NAMES))
    much = rng.uniform(0.5, 1.2, shape[:2])[..., None]
    made = np.array([prototype(name) for name in SEVEN])[classes] * much
    made = np.clip(
        made * rng.choice((0, 0.7, 1, 1.2), shape) + np.abs(rng.normal(0, 0.03, shape)), 0, 1
    )
    x = np.concatenate([np.stack(ways), made.astype(np.float32)], 1)
    y = np.concatenate([faces.shares[learnt], np.eye(7, dtype=np.float32)[classes]])
    other = mirrored_order(NAMES)
    both = np.concatenate([x, x[..., other]]).reshape(-1, len(NAMES))
    mean, scale = both.mean(0), np.maximum(both.std(0), SPREAD)
    dead = both.std(0) < DEAD
    print("not looked at: " + ", ".join(np.array(NAMES)[dead]))
    x[..., dead] = mean[dead]
    raw = x.astype(np.float32)
    x = (x - mean) / scale
    teachers = [
        _descend(x, y, other, mean, scale, rng, seed + 10 * k) for k in range(1, TEACHERS + 1)
    ]
    given = [one.predict_proba(way) for one in teachers for way in raw]
    y = ((y + np.mean(given, 0)) / 2).astype(np.float32)
    network = _descend(x, y, other, mean, scale, rng, seed)
    first, last = network.weights[0], network.weights[-1]
    first = (np.where(dead[:, None], 0, first[0]), first[1])
    last = (last[0], last[1] - RARE * np.log(y.mean(0)))
    network = replace(network, weights=(first, *network.weights[1:-1], last))
    truth = faces.labels[held]
    network = network.calibrated(temperature(network.logits(faces.scores[held]), truth))
    given = network.predict_proba(faces.scores[held])
    threshold = coverage(given, truth).threshold_for(RIGHT)
    return network.calibrated(network.temperature, threshold or 0.0), held


def _descend(
    x: np.ndarray,
    y: np.ndarray,
    other: np.ndarray,
    mean: np.ndarray,
    scale: np.ndarray,
    rng: np.random.Generator,
    seed: int,
) -> SelfNorm:
    import torch

    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    rows = np.arange(len(y))
    # where sides are exchanged, what was standardised is moved with them
    swap = lambda part: (((part * scale + mean)[:, other] - mean) / scale).astype(np.float32)  # noqa: E731
    parameters, begin, epochs = None, time.monotonic(), 0
    for stage, (rate, count) in enumerate(STAGES):
        config = SelfNormConfig(
            widths=WIDTHS, dropout=0.01, l2=0.0, l2_layers=(), learning_rate=rate, mirror=True,
            epochs=sum(part for _, part in STAGES), seed=seed + stage,
        )  # fmt: skip
        learner = Learner(len(NAMES), len(SEVEN), config)
        if parameters is not None:
            learner.parameters[:] = parameters
        for _ in range(count):
            one = x[rng.integers(0, VARIANTS, len(y)), rows].astype(np.float32)
            loss, right = learner.epoch(np.concatenate([one, swap(one)]), y)
            epochs += 1
            if epochs % 5 == 0:
                spent = time.monotonic() - begin
                print(
                    f"epoch {epochs}: loss {loss:.3f}, right {right:.3f}, {spent:.0f} s", flush=True
                )
        parameters = learner.parameters.copy()
    return SelfNorm(NAMES, SEVEN, learner.weights(), mean, scale, replace(config, seed=seed))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("scores", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    faces = Faces.load(args.scores)
    network, held = teach(faces, args.seed)
    notes = {"data": "FER2013 faces, FER+ votes", "taught": int((~faces.judged & ~held).sum())}
    for name, rows in (("validation", held), ("PublicTest", faces.judged & (faces.labels >= 0))):
        given, truth = network.predict_proba(faces.scores[rows]), faces.labels[rows]
        measures = Measures.of(confusion(truth, given.argmax(1), len(SEVEN)))
        notes[name] = {
            "faces": len(truth),
            "accuracy": round(measures.accuracy, 4),
            "macro-F1": round(measures.macro_f1, 4),
            "calibration error": round(reliability(given, truth).ece, 4),
        }
    replace(network, notes=notes).save(args.output, overwrite=True)
    print(f"{args.output}: {args.output.stat().st_size / 1000:.0f} kB, {notes}")


if __name__ == "__main__":
    main()
