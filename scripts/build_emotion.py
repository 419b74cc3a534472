"""Teach the seven-expression network and write it as ONNX.

    python scripts/build_emotion.py train FACES.npz RUN --minutes 50
    python scripts/build_emotion.py export FACES.npz RUN -o src/mien/assets/emotion.onnx
    python scripts/build_emotion.py measure FACES.npz

FACES.npz holds grey 48 x 48 faces, FER2013's label and ten FER+ votes of each, and its split.
`train` keeps its state in the folder RUN after each pass and goes on from there; the learning rate
follows the clock, so that it ends after `--minutes` of work on any machine. The network answers
twice: with the share of FER+ votes and with FER2013's label. Nothing of the split PublicTest is
learnt from. Needs torch, which mien does not.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

EXPRESSIONS = ("anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise")
THEIR_NAMES = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")
SIDE = 48
EARLY_SIDE, EARLY = 40, 0.5  # smaller pictures for the first share of the time
WIDTHS = (32, 64, 128, 256)
BATCH = 128
RATE, DECAY = 0.1, 5e-4
THEIRS = 1.0  # weight of FER2013's label beside the votes'
RARE = 0.3  # how much oftener rare expressions are drawn: frequency to minus this power
POSED = 0.08  # share of each batch that are bent portraits
MIXED, MIXED_BACK = 0.2, 0.1  # how much FER2013's answer weighs beside the votes', and they in it
SURE = np.log(0.8 / 0.2)  # log odds of "covered" and "no face" at which mien.emotion.quality stops
KEPT_BACK = 0.05  # share of Training that is validation
NEAR = 0.95  # correlation of two 16 x 16 thumbnails above which they are one picture


# --- the faces ------------------------------------------------------------------------------------


@dataclass
class Faces:
    """Pictures with both kinds of labels."""

    images: np.ndarray
    """(n, 48, 48) uint8."""
    votes: np.ndarray
    """Share of the votes that each expression got, (n, 7); zero where none of the seven got any."""
    theirs: np.ndarray
    """FER2013's label, (n,)."""
    clear: np.ndarray
    """Whether one of the seven got more votes than anything else, (n,) bool."""
    strict: np.ndarray
    """Whether one of the seven got more than half of the votes, (n,) bool."""

    def take(self, index: np.ndarray) -> Faces:
        return Faces(*(getattr(self, name)[index] for name in self.__dataclass_fields__))

    def __len__(self) -> int:
        return len(self.images)

    @property
    def majority(self) -> np.ndarray:
        return self.votes.argmax(1)


def read(path: Path) -> tuple[Faces, np.ndarray]:
    """All faces and the split of each; one row for pictures that are there twice."""
    with np.load(path) as data:
        images, votes, split = data["images"], data["votes"].astype(np.float32), data["split"]
        own = [list(data["vote_names"]).index(name) for name in EXPRESSIONS]
        given = list(data["fer2013_names"])
        theirs = np.array([THEIR_NAMES.index(name) for name in given])[data["fer2013"]]
    seven = votes[:, own]
    most = np.sort(votes, 1)
    known = np.isin(votes.argmax(1), own)
    clear = known & (most[:, -1] > most[:, -2])
    strict = known & (most[:, -1] > votes.sum(1) / 2)
    share = seven / np.maximum(votes.sum(1, keepdims=True), 1)
    return Faces(images, share, theirs, clear, strict), split


def splits(path: Path) -> tuple[Faces, Faces, Faces]:
    """Training, validation (both from Training) and test (PublicTest), no picture in two of them.

    Test keeps every picture whose majority is one of the seven; its doubles leave training.
    """
    faces, split = read(path)
    digest = np.array([hashlib.md5(image.tobytes()).hexdigest() for image in faces.images])
    small = thumbnails(faces.images)
    mirrored = small.reshape(-1, 16, 16)[:, :, ::-1].reshape(len(small), -1)
    test = np.flatnonzero(split == "PublicTest")
    first = np.unique(digest, return_index=True)[1]
    train = np.intersect1d(first, np.flatnonzero(split == "Training"))
    train = train[~np.isin(digest[train], digest[test])]
    train = train[~_like(small, mirrored, train, test)]
    rng = np.random.default_rng(0)
    kept = rng.random(len(train)) < KEPT_BACK
    validation, train = train[kept], train[~kept]
    train = train[~_like(small, mirrored, train, validation)]
    # what nobody calls a face or one of the seven teaches nothing
    train = train[faces.votes[train].sum(1) >= 0.4]
    test = test[faces.clear[test]]
    validation = validation[faces.clear[validation]]
    return faces.take(train), faces.take(validation), faces.take(test)


def thumbnails(images: np.ndarray) -> np.ndarray:
    small = [cv2.resize(image, (16, 16), interpolation=cv2.INTER_AREA) for image in images]
    flat = np.stack(small).reshape(len(images), -1).astype(np.float32)
    flat -= flat.mean(1, keepdims=True)
    return flat / (np.linalg.norm(flat, axis=1, keepdims=True) + 1e-6)


def _like(small, mirrored, some, others) -> np.ndarray:
    return (
        np.maximum(
            (small[some] @ small[others].T).max(1), (mirrored[some] @ small[others].T).max(1)
        )
        > NEAR
    )


def bent(path: Path) -> tuple[Any, Any]:
    """Posed faces to learn from and others to measure with, images (n, 60, 60) and labels."""
    if not path.is_file():
        return None, None
    with np.load(path) as data:
        images, labels, who = data["images"], data["labels"], data["who"]
    kept = who % 6 == 0
    return (images[~kept], labels[~kept]), (images[kept], labels[kept])


# --- augmentation ---------------------------------------------------------------------------------


def altered(image: np.ndarray, side: int, rng: np.random.Generator) -> np.ndarray:
    """One face, otherwise framed, lit and sharp, (side, side) float32."""
    scale = float(np.exp(np.clip(rng.normal(0, 0.12), -0.25, 0.25))) * side / SIDE
    angle = np.radians(rng.normal(0, 7))
    shift = np.clip(rng.normal(0, 2.0, 2), -5, 5) * side / SIDE
    c, s = scale * np.cos(angle), scale * np.sin(angle)
    flip = -1.0 if rng.random() < 0.5 else 1.0
    m, o = (len(image) - 1) / 2, (side - 1) / 2  # larger pictures show more around the face
    matrix = np.array([[c * flip, -s, 0], [s * flip, c, 0]])
    matrix[:, 2] = o + shift - matrix[:, :2] @ [m, m]
    border = cv2.BORDER_REPLICATE if rng.random() < 0.6 else cv2.BORDER_CONSTANT
    out = cv2.warpAffine(
        image, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=border,
        borderValue=int(rng.integers(0, 256)),
    ).astype(np.float32)  # fmt: skip
    chance = rng.random(5)
    if chance[0] < 0.12:  # coarse
        small = int(rng.integers(side // 2, side))
        out = cv2.resize(
            cv2.resize(out, (small, small), interpolation=cv2.INTER_AREA), (side, side)
        )
    elif chance[0] < 0.24:
        out = cv2.GaussianBlur(out, (0, 0), float(rng.uniform(0.4, 1.3)))
    elif chance[0] < 0.3:  # sharp, as faces that come from large pictures are
        out = np.clip(
            out + rng.uniform(0.3, 1.2) * (out - cv2.GaussianBlur(out, (0, 0), 1.0)), 0, 255
        )
    if chance[1] < 0.35:
        out = 255 * (out / 255) ** float(np.exp(rng.normal(0, 0.3)))
    if chance[2] < 0.25:  # light from one side
        ramp = np.linspace(-1, 1, side, dtype=np.float32)
        out = out * (1 + rng.normal(0, 0.25) * ramp[None, :] + rng.normal(0, 0.15) * ramp[:, None])
    if chance[3] < 0.2:
        out = out + rng.normal(0, rng.uniform(2, 10), out.shape).astype(np.float32)
    if chance[4] < 0.35:
        h, w = (int(v) for v in rng.integers(side // 8, side // 3, 2))
        y, x = int(rng.integers(0, side - h)), int(rng.integers(0, side - w))
        out[y : y + h, x : x + w] = rng.uniform(0, 255)
    return out


def standardised(pictures: np.ndarray) -> np.ndarray:
    """Each picture about its own mean in its own standard deviations."""
    pictures = np.asarray(pictures, np.float32)
    mean = pictures.mean((-2, -1), keepdims=True)
    deviation = pictures.std((-2, -1), keepdims=True)
    return (pictures - mean) / (deviation + 4.0)


def batches(
    faces: Faces,
    posed: tuple[np.ndarray, np.ndarray] | None,
    chance: np.ndarray,
    seed: int,
    side: int,
    rank: int,
    workers: int,
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Batches of one pass, made beside the network's work."""
    rng = np.random.default_rng(seed)
    order = rng.choice(len(faces), len(faces), p=chance)
    count = len(faces) // BATCH

    def make(number: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        own = np.random.default_rng((seed, number, rank))
        rows = order[number * BATCH : (number + 1) * BATCH][rank::workers]
        images = [faces.images[row] for row in rows]
        votes = faces.votes[rows] / faces.votes[rows].sum(1, keepdims=True)
        theirs = faces.theirs[rows]
        if posed is not None:
            for k in np.flatnonzero(own.random(len(rows)) < POSED):
                drawn = own.integers(len(posed[0]))
                images[k], theirs[k] = posed[0][drawn], posed[1][drawn]
                votes[k] = 0.1 / 7 + 0.9 * (np.arange(7) == theirs[k])
        x = np.stack([altered(image, side, own) for image in images])
        return standardised(x)[:, None], votes, theirs

    with ThreadPoolExecutor(1) as pool:
        waiting = [pool.submit(make, k) for k in range(4)]
        for number in range(count):
            if number + 4 < count:
                waiting.append(pool.submit(make, number + 4))
            yield waiting.pop(0).result()


# --- the network ----------------------------------------------------------------------------------


def network() -> Any:
    import torch
    from torch import nn

    def conv(n_in: int, n_out: int, size: int = 3, stride: int = 1) -> nn.Sequential:
        return nn.Sequential(
            nn.Conv2d(n_in, n_out, size, stride, size // 2, bias=False), nn.BatchNorm2d(n_out)
        )

    class Block(nn.Module):
        def __init__(self, n: int) -> None:
            super().__init__()
            self.first, self.second = conv(n, n), conv(n, n)

        def forward(self, x):
            y = self.second(torch.relu_(self.first(x)))
            return torch.relu_(y.add_(x))

    class Network(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            a, b, c, d = WIDTHS
            self.stem = conv(1, a, 5, 2)
            self.stages = nn.ModuleList(
                [
                    nn.ModuleList([Block(a)]),
                    nn.ModuleList([conv(a, b, 3, 2), Block(b)]),
                    nn.ModuleList([conv(b, c, 3, 2), Block(c)]),
                    nn.ModuleList([conv(c, d, 3, 2)]),
                ]
            )
            self.drop = nn.Dropout(0.3)
            self.votes, self.theirs = nn.Linear(d, 7), nn.Linear(d, 7)

        def forward(self, x):
            x = self.drop(self.features(x)[:, WIDTHS[2] :])
            return self.votes(x), self.theirs(x)

        def features(self, x):
            """Means over the picture of the last two stages, (n, 128 + 256)."""
            x, means = torch.relu_(self.stem(x)), []
            for stage in self.stages:
                for part in stage:
                    x = part(x)
                    if not isinstance(part, Block):
                        x = torch.relu_(x)
                means.append(x.mean((2, 3)))
            return torch.cat(means[-2:], 1)

    net = Network()
    for block in net.modules():
        if isinstance(block, Block):
            nn.init.zeros_(block.second[1].weight)
    return net.to(memory_format=torch.channels_last)


# --- train ----------------------------------------------------------------------------------------


def train(path: Path, run: Path, minutes: float, workers: int) -> None:
    """Teach in several processes of one thread each, which share every batch."""
    import torch.multiprocessing as processes

    run.mkdir(parents=True, exist_ok=True)
    meeting = run / "meeting"
    meeting.unlink(missing_ok=True)
    processes.spawn(_work, (workers, meeting, path, run, minutes), nprocs=workers)


def _work(rank: int, workers: int, meeting: Path, path: Path, run: Path, minutes: float) -> None:
    import torch
    import torch.distributed as group
    from torch.nn import functional as F

    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    torch.manual_seed(0)
    group.init_process_group(
        "gloo", init_method=f"file://{meeting.absolute()}", rank=rank, world_size=workers
    )
    training, validation, test = splits(path)
    shown, unseen = bent(run / "posed.npz")
    labels = 0.5 * training.votes / training.votes.sum(1, keepdims=True)
    labels = labels + 0.5 * np.eye(7)[training.theirs]
    weight = np.clip(labels @ (7 * labels.mean(0)) ** -RARE, 0.6, 3)
    chance = weight / weight.sum()

    net = network()
    parameters = list(net.parameters())
    optimiser = torch.optim.SGD(
        [
            {"params": [p for p in parameters if p.ndim > 1], "weight_decay": DECAY},
            {"params": [p for p in parameters if p.ndim == 1], "weight_decay": 0.0},
        ],
        lr=RATE,
        momentum=0.9,
        nesterov=True,
    )
    mean = {name: value.clone() for name, value in net.state_dict().items()}
    spent, epoch, step = 0.0, 0, 0
    if (run / "state.pt").is_file():
        state = torch.load(run / "state.pt", weights_only=False)
        net.load_state_dict(state["net"])
        optimiser.load_state_dict(state["optimiser"])
        mean, spent, epoch, step = (state[k] for k in ("mean", "spent", "epoch", "step"))
    elif rank == 0:
        log(run, faces=[len(training), len(validation), len(test)])
    budget, done = 60 * minutes, 0.0
    while done < 1:
        began, side = time.monotonic(), EARLY_SIDE if spent < EARLY * budget else SIDE
        net.train()
        total, count = 0.0, 0
        for x, votes, theirs in batches(training, shown, chance, epoch, side, rank, workers):
            picture = torch.from_numpy(x).contiguous(memory_format=torch.channels_last)
            ours, other = net(picture)
            loss = F.cross_entropy(ours, torch.from_numpy(votes)) + THEIRS * F.cross_entropy(
                other, torch.from_numpy(theirs), label_smoothing=0.05
            )
            net.zero_grad(set_to_none=True)
            loss.backward()
            # the first process's clock travels with the gradients: all stop at the same step
            clock = (spent + time.monotonic() - began) / budget if rank == 0 else 0.0
            flat = torch.cat(
                [p.grad.reshape(-1) / workers for p in parameters] + [torch.tensor([clock])]
            )
            group.all_reduce(flat)
            place = 0
            for p in parameters:
                p.grad.copy_(flat[place : place + p.numel()].view_as(p))
                place += p.numel()
            done = float(flat[-1])
            for part in optimiser.param_groups:
                part["lr"] = rate_at(done)
            optimiser.step()
            step, count, total = step + 1, count + 1, total + float(loss.detach())
            keep = min(0.998, (1 + step) / (20 + step))
            if rank == 0:
                for name, value in net.state_dict().items():
                    if value.dtype.is_floating_point:
                        mean[name].lerp_(value, 1 - keep)
                if count % 25 == 0:
                    print(
                        epoch, count, f"{total / count:.4f} {time.monotonic() - began:.0f} s",
                        flush=True,
                    )  # fmt: skip
            if done >= 1:
                break
        epoch += 1
        if rank == 0:
            spent += time.monotonic() - began
            settled = network()
            settled.load_state_dict(mean)
            figures = {}
            for name, some in (("validation", validation), ("test", test)):
                if name == "validation" or epoch % 5 == 0 or done >= 1:
                    ours, other = answers(settled, some.images)
                    figures[name] = summary(some, ours.argmax(1)) | {
                        "other": summary(some, other.argmax(1))["theirs"]
                    }
            if unseen is not None:
                ours, other = answers(settled, unseen[0][:, 6:-6, 6:-6])
                figures["posed"] = {
                    "ours": round(float((ours.argmax(1) == unseen[1]).mean()), 4),
                    "other": round(float((other.argmax(1) == unseen[1]).mean()), 4),
                }
            log(run, epoch=epoch, spent=round(spent), side=side, loss=round(total / count, 4),
                **figures)  # fmt: skip
            state = {
                "net": net.state_dict(), "optimiser": optimiser.state_dict(), "mean": mean,
                "spent": spent, "epoch": epoch, "step": step,
            }  # fmt: skip
            torch.save(state, run / "state.pt.new")
            (run / "state.pt.new").replace(run / "state.pt")
        told = torch.tensor([spent])
        group.broadcast(told, 0)
        spent = float(told)
    group.destroy_process_group()


def rate_at(done: float) -> float:
    """The learning rate when this share of the time has passed: up at first, then down."""
    if done < 0.06:
        return RATE * max(done / 0.06, 0.02)
    return max(RATE * (0.5 + 0.5 * np.cos(np.pi * min(1, (done - 0.06) / 0.94))), 1e-4)


def answers(net: Any, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Logits of both heads, mean over the picture and its mirror image."""
    import torch

    net.eval()
    both: list[list[np.ndarray]] = [[], []]
    with torch.inference_mode():
        for start in range(0, len(images), 256):
            x = standardised(images[start : start + 256])[:, None]
            straight = net(torch.from_numpy(x))
            mirrored = net(torch.from_numpy(np.ascontiguousarray(x[..., ::-1])))
            for head in range(2):
                both[head].append(((straight[head] + mirrored[head]) / 2).numpy())
    return np.concatenate(both[0]), np.concatenate(both[1])


def summary(faces: Faces, answer: np.ndarray) -> dict[str, float]:
    """Accuracy and macro-F1 by the votes' majority, accuracy by FER2013's label."""
    truth = faces.majority
    hits = np.array([((answer == k) & (truth == k)).sum() for k in range(7)])
    sizes = np.array([(answer == k).sum() + (truth == k).sum() for k in range(7)])
    return {
        "accuracy": round(float((answer == truth).mean()), 4),
        "f1": round(float((2 * hits / np.maximum(sizes, 1)).mean()), 4),
        "strict": round(float((answer == truth)[faces.strict].mean()), 4),
        "theirs": round(float((answer == faces.theirs).mean()), 4),
    }


def log(run: Path, **entry: Any) -> None:
    line = json.dumps({"at": time.strftime("%H:%M:%S")} | entry)
    print(line, flush=True)
    with (run / "log.jsonl").open("a") as stream:
        stream.write(line + "\n")


# --- faces that cannot be assessed ----------------------------------------------------------------


def covered(image: np.ndarray, rng: np.random.Generator, other: np.ndarray) -> np.ndarray:
    """A face behind a mask, a hand, a bar over the eyes, or something of another picture."""
    mask, kind = np.zeros((SIDE, SIDE), np.uint8), rng.choice(4, p=(0.4, 0.25, 0.15, 0.2))
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    fill = np.full((SIDE, SIDE), rng.uniform(10, 245), np.float32)
    fill += rng.normal(0, 25) * (x / SIDE - 0.5) + rng.normal(0, 25) * (y / SIDE - 0.5)
    if kind == 0:  # mask
        top, corner = rng.uniform(22, 30), rng.uniform(24, 34)
        left, right = rng.uniform(2, 10), rng.uniform(38, 46)
        ring = [(left, corner), (24 + rng.normal(0, 2), top), (right, corner),
                (right - rng.uniform(0, 8), 49), (left + rng.uniform(0, 8), 49)]  # fmt: skip
        cv2.fillPoly(mask, [np.round(ring).astype(np.int32)], 255)
        for _ in range(rng.integers(0, 4)):
            fold = rng.uniform(top, 48)
            fill -= rng.uniform(5, 30) * np.exp(-((y - fold) ** 2) / 2)
    elif kind == 1:  # hand
        fill = np.full((SIDE, SIDE), float(np.median(image[14:34, 12:36])), np.float32)
        fill *= rng.uniform(0.75, 1.2)
        middle = np.array([rng.uniform(12, 36), rng.uniform(14, 42)])
        angle, step = rng.uniform(0, np.pi), rng.uniform(4, 6)
        along = np.array([np.cos(angle), np.sin(angle)])
        across = np.array([-along[1], along[0]])
        for k in range(rng.integers(3, 6)):
            at = middle + (k - 1.5) * step * across
            ends = [
                np.round(at + sign * rng.uniform(9, 18) * along).astype(int) for sign in (-1, 1)
            ]
            finger = np.zeros_like(mask)
            cv2.line(finger, ends[0].tolist(), ends[1].tolist(), 255, round(step))
            mask |= finger
            fill -= 25 * (cv2.GaussianBlur(finger, (0, 0), 1.2) < 200) * (finger > 0)
    elif kind == 2:  # bar over the eyes
        cv2.rectangle(
            mask, (0, int(rng.integers(10, 15))), (47, int(rng.integers(22, 27))), 255, -1
        )
        fill[:] = rng.choice([rng.uniform(0, 30), rng.uniform(0, 255)])
    else:
        size = rng.integers(22, 34, 2)
        corner = [int(rng.integers(4, SIDE - 4 - n)) if n < 40 else 0 for n in size]
        mask[corner[0] : corner[0] + size[0], corner[1] : corner[1] + size[1]] = 255
        fill = other.astype(np.float32)[::-1]
    share = cv2.GaussianBlur(mask, (0, 0), rng.uniform(0.4, 1.0)) / np.float32(255)
    fill += rng.normal(0, rng.uniform(1, 6), fill.shape)
    return np.clip(image * (1 - share) + fill * share, 0, 255).astype(np.uint8)


def no_face(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A picture of as much light as a face, with none in it."""
    kind = rng.integers(4)
    if kind == 0:  # its tiles out of order
        n = int(rng.choice([3, 4, 6]))
        side = SIDE // n
        tiles = image.reshape(n, side, n, side).swapaxes(1, 2).reshape(-1, side, side)
        tiles = tiles[rng.permutation(n * n)].reshape(n, n, side, side)
        return tiles.swapaxes(1, 2).reshape(SIDE, SIDE)
    if kind == 1:  # a detail, enlarged
        top, left = rng.integers(0, SIDE - 14, 2)
        return cv2.resize(image[top : top + 14, left : left + 14], (SIDE, SIDE))
    if kind == 2:  # the edges alone
        half = int(rng.integers(8, 13))
        strips = [image[:half], image[-half:], image[:, :half].T, image[:, -half:].T]
        return cv2.resize(np.vstack(strips), (SIDE, SIDE))
    coarse = rng.normal(0, 1, (int(rng.integers(3, 24)),) * 2).astype(np.float32)
    wide = cv2.resize(coarse, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    return np.clip(image.mean() + image.std() * wide, 0, 255).astype(np.uint8)


def gates(net: Any, training: Faces, validation: Faces) -> tuple[np.ndarray, np.ndarray]:
    """Weight (2, 384) and bias (2,) of what says "covered" and "no face" from the features."""
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(0)
    votes = training.votes.max(1) > 0.3
    plain = training.images[rng.choice(np.flatnonzero(votes), 5000, replace=False)]
    others = plain[rng.permutation(len(plain))]
    hidden = np.stack([covered(a, rng, b) for a, b in zip(plain, others, strict=True)])
    absent = np.stack([no_face(a, rng) for a in plain])
    x = [features(net, images) for images in (plain, hidden, absent)]
    weights, biases = [], []
    for bad, without in ((1, 2), (2, 1)):
        good = np.concatenate([x[0], x[without]]) if bad == 2 else x[0]
        rows = np.concatenate([good, x[bad]])
        mean, scale = rows.mean(0), rows.std(0) + 1e-6
        truth = np.r_[np.zeros(len(good)), np.ones(len(x[bad]))]
        fit = LogisticRegression(C=0.02, max_iter=400).fit((rows - mean) / scale, truth)
        weights.append(fit.coef_[0] / scale)
        biases.append(fit.intercept_[0] - (fit.coef_[0] / scale) @ mean)
    # at most two faces in a hundred of those that people could name are turned away
    seen = features(net, validation.images)
    for k, weight in enumerate(weights):
        biases[k] += SURE - max(SURE, np.quantile(seen @ weight + biases[k], 0.98))
    return np.stack(weights), np.array(biases)


def features(net: Any, images: np.ndarray) -> np.ndarray:
    """Features, mean over each picture and its mirror image, (n, 384)."""
    import torch

    net.eval()
    given = []
    with torch.inference_mode():
        for start in range(0, len(images), 256):
            x = standardised(images[start : start + 256])[:, None]
            both = [
                net.features(torch.from_numpy(np.ascontiguousarray(v))) for v in (x, x[..., ::-1])
            ]
            given.append(((both[0] + both[1]) / 2).numpy())
    return np.concatenate(given).astype(np.float64)


# --- export ---------------------------------------------------------------------------------------


def export(path: Path, run: Path, output: Path) -> None:
    """Bring both answers to one scale, calibrate them, add the gates and write all of it."""
    import torch
    from scipy.optimize import minimize_scalar

    net = network()
    net.load_state_dict(torch.load(run / "state.pt", weights_only=False)["mean"])
    training, validation, _ = splits(path)
    deep = WIDTHS[2]
    votes, theirs = (
        np.c_[np.zeros((7, deep)), layer.weight.detach().numpy()]
        for layer in (net.votes, net.theirs)
    )
    bias, other = (layer.bias.detach().double().numpy() for layer in (net.votes, net.theirs))
    seen = features(net, validation.images)
    weight, offset = [], []
    for a, b, truth in (
        (1.0, MIXED, validation.majority), (MIXED_BACK, 1.0, validation.theirs)
    ):  # fmt: skip
        w, c = a * votes + b * theirs, a * bias + b * other

        def loss(log_t: float, w=w, c=c, truth=truth) -> float:
            z = (seen @ w.T + c) * np.exp(log_t)
            z -= z.max(1, keepdims=True)
            z -= np.log(np.exp(z).sum(1, keepdims=True))
            return -float(z[np.arange(len(z)), truth].mean())

        gain = float(np.exp(minimize_scalar(loss, bounds=(-2, 2), method="bounded").x))
        print(f"answers are multiplied by {gain:.3f}")
        weight.append(gain * w)
        offset.append(gain * c)
    gate, level = gates(net, training, validation)
    write(net, (np.concatenate([*weight, gate]), np.concatenate([*offset, level])), output)
    print(f"{output}: {output.stat().st_size / 1e6:.1f} MB")


def folded(layer: Any) -> tuple[np.ndarray, np.ndarray]:
    """Weight and bias of a convolution with its batch normalisation worked in."""
    weight, norm = layer[0].weight.detach().double(), layer[1]
    gain = (norm.weight / (norm.running_var + norm.eps).sqrt()).detach().double()
    bias = norm.bias.detach().double() - norm.running_mean.double() * gain
    return (weight * gain[:, None, None, None]).numpy(), bias.numpy()


def write(net: Any, head: tuple[np.ndarray, np.ndarray], path: Path) -> None:
    """Write the network with one linear layer, weight (16, 384) and bias (16,), as its last."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    nodes: list[Any] = []
    kept: list[Any] = []

    def constant(name: str, value: np.ndarray) -> str:
        kept.append(numpy_helper.from_array(value.astype(np.float32), name))
        return name

    def add(kind: str, inputs: list[str], **settings: Any) -> str:
        name = f"{kind.lower()}_{len(nodes)}"
        nodes.append(helper.make_node(kind, inputs, [name], **settings))
        return name

    def conv(layer: Any, x: str) -> str:
        weight, bias = folded(layer)
        size, n = weight.shape[-1], len(nodes)
        stride = layer[0].stride[0]
        return add(
            "Conv", [x, constant(f"weight_{n}", weight), constant(f"bias_{n}", bias)],
            kernel_shape=[size, size], strides=[stride, stride], pads=[size // 2] * 4,
        )  # fmt: skip

    x, means = add("Relu", [conv(net.stem, "faces")]), []
    for stage in net.stages:
        for part in stage:
            if hasattr(part, "first"):
                y = conv(part.second, add("Relu", [conv(part.first, x)]))
                x = add("Relu", [add("Add", [y, x])])
            else:
                x = add("Relu", [conv(part, x)])
        means.append(x)
    means = [add("Flatten", [add("GlobalAveragePool", [x])]) for x in means[-2:]]
    x = add("Concat", means, axis=1)
    weight, bias = head
    nodes.append(
        helper.make_node(
            "Gemm", [x, constant("head", weight), constant("offset", bias)], ["answers"], transB=1
        )
    )
    graph = helper.make_graph(
        nodes,
        "emotion",
        [helper.make_tensor_value_info("faces", TensorProto.FLOAT, ["n", 1, SIDE, SIDE])],
        [helper.make_tensor_value_info("answers", TensorProto.FLOAT, ["n", len(bias)])],
        kept,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("train")
    command.add_argument("faces", type=Path)
    command.add_argument("run", type=Path)
    command.add_argument("--minutes", type=float, default=50)
    command.add_argument("--workers", type=int, default=2)
    command = commands.add_parser("export")
    command.add_argument("faces", type=Path)
    command.add_argument("run", type=Path)
    command.add_argument("-o", "--output", type=Path, required=True)
    given = parser.parse_args()
    if given.command == "train":
        train(given.faces, given.run, given.minutes, given.workers)
    else:
        export(given.faces, given.run, given.output)


if __name__ == "__main__":
    main()
