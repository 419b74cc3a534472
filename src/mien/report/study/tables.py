"""The tables of an expression study."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from mien.selfnorm.clusters import Clusters
from mien.selfnorm.evaluation import Evaluation
from mien.selfnorm.measures import Balance, balance, rounded
from mien.selfnorm.network import SelfNorm
from mien.selfnorm.snapshots import Snapshots
from mien.selfnorm.splits import Split
from mien.selfnorm.training import Training

Table = tuple[str, str, list[str], list[list[Any]]]
"""Name of the file, title, header and rows."""


@dataclass(frozen=True, eq=False)
class Study:
    """What a report of an expression study is about."""

    snapshots: Snapshots
    """All of the study, as the split's indices mean them."""
    split: Split
    """Who teaches, validates and tests."""
    network: SelfNorm
    """What was taught."""
    evaluation: Evaluation
    """On the test set."""
    training: Training | None = None
    """Where the network was taught just now."""
    clusters: Clusters | None = None
    """Mean faces that are alike, if they were looked for."""

    @property
    def balance(self) -> Balance:
        """How many snapshots each class has."""
        return balance(self.snapshots.labels, len(self.snapshots.expressions))


def tables(study: Study) -> Iterator[Table]:
    """All tables; the first four are those of the paper's kind."""
    yield _classes(study)
    yield from _test(study.evaluation, study.split)
    if study.training is not None:
        yield from _training(study.training)
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


def _classes(study: Study) -> Table:
    snapshots, split, found = study.snapshots, study.split, study.balance
    names, labels = snapshots.expressions, snapshots.labels
    total = sum(found.counts)
    parts = [
        np.bincount(labels[rows], minlength=len(names))
        for rows in (split.train, split.validation, split.test)
    ]
    people = [len(np.unique(snapshots.participants[labels == k])) for k in range(len(names))]
    rows: list[list[Any]] = [
        [
            name, found.counts[k], rounded(found.counts[k] / total), people[k],
            *(int(part[k]) for part in parts), None, None, None,
        ]
        for k, name in enumerate(names)
    ]  # fmt: skip
    everybody = len(np.unique(snapshots.participants))
    rows.append(
        ["all", total, 1.0, everybody, *(int(part.sum()) for part in parts)]
        + [rounded(found.chi2), found.df, found.p]
    )
    return (
        "table-1-classes",
        "Table 1: snapshots by class, and Pearson's test of equal counts",
        ["expression", "snapshots", "share", "participants", "train", "validation", "test"]
        + ["chi2", "df", "p"],
        rows,
    )


def _test(evaluation: Evaluation, split: Split) -> Iterator[Table]:
    classes, m = evaluation.expressions, evaluation.measures
    yield (
        "table-2-confusion",
        "Table 2: test set, true classes (rows) and predicted ones",
        ["true", *classes],
        [[name, *(int(v) for v in evaluation.matrix[k])] for k, name in enumerate(classes)],
    )
    yield (
        "table-3-measures",
        "Table 3: test set, measures by class",
        ["expression", "snapshots", "recall", "precision", "f1", "specificity"],
        [
            [
                name,
                int(evaluation.matrix[k].sum()),
                *(rounded(of[k]) for of in (m.recall, m.precision, m.f1, m.specificity)),
            ]
            for k, name in enumerate(classes)
        ],
    )  # fmt: skip
    test = evaluation.as_dict()
    each = test["accuracy_by_participant"]
    yield (
        "table-4-summary",
        "Table 4: test set, all classes together",
        ["measure", "value"],
        [
            ["split", split.words],
            *([name, test[name]] for name in (
                "snapshots", "participants", "accuracy", "balanced_accuracy", "macro_f1",
                "log_loss", "ece_uncalibrated", "ece", "threshold", "answered",
                "accuracy_of_answers",
            )),
            *([f"accuracy_by_participant_{name}", value] for name, value in each.items()),
        ],
    )  # fmt: skip
    yield (
        "participants",
        "Participants of the test set",
        ["participant", "snapshots", "accuracy"],
        [[person.name, person.snapshots, rounded(person.accuracy)] for person in evaluation.people],
    )


def _training(training: Training) -> Iterator[Table]:
    yield (
        "history",
        "Epochs",
        list(asdict(training.history[0])),
        [list(asdict(entry).values()) for entry in training.history],
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
