"""The self-normalising network while it learns: torch multiplies, compiled loops do the rest.

A step of a narrow, deep network is many small operations, and what calls them costs more than they
do. Forward and backward are therefore written out: three matrix products a layer, and one loop each
for SELU, alpha dropout and their slope, for the softmax with its loss, and for Adam. In torch's own
layers and Adam an epoch takes about four times as long (``benchmarks/expression_training.py``).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from mien.advice import to_get
from mien.errors import ParameterError
from mien.selfnorm.config import SelfNormConfig
from mien.selfnorm.kernels import adam, cross_entropy, selu_dropout
from mien.selfnorm.lanes import WIDTH


def require_torch() -> Any:
    """The package torch.

    Raises
    ------
    ParameterError
        If it is not installed.
    """
    try:
        import torch
    except ImportError as exc:
        raise ParameterError(f"Training needs torch: {to_get('train')}.") from exc
    return torch


@contextmanager
def one_thread() -> Iterator[None]:
    """Small products are slower on several threads, and their sums depend on how many."""
    torch = require_torch()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.no_grad():
            yield
    finally:
        torch.set_num_threads(threads)


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
        torch = self._torch = require_torch()
        self._config = config
        self._class_weights = np.ones(classes, np.float32)
        if class_weights is not None:
            self._class_weights = np.asarray(class_weights, np.float32)
        self._noise = None if noise is None or not noise.any() else torch.from_numpy(noise)
        self._widths = [inputs, *config.widths, classes]
        self._generator = torch.Generator().manual_seed(config.seed)
        pairs = list(pairwise(self._widths))
        size = sum((a + 1) * b for a, b in pairs)
        # one long array each, of which every layer holds a view: Adam is then one loop
        self.parameters = np.zeros(size, np.float32)
        self.gradient = np.zeros(size, np.float32)
        self._moments = np.zeros((2, size), np.float32)
        self._decay = np.zeros(size, np.float32)
        self._layers: list[_Layer] = []
        at = 0
        for number, (a, b) in enumerate(pairs, 1):
            weights, both = slice(at, at + a * b), slice(at, at + (a + 1) * b)
            made = _Layer(
                *_views(torch, self.parameters[both], a, b),
                *_views(torch, self.gradient[both], a, b),
            )
            if number in config.l2_layers:
                self._decay[weights] = 2 * config.l2
            # LeCun normal: the variance of what comes out is that of what goes in
            made.weight.copy_(torch.randn((a, b), generator=self._generator) / math.sqrt(a))
            self._layers.append(made)
            at = both.stop
        self._steps = 0
        self._outputs: dict[int, list[_Output]] = {}

    def weights(self) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
        """Weights and bias of each layer: copies."""
        return tuple((one.weight.numpy().copy(), one.bias.numpy().copy()) for one in self._layers)

    def weights_of(self, parameters: np.ndarray) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
        """Weights and bias of each layer among parameters such as `parameters`; copies."""
        if parameters.shape != self.parameters.shape:
            raise ValueError("parameters of another network")
        found, at = [], 0
        for a, b in pairwise(self._widths):
            weight = parameters[at : at + a * b].reshape(a, b).copy()
            at += (a + 1) * b
            found.append((weight, parameters[at - b : at].copy()))
        return tuple(found)

    def state(self) -> dict[str, np.ndarray]:
        """What has to be known to go on as if nothing had happened: copies."""
        return {
            "parameters": self.parameters.copy(),
            "moments": self._moments.copy(),
            "steps": np.array(self._steps),
            "generator": self._generator.get_state().numpy().copy(),
        }

    def resume(self, state: dict[str, np.ndarray]) -> None:
        """Go on from what `state` gave; raises ValueError or KeyError if it is of another."""
        for array, name in ((self.parameters, "parameters"), (self._moments, "moments")):
            if state[name].shape != array.shape or state[name].dtype != array.dtype:
                raise ValueError(name)
            array[...] = state[name]
        self._steps = int(state["steps"])
        self._generator.set_state(self._torch.from_numpy(state["generator"].copy()))

    def epoch(self, x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
        """Learn from every snapshot once, in random order; mean loss and accuracy.

        Where `x` has twice the rows of the targets `y`, the second half is the first mirrored, and
        each is seen one way or the other.
        """
        torch, n = self._torch, len(y)
        inputs, targets = torch.from_numpy(x), torch.from_numpy(y)
        order = torch.randperm(n, generator=self._generator)
        rows = order
        if len(x) == 2 * n:
            rows = order + n * torch.randint(0, 2, (n,), generator=self._generator)
        loss, right, batch = 0.0, 0, self._config.batch
        for which, truth in zip(rows.split(batch), order.split(batch), strict=True):
            seen = inputs.index_select(0, which)
            if self._noise is not None:
                seen += torch.randn(seen.shape, generator=self._generator) * self._noise
            one, hits = self.descend(seen, targets.index_select(0, truth))
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
        rate = self._config.learning_rate
        adam(self.parameters, self.gradient, self._moments, self._decay, rate, self._steps)
        return loss, hits

    def differentiate(self, x: Any, y: Any) -> tuple[float, int]:
        """Put the gradient of the mean cross-entropy (without L2) into `gradient`."""
        torch, outputs = self._torch, self._outputs_of(len(x))
        last = len(outputs) - 1
        seen = [x, *(output.values for output in outputs)]  # by each layer, and in the end
        for k, layer in enumerate(self._layers):
            torch.addmm(layer.bias, seen[k], layer.weight, out=seen[k + 1])
            if k < last:
                key = np.uint32((self._config.seed * 7919 + self._steps * 64 + k) & 0xFFFFFFFF)
                selu_dropout(outputs[k].flat, outputs[k].flat_slope, key, self._config.dropout)
        loss, hits = cross_entropy(seen[-1].numpy(), y.numpy(), self._class_weights)
        # from the end on, what a layer put out is replaced by the gradient of the loss to it
        for k in range(last, -1, -1):
            layer, gradient = self._layers[k], seen[k + 1]
            torch.mm(seen[k].t(), gradient, out=layer.weight_gradient)
            torch.sum(gradient, 0, out=layer.bias_gradient)
            if k:
                torch.mm(gradient, layer.weight.t(), out=seen[k]).mul_(outputs[k - 1].slope)
        return loss, hits

    def _outputs_of(self, rows: int) -> list[_Output]:
        """What the layers write to for so many rows, made once."""
        if rows not in self._outputs:
            self._outputs[rows] = [_Output(self._torch, rows, w) for w in self._widths[1:]]
        return self._outputs[rows]


@dataclass(frozen=True, eq=False)
class _Layer:
    """Views of a dense layer's part of the parameters and of the gradient: torch's tensors."""

    weight: Any
    """Shape (n_in, n_out)."""
    bias: Any
    """Shape (n_out,)."""
    weight_gradient: Any
    """Shape (n_in, n_out)."""
    bias_gradient: Any
    """Shape (n_out,)."""


def _views(torch: Any, numbers: np.ndarray, a: int, b: int) -> tuple[Any, Any]:
    """Weight and bias of a layer that lie in an array one after the other."""
    return torch.from_numpy(numbers[: a * b].reshape(a, b)), torch.from_numpy(numbers[a * b :])


class _Output:
    """What a layer puts out, and the slope of SELU and dropout there: arrays and views of them."""

    def __init__(self, torch: Any, rows: int, width: int) -> None:
        length = -(-rows * width // WIDTH) * WIDTH  # whole vectors
        self.flat, self.flat_slope = np.zeros((2, length), np.float32)
        self.values, self.slope = (
            torch.from_numpy(array[: rows * width].reshape(rows, width))
            for array in (self.flat, self.flat_slope)
        )
