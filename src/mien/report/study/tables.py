"""The tables of an expression study, numbered as those of the paper.

Tables 1 and 2 are the classes of the training and of the test set, Tables 3 and 4 runs over the
training set and over the test set after training, Table 5 is how long one snapshot takes [1]_.

References
----------
.. [1] Hartmann, Hartmann, Friebe-Hoffmann, Lato, Janni & Lato, "Novel Method for Three-Dimensional
   Facial Expression Recognition Using Self-Normalizing Neural Networks and Mobile Devices",
   Geburtshilfe und Frauenheilkunde 82 (2022), doi:10.1055/a-1866-2943.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from mien.counted import plural
from mien.selfnorm.clusters import Clusters
from mien.selfnorm.evaluation import Evaluation
from mien.selfnorm.folds import CrossValidation
from mien.selfnorm.inference import Timing
from mien.selfnorm.measures import Balance, balance, rounded
from mien.selfnorm.opened import Network
from mien.selfnorm.sequence import SequenceResult
from mien.selfnorm.snapshots import Snapshots
from mien.selfnorm.splits import Split
from mien.selfnorm.training import Training

Table = tuple[str, str, list[str], list[list[Any]]]
"""Name of the file, title, header and rows."""
_SUMMARY = (
    "snapshots", "participants", "accuracy", "balanced_accuracy", "macro_f1", "log_loss",
    "ece_uncalibrated", "ece", "threshold", "answered", "accuracy_of_answers",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Study:
    """What a report of an expression study is about."""

    snapshots: Snapshots
    """All of the study, as the split's indices mean them."""
    split: Split
    """Who teaches, validates and tests."""
    network: Network
    """What was taught."""
    evaluation: Evaluation
    """On the test set."""
    training: Training | None = None
    """Where the network was taught just now."""
    clusters: Clusters | None = None
    """Mean faces that are alike, if they were looked for."""
    taught: Evaluation | None = None
    """On the training set, after training; None where it is not at hand."""
    folds: CrossValidation | None = None
    """Cross-validation by participant, if it was asked for."""
    sequence: SequenceResult | None = None
    """A network of sequences on the same split, if it was asked for."""
    timings: tuple[Timing, ...] = ()
    """How long single snapshots take, if it was measured."""

    @property
    def balance(self) -> Balance:
        """How many snapshots each class has."""
        return balance(self.snapshots.labels, len(self.snapshots.expressions))

    @property
    def gap(self) -> float | None:
        """Accuracy on the training set less that on the test set: what does not carry over."""
        if self.taught is None:
            return None
        return self.taught.measures.accuracy - self.evaluation.measures.accuracy


def tables(study: Study) -> Iterator[Table]:
    """All tables; those with a number are those of the paper with that number."""
    yield from _classes(study)
    if study.taught is not None:
        yield _run("table-3-training-run", "Table 3: run over the training set after training",
                   study.taught, study.split)  # fmt: skip
    yield _run("table-4-test-run", "Table 4: run over the test set", study.evaluation, study.split)
    if study.timings:
        yield timing_table(study.timings)
    yield from _test(study)
    if study.training is not None:
        yield from _training(study.training)
    if study.folds is not None:
        yield _folds(study.folds)
    if study.sequence is not None:
        yield _sequence(study)
    if (found := study.clusters) is not None:
        yield (
            "clusters",
            "Mean faces and their clusters",
            ["participant", "expression", "cluster"],
            [
                [who, what, int(number) + 1]
                for who, what, number in zip(
                    found.participants, found.expressions, found.clusters, strict=True
                )
            ],
        )


def _classes(study: Study) -> Iterator[Table]:
    """Tables 1 and 2, and the validation set where there is one."""
    for name, title, rows in (
        ("table-1-training-set", "Table 1: classes of the training set", study.split.train),
        ("table-2-test-set", "Table 2: classes of the test set", study.split.test),
        ("validation-set", "Classes of the validation set", study.split.validation),
    ):
        labels = study.snapshots.labels[rows]
        if not (labels >= 0).any():
            continue
        found = balance(labels, len(study.snapshots.expressions)) if _even(study) else None
        whose = study.snapshots.participants[rows]
        counts = np.bincount(labels[labels >= 0], minlength=len(study.snapshots.expressions))
        total = int(counts.sum())
        lines: list[list[Any]] = [
            [word, int(counts[k]), rounded(counts[k] / total), len(np.unique(whose[labels == k]))]
            + [None, None, None]
            for k, word in enumerate(study.snapshots.expressions)
        ]
        tested = [None] * 3 if found is None else [rounded(found.chi2), found.df, found.p]
        lines.append(["all", total, 1.0, len(np.unique(whose)), *tested])
        header = ["expression", "snapshots", "share", "participants", "chi2", "df", "p"]
        yield name, f"{title}, and Pearson's test of equal counts", header, lines


def _even(study: Study) -> bool:
    return len(study.snapshots.expressions) > 1


def _run(name: str, title: str, found: Evaluation, split: Split) -> Table:
    """A run over a set: what Tables 3 and 4 of the paper hold."""
    m = found.measures
    rows: list[list[Any]] = [
        [
            word, int(m.positives[k]), int(m.negatives[k]),
            *(rounded(of[k]) for of in (m.recall, m.precision, m.f1, m.specificity)), None,
        ]
        for k, word in enumerate(found.expressions)
    ]  # fmt: skip
    rows.append(
        [f"all, split {split.words}", int(m.positives.sum()), None, None, None, None, None]
        + [rounded(m.accuracy)]
    )
    header = ["expression", "snapshots", "negatives", "recall", "precision", "f1", "specificity"]
    return name, title, [*header, "accuracy"], rows


def timing_table(timings: tuple[Timing, ...]) -> Table:
    """Table 5: how long a network takes for one snapshot, microseconds."""
    return (
        "table-5-inference",
        "Table 5: time for one snapshot, single calls on one core, microseconds",
        ["set", "n", "range", "min", "max", "mean", "sd", "median"],
        [list(entry.as_dict().values()) for entry in timings],
    )


def _test(study: Study) -> Iterator[Table]:
    runs = [("test", study.evaluation)]
    if study.taught is not None:
        runs.append(("training", study.taught))
    for name, found in runs:
        yield (
            f"confusion-{name}",
            f"Confusion matrix of the {name} set: true classes (rows) and predicted ones",
            ["true", *found.expressions],
            [
                [word, *(int(v) for v in found.matrix[k])]
                for k, word in enumerate(found.expressions)
            ],
        )
    test = study.evaluation.as_dict()
    lines: list[list[Any]] = [["split", study.split.words]]
    lines += [[name, test[name]] for name in _SUMMARY]
    each = test["accuracy_by_participant"]
    lines += [[f"accuracy_by_participant_{name}", value] for name, value in each.items()]
    if study.gap is not None:
        lines.append(["accuracy_training_less_test", rounded(study.gap)])
    yield "summary", "Test set, all classes together", ["measure", "value"], lines
    yield (
        "participants",
        "Participants of the test set",
        ["participant", "snapshots", "accuracy"],
        [
            [person.name, person.snapshots, rounded(person.accuracy)]
            for person in study.evaluation.people
        ],
    )


def _training(training: Training) -> Iterator[Table]:
    yield (
        "history",
        "Epochs",
        list(asdict(training.history[0])),
        [
            [None if value != value else value for value in asdict(entry).values()]
            for entry in training.history
        ],
    )
    yield (
        "normalisation",
        "Activations of each hidden layer, before and after training, without dropout",
        ["layer", "mean_before", "variance_before", "mean_after", "variance_after"],
        [
            [k + 1, *(rounded(v) for v in (*one, *two))]
            for k, (one, two) in enumerate(
                zip(training.first_moments, training.last_moments, strict=True)
            )
        ],
    )


def _folds(found: CrossValidation) -> Table:
    rows: list[list[Any]] = [
        [
            k + 1, fold.participants, fold.snapshots, fold.epoch,
            rounded(fold.accuracy), rounded(fold.macro_f1),
        ]
        for k, fold in enumerate(found.folds)
    ]  # fmt: skip
    both = (("mean", found.mean), ("sd", found.sd))
    rows += [[name, None, None, None, *(rounded(v) for v in values)] for name, values in both]
    header = ["fold", "participants", "snapshots", "epoch_kept", "accuracy", "macro_f1"]
    return "cross-validation", "Cross-validation by participant", header, rows


def _sequence(study: Study) -> Table:
    assert study.sequence is not None
    rows = []
    for name, m in (
        ("one snapshot at a time", study.evaluation.measures),
        (f"the last {plural(study.sequence.length, 'snapshot')} (GRU)", study.sequence.measures),
    ):
        rows.append([name, int(m.positives.sum()), rounded(m.accuracy), rounded(m.macro_f1)])
    title = "Snapshots one at a time and in sequence, on the same test set"
    return "sequence", title, ["network", "snapshots", "accuracy", "macro_f1"], rows
