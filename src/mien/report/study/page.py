"""The report of an expression study: tables, figures, a page of text, numbers for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from mien.report.drawing import Drawing
from mien.report.folder import Staged
from mien.report.spreadsheet import to_csv
from mien.report.study import figures as draw
from mien.selfnorm.network import SelfNorm
from mien.selfnorm.snapshots import Snapshots
from mien.selfnorm.splits import Split
from mien.selfnorm.study import Balance, Clusters, Evaluation, balance, plain
from mien.selfnorm.training import Training

Table = tuple[str, str, list[str], list[list[Any]]]
"""Name of the file, title, header and rows."""


def write(
    folder: Path,
    snapshots: Snapshots,
    split: Split,
    network: SelfNorm,
    evaluation: Evaluation,
    *,
    training: Training | None = None,
    clusters: Clusters | None = None,
    participant: str | None = None,
    overwrite: bool = False,
) -> None:
    """Write the folder; it appears when everything in it is written.

    Parameters
    ----------
    folder : Path
    snapshots : Snapshots
        All of the study, as the split's indices mean them.
    split : Split
    network : SelfNorm
    evaluation : Evaluation
        On the test set.
    training : Training, optional
        Where the network was taught just now.
    clusters : Clusters, optional
    participant : str, optional
        Whose raw curves are drawn; by default the one with most snapshots.
    overwrite : bool
        Replace an older report in that folder.

    Raises
    ------
    OutputError
        If the folder cannot be written, or something is in the way.
    """
    found = balance(snapshots.labels, len(snapshots.expressions))
    numbers = summary(snapshots, split, network, evaluation, training, clusters)
    listed = list(tables(snapshots, split, evaluation, found, training, clusters))
    with Staged(folder, overwrite) as staged:
        drawings = []
        for drawing in _drawings(
            snapshots, split, network, evaluation, training, clusters, participant
        ):
            drawings.append(drawing)
            for name, content in draw.files([drawing]):
                staged.write(f"figures/{name}", content)
        for name, _, header, rows in listed:
            staged.write(f"tables/{name}.csv", to_csv(header, rows))
            entries = [dict(zip(header, row, strict=True)) for row in rows]
            staged.write(f"tables/{name}.json", json.dumps(entries, indent=2) + "\n")
        staged.write("metrics.json", json.dumps(numbers, indent=2) + "\n")
        staged.write("report.md", page(numbers, listed, drawings))
        staged.commit()


def summary(
    snapshots: Snapshots,
    split: Split,
    network: SelfNorm,
    evaluation: Evaluation,
    training: Training | None = None,
    clusters: Clusters | None = None,
) -> dict[str, Any]:
    """Everything as one JSON object; no participant is named."""
    found = balance(snapshots.labels, len(snapshots.expressions))
    numbers: dict[str, Any] = {
        "snapshots": len(snapshots),
        "participants": len(np.unique(snapshots.participants)),
        "scores": len(network.names),
        "expressions": list(network.expressions),
        "split": {
            "by": split.by,
            "leaking": split.leaking,
            "words": split.words,
            "train": len(split.train),
            "validation": len(split.validation),
            "test": len(split.test),
        },
        "balance": {
            "counts": dict(zip(snapshots.expressions, found.counts, strict=True)),
            "chi2": plain(found.chi2),
            "df": found.df,
            "p": found.p,
        },
        "network": {
            "layers": network.config.layers,
            "config": network.config.as_dict(),
            "temperature": plain(network.temperature),
            "threshold": plain(network.threshold),
        },
        "test": evaluation.as_dict(),
    }
    if training is not None:
        kept = next(entry for entry in training.history if entry.epoch == training.best)
        numbers["training"] = {
            "epochs": len(training.history),
            "kept": training.best,
            "seconds": round(training.seconds, 1),
            "validation_accuracy": plain(kept.validation_accuracy),
            "validation_loss": plain(kept.validation_loss),
            "activations_before": training.first_moments.round(4).tolist(),
            "activations_after": training.last_moments.round(4).tolist(),
        }
    if clusters is not None:
        numbers["clusters"] = {
            "method": clusters.method,
            "count": int(clusters.clusters.max()) + 1,
            "faces": len(clusters.clusters),
            "adjusted_rand_expression": plain(clusters.rand_expression),
            "adjusted_rand_participant": plain(clusters.rand_participant),
        }
    return numbers


def tables(
    snapshots: Snapshots,
    split: Split,
    evaluation: Evaluation,
    found: Balance,
    training: Training | None = None,
    clusters: Clusters | None = None,
) -> Iterator[Table]:
    """All tables; the first four are those of the paper's kind."""
    names, labels = snapshots.expressions, snapshots.labels
    total = sum(found.counts)
    parts = [np.bincount(labels[rows], minlength=len(names)) for rows in _sets(split)]
    people = [len(np.unique(snapshots.participants[labels == k])) for k in range(len(names))]
    rows: list[list[Any]] = [
        [
            name, found.counts[k], plain(found.counts[k] / total), people[k],
            *(int(part[k]) for part in parts), None, None, None,
        ]
        for k, name in enumerate(names)
    ]  # fmt: skip
    everybody = len(np.unique(snapshots.participants))
    rows.append(
        ["all", total, 1.0, everybody, *(int(part.sum()) for part in parts)]
        + [plain(found.chi2), found.df, found.p]
    )
    yield (
        "table-1-classes",
        "Table 1: snapshots by class, and Pearson's test of equal counts",
        ["expression", "snapshots", "share", "participants", "train", "validation", "test"]
        + ["chi2", "df", "p"],
        rows,
    )
    classes = evaluation.expressions
    yield (
        "table-2-confusion",
        "Table 2: test set, true classes (rows) and predicted ones",
        ["true", *classes],
        [[name, *(int(v) for v in evaluation.matrix[k])] for k, name in enumerate(classes)],
    )
    m = evaluation.measures
    yield (
        "table-3-measures",
        "Table 3: test set, measures by class",
        ["expression", "snapshots", "recall", "precision", "f1", "specificity"],
        [
            [
                name, int(evaluation.matrix[k].sum()), plain(m.recall[k]), plain(m.precision[k]),
                plain(m.f1[k]), plain(m.specificity[k]),
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
        [[person.name, person.snapshots, plain(person.accuracy)] for person in evaluation.people],
    )
    if training is not None:
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
                [k + 1, *(plain(v) for v in (*one, *two))]
                for k, (one, two) in enumerate(
                    zip(training.first_moments, training.last_moments, strict=True)
                )
            ],
        )
    if clusters is not None:
        yield (
            "clusters",
            "Mean faces and their clusters",
            ["participant", "expression", "cluster"],
            [
                [who, what, int(number) + 1]
                for who, what, number in zip(
                    clusters.participants, clusters.expressions, clusters.clusters, strict=True
                )
            ],
        )


def _sets(split: Split) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return split.train, split.validation, split.test


def _drawings(
    snapshots: Snapshots,
    split: Split,
    network: SelfNorm,
    evaluation: Evaluation,
    training: Training | None,
    clusters: Clusters | None,
    participant: str | None,
) -> Iterator[Drawing]:
    if training is not None:
        yield draw.accuracy(training, split)
        yield draw.loss(training, split)
    if participant is None:
        people, counts = np.unique(snapshots.participants, return_counts=True)
        participant = str(people[counts.argmax()])
    yield draw.curves(snapshots, participant)
    yield draw.confusion(evaluation.matrix, evaluation.expressions, split)
    yield draw.reliability(evaluation.uncalibrated, evaluation.calibrated, split)
    yield draw.abstention(evaluation.coverage, split, network.threshold)
    if clusters is not None:
        yield draw.clusters(clusters)


def page(numbers: dict[str, Any], listed: Sequence[Table], drawings: Sequence[Drawing]) -> str:
    """The report as text in Markdown, with tables and figures."""
    test, split = numbers["test"], numbers["split"]
    lines = [
        "# Expression study",
        "",
        f"{numbers['snapshots']} snapshots of {numbers['participants']} participants, "
        f"{len(numbers['expressions'])} expressions, {numbers['scores']} scores.",
        "",
        f"Split **{split['words']}**: {split['train']} teach, {split['validation']} validate, "
        f"{split['test']} test. Accuracy on the test set **{test['accuracy']:.3f}**, "
        f"macro F1 {test['macro_f1']:.3f}.",
        "",
    ]
    if split["leaking"]:
        lines += [
            "**This accuracy does not hold for new people.** Neighbouring snapshots of one "
            "recording are on both sides of the split.",
            "",
        ]
    for name, title, header, rows in listed:
        if name in ("participants", "clusters", "history"):
            continue
        lines += [f"## {title}", "", "| " + " | ".join(header) + " |", "|---" * len(header) + "|"]
        lines += ["| " + " | ".join(_cell(value) for value in row) + " |" for row in rows]
        lines.append("")
    lines += [
        "Pearson's test takes snapshots for independent, which those of one recording are not: its "
        "p is far too small.",
        "",
    ]
    for drawing in drawings:
        lines += [
            f"![{drawing.caption}](figures/{drawing.name}.png)",
            "",
            f"*{drawing.caption}*",
            "",
        ]
    return "\n".join(lines)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
