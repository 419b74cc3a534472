"""The ways in which faces differ, and what a recogniser makes of each.

A face is a mean face plus a little of each mode: of shape, and of texture finer than light and
skin tone. The modes are the principal components of several hundred portraits, so that one
standard deviation of each is what is usual among people of one sex. Beside each mode stands how
far the descriptor of each recogniser that chooses goes with it, and how far a landmark detector is
led astray by it; a surrogate can thus be moved away from a patient where the recognisers look and
the motion of the face is still read as it is.

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
_MIDDLE = "middle_"  # the mean face of a sex
MOST_SHAPE = 7.0
"""Standard deviations that a shape may lie from the mean face of its sex and still look like one:
of portraits nineteen in twenty are nearer, half are nearer than 5.2."""
EACH = 3 / 7
"""Of that, along any one mode, where nothing else is said: a face with one trait of 5 s.d. is a
caricature."""
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
    middle: dict[str, np.ndarray]
    """Identity coefficients of the mean face by apparent sex, shape (n_alpha,)."""
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
                    {
                        name.removeprefix(_MIDDLE): data[name].astype(np.float64)
                        for name in data.files
                        if name.startswith(_MIDDLE)
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

    def place(self, surrogate: Surrogate) -> np.ndarray:
        """How a face's shape differs from the mean of its sex, s.d. of each mode, shape (n_shape,).

        Whose sex is not on their card is compared with the mean of both.
        """
        model = FaceModel.load()
        away = (surrogate.shape - model.resting(np.zeros(len(model.identity)))).ravel()
        alpha = _coefficients() @ away
        sex = surrogate.card.get("apparent_sex")
        means = [self.middle[sex]] if sex in self.middle else list(self.middle.values())
        apart = alpha - np.mean(means, axis=0)
        return np.asarray(self.shape @ apart / (self.shape**2).sum(1))

    def apart(self, amounts: np.ndarray, start: Surrogate) -> tuple[float, float]:
        """How far the shape of a face that was moved lies from the mean of its sex, in all and
        along the mode along which it is farthest, s.d."""
        there = self.place(start) + amounts[: len(self.shape)]
        return float(np.linalg.norm(there)), float(np.abs(there).max())

    def within(
        self,
        amounts: np.ndarray,
        start: Surrogate,
        most_shape: float = MOST_SHAPE,
        most_each: float | None = None,
    ) -> np.ndarray:
        """The same, so that the face that comes out lies no farther out than people do.

        Parameters
        ----------
        amounts : np.ndarray [shape=(n_shape + n_texture,)]
            How far a face shall be moved, standard deviations.
        start : Surrogate
            The face: what it is already counts.
        most_shape : float
            Standard deviations that its shape may be away from the mean face of its sex.
        most_each : float, optional
            The same along any one mode; `EACH` of that by default.
        """
        each = EACH * most_shape if most_each is None else most_each
        amounts, count = np.array(amounts, np.float64), len(self.shape)
        place = self.place(start)
        there = (place + amounts[:count]).clip(-each, each)
        there *= min(1.0, most_shape / max(float(np.linalg.norm(there)), 1e-12))
        amounts[:count] = there - place
        paint = amounts[count:]
        paint *= min(1.0, _MOST_PAINT / max(float(np.linalg.norm(paint)), 1e-12))
        return amounts

    def away(
        self,
        descriptors: np.ndarray,
        others: np.ndarray,
        recogniser: str = _FIRST,
        *,
        legible: float = LEGIBLE,
        paint: float = _PAINT,
    ) -> np.ndarray:
        """Directions in which faces leave others behind, as a recogniser sees it.

        Modes that lead a landmark detector astray are held back: the motion of the new face shall
        be read like that of the old one.

        Parameters
        ----------
        descriptors : np.ndarray [shape=(n, size)]
            Of the faces to move.
        others : np.ndarray [shape=(m, size)]
            To be left; the nearest to each face count most.
        recogniser : str
            Name of the one that they come from.
        legible : float
            Weight of a readable face against a far one.
        paint : float
            What a s.d. of texture costs in s.d. of shape.

        Returns
        -------
        directions : np.ndarray [shape=(n, n_shape + n_texture)]
            Of length 1 each, in standard deviations.
        """
        wanted = []
        for apart in descriptors[:, None] - others:
            distance = np.linalg.norm(apart, axis=1, keepdims=True)
            weight = np.exp(-(distance - distance.min()) / 0.03)
            wanted.append((weight * apart / np.maximum(distance, 1e-6)).sum(0))
        seen = self.recognisers[recogniser] @ np.stack(wanted, axis=1)
        directions = np.linalg.solve(self._held_back(legible, paint), seen).T
        length = np.linalg.norm(directions, axis=1, keepdims=True)
        return np.asarray(directions / np.maximum(length, 1e-12))

    def _held_back(self, legible: float, paint: float) -> np.ndarray:
        """Cost of going along each pair of modes, shape (n_modes, n_modes)."""
        astray = self.reading @ self.reading.T
        own = np.ones(len(self))
        own[len(self.shape) :] = paint
        return np.diag(own) + legible * astray / max(float(np.trace(astray)), 1e-12)


@cache
def _coefficients() -> np.ndarray:
    """From a difference of shapes to identity coefficients, shape (n_alpha, 478 * 3)."""
    identity = FaceModel.load().identity
    return np.linalg.pinv(identity.reshape(len(identity), -1).T)
