"""Teaching the self-normalising network, epoch by epoch, until it no longer gets better."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from mien.errors import EngineError, FormatError, ParameterError
from mien.selfnorm.config import SelfNormConfig
from mien.selfnorm.lanes import ALPHA, SCALE
from mien.selfnorm.learner import Learner, one_thread, require_torch
from mien.selfnorm.network import SelfNorm
from mien.selfnorm.snapshots import Snapshots
from mien.selfnorm.splits import Split
from mien.selfnorm.unfinished import State, Unfinished, fingerprint

_LEAST_SPREAD = 0.01  # a score that hardly varied in training is not blown up
_SAMPLE = 20_000  # snapshots that the self-normalisation is measured on


@dataclass(frozen=True)
class Epoch:
    """One pass through the training set."""

    epoch: int
    """Counted from 1."""
    train_loss: float
    """Mean cross-entropy in nats while learning, with dropout, without L2."""
    train_accuracy: float
    """Share classified rightly while learning, with dropout."""
    validation_loss: float
    """Mean cross-entropy in nats afterwards, without dropout; NaN without a validation set."""
    validation_accuracy: float
    """Share classified rightly afterwards; NaN without a validation set."""
    seconds: float
    """Since training began."""


@dataclass(frozen=True, eq=False)
class Training:
    """A network and how it came about."""

    network: SelfNorm
    """Of the epoch with the lowest validation loss, without a validation set of the last one; not
    calibrated."""
    history: tuple[Epoch, ...]
    """All epochs."""
    best: int
    """The epoch that was kept, counted from 1."""
    first_moments: np.ndarray
    """Mean and variance of the activations of each hidden layer before training, (n_hidden, 2)."""
    last_moments: np.ndarray
    """The same after training."""
    seconds: float
    """What it took."""


def train(
    snapshots: Snapshots,
    split: Split,
    config: SelfNormConfig | None = None,
    *,
    targets: np.ndarray | None = None,
    progress: Callable[[Epoch, int], None] | None = None,
    state: State | None = None,
) -> Training:
    """Teach a network.

    Parameters
    ----------
    snapshots : Snapshots
        The study; already trimmed, if it is to be.
    split : Split
        What teaches and what validates; the test is not looked at. Without a validation set every
        epoch is taught and the last one kept.
    config : SelfNormConfig, optional
        By default the paper's.
    targets : np.ndarray [shape=(n, n_classes)], optional
        Share of each class in place of the labels, as when raters disagree. Snapshots of the
        training set need no label then; the validation set is judged by labels.
    progress : callable, optional
        Called after every epoch, with it and the number of epochs at most.
    state : State, optional
        A file that the training is written to every few epochs, and gone on with where it is there:
        a training that was killed then ends as one that was not.

    Raises
    ------
    ParameterError
        If torch is not installed, fewer than two classes are there, a set is empty, or the state is
        of another training.
    FormatError
        If the file of the state is damaged.
    EngineError
        If the loss is no longer a number.
    """
    require_torch()
    config = config or SelfNormConfig()
    shares = _shares(snapshots, split, targets)
    begun = time.perf_counter()
    config.features.check(snapshots)
    inputs = config.features.of(snapshots)
    names = config.features.names(snapshots.names)
    if config.standardise:
        mean, scale = _standard(inputs[split.train], names, config.mirror)
    else:
        mean, scale = np.zeros(len(names), np.float32), np.ones(len(names), np.float32)
    x = (inputs[split.train] - mean) / scale
    if config.mirror:
        x = np.concatenate([x, x[:, mirrored_order(names)]])
    held = inputs[split.validation]
    sample = held if len(held) else inputs[split.train]
    sample = sample[:: max(1, len(sample) // _SAMPLE)]
    with one_thread():
        weights = _class_weights(shares) if config.balanced else None
        learner = Learner(len(names), shares.shape[1], config, weights, config.noise / scale)
        fresh = SelfNorm(
            snapshots.names, snapshots.expressions, learner.weights(), mean, scale, config
        )
        truth = snapshots.labels[split.validation].astype(np.int64)
        run = _Run(learner, fresh, (x, shares), (held, truth), state)
        network, history = run.descent(begun, progress)
    if not config.standardise:  # what taught it is known to be compared with
        means, deviations = _standard(inputs[split.train], names, config.mirror)
        known = {"mean": means.tolist(), "sd": deviations.tolist()}
        network = replace(network, notes={**network.notes, "inputs": known})
    return Training(
        network=network,
        history=history,
        best=network.notes["epoch"],
        first_moments=activation_moments(fresh, sample),
        last_moments=activation_moments(network, sample),
        seconds=time.perf_counter() - begun,
    )


def _shares(snapshots: Snapshots, split: Split, targets: np.ndarray | None) -> np.ndarray:
    """Share of each class in each snapshot of the training set, shape (n, n_classes), float32."""
    classes = len(snapshots.expressions)
    if targets is None:
        labels = snapshots.labels[split.train].astype(np.int64)
        shares = np.eye(classes + 1, classes, dtype=np.float32)[labels]
    else:
        if np.shape(targets) != (len(snapshots), classes):
            raise ParameterError(
                f"Targets need the shape {(len(snapshots), classes)}, not {np.shape(targets)}."
            )
        shares = np.ascontiguousarray(np.asarray(targets, np.float32)[split.train])
    taught = shares.sum(0)
    if (taught > 0).sum() < 2:
        raise ParameterError("A network tells at least two expressions apart: there are fewer.")
    if (taught == 0).any():
        lacking = snapshots.expressions[int(np.flatnonzero(taught == 0)[0])]
        raise ParameterError(f"No snapshot of the training set shows {lacking}: leave it out.")
    return shares


def _class_weights(shares: np.ndarray) -> np.ndarray:
    """What each class counts for, so that all count for the same, shape (n_classes,), float32."""
    taught = shares.sum(0)
    return (taught.sum() / (len(taught) * taught)).astype(np.float32)


def _standard(
    inputs: np.ndarray, names: Sequence[str], mirror: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each input, float32; those of both sides if mirrored."""
    mean = inputs.mean(0, dtype=np.float64).astype(np.float32)
    scale = np.maximum(inputs.std(0, dtype=np.float64), _LEAST_SPREAD).astype(np.float32)
    if mirror:
        other = mirrored_order(names)
        scale = np.sqrt((scale**2 + scale[other] ** 2 + (mean - mean[other]) ** 2 / 2) / 2)
        mean = (mean + mean[other]) / 2
    return mean, scale


class _Run:
    """Epochs until patience or their number ends, and the network of the best of them."""

    def __init__(
        self,
        learner: Learner,
        fresh: SelfNorm,
        taught: tuple[np.ndarray, np.ndarray],
        held: tuple[np.ndarray, np.ndarray],
        state: State | None,
    ) -> None:
        self._learner, self._fresh, self._taught, self._held = learner, fresh, taught, held
        self._state = state
        self._kept, self._best, self._chosen = learner.parameters.copy(), math.inf, 0
        self._history: list[Epoch] = []
        if state is not None:
            self._of = fingerprint(fresh.config, *taught, *held)
            self._go_on(Unfinished.load(state.path, self._of), state.path)

    def descent(
        self, begun: float, progress: Callable[[Epoch, int], None] | None
    ) -> tuple[SelfNorm, tuple[Epoch, ...]]:
        """The network of the best epoch, and all of them."""
        config, history = self._fresh.config, self._history
        before = history[-1].seconds if history else 0.0
        for number in range(len(history) + 1, config.epochs + 1):
            if config.patience is not None and number - 1 - self._chosen >= config.patience:
                break
            entry = self._epoch(number, begun - before)
            history.append(entry)
            if progress is not None:
                progress(entry, config.epochs)
            if self._state is not None and (
                number % self._state.every == 0 or number == config.epochs
            ):
                self._write(self._state.path)
        weights = self._learner.weights_of(self._kept)
        notes = {"epoch": self._chosen, "epochs": len(history)}
        return replace(self._fresh, weights=weights, notes=notes), tuple(history)

    def _epoch(self, number: int, begun: float) -> Epoch:
        loss, right = self._learner.epoch(*self._taught)
        now = replace(self._fresh, weights=self._learner.weights())
        held_loss, held_right = _judged(now, *self._held)
        judged = len(self._held[1]) > 0
        if not (math.isfinite(loss) and (math.isfinite(held_loss) or not judged)):
            raise EngineError(
                f"Training failed in epoch {number}: the loss is no longer a number; try a "
                "lower learning rate."
            )
        if held_loss < self._best or not judged:
            self._best = held_loss if judged else math.inf
            self._kept, self._chosen = self._learner.parameters.copy(), number
        seconds = time.perf_counter() - begun
        return Epoch(number, loss, right, held_loss, held_right, seconds)

    def _write(self, path: Path) -> None:
        state, history = self._learner.state(), [asdict(entry) for entry in self._history]
        Unfinished(self._of, state, self._kept, self._chosen, self._best, history).save(path)

    def _go_on(self, found: Unfinished | None, path: Path) -> None:
        if found is None:
            return
        try:
            self._learner.resume(found.learner)
            self._learner.weights_of(found.kept)
            self._history = [Epoch(**entry) for entry in found.history]
        except (KeyError, ValueError, TypeError, RuntimeError) as exc:
            raise FormatError(f"{path} is damaged: delete it, and train anew.") from exc
        self._kept, self._best, self._chosen = found.kept, found.best, found.chosen


def _judged(network: SelfNorm, inputs: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    """Mean cross-entropy in nats and accuracy; NaN where there is nothing to judge by."""
    if not len(truth):
        return math.nan, math.nan
    given = np.log(np.maximum(network.predict_proba(inputs), 1e-12))
    loss = -given[np.arange(len(given)), truth].mean()
    return float(loss), float((given.argmax(1) == truth).mean())


def mirrored_order(names: Sequence[str]) -> np.ndarray:
    """Where each input of the mirrored face stands: left and right exchanged, shape (n_inputs,)."""
    swap = {"Left": "Right", "Right": "Left"}
    place = {name: k for k, name in enumerate(names)}
    other = [re.sub("Left|Right", lambda side: swap[side[0]], name) for name in names]
    return np.array([place.get(name, k) for k, name in enumerate(other)], np.int64)


def activation_moments(network: SelfNorm, inputs: np.ndarray) -> np.ndarray:
    """Mean and variance of the activations of each hidden layer, without dropout.

    Parameters
    ----------
    network : SelfNorm
    inputs : np.ndarray [shape=(n, n_inputs)]
        As `predict_proba` takes them.

    Returns
    -------
    moments : np.ndarray [shape=(n_hidden, 2)]
        Near 0 and 1 where the network normalises itself.
    """
    x = (inputs - network.mean) / network.scale
    rows = []
    for weight, bias in network.weights[:-1]:
        z = x @ weight + bias
        x = SCALE * np.where(z > 0, z, ALPHA * np.expm1(np.minimum(z, 0)))
        rows.append((x.mean(), x.var()))
    return np.array(rows, np.float64)
