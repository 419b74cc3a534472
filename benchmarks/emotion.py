"""How often the expression network is right, how sure it is, and how fast.

    python benchmarks/emotion.py fer2013_plus.npz [--portraits FOLDER] [--json OUT]

Accuracy is measured on the split PublicTest, of which nothing was learnt and whose doubles left the
training; on faces that one of the seven expressions won (all), and on those that it won with more
than half of the votes (strict). Speed is measured on one core, as faces a second of processor time
and of wall-clock time, beside OpenCV's reader on the same network.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from importlib.resources import files
from pathlib import Path

import cv2
import numpy as np

from mien.emotion import quality
from mien.emotion.classifier import CONVENTIONS, EXPRESSIONS, EmotionClassifier
from mien.emotion.framing import pictures

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))
import build_emotion as build

BINS = 15


def error_of_calibration(given: np.ndarray, truth: np.ndarray) -> float:
    """Expected calibration error over 15 bins of equal width (Guo et al., ICML 2017)."""
    sure, right = given.max(1), given.argmax(1) == truth
    bins = np.clip((BINS * sure).astype(int), 0, BINS - 1)
    error = 0.0
    for k in np.unique(bins):
        error += (bins == k).mean() * abs(sure[bins == k].mean() - right[bins == k].mean())
    return float(error)


def measured(given: np.ndarray, truth: np.ndarray) -> dict:
    answer = given.argmax(1)
    table = np.zeros((7, 7), int)
    np.add.at(table, (truth, answer), 1)
    right = np.diag(table)
    with np.errstate(invalid="ignore", divide="ignore"):
        precision, recall = right / table.sum(0), right / table.sum(1)
        f1 = 2 * right / (table.sum(0) + table.sum(1))
    return {
        "faces": len(truth),
        "accuracy": float((answer == truth).mean()),
        "macro_f1": float(np.nanmean(f1)),
        "ece": error_of_calibration(given, truth),
        "per_class": {
            name: {
                "faces": int(table[k].sum()),
                "precision": float(precision[k]),
                "recall": float(recall[k]),
                "f1": float(f1[k]),
            }
            for k, name in enumerate(EXPRESSIONS)
        },
        "confusion": table.tolist(),
    }


def accuracy(classifier: EmotionClassifier, test: build.Faces) -> dict:
    found = {}
    for convention in CONVENTIONS:
        given = classifier.predict_proba(test.images, convention=convention)
        for name, chosen in (("all", np.ones(len(test), bool)), ("strict", test.strict)):
            for labels, truth in (("ferplus", test.majority), ("fer2013", test.theirs)):
                key = f"answers {convention}, labels {labels}, {name}"
                found[key] = measured(given[chosen], truth[chosen])
    given = classifier.predict_proba(test.images)
    named = given.max(1) >= 0.45
    right = given.argmax(1) == test.majority
    found["named at the usual threshold"] = {
        "share": float(named.mean()),
        "accuracy": float(right[named].mean()),
    }
    # an answer that is always right by one kind of label is this often right by the other
    found["agreement of the two labels"] = {
        "all": float((test.majority == test.theirs).mean()),
        "strict": float((test.majority == test.theirs)[test.strict].mean()),
    }
    return found


def degraded(classifier: EmotionClassifier, test: build.Faces, n: int = 700) -> list[dict]:
    """Accuracy and what is left assessable when faces get worse."""
    rng = np.random.default_rng(0)
    chosen = rng.choice(len(test), n, replace=False)
    images, truth = test.images[chosen], test.majority[chosen]

    def grey(image, gain, level):
        noisy = (image - level) * gain + level + rng.normal(0, 2, image.shape)
        return np.clip(noisy, 0, 255).astype(np.uint8)

    ways = {"as they are": lambda x: x}
    for side in (32, 24, 20, 16, 12):
        ways[f"{side} pixels"] = lambda x, s=side: cv2.resize(
            x, (s, s), interpolation=cv2.INTER_AREA
        )
    for blur in (0.8, 1.2, 1.6, 2, 2.5, 3):
        ways[f"blur of {blur} pixels"] = lambda x, s=blur: cv2.GaussianBlur(x, (0, 0), s)
    for gain in (0.5, 0.25, 0.12, 0.06):
        ways[f"light times {gain}"] = lambda x, g=gain: grey(x, g, 0.0)
    for gain in (0.5, 0.25, 0.12, 0.06):
        ways[f"contrast times {gain}"] = lambda x, g=gain: grey(x, g, 128.0)
    others = test.images[rng.permutation(len(test))]
    ways["covered"] = lambda x: build.covered(x, rng, others[rng.integers(len(others))])
    ways["lower half covered"] = lambda x: np.concatenate([x[:24], np.full_like(x[24:], 90)])
    ways["no face"] = lambda x: build.no_face(x, rng)
    rows = []
    for name, way in ways.items():
        faces = [way(image) for image in images]
        judged = [each.assessable for each in quality.assess_all(faces)]
        right = classifier.predict_proba(faces).argmax(1) == truth
        rows.append(
            {"faces": name, "accuracy": float(right.mean()), "assessable": float(np.mean(judged))}
        )
    return rows


def speed(classifier: EmotionClassifier, images: np.ndarray) -> dict:
    """Faces a second on one core."""
    cv2.setNumThreads(1)
    large = [cv2.resize(image, (256, 256)) for image in images[:100]]

    def timed(action, count):
        action()
        best = (0.0, 0.0)
        for _ in range(3):
            wall, core = time.perf_counter(), time.process_time()
            action()
            wall, core = time.perf_counter() - wall, time.process_time() - core
            best = max(best, (count / core, count / wall))
        return {"per_core_second": best[0], "per_second": best[1]}

    some = images[:512]
    found = {
        "mien, 48 x 48": timed(lambda: classifier.predict_proba(some), len(some)),
        "mien, one by one": timed(
            lambda: [classifier.predict_proba(face[None]) for face in some[:100]], 100
        ),
        "mien, 256 x 256, the face looked for": timed(
            lambda: classifier.predict_proba(large), len(large)
        ),
    }
    content = (files("mien") / "assets" / "emotion.onnx").read_bytes()
    other = cv2.dnn.readNetFromONNX(np.frombuffer(content, np.uint8))

    def by_opencv(pictures: np.ndarray) -> np.ndarray:
        other.setInput(np.ascontiguousarray(pictures[:, None]))
        return other.forward()

    def theirs():
        for start in range(0, len(some), 16):
            x = build.standardised(some[start : start + 16])
            by_opencv(np.concatenate([x, x[:, :, ::-1]]))

    found["OpenCV, 48 x 48"] = timed(theirs, len(some))
    x = build.standardised(some)
    apart = np.abs(classifier.logits(some) - (by_opencv(x) + by_opencv(x[..., ::-1])) / 2).max()
    found["largest difference from OpenCV"] = float(apart)
    return found


def portraits(classifier: EmotionClassifier, folder: Path) -> dict:
    """Official portraits smile or rest; and their framing should not matter."""
    heads = [cv2.imread(str(path))[..., ::-1] for path in sorted(folder.glob("*.jpg"))]
    given = classifier.predict_proba(heads)
    _, sides = pictures(heads)
    named = given.argmax(1)
    return {
        "portraits": len(heads),
        "found": float(np.mean([s < min(h.shape[:2]) for s, h in zip(sides, heads, strict=True)])),
        "named": {name: int((named == k).sum()) for k, name in enumerate(EXPRESSIONS)},
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("faces", type=Path)
    parser.add_argument("--portraits", type=Path)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    classifier = EmotionClassifier.load()
    _, _, test = build.splits(args.faces)
    found = {
        "speed": speed(classifier, test.images),
        "accuracy": accuracy(classifier, test),
        "degraded": degraded(classifier, test),
    }
    if args.portraits:
        found["portraits"] = portraits(classifier, args.portraits)
    for name, entry in found["speed"].items():
        print(name, entry)
    for name, entry in found["accuracy"].items():
        if isinstance(entry, dict) and "macro_f1" in entry:
            print(
                f"{name}: {entry['faces']} faces, accuracy {entry['accuracy']:.3f}, "
                f"macro-F1 {entry['macro_f1']:.3f}, ECE {entry['ece']:.3f}"
            )
        else:
            print(name, entry)
    for convention in CONVENTIONS:
        entry = found["accuracy"][f"answers {convention}, labels {convention}, all"]
        print(f"| {convention} | faces | precision | recall | F1 |")
        for name, row in entry["per_class"].items():
            print(
                f"| {name} | {row['faces']} | {row['precision']:.2f} | {row['recall']:.2f} "
                f"| {row['f1']:.2f} |"
            )
        print(np.array(entry["confusion"]))
    for row in found["degraded"]:
        print(f"| {row['faces']} | {row['accuracy']:.2f} | {row['assessable']:.2f} |")
    if args.portraits:
        print(found["portraits"])
    if args.json:
        args.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
