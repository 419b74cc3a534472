"""The self-normalising expression network: from 52 scores to what a face expresses.

Twenty-two layers as in Hartmann et al. [1]_: the input, ten times a dense layer with SELU and alpha
dropout, and a softmax. SELU keeps mean and variance of what passes through near 0 and 1 [2]_, so
that a plain deep network learns without batch normalisation. Computed by compiled loops
(`forward`); `training` teaches it, with torch.

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
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import IO, Any

import numpy as np

from mien.errors import EngineError, FormatError, ParameterError
from mien.intake.arrays import read_arrays
from mien.intake.words import parse_json
from mien.outputs import check_free, complete
from mien.selfnorm.abstaining import Abstaining
from mien.selfnorm.config import SelfNormConfig
from mien.selfnorm.forward import forward_many, forward_one, packed
from mien.selfnorm.recurrent import KIND as RECURRENT
from mien.selfnorm.snapshots import Snapshots

_KIND = "mien self-normalising network 1"


@dataclass(frozen=True, eq=False)
class SelfNorm(Abstaining):
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

    def folded(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Weights and bias of each dense layer, float64, that need nothing else.

        Standardisation is part of the first layer, temperature of the last.
        """
        pairs = [(w.astype(np.float64), b.astype(np.float64)) for w, b in self.weights]
        weight = pairs[0][0] / self.scale[:, None]
        pairs[0] = weight, pairs[0][1] - self.mean @ weight
        weight, bias = pairs[-1]
        pairs[-1] = weight / self.temperature, bias / self.temperature
        return pairs

    @cached_property
    def _packed(self) -> tuple[np.ndarray, np.ndarray]:
        return packed(self.folded())

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
        out = np.empty((len(scores), len(self.expressions)), np.float32)
        forward_many(scores, *self._packed, out)
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
        out = np.empty(len(self.expressions), np.float32)
        forward_one(scores, *self._packed, out)
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
            if str(held["kind"]) == RECURRENT:
                raise FormatError(f"{said} reads sequences: give a network of single snapshots.")
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
