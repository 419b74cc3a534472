"""The ways in which faces differ, and what a recogniser makes of each.

A face is a mean face plus a little of each mode: of shape, and of texture finer than light and
skin tone. The modes are the principal components of several hundred portraits, so that one
standard deviation of each is what is usual among people. Beside each mode stands how far the
descriptor of each recogniser that chooses goes with it, and how far a landmark detector is led
astray by it; a surrogate can thus be moved away from a patient where the recognisers look and the
motion of the face is still read as it is.

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

_FIRST = "dlib_face_recognition_resnet_model_v1"
_FLOOR = 6.0  # grey levels added before logarithms
_LIGHTEST, _DARKEST = 0.2, 0.5  # log change that no texel goes beyond: skin does not glow
_PAINT = 3.0  # what a s.d. of texture costs in s.d. of shape: paint that is far looks like paint
_SEEN = "seen_"  # what a recogniser makes of the modes, in the file
MOST_SHAPE = 5.0
"""Standard deviations by which a face may be moved in shape and still look like one; people are on
average 7 from the mean face, and a composite is off it already."""
_MOST_PAINT = 2.0

LEGIBLE = 400.0
"""Weight of a readable face against a far one."""


@dataclass(frozen=True)
class Modes:
    """Modes of shape first, modes of texture after them."""

    shape: np.ndarray
    """Change of the identity coefficients per s.d., shape (n_shape, n_alpha)."""
    texture: np.ndarray
    """Change of the log texture per s.d., shape (n_texture, side, side, 3), float32."""
    recognisers: dict[str, np.ndarray]
    """By a recogniser's name, change of its descriptor per s.d., shape (n_shape + n_texture,
    size)."""
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
                    {
                        name.removeprefix(_SEEN): data[name].astype(np.float64)
                        for name in data.files
                        if name.startswith(_SEEN)
                    },
                    data["reading"].astype(np.float64),
                )
        except OSError as exc:
            raise EngineError("The modes of the bank are missing: reinstall mien.") from exc

    def __len__(self) -> int:
        return len(self.shape) + len(self.texture)

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

    def within(self, amounts: np.ndarray, most_shape: float = MOST_SHAPE) -> np.ndarray:
        """The same, no farther out than faces look like faces: shape and texture by themselves."""
        amounts, count = np.array(amounts, np.float64), len(self.shape)
        for part, most in ((amounts[:count], most_shape), (amounts[count:], _MOST_PAINT)):
            part *= min(1.0, most / max(float(np.linalg.norm(part)), 1e-12))
        return amounts

    def away(
        self,
        descriptor: np.ndarray,
        others: np.ndarray,
        recogniser: str = _FIRST,
        *,
        legible: float = LEGIBLE,
        paint: float = _PAINT,
    ) -> np.ndarray:
        """Direction in which a face leaves others behind, as a recogniser sees it.

        Modes that lead a landmark detector astray are held back: the motion of the new face shall
        be read like that of the old one.

        Parameters
        ----------
        descriptor : np.ndarray [shape=(size,)]
            Of the face to move.
        others : np.ndarray [shape=(n, size)]
            To be left; the nearest count most.
        recogniser : str
            Name of the one that they come from.
        legible : float
            Weight of a readable face against a far one.
        paint : float
            What a s.d. of texture costs in s.d. of shape.

        Returns
        -------
        direction : np.ndarray [shape=(n_shape + n_texture,)]
            Of length 1, in standard deviations.
        """
        apart = descriptor - others
        distance = np.linalg.norm(apart, axis=1, keepdims=True)
        weight = np.exp(-(distance - distance.min()) / 0.03)
        wanted = self.recognisers[recogniser] @ (weight * apart / np.maximum(distance, 1e-6)).sum(0)
        direction = np.linalg.solve(self._held_back(legible, paint), wanted)
        return np.asarray(direction / max(float(np.linalg.norm(direction)), 1e-12))

    def _held_back(self, legible: float, paint: float) -> np.ndarray:
        """Cost of going along each pair of modes, shape (n_modes, n_modes)."""
        astray = self.reading @ self.reading.T
        own = np.ones(len(self))
        own[len(self.shape) :] = paint
        return np.diag(own) + legible * astray / max(float(np.trace(astray)), 1e-12)
