"""The figures of an expression study, for paper: PNG and SVG by matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from mien.counted import plural
from mien.report.drawing import Drawing, at_most, drawn, finish
from mien.selfnorm.calibration import Coverage, Reliability
from mien.selfnorm.clusters import Clusters
from mien.selfnorm.folds import CrossValidation
from mien.selfnorm.network import SelfNorm
from mien.selfnorm.snapshots import Snapshots
from mien.selfnorm.splits import Split
from mien.selfnorm.training import Epoch, Training

_TRAIN, _VALIDATION = "#3b6fb6", "#d1691c"
_WARNING = "#b3261e"
_SIZE = (5.6, 3.4)  # inches
_CURVES = 6  # scores that are drawn for each expression
_LONG = 4000


@drawn
def architecture(network: SelfNorm) -> Drawing:
    """The layers of a network from its inputs to its classes: Figure 2."""
    config = network.config
    layers = [(f"input, {len(network.inputs)}", len(network.inputs), "#9aa5b1")]
    for number, width in enumerate(config.widths, 1):
        l2 = f", L2 {config.l2:g}" if number in config.l2_layers and config.l2 else ""
        layers.append((f"dense {number}, {width}, SELU{l2}", width, _TRAIN))
        layers.append((f"alpha dropout {config.dropout:g}", width, "#c9d6ea"))
    layers.append((f"softmax, {len(network.expressions)}", len(network.expressions), _VALIDATION))
    figure = Figure(figsize=(4.6, 0.6 + 0.24 * len(layers)), layout="constrained")
    axis = figure.subplots()
    widest = max(width for _, width, _ in layers)
    for row, (words, width, colour) in enumerate(layers):
        axis.barh(-row, width, left=-width / 2, height=0.62, color=colour)
        axis.text(0.56 * widest, -row, words, va="center", fontsize=7)
    axis.set(xlim=(-0.55 * widest, 1.35 * widest), ylim=(-len(layers) + 0.3, 0.7))
    axis.axis("off")
    caption = (
        f"Architecture: {config.layers} layers from {plural(len(network.inputs), 'input')} to "
        f"{plural(len(network.expressions), 'class', 'classes')}, first weights LeCun normal; "
        "bars are as wide as the layers."
    )
    return finish("figure-2-architecture", caption, figure)


@drawn
def folds(found: CrossValidation) -> Drawing:
    """Accuracy of each fold, and their mean."""
    figure = Figure(figsize=_SIZE, layout="constrained")
    axis = figure.subplots()
    values = [fold.accuracy for fold in found.folds]
    axis.bar(np.arange(1, len(values) + 1), values, color=_TRAIN, width=0.7)
    axis.axhline(found.mean[0], color=_VALIDATION, ls="--", lw=1.2, label="mean")
    axis.set(xlabel="fold", ylabel="accuracy on its participants", ylim=(0, 1))
    axis.legend()
    caption = (
        f"Cross-validation by participant, {len(values)} folds: accuracy {found.mean[0]:.3f}, "
        f"standard deviation {found.sd[0]:.3f}."
    )
    return finish("cross-validation", caption, figure)


@drawn
def accuracy(training: Training, split: Split) -> Drawing:
    """Accuracy over epochs: Figure 3."""
    return _course(
        training, split, "figure-3-accuracy", "accuracy", "train_accuracy", "validation_accuracy"
    )


@drawn
def loss(training: Training, split: Split) -> Drawing:
    """Loss over epochs: Figure 4."""
    return _course(
        training, split, "figure-4-loss", "cross-entropy, nats", "train_loss", "validation_loss"
    )


def _course(training: Training, split: Split, name: str, label: str, one: str, two: str) -> Drawing:
    figure = Figure(figsize=_SIZE, layout="constrained")
    axis = figure.subplots()
    epochs = [entry.epoch for entry in training.history]
    mark = "o" if len(epochs) < 3 else None
    for field, colour, style, words in (
        (one, _TRAIN, "-", "training, with dropout"),
        (two, _VALIDATION, "--", "validation"),
    ):
        values = [getattr(entry, field) for entry in training.history]
        if np.isnan(values).all():
            continue  # there is no validation set
        axis.plot(epochs, values, color=colour, ls=style, marker=mark, lw=1.4, label=words)
    axis.axvline(training.best, color="#7a7a7a", lw=0.8, ls=":", label="epoch that was kept")
    axis.set(xlabel="epoch", ylabel=label)
    if label == "accuracy":
        at_most(axis, 1)
    axis.legend()
    _title(axis, split)
    kept = _entry(training.history, training.best)
    held = getattr(kept, two)
    where = f"{held:.3f} on the validation set"
    if np.isnan(held):
        where = f"{getattr(kept, one):.3f} on the training set while learning"
    caption = (
        f"{label.partition(',')[0].capitalize()} over {plural(len(epochs), 'epoch')}; "
        f"split {split.words}; {where} in epoch {training.best}, which was kept."
    )
    return finish(name, caption, figure)


def _entry(history: Sequence[Epoch], number: int) -> Epoch:
    return next(entry for entry in history if entry.epoch == number)


def _title(axis: Any, split: Split) -> None:
    axis.set_title(f"Split {split.words}", color=_WARNING if split.leaking else "black", loc="left")


@drawn
def curves(snapshots: Snapshots, participant: str) -> Drawing:
    """Raw scores of one participant over time, a panel for each expression: Figure 5."""
    own = snapshots.take(snapshots.participants == participant)
    shown = [k for k in range(len(own.expressions)) if (own.labels == k).any()]
    if (own.labels < 0).any() or not shown:
        shown.append(-1)
    figure = Figure(figsize=(7.2, 0.9 + 1.35 * len(shown)), layout="constrained")
    axes = np.atleast_1d(figure.subplots(len(shown), 1, sharex=True, sharey=True))
    spread = np.stack([own.scores[own.labels == k].mean(0) for k in shown])
    most = np.argsort(-(spread.max(0) - spread.min(0) + 0.5 * own.scores.std(0)))
    most = np.sort(most[:_CURVES])
    for axis, label in zip(axes, shown, strict=True):
        rows = np.flatnonzero(own.labels == label)
        rows = rows[np.argsort(own.times[rows], kind="stable")]
        for number, k in enumerate(most):
            axis.plot(
                own.times[rows],
                own.scores[rows, k],
                lw=1.0,
                ls=("-", "--", "-.")[number % 3],
                label=own.names[k],
                rasterized=len(rows) > _LONG,
            )
        axis.set_ylabel(own.expressions[label] if label >= 0 else "unlabelled")
        axis.set_ylim(-0.02, 1.02)
    axes[-1].set_xlabel("seconds since the recording began")
    axes[0].legend(ncols=3, fontsize=7, loc="upper right")
    caption = (
        f"Raw scores of one participant: the {len(most)} that differ most between expressions."
    )
    return finish("figure-5-curves", caption, figure)


@drawn
def confusion(matrix: np.ndarray, expressions: Sequence[str], split: Split) -> Drawing:
    """Confusion matrix: shares of each true class, and counts."""
    figure = Figure(figsize=(1.6 + 0.75 * len(expressions),) * 2, layout="constrained")
    axis = figure.subplots()
    share = matrix / np.maximum(matrix.sum(1, keepdims=True), 1)
    axis.imshow(share, cmap="Blues", vmin=0, vmax=1)
    for row in range(len(matrix)):
        for column in range(len(matrix)):
            axis.text(
                column,
                row,
                f"{share[row, column]:.2f}\n{matrix[row, column]}",
                ha="center",
                va="center",
                fontsize=7,
                color="white" if share[row, column] > 0.55 else "black",
            )
    places = np.arange(len(expressions))
    axis.set_xticks(places, expressions, rotation=40, ha="right")
    axis.set_yticks(places, expressions)
    axis.set(xlabel="predicted", ylabel="true")
    axis.grid(False)
    _title(axis, split)
    right = np.diag(matrix).sum() / max(matrix.sum(), 1)
    caption = f"Confusion matrix of the test set, {right:.1%} right; split {split.words}."
    return finish("confusion", caption, figure)


@drawn
def reliability(before: Reliability, after: Reliability, split: Split) -> Drawing:
    """Confidence against accuracy, before and after the temperature."""
    figure = Figure(figsize=(7.2, 3.6), layout="constrained")
    for axis, found, words in zip(
        figure.subplots(1, 2, sharey=True),
        (before, after),
        ("as taught", "calibrated"),
        strict=True,
    ):
        edges = np.linspace(0, 1, len(found.count) + 1)
        axis.bar(
            edges[:-1],
            np.nan_to_num(found.accuracy),
            width=1 / len(found.count),
            align="edge",
            color=_TRAIN,
            edgecolor="white",
            alpha=0.85,
            label="accuracy",
        )
        there = np.flatnonzero(found.count)
        axis.plot(
            found.confidence[there], found.accuracy[there], "o", ms=3, color=_VALIDATION,
            label="at mean confidence",
        )  # fmt: skip
        axis.plot([0, 1], [0, 1], color="#7a7a7a", lw=0.9, ls="--", label="as sure as right")
        axis.set(xlabel="confidence", xlim=(0, 1), ylim=(0, 1))
        axis.set_title(f"{words}, ECE {found.ece:.3f}", loc="left")
    figure.axes[0].set_ylabel("accuracy")
    figure.axes[0].legend(fontsize=7)
    caption = (
        f"Reliability on the test set: expected calibration error {before.ece:.3f} as taught, "
        f"{after.ece:.3f} with the temperature of the validation set; split {split.words}."
    )
    return finish("reliability", caption, figure)


@drawn
def abstention(found: Coverage, split: Split, threshold: float) -> Drawing:
    """Accuracy of the answers against the share that is answered."""
    figure = Figure(figsize=_SIZE, layout="constrained")
    axis = figure.subplots()
    step = max(1, len(found.coverage) // 2000)
    axis.plot(found.coverage[::step], found.accuracy[::step], color=_TRAIN, lw=1.4)
    if threshold > 0 and (found.threshold >= threshold).any():
        at = int(np.flatnonzero(found.threshold >= threshold)[-1])
        axis.plot(found.coverage[at], found.accuracy[at], "o", color=_VALIDATION)
        axis.annotate(
            f"threshold {threshold:.2f}",
            (found.coverage[at], found.accuracy[at]),
            textcoords="offset points",
            xytext=(6, 6),
        )
    axis.set(xlabel="share of snapshots answered", ylabel="accuracy of the answers", xlim=(0, 1))
    at_most(axis, 1)
    _title(axis, split)
    caption = f"Abstention on the test set: coverage against accuracy; split {split.words}."
    return finish("abstention", caption, figure)


@drawn
def clusters(found: Clusters) -> Drawing:
    """Which expressions lie in which cluster, and how near they are to one another."""
    from scipy.cluster.hierarchy import dendrogram

    figure = Figure(figsize=(7.2, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    count = int(found.clusters.max()) + 1
    table = np.zeros((len(found.classes), count))
    for name, cluster in zip(found.expressions, found.clusters, strict=True):
        table[found.classes.index(name), cluster] += 1
    bottom = np.zeros(count)
    for row, name in enumerate(found.classes):
        left.bar(np.arange(1, count + 1), table[row], bottom=bottom, label=name, width=0.7)
        bottom += table[row]
    left.set(xlabel="cluster", ylabel="mean faces")
    left.set_xticks(np.arange(1, count + 1))
    left.legend(fontsize=7)
    left.set_title(f"{found.method}, Rand {found.rand_expression:.2f}", loc="left")
    if found.tree is not None:
        dendrogram(
            found.tree,
            labels=list(found.classes),
            ax=right,
            color_threshold=0,
            above_threshold_color=_TRAIN,
            orientation="right",
        )
        right.set_title("nearness of expressions (Ward)", loc="left")
        right.grid(False)
    caption = (
        f"Mean faces of {plural(len(set(found.participants)), 'participant')} in "
        f"{plural(count, 'cluster')}: adjusted "
        f"Rand index {found.rand_expression:.2f} against expressions, "
        f"{found.rand_participant:.2f} against participants."
    )
    return finish("clusters", caption, figure)
