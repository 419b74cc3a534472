"""The self-normalising expression network: from 52 scores to what a face expresses.

Twenty-two layers as in Hartmann et al. [1]_: the input, ten times a dense layer with SELU and alpha
dropout, and a softmax. SELU keeps mean and variance of what passes through near 0 and 1 [2]_, so
that a plain deep network learns without batch normalisation. Computed here by compiled loops;
`training` teaches it, with torch.

References
----------
.. [1] Hartmann, Hartmann, Friebe-Hoffmann, Lato, Janni & Lato, "Novel Method for Three-Dimensional
   Facial Expression Recognition Using Self-Normalizing Neural Networks and Mobile Devices",
   Geburtshilfe und Frauenheilkunde 82 (2022), doi:10.1055/a-1866-2943.
.. [2] Klambauer, Unterthiner, Mayr & Hochreiter, "Self-Normalizing Neural Networks", NeurIPS 2017.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import IO, Any

import numba
import numpy as np

from mien.errors import EngineError, FormatError, ParameterError
from mien.intake.arrays import read_arrays
from mien.intake.words import parse_json
from mien.outputs import check_free, complete
from mien.selfnorm.features import Features
from mien.selfnorm.lanes import add, fma, load, selu, spread, store, zero
from mien.selfnorm.snapshots import Snapshots

_PANEL = 16  # outputs that are computed at once
_TILE = 6  # snapshots that are computed at once: 6 x 16 sums fill the registers
_BLOCK = 16 * _TILE  # snapshots that pass through all layers together: they stay in the cache
_KIND = "mien self-normalising network 1"


@dataclass(frozen=True)
class SelfNormConfig:
    """Shape of the network and how it is taught; the defaults are the paper's where it speaks."""

    widths: tuple[int, ...] = (64,) * 10
    """Outputs of each hidden layer. The paper gives the number of layers, not their widths."""
    dropout: float = 0.1
    """Share of activations that alpha dropout sets to SELU's lowest value."""
    l2: float = 0.25
    """Added to the loss: this times the sum of squares of the weights of `l2_layers`."""
    l2_layers: tuple[int, ...] = (5, 10)
    """Hidden layers, counted from 1, that `l2` holds for. The paper says "some"."""
    learning_rate: float = 0.001
    """Of Adam."""
    batch: int = 128
    """Snapshots per step."""
    epochs: int = 400
    """Times that every snapshot is seen, at most."""
    patience: int | None = None
    """Stop after so many epochs without a lower validation loss; None: never."""
    features: Features = field(default_factory=Features)
    """What the network sees of a snapshot and of those before it."""
    balanced: bool = False
    """Whether rare classes count for as much as frequent ones in the loss."""
    noise: float = 0.0
    """Standard deviation of noise that is added to the scores while learning."""
    mirror: bool = False
    """Whether half of the snapshots, drawn anew every epoch, are seen with sides exchanged."""
    seed: int = 0
    """Of the first weights, the order and the dropout; the same seed gives the same network."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "widths", tuple(int(width) for width in self.widths))
        object.__setattr__(self, "l2_layers", tuple(int(layer) for layer in self.l2_layers))
        if not self.widths or not all(1 <= width <= 4096 for width in self.widths):
            raise ParameterError("Each hidden layer has 1 to 4096 outputs, and there is one.")
        if not 0 <= self.dropout < 1:
            raise ParameterError(f"Alpha dropout is a share from 0 to below 1, not {self.dropout}.")
        if not (0 <= self.l2 < math.inf):
            raise ParameterError(f"The L2 factor is 0 or more, not {self.l2}.")
        if not all(1 <= layer <= len(self.widths) for layer in self.l2_layers):
            raise ParameterError(f"Hidden layers are counted from 1 to {len(self.widths)}.")
        if not 0 <= self.noise <= 1:
            raise ParameterError(f"Noise on scores is from 0 to 1, not {self.noise}.")
        if not 0 < self.learning_rate < 1:
            raise ParameterError(f"A learning rate of {self.learning_rate} is out of range.")
        if self.batch < 2 or self.epochs < 1 or (self.patience is not None and self.patience < 1):
            raise ParameterError(
                "Training needs at least 2 snapshots a batch, 1 epoch and a patience of 1."
            )

    @property
    def layers(self) -> int:
        """Layers as the paper counts: input, dense and dropout layers, output."""
        return 2 + 2 * len(self.widths)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    @staticmethod
    def from_dict(values: dict[str, Any]) -> SelfNormConfig:
        """Of `as_dict`.

        Raises
        ------
        ParameterError
            If a name is unknown or a value out of range.
        """
        values = dict(values)
        unknown = set(values) - {entry.name for entry in fields(SelfNormConfig)}
        if unknown:
            raise ParameterError(f"{sorted(unknown)[0]!r} is no setting of the network.")
        try:
            values["features"] = Features(**values.get("features", {}))
            return SelfNormConfig(**values)
        except TypeError as exc:
            raise ParameterError(f"The settings of the network are damaged: {exc}.") from exc


@dataclass(frozen=True, eq=False)
class SelfNorm:
    """A trained network; safe to share between threads, and computed without torch."""

    names: tuple[str, ...]
    """Scores it was taught with, in its order; files are matched by name."""
    expressions: tuple[str, ...]
    """Its classes."""
    weights: tuple[tuple[np.ndarray, np.ndarray], ...]
    """Weights (n_in, n_out) and bias (n_out,) of each dense layer, the output's last."""
    mean: np.ndarray
    """Mean of each input when it was taught, shape (n_inputs,)."""
    scale: np.ndarray
    """Standard deviation of each input, shape (n_inputs,)."""
    config: SelfNormConfig = field(default_factory=SelfNormConfig)
    """How it was made."""
    temperature: float = 1.0
    """What logits are divided by, so that probabilities are frequencies (Guo et al. 2017)."""
    threshold: float = 0.0
    """Below this probability `decide` abstains."""
    notes: dict[str, Any] = field(default_factory=dict)
    """What else is known of it, for JSON: data, split, accuracy."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(self.names))
        object.__setattr__(self, "expressions", tuple(self.expressions))
        pairs = tuple(
            (np.ascontiguousarray(w, np.float32), np.ascontiguousarray(b, np.float32))
            for w, b in self.weights
        )
        object.__setattr__(self, "weights", pairs)
        for name in ("mean", "scale"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), np.float32))
        widths = [len(self.inputs), *self.config.widths, len(self.expressions)]
        fits = len(pairs) == len(widths) - 1 and all(
            w.shape == (a, b) and bias.shape == (b,)
            for (w, bias), a, b in zip(pairs, widths, widths[1:], strict=False)
        )
        if not fits or self.mean.shape != self.scale.shape or self.mean.shape != (widths[0],):
            raise ParameterError("The arrays of this network do not fit its names and widths.")
        if not (self.scale > 0).all() or not 0 < self.temperature < math.inf:
            raise ParameterError("A network's scales and its temperature are above 0.")
        if not 0 <= self.threshold <= 1:
            raise ParameterError(f"A threshold is a probability, not {self.threshold}.")

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of what the first layer sees: the scores, and what windows add."""
        return self.config.features.names(self.names)

    @cached_property
    def _packed(self) -> tuple[np.ndarray, np.ndarray]:
        """All layers in the order of the loops: panels of 16 outputs, bias first.

        Standardisation goes into the first layer, temperature into the last.
        """
        layers, parts, at = [], [], 0
        for k, (weight, bias) in enumerate(self.weights):
            weight, bias = weight.astype(np.float64), bias.astype(np.float64)
            if k == 0:
                weight = weight / self.scale[:, None]
                bias = bias - self.mean @ weight
            if k == len(self.weights) - 1:
                weight, bias = weight / self.temperature, bias / self.temperature
            panels = -(-weight.shape[1] // _PANEL)
            rows = np.zeros((1 + len(weight), panels * _PANEL), np.float32)
            rows[0, : len(bias)] = bias
            rows[1:, : len(bias)] = weight
            parts.append(rows.reshape(-1, panels, _PANEL).transpose(1, 0, 2).ravel())
            layers.append((at, len(weight), panels))
            at += len(parts[-1])
        return np.array(layers, np.int64), np.concatenate(parts)

    def predict_proba(self, scores: np.ndarray, names: Sequence[str] | None = None) -> np.ndarray:
        """Probability of each class.

        Parameters
        ----------
        scores : np.ndarray [shape=(n, n_inputs)]
            What the first layer sees, in the order of `inputs`; for a network without windows and
            baseline these are the scores themselves.
        names : sequence of str, optional
            Names of the columns, if their order is another; further columns are not looked at.

        Returns
        -------
        probabilities : np.ndarray [shape=(n, n_classes), dtype=float32]
            NaN where an input is not finite.

        Raises
        ------
        ParameterError
            If the columns do not fit.
        """
        if names is not None and tuple(names) != self.inputs:
            lacking = [name for name in self.inputs if name not in names]
            if lacking:
                raise ParameterError(f"The network needs {lacking[0]}, which is not among these.")
            place = {name: k for k, name in enumerate(names)}
            scores = np.asarray(scores)[:, [place[name] for name in self.inputs]]
        scores = np.ascontiguousarray(scores, np.float32)
        if scores.ndim != 2 or scores.shape[1] != len(self.mean):
            raise ParameterError(
                f"The network looks at {len(self.mean)} inputs, not at {scores.shape}."
            )
        layers, packed = self._packed
        out = np.empty((len(scores), len(self.expressions)), np.float32)
        _forward(scores, layers, packed, out)
        return out

    def score_one(self, scores: np.ndarray) -> np.ndarray:
        """Probability of each class for one snapshot, the fast way.

        Parameters
        ----------
        scores : np.ndarray [shape=(n_inputs,)]
            In the order of `inputs`.

        Returns
        -------
        probabilities : np.ndarray [shape=(n_classes,), dtype=float32]

        Raises
        ------
        ParameterError
            If the number of inputs is another.
        """
        scores = np.ascontiguousarray(scores, np.float32)
        if scores.shape != self.mean.shape:
            raise ParameterError(f"The network looks at {len(self.mean)} inputs: {scores.shape}.")
        layers, packed = self._packed
        out = np.empty(len(self.expressions), np.float32)
        _single(scores, layers, packed, out)
        return out

    def logits(self, scores: np.ndarray) -> np.ndarray:
        """Logarithms of the probabilities, shape (n, n_classes); they differ from logits by row."""
        return np.log(np.maximum(self.predict_proba(scores), 1e-30))

    def classify(self, snapshots: Snapshots) -> np.ndarray:
        """Probability of each class for each snapshot of a recording, shape (n, n_classes).

        Scores are matched by name (0 where `snapshots.missing`); windows and the neutral baseline
        are made as in training.
        """
        aligned = snapshots.aligned(self.names)
        return self.predict_proba(self.config.features.of(aligned))

    def decide(self, probabilities: np.ndarray) -> np.ndarray:
        """The likeliest class, or -1 where its probability is below the threshold, shape (n,)."""
        best = probabilities.argmax(-1)
        sure = probabilities.max(-1) >= self.threshold  # false for NaN
        return np.where(sure, best, -1)

    def calibrated(self, temperature: float, threshold: float | None = None) -> SelfNorm:
        """The same network with another temperature and threshold of abstention."""
        kept = self.threshold if threshold is None else threshold
        return replace(self, temperature=float(temperature), threshold=float(kept))

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        """Write as ``.npz``; the file appears when it is complete.

        Raises
        ------
        OutputError
            If the file cannot be written or is in the way.
        """
        path = Path(path)
        check_free(path, overwrite, kind="a network", endings=(".npz",))
        arrays: dict[str, Any] = {
            "kind": np.array(_KIND),
            "names": np.array(self.names, np.str_),
            "expressions": np.array(self.expressions, np.str_),
            "mean": self.mean,
            "scale": self.scale,
            "config": np.array(json.dumps(self.config.as_dict())),
            "notes": np.array(json.dumps(self.notes)),
            "calibration": np.array([self.temperature, self.threshold]),
        }
        for k, (weight, bias) in enumerate(self.weights):
            arrays[f"weight_{k}"], arrays[f"bias_{k}"] = weight, bias
        with complete(path, overwrite=overwrite) as part:
            with part.open("wb") as stream:
                np.savez_compressed(stream, **arrays)

    @staticmethod
    @cache
    def seven() -> SelfNorm:
        """The network that ships with mien: seven expressions, taught with faces of FER+.

        Raises
        ------
        EngineError
            If the asset is missing.
        """
        try:
            with (files("mien") / "assets" / "seven_classes.npz").open("rb") as stream:
                return SelfNorm.load(stream)
        except OSError as exc:
            raise EngineError("The network of seven classes is missing: reinstall mien.") from exc

    @staticmethod
    def load(file: str | os.PathLike[str] | IO[bytes]) -> SelfNorm:
        """Read what `save` wrote.

        Raises
        ------
        FormatError
            If the file is missing, damaged or something else.
        """
        said = getattr(file, "name", file)
        try:
            held = read_arrays(file, "a network that `mien expression train` wrote")
            if str(held["kind"]) != _KIND:
                raise KeyError
            layers = sum(name.startswith("weight_") for name in held)
            temperature, threshold = held["calibration"].tolist()
            _check_shapes(held, layers)
            return SelfNorm(
                names=tuple(held["names"].tolist()),
                expressions=tuple(held["expressions"].tolist()),
                weights=tuple((held[f"weight_{k}"], held[f"bias_{k}"]) for k in range(layers)),
                mean=held["mean"],
                scale=held["scale"],
                config=SelfNormConfig.from_dict(_said(held["config"], said)),
                temperature=temperature,
                threshold=threshold,
                notes=_said(held["notes"], said),
            )
        except FileNotFoundError as exc:
            raise FormatError(f"There is no network at {said}: check the path.") from exc
        except OSError as exc:
            raise FormatError(f"{said} cannot be read: {exc.strerror or 'damaged'}.") from exc
        except FormatError:
            raise
        except (KeyError, ValueError, TypeError, AttributeError, IndexError) as exc:
            raise FormatError(
                f"{said} is no network that `mien expression train` wrote, or it is damaged."
            ) from exc


def _said(array: np.ndarray, name: object) -> Any:
    return parse_json(str(array), str(name), "a network that `mien expression train` wrote")


def _check_shapes(held: dict[str, np.ndarray], layers: int) -> None:
    """Refuse layers that do not follow on each other; raises ValueError."""
    wide = held["mean"].shape
    if held["scale"].shape != wide or len(wide) != 1 or not layers:
        raise ValueError
    for k in range(layers):
        weight, bias = held[f"weight_{k}"], held[f"bias_{k}"]
        if weight.ndim != 2 or bias.ndim != 1 or weight.dtype.kind != "f":
            raise ValueError
        here = weight.shape if weight.shape[1] == len(bias) else weight.shape[::-1]
        if here != (*wide, len(bias)):
            raise ValueError
        wide = bias.shape
    if wide != held["expressions"].shape:
        raise ValueError


@numba.njit(nogil=True, cache=True)
def _forward(scores, layers, packed, out):
    """All layers for blocks of snapshots, then the softmax."""
    n, inputs = scores.shape
    stride = inputs
    for layer in range(len(layers)):
        stride = max(stride, layers[layer, 2] * _PANEL)
    x = np.zeros(_BLOCK * stride, np.float32)
    y = np.zeros(_BLOCK * stride, np.float32)
    for start in range(0, n, _BLOCK):
        rows = min(_BLOCK, n - start)
        for r in range(rows):
            for k in range(inputs):
                x[r * stride + k] = scores[start + r, k]
        for layer in range(len(layers)):
            at, depth, panels = layers[layer]
            hidden = layer < len(layers) - 1
            for panel in range(panels):
                column = panel * _PANEL
                # rows past the last one of a tile hold what was there before, and are not read
                for r in range(0, rows, _TILE):
                    _tile(x, r * stride, stride, packed, at, depth, y, r * stride + column, hidden)
                at += (1 + depth) * _PANEL
            x, y = y, x
        for r in range(rows):
            finite = np.float32(0)
            for k in range(inputs):
                finite += scores[start + r, k] * np.float32(0)
            _softmax(x, r * stride, finite, out[start + r])


@numba.njit(nogil=True, cache=True)
def _single(scores, layers, packed, out):
    """All layers for one snapshot."""
    stride = len(scores)
    for layer in range(len(layers)):
        stride = max(stride, layers[layer, 2] * _PANEL)
    x, y = np.empty(stride, np.float32), np.empty(stride, np.float32)
    finite = np.float32(0)
    for k in range(len(scores)):
        x[k] = scores[k]
        finite += scores[k] * np.float32(0)
    for layer in range(len(layers)):
        at, depth, panels = layers[layer]
        for panel in range(panels):
            _row(x, packed, at, depth, y, panel * _PANEL, layer < len(layers) - 1)
            at += (1 + depth) * _PANEL
        x, y = y, x
    _softmax(x, 0, finite, out)


@numba.njit(nogil=True, cache=True)
def _softmax(x, at, finite, out):
    top = x[at]
    for k in range(1, len(out)):
        top = max(top, x[at + k])
    total = np.float32(0)
    for k in range(len(out)):
        out[k] = math.exp(x[at + k] - top)
        total += out[k]
    for k in range(len(out)):
        out[k] = out[k] / total + finite


@numba.njit(nogil=True, cache=True)
def _tile(x, xo, stride, w, at, depth, y, yo, hidden):
    """Sixteen outputs of six snapshots, all sums in registers."""
    one, two = load(w, at), load(w, at + 8)
    a0, a1, b0, b1, c0, c1 = one, two, one, two, one, two
    d0, d1, e0, e1, f0, f1 = one, two, one, two, one, two
    for k in range(depth):
        at += 16
        one, two = load(w, at), load(w, at + 8)
        v = spread(x, xo + k)
        a0, a1 = fma(v, one, a0), fma(v, two, a1)
        v = spread(x, xo + stride + k)
        b0, b1 = fma(v, one, b0), fma(v, two, b1)
        v = spread(x, xo + 2 * stride + k)
        c0, c1 = fma(v, one, c0), fma(v, two, c1)
        v = spread(x, xo + 3 * stride + k)
        d0, d1 = fma(v, one, d0), fma(v, two, d1)
        v = spread(x, xo + 4 * stride + k)
        e0, e1 = fma(v, one, e0), fma(v, two, e1)
        v = spread(x, xo + 5 * stride + k)
        f0, f1 = fma(v, one, f0), fma(v, two, f1)
    if hidden:
        a0, a1, b0, b1, c0, c1 = selu(a0), selu(a1), selu(b0), selu(b1), selu(c0), selu(c1)
        d0, d1, e0, e1, f0, f1 = selu(d0), selu(d1), selu(e0), selu(e1), selu(f0), selu(f1)
    store(y, yo, a0)
    store(y, yo + 8, a1)
    store(y, yo + stride, b0)
    store(y, yo + stride + 8, b1)
    store(y, yo + 2 * stride, c0)
    store(y, yo + 2 * stride + 8, c1)
    store(y, yo + 3 * stride, d0)
    store(y, yo + 3 * stride + 8, d1)
    store(y, yo + 4 * stride, e0)
    store(y, yo + 4 * stride + 8, e1)
    store(y, yo + 5 * stride, f0)
    store(y, yo + 5 * stride + 8, f1)


@numba.njit(nogil=True, cache=True)
def _row(x, w, at, depth, y, yo, hidden):
    """Sixteen outputs of one snapshot; four sums each, so that none waits for the one before."""
    a0, a1 = load(w, at), load(w, at + 8)
    at += 16
    b0, b1, c0, c1, d0, d1 = zero(), zero(), zero(), zero(), zero(), zero()
    for k in range(0, depth - 3, 4):
        v = spread(x, k)
        a0, a1 = fma(v, load(w, at), a0), fma(v, load(w, at + 8), a1)
        v = spread(x, k + 1)
        b0, b1 = fma(v, load(w, at + 16), b0), fma(v, load(w, at + 24), b1)
        v = spread(x, k + 2)
        c0, c1 = fma(v, load(w, at + 32), c0), fma(v, load(w, at + 40), c1)
        v = spread(x, k + 3)
        d0, d1 = fma(v, load(w, at + 48), d0), fma(v, load(w, at + 56), d1)
        at += 64
    for k in range(depth - depth % 4, depth):
        v = spread(x, k)
        a0, a1 = fma(v, load(w, at), a0), fma(v, load(w, at + 8), a1)
        at += 16
    a0, a1 = add(add(a0, b0), add(c0, d0)), add(add(a1, b1), add(c1, d1))
    if hidden:
        a0, a1 = selu(a0), selu(a1)
    store(y, yo, a0)
    store(y, yo + 8, a1)
