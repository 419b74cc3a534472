"""The order of screening beside ASReview's own, on the same labelled files in the same run.

Each file is screened by mien and by ASReview's default model (``asreview simulate``, which runs in
an interpreter of its own, so that nothing of it is needed here), both from the first record of the
file on, both learning anew after each decision. WSS@95 and recall after a tenth are counted by one
function from the two orders. Without files, sets are made: records whose relevant ones share words
that others have seldom::

    python benchmarks/screening.py --asreview ASREVIEW/bin/python labelled.csv
    python benchmarks/screening.py --asreview ASREVIEW/bin/python --sets 2 --records 600
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from mien.review.records.reading import read_export
from mien.review.records.record import Record
from mien.review.screening.curves import relevant_found, work_saved
from mien.review.screening.labels import labels_of
from mien.review.screening.simulation import Settings, simulate

THEIRS = """
import json, sys
import numpy as np
import pandas as pd
from asreview import Simulate
from asreview.learner import ActiveLearningCycle
from asreview.models.models import get_ai_config
from asreview.models.queriers import TopDown
from asreview.models.stoppers import IsFittable, LastRelevant
np.random.seed(0)
frame = pd.read_csv(sys.argv[1], keep_default_na=False)
cycles = [
    ActiveLearningCycle(querier=TopDown(), stopper=IsFittable()),
    ActiveLearningCycle.from_meta(get_ai_config()["value"]),
]
run = Simulate(frame, frame["included"], cycles, stopper=LastRelevant(), print_progress=False)
run.review()
json.dump([int(place) for place in run._results["record_id"]], sys.stdout)
"""
"""What `asreview simulate` does, but the order printed and not stored."""


def sets(count: int, records: int) -> Iterator[tuple[str, list[Record], list[int]]]:
    """Made-up labelled sets, of 3 to 9 per cent relevant records."""
    for seed in range(count):
        rng = np.random.default_rng(seed)
        labels = (rng.random(records) < rng.uniform(0.03, 0.09)).astype(int)
        labels[:12], labels[12] = 0, 1
        found = []
        for label in labels:
            words = [f"word{k}" for k in rng.zipf(1.3, 60) if k < 4000]
            topic = 30 if label and rng.random() > 0.15 else 0
            words += [f"topic{k}" for k in rng.integers(topic, topic + 40, 5)]
            found.append(Record(title=" ".join(words[:8]), abstract=" ".join(words[8:])))
        yield f"made-up {seed}", found, labels.tolist()


def labelled(path: Path, label: str | None) -> tuple[str, list[Record], list[int]]:
    """Records of a file that have a decision, and the decisions."""
    records = list(read_export(path).records)
    said = labels_of(records, label)
    kept = [k for k, one in enumerate(said) if one is not None]
    return path.name, [records[k] for k in kept], [int(said[k] or 0) for k in kept]


def their_order(python: str, records: list[Record], labels: list[int]) -> np.ndarray:
    """Places of records in the order in which ASReview's default screens them."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "set.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            table = csv.writer(file)
            table.writerow(["title", "abstract", "included"])
            for one, label in zip(records, labels, strict=True):
                table.writerow([one.title, one.abstract, label])
        done = subprocess.run(
            [python, "-W", "ignore", "-c", THEIRS, str(path)],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
    return np.array(json.loads(done.stdout))


def measures(order: np.ndarray, labels: list[int]) -> tuple[float, float]:
    """WSS@95 and recall after a tenth."""
    truth = np.array(labels)
    found = truth[order]
    total, records = int(truth.sum()), len(truth)
    return work_saved(found, records, total, 0.95), relevant_found(found, records, total)


def main() -> None:
    """Print a line for each set, and the largest difference."""
    ask = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    ask.add_argument("files", nargs="*", type=Path, help="labelled exports")
    ask.add_argument("--asreview", required=True, help="a Python in which ASReview is installed")
    ask.add_argument("--label", help="the column of decisions")
    ask.add_argument("--sets", type=int, default=3, help="made-up sets, where no file is given")
    ask.add_argument("--records", type=int, default=600, help="of a made-up set")
    given = ask.parse_args()
    every = (
        (labelled(path, given.label) for path in given.files)
        if given.files
        else sets(given.sets, given.records)
    )
    print("set, records, relevant, WSS@95 mien, ASReview, recall@10 % mien, ASReview, same order")
    worst = 0.0
    for name, records, labels in every:
        ours = simulate(records, labels, Settings(patience=10**9)).order
        theirs = their_order(given.asreview, records, labels)
        (wss, recall), (wss2, recall2) = measures(ours, labels), measures(theirs, labels)
        together = min(len(ours), len(theirs))
        same = float(np.mean(ours[:together] == theirs[:together]))
        worst = max(worst, abs(wss - wss2))
        print(
            f"{name}, {len(labels)}, {sum(labels)}, {wss:.4f}, {wss2:.4f}, {recall:.3f}, "
            f"{recall2:.3f}, {same:.0%}",
            flush=True,
        )
    print(f"largest difference of WSS@95: {worst:.4f}")


if __name__ == "__main__":
    main()
