"""How far the expression that a face resembles most is the same before and after.

    python benchmarks/labels.py --pair ORIGINAL RESULT [--pair ORIGINAL RESULT ...]

Each second of each pair has one label on either side: the expression with the highest mean
probability over the frames that were looked at, five a second, as in `mien encounter`. Seconds of
all pairs are counted together: Cohen's kappa over those with a label on both sides, and kappa where
"not assessable" counts as an answer. Each pair has its own line, with the seconds whose label
changed, and agreement is said by how clear the original is. An original that stands in several
pairs, once for each surrogate, is tracked once. All this for each reader of `mien encounter`:
the classifier of pictures, the network of blendshape scores, and the two as one (`--also both`).
"""

from __future__ import annotations

import argparse
import math
from itertools import pairwise
from pathlib import Path

import numpy as np

from mien.blendshapes.scores import Blendshapes
from mien.emotion.classifier import EXPRESSIONS, EmotionClassifier
from mien.emotion.framing import crop_of
from mien.emotion.quality import assess_all
from mien.encounter.opinions import mixed, second_opinion
from mien.encounter.rereading import READERS
from mien.face.region import Region
from mien.models.landmarker import open_backend
from mien.recognition.registry import joining
from mien.selfnorm.network import SelfNorm
from mien.statistics import cohen
from mien.tracking.follow import follow
from mien.video import Reader

STEP = 0.2
K = len(EXPRESSIONS)
SURE = (0.3, 0.45, 0.6)  # as `mien encounter`, as the classifier's own threshold, stricter
EDGES = (0.0, 0.45, 0.6, 0.8, 1.01)  # of the original's likeliest expression


def crops_of(path, near, backend):
    """Crops of the first person's face, and its scores, by number of the frame."""
    found, last, network = {}, -math.inf, Blendshapes.load()
    with Reader(path) as clip:
        for frame in clip:
            if frame.time - last < STEP - 1e-3 or frame.index >= len(near):
                continue
            last = frame.time
            if np.isfinite(near[frame.index]).all():
                (points,) = backend.measure(frame.image, [Region.around(near[frame.index])])
                if points is not None:
                    height, width = frame.image.shape[:2]
                    (scores,) = network.scores(points[None], width, height)
                    found[frame.index] = crop_of(frame.image, points), scores
    return found


def seconds(seen, times, classifier, reader):
    """Mean probabilities of each second that has an assessable face, as a reader gives them."""
    if not seen:
        return {}
    pictures = [crop for crop, _ in seen.values()]
    nothing = [None] * len(pictures)
    good = np.array([one.assessable for one in assess_all(pictures, nothing, nothing)])
    rows = classifier.predict_proba(pictures, framed=True)
    if reader != "pixels":
        scores = np.array([row for _, row in seen.values()])
        good &= np.isfinite(scores).all(1)
        other = second_opinion(SelfNorm.seven(), np.nan_to_num(scores))
        rows = other if reader == "scores" else mixed(rows, other)
    kept = {}
    for number, row, fine in zip(seen, rows, good, strict=True):
        if fine:
            kept.setdefault(int(times[number] - times[0]), []).append(row)
    return {second: np.mean(rows, axis=0) for second, rows in kept.items()}


def changes(one, two):
    """Table of labels, original by result, and what each second that has both was given."""
    table = np.zeros((K + 1, K + 1), int)  # the last column: not assessable
    both = []
    for second, row in one.items():
        there = second in two
        table[row.argmax(), two[second].argmax() if there else K] += 1
        if there:
            both.append((second, row, two[second]))
    return table, both


def words(row):
    """The two likeliest expressions of probabilities."""
    first, second = np.argsort(-row)[:2]
    return f"{EXPRESSIONS[first]} {row[first]:.2f}, {EXPRESSIONS[second]} {row[second]:.2f}"


def by_certainty(seconds):
    """How often labels stay where the original is more or less clear, a line each."""
    for low, high in pairwise(EDGES):
        inside = [(a, b) for _, a, b in seconds if low <= a.max() < high]
        same = sum(a.argmax() == b.argmax() for a, b in inside)
        if inside:
            print(
                f"original at {low:.2f} to {min(high, 1):.2f}: {len(inside)} s, "
                f"the same in {same} ({same / len(inside):.0%})"
            )


def by_threshold(seconds):
    """Kappa if a second is given no expression below a probability, on either side; a line each."""
    for least in SURE:
        table = np.zeros((K, K), int)
        before = after = 0
        for _, a, b in seconds:
            before += a.max() >= least
            after += b.max() >= least
            if min(a.max(), b.max()) >= least:
                table[a.argmax(), b.argmax()] += 1
        print(
            f"named from {least:.2f} on: {before} s before, {after} s after, {table.sum()} s both; "
            f"kappa {kappa(table)}"
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--pair", nargs=2, type=Path, action="append", required=True)
    options = parser.parse_args()
    classifier, backend = EmotionClassifier.load(), open_backend(None)
    originals, read = {}, []
    for original, result in options.pair:
        if original not in originals:
            found = follow(original, backend, joining().describe)
            times, near = found.times, found.tracks[0].landmarks
            originals[original] = times, near, crops_of(original, near, backend)
        times, near, crops = originals[original]
        read.append((result.name, times, crops, crops_of(result, near, backend)))
    for reader in READERS:
        print(f"\nread by {reader}")
        judge(read, classifier, reader)


def judge(read, classifier, reader):
    """Print how far labels agree, pair by pair and together."""
    total, every = np.zeros((K + 1, K + 1), int), []
    for name, times, before, after in read:
        one, two = (seconds(seen, times, classifier, reader) for seen in (before, after))
        table, both = changes(one, two)
        total += table
        every += both
        same = np.trace(table[:K, :K])
        print(f"{name}: {table.sum()} s, the same in {same}; kappa {kappa(table)}")
        for second, a, b in both:
            if a.argmax() != b.argmax():
                print(f"    second {second}: {words(a)} -> {words(b)}")
    both = total[:K, :K]
    print("rows: original; columns: result; last column: not assessable in the result")
    for name, row in zip(EXPRESSIONS, total, strict=False):
        print(f"{name:<12}" + "".join(f"{count:5d}" for count in row))
    by_certainty(every)
    by_threshold(every)
    print(
        f"{total.sum()} s, {both.sum()} of them labelled in the result, the same in "
        f"{np.trace(both)}; kappa {cohen(both[None])[0]:.3f}, with what is lost "
        f"{cohen(total[None])[0]:.3f}"
    )


def kappa(table):
    """Of one pair; nothing where one expression is all there is."""
    found = cohen(table[None])[0]
    return f"{found:.3f}" if np.isfinite(found) else "not defined"


if __name__ == "__main__":
    main()
