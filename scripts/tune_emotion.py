"""Teach the seven-expression network what laboratories pose, and keep what it knows of the web.

    python scripts/tune_emotion.py START.onnx FACES.npz POSED RUN -o src/mien/assets/emotion.onnx

START.onnx is what ``scripts/build_emotion.py export`` wrote, FACES.npz what that script read, POSED
a folder for each expression with pictures named ``person_sequence_frame`` (the peak frames of CK+;
contempt is left out). The body stays as it is: a hidden layer beside the linear answer corrects it.
On FER2013's faces it is taught the first network's own answers, mixed with the labels, so that
these stay; posed faces are drawn equally often by expression. Five networks are taught first, each
without a fifth of the people, and measured on these; then one is taught with all and written.
Nothing of the split PublicTest is learnt from. Features are kept in the folder RUN. Needs torch,
which mien does not.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import build_emotion as build
import cv2
import numpy as np
import onnx
from onnx import helper, numpy_helper

from mien.emotion.benchmark import benchmark
from mien.emotion.classifier import EXPRESSIONS, THRESHOLD
from mien.emotion.labelled import Labelled, read_labelled

FEATURES, ANSWERS = 384, 14
HIDDEN = 128
STEPS, BATCH, POSED = 700, 192, 32
RATE, LINEAR_RATE = 2e-3, 2e-4
OWN = (
    0.25  # share of the labels in the targets of web faces; the rest is the first network's answer
)
SMOOTH = 0.07  # of a posed face's target that goes to all expressions alike
WEIGHT = 0.25  # of the posed faces' loss
WAYS, WEB_WAYS = 12, 2  # altered copies of each posed and each web face
FOLDS, SEED = 5, 0


# --- features -------------------------------------------------------------------------------------


def described(start: Path, faces: dict[str, build.Faces], posed: np.ndarray, kept: Path) -> Any:
    """Features of each picture by name: as it is, mirrored ("f") and altered (numbered)."""
    if kept.is_file():
        with np.load(kept) as data:
            return {name: data[name] for name in data.files}
    look = _looker(start)
    found = {}
    for name, images in (
        ("ck", posed), ("va", faces["validation"].images), ("te", faces["test"].images)
    ):  # fmt: skip
        found[name], found[f"{name}f"] = look(images), look(images[:, :, ::-1])
    found["tr0"] = look(faces["training"].images)
    rng = np.random.default_rng(SEED)
    for name, images, count in (("ck", posed, WAYS), ("tr", faces["training"].images, WEB_WAYS)):
        for k in range(count):
            altered = np.stack([build.altered(image, build.SIDE, rng) for image in images])
            found[f"{name}{k if name == 'ck' else k + 1}"] = look(altered)
    np.savez(kept, **found)
    return found


def _looker(start: Path) -> Any:
    """What gives the features of pictures, (n, 384)."""
    import onnxruntime

    model = onnx.load(start)
    name = _last(model).input[0]
    model.graph.output.append(helper.make_empty_tensor_value_info(name))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )

    def look(images: np.ndarray) -> np.ndarray:
        rows = [
            session.run([name], {"faces": build.standardised(images[k : k + 64])[:, None]})[0]
            for k in range(0, len(images), 64)
        ]
        return np.concatenate(rows)

    return look


def _last(model: Any) -> Any:
    """The linear answer of a network that was not tuned yet."""
    linear = [node for node in model.graph.node if node.op_type == "Gemm"]
    if len(linear) != 1:
        raise SystemExit("START.onnx was tuned already: start from what build_emotion.py wrote.")
    return linear[0]


# --- the answers ----------------------------------------------------------------------------------


def answers(start: Path, spread: tuple[np.ndarray, np.ndarray]) -> Any:
    """The linear answer of the first network, beside it a hidden layer that is silent yet."""
    import torch
    from torch import nn

    model = onnx.load(start)
    kept = {each.name: numpy_helper.to_array(each) for each in model.graph.initializer}
    _, weight, bias = _last(model).input
    mean, deviation = (torch.from_numpy(each) for each in spread)

    class Answers(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear = nn.Linear(FEATURES, ANSWERS)
            self.into, self.out = nn.Linear(FEATURES, HIDDEN), nn.Linear(HIDDEN, ANSWERS)
            self.linear.weight.data = torch.from_numpy(kept[weight][:ANSWERS].copy())
            self.linear.bias.data = torch.from_numpy(kept[bias][:ANSWERS].copy())
            nn.init.zeros_(self.out.weight)
            nn.init.zeros_(self.out.bias)

        def forward(self, x, dropped: float = 0.0):
            drop = nn.functional.dropout
            hidden = torch.relu(self.into((x - mean) / deviation))
            return self.linear(drop(x, dropped, dropped > 0)) + self.out(
                drop(hidden, 0.4, dropped > 0)
            )

    return Answers()


def taught(
    new: Any, found: Any, training: build.Faces, labels: np.ndarray, rows: np.ndarray
) -> Any:
    """Answers taught with the web faces and with these rows of the posed ones."""
    import torch
    from torch.nn import functional as F

    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    rng, net = np.random.default_rng(SEED), new()
    web = torch.from_numpy(np.stack([found[f"tr{k}"] for k in range(1 + WEB_WAYS)]))
    names = ["ck", "ckf", *(f"ck{k}" for k in range(WAYS))]
    posed = torch.from_numpy(np.stack([found[name] for name in names]))
    votes = torch.from_numpy(training.votes / training.votes.sum(1, keepdims=True)).float()
    own = (votes, F.one_hot(torch.from_numpy(training.theirs).long(), 7).float())
    with torch.inference_mode():
        before = net(web)
    before = [before[..., k : k + 7].softmax(-1).clone() for k in (0, 7)]
    optimiser = torch.optim.AdamW(
        [
            {"params": net.linear.parameters(), "rate": LINEAR_RATE, "weight_decay": 0.0},
            {"params": [*net.into.parameters(), *net.out.parameters()], "rate": RATE,
             "weight_decay": 1e-4},
        ],
        lr=RATE,
    )  # fmt: skip
    by = {k: rows[labels[rows] == k] for k in np.unique(labels[rows])}
    n = BATCH - POSED
    for step in range(STEPS):
        i, way = rng.integers(len(training), size=n), rng.integers(1 + WEB_WAYS, size=n)
        which = rng.choice(list(by), POSED)
        chosen = [rng.choice(by[k]) for k in which]
        given = net(
            torch.cat([web[way, i], posed[rng.integers(len(names), size=POSED), chosen]]), 0.1
        )
        shown = torch.from_numpy(SMOOTH / 7 + (1 - SMOOTH) * np.eye(7)[which]).float()
        loss = torch.zeros(())
        for k in range(2):
            part = given[:, 7 * k : 7 * k + 7]
            target = OWN * own[k][i] + (1 - OWN) * before[k][way, i]
            loss = loss + F.cross_entropy(part[:n], target)
            loss = loss + WEIGHT * F.cross_entropy(part[n:], shown)
        optimiser.zero_grad()
        loss.backward()
        for group in optimiser.param_groups:
            slope = 0.5 + 0.5 * np.cos(np.pi * step / STEPS)
            group["lr"] = group["rate"] * min(1, (step + 1) / 40) * slope
        optimiser.step()
    return net


def said(net: Any, found: Any, name: str) -> np.ndarray:
    """Logits, mean over each picture and its mirror image, (n, 14)."""
    import torch

    with torch.inference_mode():
        both = [net(torch.from_numpy(found[each])) for each in (name, f"{name}f")]
    return ((both[0] + both[1]) / 2).numpy()


def gains(net: Any, found: Any, validation: build.Faces) -> tuple[float, float]:
    """What both answers are multiplied by so that they say how often they are right."""
    from scipy.optimize import minimize_scalar
    from scipy.special import log_softmax

    given = said(net, found, "va").astype(float)

    def fitted(part: np.ndarray, truth: np.ndarray) -> float:
        def loss(log_gain: float) -> float:
            likely = log_softmax(part * np.exp(log_gain), axis=1)
            return -float(likely[np.arange(len(part)), truth].mean())

        return float(np.exp(minimize_scalar(loss, bounds=(-2, 2), method="bounded").x))

    return fitted(given[:, :7], validation.majority), fitted(given[:, 7:], validation.theirs)


# --- measuring and writing ------------------------------------------------------------------------


def judged(given: np.ndarray, pictures: Labelled) -> dict[str, Any]:
    """Figures by both answers, with neutral among them and without where none is shown."""
    from scipy.special import softmax

    figures = {}
    none = not (pictures.labels == EXPRESSIONS.index("neutral")).any()
    for k, name in ((0, "votes"), (7, "search words")):
        chances = softmax(given[:, k : k + 7].astype(float), axis=1)
        for six in (False, True) if none else (False,):
            found = benchmark(
                pictures, lambda _, c=chances: c.copy(), threshold=THRESHOLD, without_neutral=six
            )
            figures[f"{name}{', six' if six else ''}"] = found.as_dict()
    return figures


def folds(people: np.ndarray) -> np.ndarray:
    """Fold of each picture; all of a person's are in one."""
    names = np.unique(people)
    order = np.random.default_rng(SEED).permutation(names)
    fold = {name: k % FOLDS for k, name in enumerate(order)}
    return np.array([fold[name] for name in people])


def write(start: Path, net: Any, gain: tuple[float, float], spread: Any, path: Path) -> None:
    """Write the first network with the new answers; "covered" and "no face" stay as they are."""
    model = onnx.load(start)
    last = _last(model)
    kept = {each.name: each for each in model.graph.initializer}
    old = [numpy_helper.to_array(kept[name]).copy() for name in last.input[1:]]
    factor = np.repeat(gain, 7)
    value = {name: each.detach().double().numpy() for name, each in net.named_parameters()}
    old[0][:ANSWERS] = factor[:, None] * value["linear.weight"]
    old[1][:ANSWERS] = factor * value["linear.bias"]
    mean, deviation = spread
    into = value["into.weight"] / deviation
    out = np.zeros((len(old[0]), HIDDEN + 1))
    out[:ANSWERS] = factor[:, None] * np.c_[value["out.weight"], value["out.bias"]]
    added = {
        last.input[1]: old[0], last.input[2]: old[1], "into": into,
        "into_offset": value["into.bias"] - into @ mean,
        "out": out[:, :-1], "out_offset": out[:, -1],
    }  # fmt: skip
    for name in last.input[1:]:
        model.graph.initializer.remove(kept[name])
    for name, values in added.items():
        held = numpy_helper.from_array(np.ascontiguousarray(values, np.float32), name)
        model.graph.initializer.append(held)
    answer, features = last.output[0], last.input[0]
    last.output[0] = "linear_answer"
    model.graph.node.extend(
        [
            helper.make_node("Gemm", [features, "into", "into_offset"], ["hidden"], transB=1),
            helper.make_node("Relu", ["hidden"], ["hidden_relu"]),
            helper.make_node("Gemm", ["hidden_relu", "out", "out_offset"], ["more"], transB=1),
            helper.make_node("Add", ["linear_answer", "more"], [answer]),
        ]
    )
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name in ("start", "faces", "posed", "run"):
        parser.add_argument(name, type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    args.run.mkdir(parents=True, exist_ok=True)
    faces = dict(zip(("training", "validation", "test"), build.splits(args.faces), strict=True))
    pictures = read_labelled(args.posed, "ck+")
    small = [cv2.resize(face, (build.SIDE, build.SIDE)) for face in pictures.faces]
    found = described(args.start, faces, np.stack(small), args.run / "features.npz")
    spread = found["tr0"].mean(0), found["tr0"].std(0) + np.float32(1e-3)

    def teach(rows: np.ndarray) -> tuple[Any, tuple[float, float]]:
        net = taught(
            lambda: answers(args.start, spread), found, faces["training"], pictures.labels, rows
        )
        return net, gains(net, found, faces["validation"])

    fold, held = folds(pictures.people), np.empty((len(pictures.labels), ANSWERS))
    for k in range(FOLDS):
        net, gain = teach(np.flatnonzero(fold != k))
        held[fold == k] = (said(net, found, "ck") * np.repeat(gain, 7))[fold == k]
        print(f"fold {k}: {(fold == k).sum()} pictures, gains {gain[0]:.3f} and {gain[1]:.3f}")
    result = {"posed, people not learnt from": judged(held, pictures)}
    net, gain = teach(np.arange(len(fold)))
    for name, key in (("va", "validation"), ("te", "test")):
        some, given = faces[key], said(net, found, name) * np.repeat(gain, 7)
        people = np.full(len(some), "")
        result[key] = judged(given, Labelled([], some.majority, people, {}))
        result[f"{key}, strict"] = judged(
            given[some.strict], Labelled([], some.majority[some.strict], people[some.strict], {})
        )
    (args.run / "result.json").write_text(json.dumps(result, indent=1))
    for name, figures in result.items():
        for key, each in figures.items():
            print(name, key, *(f"{k} {each[k]:.4f}" for k in ("accuracy", "macro_f1", "ece")))
    write(args.start, net, gain, spread, args.output)
    print(f"{args.output}: {args.output.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
