"""Moving a face away from a patient, along the modes in which faces differ, until it is enough.

The directions are those that the recognisers see; it is moved no further than is needed, first on
small pictures in one alignment, then on the frames as they are in every one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np

from mien.engines import Fitted
from mien.engines.laying import composite
from mien.pipeline.steering import ROOM, Room, Steer, away, lacking
from mien.surrogates.bank import Surrogate
from mien.surrogates.modes import LEGIBLE, MOST_SHAPE, Modes
from mien.tracking.track import Sample

STRENGTH = 1.0
FAR_SHAPE = 16.0
"""Standard deviations that a face may lie from the mean of its sex where nothing else hides the
patient: it then looks odd."""
PROBES = 6
"""Frames on which a push is tried."""
_STEP = 2.0  # s.d. of the modes that one push adds
_PUSHES = 8  # at most, on each size of pictures
_PATIENCE = 2  # pushes after which a face that gets no farther is as far as it gets
_FARTHER = 0.02  # thresholds by which it has to
_EYES = 60.0  # pixels between the outer eyes of small pictures


@dataclass(frozen=True)
class Reach:
    """How far a face is moved, and how."""

    room: Room = ROOM
    """How far above the recognisers' thresholds it shall come."""
    legible: float = LEGIBLE
    """Weight of a face whose motion is read well against a far one."""
    most_shape: float = MOST_SHAPE
    """Standard deviations that its shape may be away from the mean face of its sex."""
    most_each: float | None = None
    """The same along any one mode; if None, what people have (`mien.surrogates.modes.EACH`)."""


@dataclass(frozen=True)
class Choice:
    """The chosen surrogate and what was measured."""

    surrogate: Surrogate
    """The face to give, pushed."""
    start: Surrogate
    """The same before it was pushed."""
    strength: float
    """How far the proportions go towards it."""
    nearest: dict[str, float]
    """By recogniser, smallest distance to any original on the frames tried."""
    margin: float
    """The smallest of them in thresholds: under 1, somebody recognises the patient."""
    amounts: np.ndarray
    """How far it was moved along each mode, standard deviations, shape (n_modes,)."""
    tried: dict[str, float]
    """What `margin` is for each candidate that was tried, before it is pushed."""
    lacks: float = 0.0
    """What is missing to the room that all want, in thresholds, added up."""
    probes: int = PROBES
    """Frames of the patient on which a push is tried."""
    rough: bool = False
    """Whether it was pushed on small pictures only."""

    @property
    def pushed(self) -> float:
        """How far it was moved in all, standard deviations of the modes."""
        return float(np.linalg.norm(self.amounts))

    def as_dict(self) -> dict[str, Any]:
        """For the manifest."""
        return {
            "strength": self.strength,
            "pushed_sd": round(self.pushed, 2),
            "nearest_when_chosen": self.nearest,
            "tried": self.tried,
        }


def push(
    person: Fitted,
    samples: list[Sample],
    steers: Sequence[Steer],
    choice: Choice,
    reach: Reach = Reach(),
) -> Choice:
    """Move a surrogate away from the patient until it is far enough for all who look.

    Parameters
    ----------
    person : Fitted
        The patient's calibration.
    samples : list of Sample
        Frames of the patient with refined landmarks, spread over poses and expressions.
    steers : sequence of Steer
        Whose eyes count.
    choice : Choice
        Where to start.
    reach : Reach
        How far it is moved, and how.
    """
    if not choice.rough:
        choice = push_roughly(person, samples, steers, choice, reach)
    return _push(person, spread_out(samples, choice.probes), steers, choice, reach, views=True)


def push_roughly(
    person: Fitted,
    samples: list[Sample],
    steers: Sequence[Steer],
    choice: Choice,
    reach: Reach,
) -> Choice:
    """The same on small pictures only, as a beginning; nothing is done where they are small."""
    small, smaller = shrunk(spread_out(samples, choice.probes), person)
    if smaller is person:
        return choice
    rough = replace(choice, start=_small_texture(choice.start))
    rough = _push(smaller, small, steers, rough, reach, views=False)
    face = Modes.load().moved(choice.start, rough.amounts)
    return replace(rough, start=choice.start, surrogate=face, rough=True)


def _push(
    person: Fitted,
    probes: list[Sample],
    steers: Sequence[Steer],
    choice: Choice,
    reach: Reach,
    *,
    views: bool,
) -> Choice:
    """Move a surrogate on these frames, as they are, as long as it gets farther."""
    modes = Modes.load()
    amounts = choice.amounts
    least, since = np.inf, 0
    for step in range(_PUSHES):
        face = modes.moved(choice.start, amounts)
        seen = looked_at(face, person, probes, steers, views=views)
        lacks = lacking(steers, seen, reach.room)
        if lacks < least - _FARTHER:
            least, since = lacks, step
        direction = away(steers, seen, reach.room, modes, reach.legible)
        if direction is None or step == _PUSHES - 1 or step - since >= _PATIENCE:
            break
        further = amounts + _STEP * direction
        further = modes.within(further, choice.start, reach.most_shape, reach.most_each)
        if np.linalg.norm(further - amounts) < 0.1 * _STEP:
            break
        amounts = further
    nearest = {
        who.recogniser.name: round(float(who.apart(found).min() * who.recogniser.threshold), 3)
        for who, found in zip(steers, seen, strict=True)
    }
    return replace(
        choice,
        surrogate=face,
        nearest=nearest,
        margin=margin(steers, seen),
        amounts=amounts,
        lacks=lacks,
        rough=False,
    )


def looked_at(
    face: Surrogate,
    person: Fitted,
    frames: list[Sample],
    steers: Sequence[Steer],
    *,
    views: bool,
) -> list[np.ndarray]:
    """Descriptors of a patient's frames with another face by each who chooses, in every view or
    in one."""
    engine = person.wearing(face, STRENGTH)
    chips: list[list[np.ndarray]] = [[] for _ in steers]
    for sample in frames:
        picture = sample.image.copy()
        rendering = engine.render(sample.image, sample.landmarks)
        composite(picture, rendering)
        there = rendering.face(sample.landmarks)
        for place, (own, who) in enumerate(zip(chips, steers, strict=True)):
            own += who.recogniser.views(picture, there)[: None if views else 1]
            if views and place:  # as whoever has the original cuts it out, too: the others differ
                own += who.recogniser.views(picture, sample.landmarks)[:1]
    return [who.recogniser.describe_all(own) for who, own in zip(steers, chips, strict=True)]


def margin(steers: Sequence[Steer], seen: Sequence[np.ndarray]) -> float:
    """Distance of the nearest frame in thresholds, for whoever is least satisfied."""
    return min(float(who.apart(found).min()) for who, found in zip(steers, seen, strict=True))


def spread_out(samples: list[Sample], most: int) -> list[Sample]:
    """So many of the samples, from the first to the last."""
    spread = np.linspace(0, len(samples) - 1, min(len(samples), most)).round().astype(int)
    return [samples[i] for i in spread]


def _small_texture(face: Surrogate) -> Surrogate:
    """The same face for small pictures."""
    size = (256, 256)
    return replace(face, texture=cv2.resize(face.texture, size, interpolation=cv2.INTER_AREA))


def shrunk(samples: list[Sample], person: Fitted) -> tuple[list[Sample], Fitted]:
    """Samples as small as the recogniser sees them, and the calibration that goes with them."""
    across = [float(np.linalg.norm(s.landmarks[33] - s.landmarks[263])) for s in samples]
    scale = min(1.0, _EYES / max(float(np.median(across)), 1e-6))
    if scale == 1.0:
        return samples, person
    small = [
        Sample(
            cv2.resize(s.image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA),
            s.landmarks * scale,
        )
        for s in samples
    ]
    return small, person.shrunk(scale)
