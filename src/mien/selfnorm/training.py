"""Teaching the self-normalising network: torch multiplies, compiled loops do what lies between.

A step of a narrow, deep network is many small operations, and what calls them costs more than they
do. Forward and backward are therefore written out: three matrix products a layer, and one loop each
for SELU, alpha dropout and their slope, for the softmax with its loss, and for Adam.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numba
import numpy as np

from mien.errors import EngineError, ParameterError
from mien.selfnorm.lanes import ALPHA, SCALE, WIDTH, load, selu, store
from mien.selfnorm.network import SelfNorm, SelfNormConfig
from mien.selfnorm.snapshots import Snapshots
from mien.selfnorm.splits import Split

_LEAST_SPREAD = 0.01  # a score that hardly varied in training is not blown up
_BETAS = (0.9, 0.999)
_EPSILON = 1e-7
_DROPPED = -SCALE * ALPHA  # SELU's lowest value
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
    """Mean cross-entropy in nats afterwards, without dropout."""
    validation_accuracy: float
    """Share classified rightly afterwards."""
    seconds: float
    """Since training began."""


@dataclass(frozen=True, eq=False)
class Training:
    """A network and how it came about."""

    network: SelfNorm
    """Of the epoch with the lowest validation loss; not calibrated."""
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
) -> Training:
    """Teach a network.

    Parameters
    ----------
    snapshots : Snapshots
        The study; already trimmed, if it is to be.
    split : Split
        What teaches and what validates; the test is not looked at.
    config : SelfNormConfig, optional
        By default the paper's.
    targets : np.ndarray [shape=(n, n_classes)], optional
        Share of each class in place of the labels, as when raters disagree. Snapshots of the
        training set need no label then; the validation set is judged by labels.
    progress : callable, optional
        Called after every epoch, with it and the number of epochs at most.

    Returns
    -------
    training : Training

    Raises
    ------
    ParameterError
        If torch is not installed, fewer than two classes are there, or a set is empty.
    EngineError
        If the loss is no longer a number.
    """
    torch = _torch()
    config = config or SelfNormConfig()
    labels = snapshots.labels.astype(np.int64)
    classes = len(snapshots.expressions)
    if targets is None:
        wanted = np.eye(classes + 1, classes, dtype=np.float32)[labels[split.train]]
    else:
        if np.shape(targets) != (len(snapshots), classes):
            raise ParameterError(
                f"Targets need the shape {(len(snapshots), classes)}, not {np.shape(targets)}."
            )
        wanted = np.ascontiguousarray(np.asarray(targets, np.float32)[split.train])
    taught = wanted.sum(0)
    if (taught > 0).sum() < 2:
        raise ParameterError("A network tells at least two expressions apart: there are fewer.")
    if (taught == 0).any():
        lacking = snapshots.expressions[int(np.flatnonzero(taught == 0)[0])]
        raise ParameterError(f"No snapshot of the training set shows {lacking}: leave it out.")
    if not len(split.validation):
        raise ParameterError("The validation set is empty: divide the snapshots again.")
    begun = time.perf_counter()
    inputs = config.features.of(snapshots)
    mean = inputs[split.train].mean(0, dtype=np.float64).astype(np.float32)
    scale = np.maximum(inputs[split.train].std(0, dtype=np.float64), _LEAST_SPREAD)
    scale = scale.astype(np.float32)
    if config.mirror:
        other = mirrored(config.features.names(snapshots.names))
        scale = np.sqrt((scale**2 + scale[other] ** 2 + (mean - mean[other]) ** 2 / 2) / 2)
        mean = (mean + mean[other]) / 2
    x = torch.from_numpy((inputs[split.train] - mean) / scale)
    if config.mirror:
        x = torch.cat([x, x[:, torch.from_numpy(other)]])
    y = torch.from_numpy(wanted)
    held, truth = inputs[split.validation], labels[split.validation]
    weights = np.ones(len(taught), np.float32)
    if config.balanced:
        weights = (taught.sum() / (classes * taught)).astype(np.float32)

    def network(learner: Learner) -> SelfNorm:
        return SelfNorm(
            names=snapshots.names,
            expressions=snapshots.expressions,
            weights=learner.weights(),
            mean=mean,
            scale=scale,
            config=config,
        )

    with _one_thread(torch):
        learner = Learner(inputs.shape[1], classes, config, weights, config.noise / scale)
        best, kept, history = math.inf, network(learner), list[Epoch]()
        sample = held[:: max(1, len(held) // _SAMPLE)]
        first = moments(kept, sample)
        chosen = 0
        for number in range(1, config.epochs + 1):
            loss, right = learner.epoch(x, y)
            now = network(learner)
            given = np.log(np.maximum(now.predict_proba(held), 1e-12))
            entry = Epoch(
                epoch=number,
                train_loss=loss,
                train_accuracy=right,
                validation_loss=float(-given[np.arange(len(truth)), truth].mean()),
                validation_accuracy=float((given.argmax(1) == truth).mean()),
                seconds=time.perf_counter() - begun,
            )
            if not (math.isfinite(loss) and math.isfinite(entry.validation_loss)):
                raise EngineError(
                    f"Training failed in epoch {number}: the loss is no longer a number; try a "
                    "lower learning rate."
                )
            history.append(entry)
            if entry.validation_loss < best:
                best, kept, chosen = entry.validation_loss, now, number
            if progress is not None:
                progress(entry, config.epochs)
            if config.patience is not None and number - chosen >= config.patience:
                break
    kept = replace(kept, notes={"epoch": chosen, "epochs": len(history)})
    return Training(
        network=kept,
        history=tuple(history),
        best=chosen,
        first_moments=first,
        last_moments=moments(kept, sample),
        seconds=time.perf_counter() - begun,
    )


class Learner:
    """The network while it learns: its parameters, their gradient, and a step of Adam.

    Parameters
    ----------
    inputs, classes : int
        Size of the first and the last layer.
    config : SelfNormConfig
    class_weights : np.ndarray [shape=(classes,)], optional
        What a snapshot of each class counts for in the loss.
    noise : np.ndarray [shape=(inputs,)], optional
        Standard deviation of noise on each standardised input.
    """

    def __init__(
        self,
        inputs: int,
        classes: int,
        config: SelfNormConfig,
        class_weights: np.ndarray | None = None,
        noise: np.ndarray | None = None,
    ) -> None:
        torch = self._torch = _torch()
        self._config = config
        self._class_weights = np.ones(classes, np.float32)
        if class_weights is not None:
            self._class_weights = np.asarray(class_weights, np.float32)
        self._noise = None if noise is None or not noise.any() else torch.from_numpy(noise)
        self._widths = [inputs, *config.widths, classes]
        self._generator = torch.Generator().manual_seed(config.seed)
        pairs = list(zip(self._widths, self._widths[1:], strict=False))
        size = sum((a + 1) * b for a, b in pairs)
        # one long array each, of which every layer holds a view: Adam is then one loop
        self.parameters = np.zeros(size, np.float32)
        self.gradient = np.zeros(size, np.float32)
        self._moments = np.zeros((2, size), np.float32)
        self._decay = np.zeros(size, np.float32)
        self._w: list[Any] = []
        self._b: list[Any] = []
        self._gw: list[Any] = []
        self._gb: list[Any] = []
        at = 0
        for layer, (a, b) in enumerate(pairs, 1):
            for array, ws, bs in (
                (self.parameters, self._w, self._b),
                (self.gradient, self._gw, self._gb),
            ):
                ws.append(torch.from_numpy(array[at : at + a * b].reshape(a, b)))
                bs.append(torch.from_numpy(array[at + a * b : at + (a + 1) * b]))
            if layer in config.l2_layers:
                self._decay[at : at + a * b] = 2 * config.l2
            # LeCun normal: the variance of what comes out is that of what goes in
            drawn = torch.randn((a, b), generator=self._generator) / math.sqrt(a)
            self._w[-1].copy_(drawn)
            at += (a + 1) * b
        self._steps = 0
        self._rooms: dict[int, _Room] = {}

    def weights(self) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
        """Weights and bias of each layer: copies."""
        pairs = zip(self._w, self._b, strict=True)
        return tuple((w.numpy().copy(), b.numpy().copy()) for w, b in pairs)

    def epoch(self, x: Any, y: Any) -> tuple[float, float]:
        """Learn from every snapshot once, in random order; mean loss and accuracy.

        Where `x` has twice the rows of the targets `y`, the second half is the first mirrored, and
        each is seen one way or the other.
        """
        torch, n = self._torch, len(y)
        order = torch.randperm(n, generator=self._generator)
        rows = order
        if len(x) == 2 * n:
            rows = order + n * torch.randint(0, 2, (n,), generator=self._generator)
        loss, right, batch = 0.0, 0, self._config.batch
        for which, truth in zip(rows.split(batch), order.split(batch), strict=True):
            seen = x.index_select(0, which)
            if self._noise is not None:
                seen += torch.randn(seen.shape, generator=self._generator) * self._noise
            one, hits = self.descend(seen, y.index_select(0, truth))
            loss += one * len(which)
            right += hits
        return loss / n, right / n

    def descend(self, x: Any, y: Any) -> tuple[float, int]:
        """One step of Adam on a batch; its mean loss, and how many were right.

        Parameters
        ----------
        x : torch.Tensor [shape=(rows, inputs), dtype=float32]
            Standardised.
        y : torch.Tensor [shape=(rows, classes), dtype=float32]
            Share of each class.
        """
        loss, hits = self.differentiate(x, y)
        self._steps += 1
        one, two = _BETAS
        rate = self._config.learning_rate
        rate *= math.sqrt(1 - two**self._steps) / (1 - one**self._steps)
        epsilon = _EPSILON * math.sqrt(1 - two**self._steps)
        _adam(self.parameters, self.gradient, self._moments, self._decay, rate, epsilon)
        return loss, hits

    def differentiate(self, x: Any, y: Any) -> tuple[float, int]:
        """Put the gradient of the mean cross-entropy (without L2) into `gradient`."""
        torch, room = self._torch, self._room(len(x))
        p = self._config.dropout
        a = 1 / math.sqrt((1 - p) * (1 + p * _DROPPED**2))
        b = -a * p * _DROPPED
        last = len(self._w) - 1
        before = x
        for k in range(last):
            torch.addmm(self._b[k], before, self._w[k], out=room.tensors[k])
            key = np.uint32((self._config.seed * 7919 + self._steps * 64 + k) & 0xFFFFFFFF)
            limit = np.uint32(min(p * 2**32, 2**32 - 1))
            _activate(room.flat[k], room.slopes[k], key, limit, a, b, _DROPPED)
            before = room.tensors[k]
        torch.addmm(self._b[last], before, self._w[last], out=room.tensors[last])
        loss, hits = _loss(room.arrays[last], y.numpy(), self._class_weights)
        gradient = room.tensors[last]  # of the loss, to what this layer puts out
        for k in range(last, -1, -1):
            below = room.tensors[k - 1] if k else x
            torch.mm(below.t(), gradient, out=self._gw[k])
            torch.sum(gradient, 0, out=self._gb[k])
            if k:
                torch.mm(gradient, self._w[k].t(), out=room.back[k - 1])
                _scale(room.back_flat[k - 1], room.slopes[k - 1])
                gradient = room.back[k - 1]
        return loss, hits

    def _room(self, rows: int) -> _Room:
        if rows not in self._rooms:
            self._rooms[rows] = _Room(self._torch, rows, self._widths[1:])
        return self._rooms[rows]


class _Room:
    """What a step on so many rows writes to, made once."""

    def __init__(self, torch: Any, rows: int, widths: Sequence[int]) -> None:
        lengths = [-(-rows * width // WIDTH) * WIDTH for width in widths]  # whole vectors
        self.flat = [np.zeros(length, np.float32) for length in lengths]
        self.slopes = [np.zeros(length, np.float32) for length in lengths]
        self.back_flat = [np.zeros(length, np.float32) for length in lengths]
        shapes = [(rows, width) for width in widths]
        self.arrays = [f[: r * w].reshape(r, w) for f, (r, w) in zip(self.flat, shapes)]  # noqa: B905
        self.tensors = [torch.from_numpy(array) for array in self.arrays]
        self.back = [
            torch.from_numpy(f[: r * w].reshape(r, w))
            for f, (r, w) in zip(self.back_flat, shapes, strict=True)
        ]


def mirrored(names: Sequence[str]) -> np.ndarray:
    """Where each input of the mirrored face stands: left and right exchanged, shape (n_inputs,)."""
    swap = {"Left": "Right", "Right": "Left"}
    place = {name: k for k, name in enumerate(names)}
    other = [re.sub("Left|Right", lambda found: swap[found[0]], name) for name in names]
    return np.array([place.get(name, k) for k, name in enumerate(other)], np.int64)


def moments(network: SelfNorm, inputs: np.ndarray) -> np.ndarray:
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
    found = []
    for weight, bias in network.weights[:-1]:
        z = x @ weight + bias
        x = SCALE * np.where(z > 0, z, ALPHA * np.expm1(np.minimum(z, 0)))
        found.append((x.mean(), x.var()))
    return np.array(found, np.float64)


def to_torch(network: SelfNorm) -> Any:
    """The network as a `torch.nn.Sequential` that gives logits, for work in torch.

    Standardisation and temperature are part of the first and last layer.

    Raises
    ------
    ParameterError
        If torch is not installed.
    """
    torch = _torch()
    layers: list[Any] = []
    last = len(network.weights) - 1
    for k, (weight, bias) in enumerate(network.weights):
        if k == 0:
            weight = weight / network.scale[:, None]
            bias = bias - network.mean @ weight
        if k == last:
            weight, bias = weight / network.temperature, bias / network.temperature
        dense = torch.nn.Linear(*weight.shape)
        dense.weight.data = torch.from_numpy(np.ascontiguousarray(weight.T, np.float32))
        dense.bias.data = torch.from_numpy(np.ascontiguousarray(bias, np.float32))
        layers.append(dense)
        if k < last:
            layers += [torch.nn.SELU(), torch.nn.AlphaDropout(network.config.dropout)]
    return torch.nn.Sequential(*layers).eval()


def _torch() -> Any:
    try:
        import torch
    except ImportError as exc:
        raise ParameterError("Training needs torch: pip install 'mien[train]'.") from exc
    return torch


@contextmanager
def _one_thread(torch: Any) -> Iterator[None]:
    """Small products are slower on several threads, and their sums depend on how many."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.no_grad():
            yield
    finally:
        torch.set_num_threads(threads)


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _activate(y, slope, key, limit, a, b, dropped):
    """SELU and alpha dropout in place, and their derivative."""
    for at in range(0, len(y), 8):
        store(y, at, selu(load(y, at)))
    a, b, dropped = np.float32(a), np.float32(b), np.float32(dropped)
    one, edge, nothing = np.float32(SCALE), np.float32(SCALE * ALPHA), np.float32(0)
    for at in range(len(y)):
        # a hash of place and step: the same seed drops the same
        h = np.uint32(at) * np.uint32(0x9E3779B1) + key * np.uint32(0x85EBCA77)
        h = (h ^ (h >> np.uint32(16))) * np.uint32(0x21F0AAAD)
        h = np.uint32(h)
        h = np.uint32((h ^ (h >> np.uint32(15))) * np.uint32(0x735A2D97))
        h = np.uint32(h ^ (h >> np.uint32(15)))
        keep = h >= limit
        value = y[at]
        steep = one if value > nothing else value + edge
        slope[at] = a * steep if keep else nothing
        y[at] = a * (value if keep else dropped) + b


@numba.njit(nogil=True, cache=True)
def _scale(gradient, slope):
    for at in range(len(gradient)):
        gradient[at] *= slope[at]


@numba.njit(nogil=True, cache=True)
def _loss(z, targets, weights):
    """Mean cross-entropy and hits; `z` becomes its gradient."""
    rows, classes = z.shape
    total = np.float64(0)
    hits = 0
    for r in range(rows):
        best, label = 0, 0
        share, weight = np.float64(0), np.float64(0)
        for k in range(classes):
            best = k if z[r, k] > z[r, best] else best
            label = k if targets[r, k] > targets[r, label] else label
            share += targets[r, k]
            weight += weights[k] * targets[r, k]
        weight = weight / share if share > 0 else weight
        hits += best == label
        top = np.float64(z[r, best])
        mass = np.float64(0)
        for k in range(classes):
            mass += math.exp(z[r, k] - top)
        for k in range(classes):
            total += weight * targets[r, k] * (math.log(mass) - (z[r, k] - top))
            likely = math.exp(z[r, k] - top) / mass
            z[r, k] = weight * (likely * share - targets[r, k]) / rows
    return total / rows, hits


@numba.njit(nogil=True, cache=True, fastmath=True)
def _adam(parameters, gradient, moments, decay, rate, epsilon):
    """Adam (Kingma & Ba, 2015); L2 is part of the gradient, as in Keras."""
    one, two = np.float32(0.9), np.float32(0.999)
    rest_one, rest_two = np.float32(1) - one, np.float32(1) - two
    rate, epsilon = np.float32(rate), np.float32(epsilon)
    for k in range(len(parameters)):
        g = gradient[k] + decay[k] * parameters[k]
        m = one * moments[0, k] + rest_one * g
        v = two * moments[1, k] + rest_two * g * g
        moments[0, k], moments[1, k] = m, v
        parameters[k] -= rate * m / (np.sqrt(v) + epsilon)
