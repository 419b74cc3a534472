"""The ways in which faces differ, and what a recogniser makes of each.

A face is a mean face plus a little of each mode: of shape, and of texture finer than light and
skin tone. The modes are the principal components of several hundred portraits, so that one
standard deviation of each is what is usual among people. Beside each mode stands how far a
recogniser's descriptor goes with it, and how far a landmark detector is led astray by it; a
surrogate can thus be moved away from a patient where the recogniser looks and the motion of the
face is still read as it is.

References
----------
.. [1] Cootes, Edwards, Taylor, "Active appearance models", IEEE TPAMI 23(6), 2001.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import as_file, files

import cv2
import numpy as np

from mien.errors import EngineError
from mien.face.model import FaceModel
from mien.surrogates.bank import Surrogate

_FLOOR = 6.0  # grey levels added before logarithms
_LIGHTEST, _DARKEST = 0.2, 0.5  # log change that no texel goes beyond: skin does not glow
_LEGIBLE = 120.0  # weight of a readable face against a far one


@dataclass(frozen=True)
class Modes:
    """Modes of shape first, modes of texture after them."""

    shape: np.ndarray
    """Change of the identity coefficients per s.d., shape (n_shape, n_alpha)."""
    texture: np.ndarray
    """Change of the log texture per s.d., shape (n_texture, side, side, 3), float32."""
    recogniser: np.ndarray
    """Change of dlib's descriptor per s.d., shape (n_shape + n_texture, 128)."""
    reading: np.ndarray
    """How far a landmark detector's reading of brows, eyes, nose and lips goes astray per s.d.,
    outer-eye distances, shape (n_shape + n_texture, n_readings)."""

    @staticmethod
    @cache
    def load() -> Modes:
        """Read the modes that ship with mien.

        Raises
        ------
        EngineError
            If they are missing from the installation.
        """
        try:
            with as_file(files("mien") / "assets" / "modes.npz") as path, np.load(path) as data:
                half = (
                    data["texture"].astype(np.float32) * data["texture_step"][:, None, None, None]
                )
                return Modes(
                    data["shape"].astype(np.float64),
                    np.concatenate([half, half[:, :, ::-1]], axis=2),
                    data["recogniser"].astype(np.float64),
                    data["reading"].astype(np.float64),
                )
        except OSError as exc:
            raise EngineError("The modes of the bank are missing: reinstall mien.") from exc

    def __len__(self) -> int:
        return len(self.recogniser)

    def moved(self, surrogate: Surrogate, amounts: np.ndarray) -> Surrogate:
        """A surrogate with some of each mode added.

        Parameters
        ----------
        surrogate : Surrogate
            Not changed.
        amounts : np.ndarray [shape=(n_shape + n_texture,)]
            Standard deviations.
        """
        amounts = np.asarray(amounts, np.float64)
        if not amounts.any():
            return surrogate
        count = len(self.shape)
        model = FaceModel.load()
        shape = surrogate.shape + model.shape(amounts[:count] @ self.shape) - model.neutral
        change = np.tensordot(amounts[count:].astype(np.float32), self.texture, 1)
        change = np.where(
            change > 0,
            _LIGHTEST * np.tanh(change / _LIGHTEST),
            _DARKEST * np.tanh(change / _DARKEST),
        )
        side = surrogate.texture.shape[0]
        change = cv2.resize(change, (side, side), interpolation=cv2.INTER_CUBIC)
        picture = (surrogate.texture + np.float32(_FLOOR)) * np.exp(change) - np.float32(_FLOOR)
        picture = np.rint(picture).clip(0, 255).astype(np.uint8)
        return replace(surrogate, shape=shape, texture=picture)

    def away(self, descriptor: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Direction in which a face leaves others behind, as a recogniser sees it.

        Modes that lead a landmark detector astray are held back: the motion of the new face shall
        be read like that of the old one.

        Parameters
        ----------
        descriptor : np.ndarray [shape=(128,)]
            Of the face to move.
        others : np.ndarray [shape=(n, 128)]
            To be left; the nearest count most.

        Returns
        -------
        direction : np.ndarray [shape=(n_shape + n_texture,)]
            Of length 1, in standard deviations.
        """
        apart = descriptor - others
        distance = np.linalg.norm(apart, axis=1, keepdims=True)
        weight = np.exp(-(distance - distance.min()) / 0.03)
        wanted = self.recogniser @ (weight * apart / np.maximum(distance, 1e-6)).sum(0)
        direction = np.linalg.solve(self._held_back(), wanted)
        return np.asarray(direction / max(float(np.linalg.norm(direction)), 1e-12))

    def _held_back(self) -> np.ndarray:
        """Cost of going along each pair of modes, shape (n_modes, n_modes)."""
        astray = self.reading @ self.reading.T
        return np.eye(len(self)) + _LEGIBLE * astray / max(float(np.trace(astray)), 1e-12)
