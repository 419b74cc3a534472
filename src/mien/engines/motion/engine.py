"""The engine: the surrogate's portrait, moved by a network as the patient moves.

The portrait is the surrogate as the mesh engine draws it on the patient's calmest frame, so that
light, hair and what is around it are those of the clip. Every frame's face drives it, cut out in
the same way; the picture is put back where the face was, and nothing outside changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from mien.engines import traits as known
from mien.engines.base import Engine, Fitted, Rendering
from mien.engines.laying import composite
from mien.engines.mesh.appearance import MAP, apart, lamp, logarithm
from mien.engines.mesh.engine import Person
from mien.engines.motion.checkpoint import Networks
from mien.engines.motion.drawn import carried
from mien.engines.motion.keypoints import Keypoints, relative
from mien.engines.motion.portrait import Crop, opacity
from mien.engines.weights import Weights
from mien.errors import ParameterError
from mien.face.model import FaceModel
from mien.face.uv import unwrap
from mien.surrogates.bank import Surrogate
from mien.tracking.track import Sample

_TURN = 50.0  # degrees away from the portrait beyond which it does not show enough of the face
_ASTRAY = 0.25  # outer-eye distances by which a face may be drawn beside the patient's
_COVER = 118  # grey level of what cannot be drawn


@dataclass(frozen=True)
class Actor(Fitted):
    """What is learned about a patient: how they look, and their calmest frame."""

    person: Person
    """For the portrait's skin and proportions."""
    rest: Sample
    """The frame that the portrait is drawn on, and from which movements count."""
    engine: type[Motion]
    """Draws them, with its networks."""

    @property
    def tone(self) -> float:
        """Individual typology angle of the cheeks, degrees; high is fair."""
        return self.person.tone

    def shrunk(self, scale: float) -> Actor:
        """See `Fitted.shrunk`: the portrait has the network's size, whatever the frame's."""
        return replace(self, person=self.person.shrunk(scale))

    def wearing(self, surrogate: Surrogate | None, strength: float = 1.0) -> Motion:
        """See `Fitted.wearing`."""
        if surrogate is None:
            raise ParameterError("The engine motion needs a surrogate: choose one.")
        return self.engine(self, surrogate, strength)


class Motion(Engine):
    """Moves a surrogate's portrait with the patient's keypoints.

    Parameters
    ----------
    actor : Actor
        The patient's calibration.
    surrogate : Surrogate
        The face to give.
    strength : float
        How far the proportions go towards the surrogate's, 1 all the way.
    """

    name = "motion"
    traits = known.MOTION
    networks: ClassVar[Networks]
    """Move the portrait; of the class that `motion_of` makes."""
    driving: ClassVar[str]
    """`relative` or `absolute`."""

    def __init__(self, actor: Actor, surrogate: Surrogate, strength: float = 1.0) -> None:
        self._actor = actor
        self._size = self.networks.config.side
        rest, alpha = actor.rest, actor.person.alpha
        crop = Crop.around(rest.landmarks, alpha)
        drawn = actor.person.wearing(surrogate, strength).render(rest.image, rest.landmarks)
        picture = _laid(rest.image, drawn)
        self._landmarks = crop.inwards(drawn.face(rest.landmarks), self._size)
        self._rest = crop.inwards(rest.landmarks, self._size)
        self._model = FaceModel.load()
        self._turn = self._model.pose(rest.landmarks, alpha).rotation
        with torch.inference_mode():
            self._portrait = _tensor(crop.of(picture, self._size))
            self._source = self.networks.detector(self._portrait)
            self._first = self.networks.detector(_tensor(crop.of(rest.image, self._size)))

    @classmethod
    def calibrate(
        cls, samples: Sequence[Sample], landmarks: np.ndarray, enlarge: float = 1.0
    ) -> Actor:
        """See `Engine.calibrate`."""
        alpha = FaceModel.load().fit(landmarks)
        person = Person.calibrate(samples, alpha, enlarge)
        return Actor(person, _calmest(samples, alpha), cls)

    def render(self, image: np.ndarray, landmarks: np.ndarray) -> Rendering:
        """See `Engine.render`."""
        landmarks = np.asarray(landmarks, np.float64)
        alpha = self._actor.person.alpha
        crop = Crop.around(landmarks, alpha)
        box = crop.box(image.shape)
        pose = self._model.pose(landmarks, alpha)
        turned = np.trace(pose.rotation @ self._turn.T) / 2 - 0.5
        # where the portrait's landmarks should be: as far from the patient's as they were at rest
        inward = crop.inwards(landmarks, self._size)
        offset = (self._landmarks - self._rest) @ (pose.rotation @ self._turn.T).T
        expected = crop.outwards(inward + offset, self._size)
        if turned < np.cos(np.radians(_TURN)):
            return _covered(landmarks, expected, box)
        with torch.inference_mode():
            picture, places = self._draw(crop.of(image, self._size))
        if not (np.isfinite(picture).all() and np.isfinite(places).all()):
            return _covered(landmarks, expected, box)
        flat = carried(places, self._landmarks[:, :2], (inward + offset)[:, :2])
        depth = (inward + offset)[:, 2:]
        drawn = crop.outwards(np.concatenate([flat, depth], axis=1), self._size)
        if np.median(np.linalg.norm(drawn - expected, axis=1)) > _ASTRAY * pose.scale:
            return _covered(landmarks, expected, box)
        picture = picture * np.exp(self._light(image, landmarks)) * 255
        patch = crop.back(np.clip(picture + 0.5, 0, 255).astype(np.uint8), box)
        return Rendering(box[0], box[1], patch, opacity(landmarks, drawn, box), drawn)

    def _draw(self, driving: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The portrait driven by a face: RGB 0-1, and where in it each pixel comes from, pixels."""
        found = self.networks.detector(_tensor(driving))
        if self.driving == "relative":
            found = relative(self._source, found, self._first, adapt=True)
        if not _invertible(found):
            nothing = np.full((self._size, self._size, 3), np.nan)
            return nothing, nothing[..., :2]
        made = self.networks.generator(self._portrait, self._source, found)
        places = made.places[0].numpy().astype(np.float64)
        return (
            made.picture[0].permute(1, 2, 0).numpy(),
            (places + 1) / 2 * (self._size - 1) + 0.5,
        )

    def _light(self, image: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
        """How much brighter a frame is than the portrait, log, shape (3,)."""
        return lamp(apart(logarithm(unwrap(image, landmarks, MAP)), self._actor.person.neutral))


def motion_of(weights: Weights) -> type[Motion]:
    """The engine with a network of the user's.

    Parameters
    ----------
    weights : Weights
        Where it lies, and how it is driven.

    Raises
    ------
    ParameterError
        If there is no such file, or the patient's own eyes shall be left.
    FormatError
        If it is not such a network.
    """
    if weights.own_openings:
        raise ParameterError(
            "The engine motion draws eyes and mouth where its portrait has them, so the patient's "
            "own cannot be left: leave out --own-openings."
        )
    opened = Networks.open(weights.path, weights.config)

    class Opened(Motion):
        networks = opened
        driving = weights.driving

    return Opened


def _calmest(samples: Sequence[Sample], alpha: np.ndarray) -> Sample:
    """The frame with the least expression and turn."""
    model = FaceModel.load()

    def stir(sample: Sample) -> float:
        solution = model.solve(sample.landmarks, alpha)
        turn = abs(solution.pose.rotation[0, 2])
        return float(np.abs(solution.beta).sum() + 6 * turn)

    return min(samples, key=stir)


def _laid(image: np.ndarray, drawn: Rendering) -> np.ndarray:
    """A frame with what the mesh engine draws on it."""
    picture = image.copy()
    composite(picture, drawn)
    return picture


def _tensor(picture: np.ndarray) -> Tensor:
    """RGB as the networks want it, shape (1, 3, size, size), 0-1."""
    return torch.from_numpy(picture.astype(np.float32) / 255).permute(2, 0, 1)[None]


def _invertible(points: Keypoints) -> bool:
    """Whether the motion near every keypoint can be read backwards."""
    if not torch.isfinite(points.value).all():
        return False
    if points.jacobian is None:
        return True
    return bool((torch.linalg.det(points.jacobian).abs() > 1e-4).all())


def _covered(
    landmarks: np.ndarray, expected: np.ndarray, box: tuple[int, int, int, int]
) -> Rendering:
    """A plain patch over the face, where nothing can be drawn."""
    grey = np.full((box[3] - box[1], box[2] - box[0], 3), _COVER, np.uint8)
    return Rendering(
        box[0], box[1], grey, opacity(landmarks, expected, box), expected, covered=True
    )
