"""Blendshape scores: how far a face smiles, squints or opens its jaw, from its landmarks.

A small network of ours, taught by MediaPipe's blendshape model (``scripts/build_blendshapes.py``).
Each frame stands alone: nothing is smoothed, nothing lags.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import IO

import numpy as np

from mien.blendshapes.names import NAMES
from mien.errors import EngineError, ParameterError
from mien.face.topology import N_LANDMARKS
from mien.intake.arrays import read_arrays

_CHUNK = 4096  # frames computed at once: bounds memory


@dataclass(frozen=True, eq=False)
class Blendshapes:
    """A network from landmarks to scores: linear in the landmarks, plus what hidden layers add."""

    landmarks: np.ndarray
    """Which of the 478 landmarks are looked at, shape (n_points,)."""
    mean: np.ndarray
    """Mean of the network's input, shape (2 n_points,)."""
    scale: np.ndarray
    """Standard deviation of the network's input, shape (2 n_points,)."""
    hidden: tuple[tuple[np.ndarray, np.ndarray], ...]
    """Weights (n_in, n_out) and bias (n_out,) of each hidden layer."""
    output: np.ndarray
    """Weights from the last hidden layer to the scores, shape (n_hidden, 51)."""
    direct: tuple[np.ndarray, np.ndarray]
    """Weights (2 n_points, 51) and bias (51,) from the input to the scores."""

    @staticmethod
    @cache
    def load() -> Blendshapes:
        """Read the network that ships with mien.

        Raises
        ------
        EngineError
            If the asset is missing.
        """
        path = files("mien") / "assets" / "blendshapes.npz"
        try:
            with path.open("rb") as stream:
                return Blendshapes.read(stream)
        except OSError as exc:
            raise EngineError("The blendshape network's asset is missing: reinstall mien.") from exc

    @staticmethod
    def read(file: IO[bytes] | str | Path) -> Blendshapes:
        """Read a network that ``scripts/build_blendshapes.py`` wrote.

        Raises
        ------
        FormatError
            If it is something else, damaged, or too large.
        """
        kept = read_arrays(file, "a network of blendshapes")
        landmarks = kept.pop("landmarks").astype(np.int64)
        weights = {name: array.astype(np.float32) for name, array in kept.items()}
        layers = sum(name.startswith("hidden_weight") for name in weights)
        return Blendshapes(
            landmarks=landmarks,
            mean=weights["mean"],
            scale=weights["scale"],
            hidden=tuple(
                (weights[f"hidden_weight_{k}"], weights[f"hidden_bias_{k}"]) for k in range(layers)
            ),
            output=weights["output"],
            direct=(weights["direct_weight"], weights["direct_bias"]),
        )

    def scores(self, mesh: np.ndarray, width: int, height: int) -> np.ndarray:
        """Score each frame by itself.

        Parameters
        ----------
        mesh : np.ndarray [shape=(n_frames, 478, 3)]
            Landmarks, pixels; NaN where there is no face. Depth is not looked at.
        width, height : int
            Size of the picture, pixels. A face whose middle lies outside is imagined, and not
            scored.

        Returns
        -------
        scores : np.ndarray [shape=(n_frames, 51), dtype=float32]
            In the order of `NAMES`, 0 to 1; NaN where there is no face.

        Raises
        ------
        ParameterError
            If the landmarks have another shape or the picture has no size.
        """
        mesh = np.asarray(mesh)
        if mesh.ndim != 3 or mesh.shape[1] != N_LANDMARKS or mesh.shape[2] < 2:
            raise ParameterError(f"Scores need (n_frames, 478, 3) landmarks, not {mesh.shape}.")
        if width < 1 or height < 1:
            raise ParameterError(f"A picture of {width} x {height} pixels shows no face.")
        points = mesh[:, self.landmarks, :2]
        middle = points.mean(1)
        with np.errstate(invalid="ignore"):
            shown = ((middle >= 0) & (middle <= [width, height])).all(1)
        found = np.flatnonzero(np.isfinite(points).all((1, 2)) & shown)
        result = np.full((len(mesh), len(NAMES)), np.nan, np.float32)
        for start in range(0, len(found), _CHUNK):
            frames = found[start : start + _CHUNK]
            result[frames] = self._forward(normalise(points[frames]))
        return result

    def _forward(self, shape: np.ndarray) -> np.ndarray:
        x = (shape.reshape(len(shape), -1) - self.mean) / self.scale
        y = x
        for weight, bias in self.hidden:
            y = y @ weight + bias
            y *= _logistic(y)  # SiLU
        weight, bias = self.direct
        return _logistic(y @ self.output + x @ weight + bias)


def normalise(points: np.ndarray) -> np.ndarray:
    """Landmarks about their mean, in units of their mean distance from it.

    As MediaPipe's own model begins; place and size are gone, turns are left.

    Parameters
    ----------
    points : np.ndarray [shape=(n_frames, n_points, 2)]
        Pixels.

    Returns
    -------
    shape : np.ndarray [shape=(n_frames, n_points, 2), dtype=float32]
    """
    centred = points - points.mean(1, keepdims=True, dtype=np.float64)
    size = np.linalg.norm(centred, axis=2).mean(1)
    return (centred / np.maximum(size, 1e-9)[:, None, None]).astype(np.float32)


def _logistic(x: np.ndarray) -> np.ndarray:
    return 0.5 + 0.5 * np.tanh(0.5 * x)
