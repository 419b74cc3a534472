"""The report of an expression study: tables, figures, a page of text, numbers for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mien.counted import plural
from mien.report.drawing import Drawing, put
from mien.report.folder import Staged
from mien.report.spreadsheet import to_csv
from mien.report.study import figures as draw
from mien.report.study.cautions import cautions
from mien.report.study.tables import Study, Table, tables
from mien.selfnorm.measures import Balance, balance, rounded
from mien.selfnorm.network import SelfNorm
from mien.selfnorm.snapshots import Snapshots


def write(
    study: Study, folder: Path, *, participant: str | None = None, overwrite: bool = False
) -> None:
    """Write the folder; it appears when everything in it is written.

    Parameters
    ----------
    study : Study
    folder : Path
    participant : str, optional
        Whose raw curves are drawn; by default the one with most snapshots.
    overwrite : bool
        Replace an older report in that folder.

    Raises
    ------
    OutputError
        If the folder cannot be written, or something is in the way.
    """
    numbers, listed = summary(study), list(tables(study))
    with Staged(folder, overwrite) as staged:
        drawings = put(_drawings(study, participant), staged)
        for name, _, header, rows in listed:
            staged.write(f"tables/{name}.csv", to_csv(header, rows))
            entries = [dict(zip(header, row, strict=True)) for row in rows]
            staged.write(f"tables/{name}.json", json.dumps(entries, indent=2) + "\n")
        staged.write("metrics.json", json.dumps(numbers, indent=2) + "\n")
        staged.write("report.md", page(numbers, listed, list(drawings.values())))
        staged.commit()


def summary(study: Study) -> dict[str, Any]:
    """Everything as one JSON object; no participant is named."""
    snapshots, split, network = study.snapshots, study.split, study.network
    training, clusters, found = study.training, study.clusters, study.balance
    numbers: dict[str, Any] = {
        "snapshots": len(snapshots),
        "without_expression": int((snapshots.labels < 0).sum()),
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
        "balance": _balance(snapshots, found),
        "balance_of_sets": {
            name: _balance(snapshots, balance(snapshots.labels[rows], len(snapshots.expressions)))
            for name, rows in (
                ("train", split.train),
                ("validation", split.validation),
                ("test", split.test),
            )
            if (snapshots.labels[rows] >= 0).any()
        },
        "network": {
            "layers": network.config.layers,
            "config": network.config.as_dict(),
            "temperature": rounded(network.temperature),
            "threshold": rounded(network.threshold),
        },
        "test": study.evaluation.as_dict(),
        "cautions": cautions(study),
    }
    if study.taught is not None:
        numbers["training_run"] = study.taught.as_dict()
        numbers["gap"] = rounded(study.gap or 0.0)
    if study.folds is not None:
        numbers["cross_validation"] = study.folds.as_dict()
    if study.sequence is not None:
        numbers["sequence"] = study.sequence.as_dict()
    if study.timings:
        numbers["inference_us"] = [entry.as_dict() for entry in study.timings]
    if training is not None:
        kept = next(entry for entry in training.history if entry.epoch == training.best)
        numbers["training"] = {
            "epochs": len(training.history),
            "kept": training.best,
            "seconds": round(training.seconds, 1),
            "validation_accuracy": rounded(kept.validation_accuracy),
            "validation_loss": rounded(kept.validation_loss),
            "activations_before": training.first_moments.round(4).tolist(),
            "activations_after": training.last_moments.round(4).tolist(),
        }
    if clusters is not None:
        numbers["clusters"] = {
            "method": clusters.method,
            "count": int(clusters.clusters.max()) + 1,
            "faces": len(clusters.clusters),
            "adjusted_rand_expression": rounded(clusters.rand_expression),
            "adjusted_rand_participant": rounded(clusters.rand_participant),
        }
    return numbers


def _balance(snapshots: Snapshots, found: Balance) -> dict[str, Any]:
    return {
        "counts": dict(zip(snapshots.expressions, found.counts, strict=True)),
        "chi2": rounded(found.chi2),
        "df": found.df,
        "p": found.p,
    }


def _drawings(study: Study, participant: str | None) -> Iterator[Drawing]:
    snapshots, split, evaluation = study.snapshots, study.split, study.evaluation
    if isinstance(study.network, SelfNorm):
        yield draw.architecture(study.network)
    if study.training is not None:
        yield draw.accuracy(study.training, split)
        yield draw.loss(study.training, split)
    if participant is None:
        people, counts = np.unique(snapshots.participants, return_counts=True)
        participant = str(people[counts.argmax()])
    yield draw.curves(snapshots, participant)
    if study.folds is not None:
        yield draw.folds(study.folds)
    yield draw.confusion(evaluation.matrix, evaluation.expressions, split)
    yield draw.reliability(evaluation.uncalibrated, evaluation.calibrated, split)
    yield draw.abstention(evaluation.coverage, split, study.network.threshold)
    if study.clusters is not None:
        yield draw.clusters(study.clusters)


def page(numbers: dict[str, Any], listed: Sequence[Table], drawings: Sequence[Drawing]) -> str:
    """The report as text in Markdown, with tables and figures."""
    test, split = numbers["test"], numbers["split"]
    lines = [
        "# Expression study",
        "",
        f"{plural(numbers['snapshots'], 'snapshot')} of "
        f"{plural(numbers['participants'], 'participant')}, "
        f"{plural(len(numbers['expressions']), 'expression')}, "
        f"{plural(numbers['scores'], 'score')}.",
        "",
        f"Split **{split['words']}**: snapshots that teach {split['train']}, validate "
        f"{split['validation']}, test {split['test']}. Accuracy on the test set "
        f"**{test['accuracy']:.3f}**, macro F1 {test['macro_f1']:.3f}.",
        "",
    ]
    if "gap" in numbers:
        lines += [
            "On the training set, after training, it is "
            f"{numbers['training_run']['accuracy']:.3f}: a gap of {100 * numbers['gap']:.1f} "
            "percentage points.",
            "",
        ]
    lines += [f"**{sentence}**\n" for sentence in numbers["cautions"]]
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
        "Tables and figures with a number are those of the paper with that number (Hartmann et al. "
        "2022, doi:10.1055/a-1866-2943). What they call an expression is what was asked for, and "
        "what a network answers is what a face resembles; neither says what anybody felt.",
        "",
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
