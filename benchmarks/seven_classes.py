"""Judge the network of seven classes beside simpler classifiers on the same scores.

    python benchmarks/seven_classes.py SCORES.npz [--json OUT]

SCORES.npz is what ``scripts/build_fer_scores.py`` makes. Everything is learnt from the Training
split and judged on the PublicTest split, whose copies in Training are left out; the label is what
most FER+ raters chose, and faces without one among the seven are left out too. Logistic regression
and the network are given twice: as they are, and with rare classes favoured by the root of how rare
they are, which costs accuracy and gains macro-F1. Needs scikit-learn, which mien does not.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mien.blendshapes.names import NAMES
from mien.blendshapes.prototypes import SEVEN
from mien.selfnorm.calibration import coverage, reliability
from mien.selfnorm.measures import Measures, confusion
from mien.selfnorm.network import SelfNorm

FAVOUR = 0.3  # with the 0.2 inside the network half, the root by which the regression is weighted


def load(path):
    """Scores, labels, whether level votes stood first, and whether a face is judged."""
    with np.load(path) as asset:
        held = {name: asset[name] for name in asset.files}
    votes = held["votes"]
    labels, ordered = votes.argmax(1), np.sort(votes, 1)
    level = ordered[:, -1] == ordered[:, -2]
    keep = (held["how"] > 0) & ~held["copy"] & (labels < len(SEVEN))
    found = held["how"][held["split"] == "PublicTest"] > 0
    print(f"PublicTest: {found.sum()} of {len(found)} faces found")
    judged = held["split"] == "PublicTest"
    return held["scores"][keep], labels[keep], level[keep], judged[keep]


def baselines(scores, labels):
    """Classifiers that learnt from the same faces."""
    count = np.bincount(labels, minlength=len(SEVEN))
    weight = dict(enumerate((count.sum() / count) ** 0.5))
    return {
        "logistic regression": make_pipeline(
            StandardScaler(), LogisticRegression(C=0.3, max_iter=1000)
        ).fit(scores, labels),
        "logistic regression, weighted": make_pipeline(
            StandardScaler(), LogisticRegression(C=0.3, max_iter=1000, class_weight=weight)
        ).fit(scores, labels),
        "gradient boosting": HistGradientBoostingClassifier(
            learning_rate=0.08, max_iter=150, max_leaf_nodes=15, l2_regularization=1, random_state=0
        ).fit(scores, labels),
    }


def entry(given, truth):
    """Measures of probabilities against labels, for JSON."""
    table = confusion(truth, given.argmax(1), len(SEVEN))
    measures = Measures.of(table)
    return {
        "accuracy": round(measures.accuracy, 4),
        "macro_f1": round(measures.macro_f1, 4),
        "calibration_error": round(reliability(given, truth).ece, 4),
        "recall": np.round(measures.recall, 3).tolist(),
        "precision": np.round(measures.precision, 3).tolist(),
        "f1": np.round(measures.f1, 3).tolist(),
        "confusion": table.tolist(),
    }


def speed(network, scores):
    """Seconds for one snapshot, and snapshots a second in batches, on one core."""
    many = np.tile(scores, (30, 1))
    network.predict_proba(many[:1000]), network.score_one(scores[0])
    begin = time.perf_counter()
    network.predict_proba(many)
    batch = len(many) / (time.perf_counter() - begin)
    begin = time.perf_counter()
    for row in scores[:2000]:
        network.score_one(row)
    return (time.perf_counter() - begin) / len(scores[:2000]), batch


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("scores", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--network", type=Path, help="another network than the one that ships")
    args = parser.parse_args()
    scores, labels, level, judged = load(args.scores)
    network = SelfNorm.load(args.network) if args.network else SelfNorm.seven()
    taught, test = ~judged & ~level, judged & ~level
    answers = {"self-normalising network": network.predict_proba(scores[test], NAMES)}
    frequent = np.bincount(labels[taught], minlength=len(SEVEN)) / taught.sum()
    fair = answers["self-normalising network"] * frequent**-FAVOUR
    answers["self-normalising network, weighted"] = fair / fair.sum(1, keepdims=True)
    for name, model in baselines(scores[taught], labels[taught]).items():
        answers[name] = model.predict_proba(scores[test])
    result = {name: entry(given, labels[test]) for name, given in answers.items()}
    print(f"learnt from {taught.sum()}, judged on {test.sum()}; rows true, columns given")
    for name, found in result.items():
        print(f"\n{name}: accuracy {found['accuracy']:.3f}, macro-F1 {found['macro_f1']:.3f}, "
              f"calibration error {found['calibration_error']:.3f}")  # fmt: skip
        for k, expression in enumerate(SEVEN):
            row = " ".join(f"{n:5d}" for n in found["confusion"][k])
            print(f"  {expression:10s} {row}   recall {found['recall'][k]:.2f}, "
                  f"precision {found['precision'][k]:.2f}, F1 {found['f1'][k]:.2f}")  # fmt: skip
    given = answers["self-normalising network"]
    every = entry(network.predict_proba(scores[judged]), labels[judged])
    sure = given.max(1) >= network.threshold
    right = (given.argmax(1) == labels[test])[sure].mean()
    one, batch = speed(network, scores[test])
    covered = coverage(given, labels[test])
    result["network"] = {
        "with level votes": {k: every[k] for k in ("accuracy", "macro_f1")} | {"n": judged.sum()},
        "threshold": network.threshold,
        "answered": round(float(sure.mean()), 4),
        "accuracy of answers": round(float(right), 4),
        "accuracy of the surer half": round(
            float(covered.accuracy[covered.coverage <= 0.5][-1]), 4
        ),
        "one snapshot, microseconds": round(one * 1e6, 1),
        "snapshots per second": round(batch),
    }
    print(f"\n{result['network']}")
    if args.json:
        args.json.write_text(json.dumps(result, indent=2, default=float))


if __name__ == "__main__":
    main()
