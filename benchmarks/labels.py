"""How far the expression that a face resembles most is the same before and after.

    python benchmarks/labels.py --pair ORIGINAL RESULT [--pair ORIGINAL RESULT ...]

Each second of each pair has one label on either side: the expression with the highest mean
probability over the frames that were looked at, five a second, as in `mien encounter`. Seconds of
all pairs are counted together: Cohen's kappa over those with a label on both sides, and kappa where
"not assessable" counts as an answer.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path

import numpy as np

from mien.emotion.classifier import EXPRESSIONS, EmotionClassifier
from mien.emotion.framing import crop_of
from mien.emotion.quality import assess_all
from mien.face.region import Region
from mien.models.landmarker import open_backend
from mien.recognition.registry import joining
from mien.statistics import cohen
from mien.tracking.follow import follow
from mien.video import Reader

STEP = 0.2


def crops_of(path, near, backend):
    """Crops of the first person's face by number of the frame."""
    found, last = {}, -math.inf
    with Reader(path) as clip:
        for frame in clip:
            if frame.time - last < STEP - 1e-3 or frame.index >= len(near):
                continue
            last = frame.time
            if np.isfinite(near[frame.index]).all():
                (points,) = backend.measure(frame.image, [Region.around(near[frame.index])])
                if points is not None:
                    found[frame.index] = crop_of(frame.image, points)
    return found


def seconds(crops, times, classifier):
    """Mean probabilities of each second that has an assessable face."""
    if not crops:
        return {}
    pictures = list(crops.values())
    nothing = [None] * len(pictures)
    good = [one.assessable for one in assess_all(pictures, nothing, nothing)]
    rows = classifier.predict_proba(pictures, framed=True)
    kept = {}
    for number, row, fine in zip(crops, rows, good, strict=True):
        if fine:
            kept.setdefault(int(times[number] - times[0]), []).append(row)
    return {second: np.mean(rows, axis=0) for second, rows in kept.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--pair", nargs=2, type=Path, action="append", required=True)
    options = parser.parse_args()
    classifier, backend = EmotionClassifier.load(), open_backend(None)
    k = len(EXPRESSIONS)
    table = np.zeros((k + 1, k + 1), int)  # the last column: not assessable
    for original, result in options.pair:
        found = follow(original, backend, joining().describe)
        times, near = found.times, found.tracks[0].landmarks
        one, two = (
            seconds(crops_of(path, near, backend), times, classifier) for path in (original, result)
        )
        for second, row in one.items():
            table[row.argmax(), two[second].argmax() if second in two else k] += 1
    both = table[:k, :k]
    print("rows: original; columns: result; last column: not assessable in the result")
    for name, row in zip(EXPRESSIONS, table, strict=False):
        print(f"{name:<12}" + "".join(f"{count:5d}" for count in row))
    print(
        f"{table.sum()} s, {both.sum()} of them labelled in the result, the same in "
        f"{np.trace(both)}; kappa {cohen(both[None])[0]:.3f}, with what is lost "
        f"{cohen(table[None])[0]:.3f}"
    )


if __name__ == "__main__":
    main()
