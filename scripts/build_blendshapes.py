"""Teach the blendshape network, in three steps.

    python scripts/build_blendshapes.py collect MODEL.task PAIRS --clips CLIPS --portraits PORTRAITS
        --faces fer2013_plus.npz
    python scripts/build_blendshapes.py train MODEL.task PAIRS -o src/mien/assets/blendshapes.npz
    python scripts/build_blendshapes.py measure PAIRS src/mien/assets/blendshapes.npz

MODEL.task is MediaPipe's Face Landmarker with blendshapes. `collect` measures every face twice, by
mien's own mesh and with MODEL.task, and keeps both sets of landmarks and MODEL.task's scores. Some
portraits are bent first, so that sharp pictures show more than smiles. `train` draws new faces from
these pairs (mixed, with expressions, lids, gaze and poses from the face model), asks MediaPipe's
blendshape model for their scores, and fits a network to both. None of MediaPipe's weights are kept.
`train --leave NAME` leaves a clip out, and `measure` compares scores with MODEL.task's own.

Needs packages that mien does not: ai-edge-litert for `collect` and `train`, torch for `train`.
"""

from __future__ import annotations

import argparse
import time
import zipfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from scipy.interpolate import RBFInterpolator

from mien.blendshapes.names import NAMES
from mien.blendshapes.scores import Blendshapes, normalise
from mien.face import topology
from mien.face.model import FaceModel
from mien.face.region import Region
from mien.models.landmarker import FaceMesh
from mien.phantom.pose import rotation_of
from mien.tracking import State, Tracker
from mien.video import Reader

# what MediaPipe's blendshape model looks at (face_blendshapes_graph.cc, kLandmarksSubsetIdxs)
LANDMARKS = np.array(
    [
        *(0, 1, 4, 5, 6, 7, 8, 10, 13, 14, 17, 21, 33, 37, 39, 40, 46, 52, 53, 54, 55, 58, 61, 63),
        *(65, 66, 67, 70, 78, 80, 81, 82, 84, 87, 88, 91, 93, 95, 103, 105, 107, 109, 127, 132),
        *(133, 136, 144, 145, 146, 148, 149, 150, 152, 153, 154, 155, 157, 158, 159, 160, 161, 162),
        *(163, 168, 172, 173, 176, 178, 181, 185, 191, 195, 197, 234, 246, 249, 251, 263, 267, 269),
        *(270, 276, 282, 283, 284, 285, 288, 291, 293, 295, 296, 297, 300, 308, 310, 311, 312, 314),
        *(317, 318, 321, 323, 324, 332, 334, 336, 338, 356, 361, 362, 365, 373, 374, 375, 377, 378),
        *(379, 380, 381, 382, 384, 385, 386, 387, 388, 389, 390, 397, 398, 400, 402, 405, 409, 415),
        *(454, 466, 468, 469, 470, 471, 472, 473, 474, 475, 476, 477),
    ]
)
HIDDEN = (384, 384)
ROUNDS: tuple[tuple[int, dict[str, float]], ...] = (  # how many faces are drawn, from what
    (150_000, {"portraits": 0.05, "faces": 0.95}),
    (40_000, {"portraits": 0.2, "bent": 0.5, "faces": 0.3}),
    (60_000, {"portraits": 0.1, "bent": 0.25, "faces": 0.2, "clips": 0.45}),
)
BENT = 3000  # bent portraits
FACES = 15_400  # small faces that are looked at
BATCH = 512
REAL = 0.35  # share of a batch that was measured, not drawn
THEIRS = 0.3  # share of a batch given as MODEL.task's landmarks: most are as mien's mesh measures
REPEAT = {"portraits": 2, "bent": 3, "faces": 1, "clips": 5}  # how often measured faces come
VARIES = 0.03  # standard deviation above which a score is compared


# --- collect --------------------------------------------------------------------------------------


class Task:
    """MODEL.task on one picture: landmarks in pixels and scores, or None."""

    def __init__(self, path: Path, confidence: float = 0.5) -> None:
        import mediapipe
        from mediapipe.tasks import python as tasks

        self._image, self._format = mediapipe.Image, mediapipe.ImageFormat.SRGB
        self._task = tasks.vision.FaceLandmarker.create_from_options(
            tasks.vision.FaceLandmarkerOptions(
                base_options=tasks.BaseOptions(model_asset_path=str(path)),
                num_faces=1,
                min_face_detection_confidence=confidence,
                output_face_blendshapes=True,
            )
        )

    def __call__(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
        picture = self._image(image_format=self._format, data=np.ascontiguousarray(image))
        result = self._task.detect(picture)
        if not result.face_landmarks:
            return None
        size = np.array([image.shape[1], image.shape[0], image.shape[1]])
        points = np.array([(p.x, p.y, p.z) for p in result.face_landmarks[0]]) * size
        given = {entry.category_name: entry.score for entry in result.face_blendshapes[0]}
        return points, np.array([given[name] for name in NAMES])


def collect(args: argparse.Namespace) -> None:
    args.pairs.mkdir(exist_ok=True)
    for clip in sorted(args.clips.glob("*.mp4")):
        _save(args.pairs / f"clip_{clip.stem}.npz", _from_clip(clip, Task(args.model)))
    mesh, task = FaceMesh(), Task(args.model, 0.3)
    pictures = [_enlarged(path) for path in sorted(args.portraits.glob("*.jpg"))]
    portraits = [_pair(image, mesh, task) for image in pictures]
    _save(args.pairs / "portraits.npz", [pair for pair in portraits if pair])
    whole = [(image, pair[0]) for image, pair in zip(pictures, portraits, strict=True) if pair]
    rng = np.random.default_rng(1)
    bent = (_bend(*whole[rng.integers(len(whole))], rng) for _ in range(BENT))
    _save(args.pairs / "bent.npz", [p for image in bent if (p := _pair(image, mesh, task))])
    with np.load(args.faces) as asset:
        small = asset["images"][asset["split"] == "Training"]
    chosen = small[rng.permutation(len(small))[:FACES]]
    _save(
        args.pairs / "faces.npz",
        [pair for image in map(_padded, chosen) if (pair := _pair(image, mesh, task))],
    )


Pair = tuple[np.ndarray, np.ndarray, np.ndarray]


def _save(path: Path, pairs: list[Pair]) -> None:
    ours, theirs, scores = (np.array(part, np.float32) for part in zip(*pairs, strict=True))
    np.savez(path, ours=ours, theirs=theirs, scores=scores)
    print(f"{path.name}: {len(pairs)} faces", flush=True)


def _pair(image: np.ndarray, mesh: FaceMesh, task: Task) -> Pair | None:
    found = task(image)
    if found is None:
        return None
    points = mesh.measure(image, [Region.around(found[0])])[0]
    return None if points is None else (points, *found)


def _from_clip(clip: Path, task: Task) -> list[Pair]:
    """Frames of the most present person in which both see a face."""
    tracker, found = Tracker(FaceMesh()), []
    with Reader(clip) as reader:
        for frame in reader:
            tracker.update(frame.image, frame.time)
            found.append(task(frame.image))
    track = tracker.finish()[0]
    both = zip(track.landmarks, track.state, found, strict=True)
    return [(o, *pair) for o, state, pair in both if pair and state == State.TRACKED] or [
        (np.full((478, 3), np.nan), np.full((478, 3), np.nan), np.full(len(NAMES), np.nan))
    ]


def _enlarged(path: Path) -> np.ndarray:
    image = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
    scale = 900 / max(image.shape[:2])
    return cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)


def _padded(grey: np.ndarray) -> np.ndarray:
    large = cv2.resize(grey, (256, 256), interpolation=cv2.INTER_CUBIC)
    large = cv2.copyMakeBorder(large, 96, 96, 96, 96, cv2.BORDER_REPLICATE)
    return cv2.cvtColor(large, cv2.COLOR_GRAY2RGB)


def _bend(image: np.ndarray, points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A portrait with another expression, turn, size, light and sharpness."""
    side, face = 420, rng.uniform(150, 260)
    low, high = points[:, :2].min(0), points[:, :2].max(0)
    scale, angle, taller = (
        face / (high - low).max(),
        np.radians(rng.normal(0, 7)),
        rng.normal(0, 0.05),
    )
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    stretch = scale * np.diag(np.exp([taller, -taller]))
    matrix = turn @ stretch @ np.array([[1, rng.normal(0, 0.04)], [0, 1]])
    shift = side / 2 - matrix @ (low + high) / 2
    image = cv2.warpAffine(
        image, np.c_[matrix, shift], (side, side), flags=cv2.INTER_AREA,
        borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
    placed = np.c_[points[:, :2] @ matrix.T + shift, points[:, 2] * scale].astype(np.float64)
    model = FaceModel.load()
    pose = model.pose(placed, np.zeros(len(model.identity)))
    offset = np.tensordot(_expression(model, rng, 7, (-0.5, 0.9), 0.75), model.expression, 1)
    if rng.random() < 0.5:
        gaze = rng.normal(0, 1, 2) * [0.03, 0.012]
        for iris in (topology.RIGHT_IRIS, topology.LEFT_IRIS):
            offset[iris, :2] += gaze
    shut = rng.uniform(-0.2, 1) if rng.random() < 0.4 else 0.0
    canonical = pose.invert(placed)
    for upper, lower in _lids():
        offset[upper] += 0.8 * shut * (canonical[lower] - canonical[upper])
    moved = pose.scale * (offset @ pose.rotation.T)[:, :2]
    image = _displaced(image, placed[:, :2] + moved, moved)
    if rng.random() < 0.5:
        image = image[:, ::-1]
    light = image.astype(np.float32) * rng.uniform(0.7, 1.25)
    image = np.clip(light + rng.normal(0, rng.uniform(0, 5), image.shape), 0, 255).astype(np.uint8)
    if rng.random() < 0.4:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.5, 1.5))
    return np.ascontiguousarray(image)


def _displaced(image: np.ndarray, there: np.ndarray, moved: np.ndarray) -> np.ndarray:
    """A square picture bent smoothly so that what was at `there - moved` comes to `there`."""
    side = len(image)
    edge = np.linspace(0, side, 6)
    frame = np.array([(x, y) for x in edge for y in edge if {x, y} & {0, side}])
    apart = np.unique(np.round(there / 2).astype(int), axis=0, return_index=True)[1]
    field = RBFInterpolator(
        np.r_[there[apart], frame], np.r_[-moved[apart], np.zeros_like(frame)], smoothing=1.0
    )
    steps = np.linspace(0, side - 1, 64)
    grid = np.stack(np.meshgrid(steps, steps), -1).reshape(-1, 2)
    flow = cv2.resize(field(grid).reshape(64, 64, 2).astype(np.float32), (side, side))
    y, x = np.mgrid[:side, :side].astype(np.float32)
    return cv2.remap(
        image, x + flow[..., 0], y + flow[..., 1], cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip


def _expression(
    model: FaceModel,
    rng: np.random.Generator,
    most: int,
    span: tuple[float, float],
    paired: float,
) -> np.ndarray:
    """One to `most` - 1 expressions, usually on both sides of the face, shape (52,)."""
    names = model.expression_names
    beta = np.zeros(len(names))
    for k in rng.choice(len(names), rng.integers(1, most), replace=False):
        value = rng.uniform(*span)
        beta[k] += value
        other = names[k].replace("Left", "#").replace("Right", "Left").replace("#", "Right")
        if other != names[k] and rng.random() < paired:
            beta[names.index(other)] += value * rng.uniform(0.7, 1.3)
    return beta


def _lids() -> list[tuple[list[int], list[int]]]:
    return [
        (topology.LEFT_EYE_UPPER, topology.LEFT_EYE_LOWER),
        (topology.RIGHT_EYE_UPPER, topology.RIGHT_EYE_LOWER),
    ]


# --- train ----------------------------------------------------------------------------------------


class Teacher:
    """MediaPipe's blendshape model, out of MODEL.task."""

    def __init__(self, path: Path) -> None:
        from ai_edge_litert.interpreter import Interpreter

        with zipfile.ZipFile(path) as task:
            content = task.read("face_blendshapes.tflite")
        self._model = Interpreter(model_content=content, num_threads=1)
        self._model.allocate_tensors()
        self._in = self._model.get_input_details()[0]["index"]
        self._out = self._model.get_output_details()[0]["index"]

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """Scores of faces as landmarks of shape (n, 146, 2), shape (n, 51)."""
        scores = np.empty((len(points), len(NAMES)), np.float32)
        for row, face in zip(scores, points, strict=True):
            self._model.set_tensor(self._in, face[None].astype(np.float32))
            self._model.invoke()
            row[:] = self._model.get_tensor(self._out)[1:]
        return scores


class Bank:
    """Measured pairs, in pixels and in the face model's space."""

    def __init__(self, folder: Path, leave: list[str]) -> None:
        model = FaceModel.load()
        rest = np.zeros(len(model.identity))
        files = [
            p for p in sorted(folder.glob("*.npz")) if p.stem.removeprefix("clip_") not in leave
        ]
        canonical, measured = [], []
        self.kinds: dict[str, list[int]] = {}
        for path in files:
            ours, theirs, scores = load(path)
            if not len(ours):
                continue
            kind = "clips" if path.stem.startswith("clip_") else path.stem
            shape = [normalise(points[:, LANDMARKS, :2]) for points in (ours, theirs)]
            measured += [(*shape, scores)] * REPEAT[kind]
            poses = [model.pose(points, rest) for points in ours]
            for pose, own, other in zip(poses, ours, theirs, strict=True):
                canonical.append((pose.invert(own), pose.invert(other), pose.rotation))
            rows = range(len(canonical) - len(ours), len(canonical))
            self.kinds.setdefault(kind, []).extend(rows)
        self.ours, self.theirs, self.turns = (
            np.array(part, np.float32) for part in zip(*canonical, strict=True)
        )
        self.measured = tuple(np.concatenate(part) for part in zip(*measured, strict=True))

    def draw(
        self, rng: np.random.Generator, n: int, shares: dict[str, float]
    ) -> tuple[np.ndarray, np.ndarray]:
        """New faces as mien's mesh and as MODEL.task would measure them, each (n, 146, 2).

        What is changed is changed in both, so that their difference stays a real one.
        """
        model = FaceModel.load()
        chance = np.zeros(len(self.ours))
        for kind, share in shares.items():
            if kind in self.kinds:
                chance[self.kinds[kind]] = share / len(self.kinds[kind])
        a, b, c, d, e = rng.choice(len(chance), (5, n), p=chance / chance.sum())
        mix = np.where(rng.random(n) < 0.4, 0, rng.uniform(0, 0.6, n))[:, None, None]
        more = np.where(rng.random(n) < 0.4, 0, rng.uniform(0, 0.7, n))[:, None, None]
        beta = np.zeros((n, len(model.expression)))
        for k in np.flatnonzero(rng.random(n) < 0.65):
            beta[k] = _expression(model, rng, 6, (-0.25, 0.9), 0.7)
        alpha = np.where(rng.random((n, 1)) < 0.5, 0, rng.normal(0, 0.6, (n, len(model.identity))))
        added = np.tensordot(beta, model.expression, 1) + np.tensordot(alpha, model.identity, 1)
        gaze = np.where(rng.random((n, 1)) < 0.5, 0, rng.normal(0, 1, (n, 2)) * [0.035, 0.015])
        for iris in (topology.RIGHT_IRIS, topology.LEFT_IRIS):
            added[:, iris, :2] += gaze[:, None]
        both = rng.uniform(-0.2, 1.05, n)
        alone = rng.uniform(-0.2, 1.05, (2, n))
        shut = np.where(rng.random((2, n)) < 0.8, both, alone)
        shut = np.where(rng.random((2, n)) < 0.65, 0, shut)[..., None, None]
        mirrored = rng.random(n) < 0.5
        turn = self.turns[e].astype(np.float64)
        for k in np.flatnonzero(rng.random(n) < 0.7):
            turn[k] = rotation_of(*(rng.normal(0, 1, 3) * [12, 7, 8])) @ turn[k]
        faces = []
        for bank, noise in ((self.ours, 0.002), (self.theirs, 0.0)):
            face = (1 - mix) * bank[a] + mix * bank[b] + more * (bank[c] - bank[d]) + added
            for (upper, lower), share in zip(_lids(), shut, strict=True):
                gap = face[:, lower] - face[:, upper]
                face[:, upper] += 0.85 * share * gap
                face[:, lower] -= 0.15 * share * gap
            face += rng.normal(0, noise, face.shape)
            face[mirrored] = face[mirrored][:, model.mirror] * [-1, 1, 1]
            turned = np.einsum("nij,nkj->nki", turn, face)
            faces.append(normalise(turned[:, LANDMARKS, :2]))
        return faces[0], faces[1]


def load(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Our landmarks, theirs, and their scores, where both are there."""
    with np.load(path) as asset:
        ours, theirs, scores = asset["ours"], asset["theirs"], asset["scores"]
    found = np.isfinite(ours).all((1, 2)) & np.isfinite(theirs).all((1, 2))
    return ours[found], theirs[found], scores[found]


def train(args: argparse.Namespace) -> None:
    bank, teacher = Bank(args.pairs, args.leave), Teacher(args.model)
    rng = np.random.default_rng(0)
    drawn: list[tuple[np.ndarray, ...]] = []
    for count, shares in ROUNDS:
        for _ in range(max(1, round(count * args.drawn / 2000))):
            ours, theirs = bank.draw(rng, 2000, shares)
            drawn.append((ours, theirs, teacher(theirs)))
            print(f"drawn: {2000 * len(drawn)}", flush=True)
    synthetic = tuple(np.concatenate(part) for part in zip(*drawn, strict=True))
    weights = _fit(synthetic, bank.measured, args.minutes, args.threads)
    np.savez_compressed(args.output, landmarks=LANDMARKS.astype(np.uint16), **weights)
    print(f"{args.output}: {args.output.stat().st_size / 1000:.0f} kB")


def _fit(
    drawn: tuple[np.ndarray, ...], measured: tuple[np.ndarray, ...], minutes: float, threads: int
) -> dict[str, np.ndarray]:
    import torch
    from torch import nn

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    flat = drawn[0].reshape(len(drawn[0]), -1)
    mean, scale = torch.from_numpy(flat.mean(0)), torch.from_numpy(flat.std(0))
    sizes = (flat.shape[1], *HIDDEN)
    hidden = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(sizes))
    direct = nn.Linear(sizes[0], len(NAMES))
    output = nn.Linear(sizes[-1], len(NAMES), bias=False)
    net = nn.ModuleList([hidden, direct, output])
    steps = torch.optim.AdamW(net.parameters(), 2e-3, weight_decay=1e-3)
    # every score counts alike, but for those that hardly ever move
    weight = torch.from_numpy(1 / (np.concatenate([drawn[2], measured[2]]).std(0) + 0.03))
    real = int(BATCH * REAL)
    begin, losses = time.monotonic(), []
    while (share := (time.monotonic() - begin) / (60 * minutes)) < 1:
        for group in steps.param_groups:
            warm = min(1.0, len(losses) / 200)
            group["lr"] = 2e-3 * warm * 0.5 * (1 + np.cos(np.pi * share))
        batch = [_some(rng, drawn, BATCH - real), _some(rng, measured, real)]
        x = torch.from_numpy(np.concatenate([part[0] for part in batch])).flatten(1)
        target = torch.from_numpy(np.concatenate([part[1] for part in batch]))
        x = y = (x - mean) / scale
        for layer in hidden:
            y = nn.functional.silu(layer(y))
        loss = (((torch.sigmoid(output(y) + direct(x)) - target) * weight) ** 2).mean()
        steps.zero_grad()
        loss.backward()
        steps.step()
        losses.append(loss.item())
        if len(losses) % 2000 == 0:
            print(f"step {len(losses)}: {np.mean(losses[-2000:]):.4f}", flush=True)
    half: dict[str, Any] = {"output": output.weight.T, "direct_weight": direct.weight.T}
    whole: dict[str, Any] = {"mean": mean, "scale": scale, "direct_bias": direct.bias}
    for k, layer in enumerate(hidden):
        half[f"hidden_weight_{k}"] = layer.weight.T
        whole[f"hidden_bias_{k}"] = layer.bias
    arrays = {name: tensor.detach().numpy().astype(np.float16) for name, tensor in half.items()}
    return arrays | {name: tensor.detach().numpy() for name, tensor in whole.items()}


def _some(
    rng: np.random.Generator, faces: tuple[np.ndarray, ...], n: int
) -> tuple[np.ndarray, np.ndarray]:
    chosen = rng.integers(0, len(faces[0]), n)
    theirs = (rng.random(n) < THEIRS)[:, None, None]
    return np.where(theirs, faces[1][chosen], faces[0][chosen]), faces[2][chosen]


# --- measure --------------------------------------------------------------------------------------


def measure(args: argparse.Namespace) -> None:
    """Print how the scores of each clip, and each score, go with MODEL.task's own."""
    network = Blendshapes.read(args.asset)
    rows: dict[str, list[tuple[float, float]]] = {name: [] for name in NAMES}
    for path, (ours, theirs, truth) in _clips(args.pairs):
        scored = [_scores(network, points) for points in (ours, theirs)]
        varies = np.flatnonzero(truth.std(0) > VARIES)
        r = np.array([[_pearson(s[:, k], truth[:, k]) for s in scored] for k in varies])
        for k, pair in zip(varies, r, strict=True):
            rows[NAMES[k]].append(tuple(pair))
        mesh, task = r.mean(0)
        print(f"| {path.stem} | {len(truth)} | {len(varies)} | {mesh:.3f} | {task:.3f} |")
    for name, found in rows.items():
        mesh, task = np.mean(found, 0) if found else (np.nan, np.nan)
        print(f"| `{name}` | {len(found)} | {mesh:.2f} | {task:.2f} |")


def _clips(folder: Path) -> Iterator[tuple[Path, tuple[np.ndarray, np.ndarray, np.ndarray]]]:
    for path in sorted(folder.glob("clip_*.npz")):
        pairs = load(path)
        if len(pairs[0]):
            yield path, pairs


def _scores(network: Blendshapes, points: np.ndarray) -> np.ndarray:
    middle = points[..., :2].mean(1, keepdims=True)
    placed = points[..., :2] - middle + 1e5  # wherever it is, it is to be scored
    return network.scores(placed, 200_000, 200_000)


def _pearson(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(a, b)[0, 1])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    steps = parser.add_subparsers(required=True)
    step = steps.add_parser("collect")
    step.add_argument("model", type=Path)
    step.add_argument("pairs", type=Path)
    for name in ("--clips", "--portraits", "--faces"):
        step.add_argument(name, type=Path, required=True)
    step.set_defaults(run=collect)
    step = steps.add_parser("train")
    step.add_argument("model", type=Path)
    step.add_argument("pairs", type=Path)
    step.add_argument("-o", "--output", type=Path, required=True)
    step.add_argument("--leave", action="append", default=[], metavar="CLIP")
    step.add_argument("--drawn", type=float, default=1.0, help="share of all faces to draw")
    step.add_argument("--minutes", type=float, default=10.0)
    step.add_argument("--threads", type=int, default=1)
    step.set_defaults(run=train)
    step = steps.add_parser("measure")
    step.add_argument("pairs", type=Path)
    step.add_argument("asset", type=Path)
    step.set_defaults(run=measure)
    args = parser.parse_args()
    args.run(args)


if __name__ == "__main__":
    main()
