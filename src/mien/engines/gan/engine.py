"""The engine: every frame's face, drawn by a generator with the surrogate's identity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np

from mien.engines import traits as known
from mien.engines.base import Engine, Fitted, Rendering
from mien.engines.gan import exported
from mien.engines.gan.configuration import Draw, GanConfig
from mien.engines.mesh.engine import Person
from mien.engines.motion.portrait import Crop, opacity, openings
from mien.engines.weights import Weights
from mien.errors import ParameterError
from mien.face.model import FaceModel
from mien.recognition.mobileface import MobileFace
from mien.surrogates.bank import Surrogate
from mien.surrogates.portrait import likeness
from mien.tracking.track import Sample

_TURN = 60.0  # degrees of yaw beyond which a face is unlike those it has learned
_COVER = 118  # grey level of what cannot be drawn


@dataclass(frozen=True)
class Sitter(Fitted):
    """What is learned about a patient: only where the face is."""

    person: Person
    """For the square around the face and the tone of the skin."""
    engine: type[Gan]
    """Draws them, with its network."""

    @property
    def tone(self) -> float:
        """Individual typology angle of the cheeks, degrees; high is fair."""
        return self.person.tone

    def shrunk(self, scale: float) -> Sitter:
        """See `Fitted.shrunk`."""
        return replace(self, person=self.person.shrunk(scale))

    def wearing(self, surrogate: Surrogate | None, strength: float = 1.0) -> Gan:
        """See `Fitted.wearing`; an identity has no strength."""
        if surrogate is None:
            raise ParameterError("The engine gan needs a surrogate: choose one.")
        return self.engine(self, surrogate)


class Gan(Engine):
    """Draws a patient's face with a surrogate's identity.

    Parameters
    ----------
    sitter : Sitter
        The patient's calibration.
    surrogate : Surrogate
        Whose identity is given: what mobileface makes of their portrait.
    """

    name = "gan"
    traits = known.GAN
    draw: ClassVar[Draw]
    """The generator; of the class that `gan_of` makes."""
    config: ClassVar[GanConfig]
    """Its sizes."""
    own_openings: ClassVar[bool] = False
    """Whether the patient's own eyes and inner mouth are left."""

    def __init__(self, sitter: Sitter, surrogate: Surrogate) -> None:
        self._alpha = sitter.person.alpha
        self._identity = MobileFace().describe(*likeness(surrogate)).astype(np.float32)
        self._model = FaceModel.load()

    @classmethod
    def calibrate(
        cls, samples: Sequence[Sample], landmarks: np.ndarray, enlarge: float = 1.0
    ) -> Sitter:
        """See `Engine.calibrate`."""
        return Sitter(Person.calibrate(samples, FaceModel.load().fit(landmarks), enlarge), cls)

    def render(self, image: np.ndarray, landmarks: np.ndarray) -> Rendering:
        """See `Engine.render`; the drawn face's landmarks are the patient's, as it was taught."""
        landmarks = np.asarray(landmarks, np.float64)
        crop, side = Crop.around(landmarks, self._alpha), self.config.side
        box = crop.box(image.shape)
        shown = opacity(landmarks, landmarks, box)
        left = openings(landmarks, box) if self.own_openings else 0.0
        rotation = self._model.pose(landmarks, self._alpha).rotation
        drawn = None
        if abs(rotation[0, 2]) < np.sin(np.radians(_TURN)):
            drawn = self.draw(crop.of(image, side).astype(np.float32) / 255, self._identity)
        if drawn is None or not np.isfinite(drawn).all():
            grey = np.full((*shown.shape, 3), _COVER, np.uint8)
            return Rendering(box[0], box[1], grey, shown, landmarks.copy(), covered=True)
        picture = (drawn * 255).round().astype(np.uint8)
        part = crop.back(picture, box)
        return Rendering(box[0], box[1], part, shown * (1 - left), landmarks.copy())


def gan_of(weights: Weights) -> type[Gan]:
    """The engine with a network of the user's.

    Parameters
    ----------
    weights : Weights
        Where it lies, a checkpoint of torch or a file of ONNX; its sizes are in it.

    Raises
    ------
    ParameterError
        If there is no such file, or a configuration is given beside it.
    FormatError
        If it is not such a network.
    ModuleNotFoundError
        If it is a checkpoint and torch is not installed.
    """
    if weights.config is not None:
        raise ParameterError("A network of the engine gan holds its sizes: leave out --config.")
    if Path(weights.path).suffix.lower() == ".onnx":
        return engine_of(*exported.opened(weights.path), weights.own_openings)
    from mien.engines.gan.checkpoint import opened

    return engine_of(*opened(weights.path), weights.own_openings)


def engine_of(drawing: Draw, sizes: GanConfig, own: bool = False) -> type[Gan]:
    """The engine with a generator that is there already."""

    class Opened(Gan):
        draw, config, own_openings = staticmethod(drawing), sizes, own

    return Opened
