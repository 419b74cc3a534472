"""Who is given which face: each person of a clip, made ready to be rendered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mien.engines import Engine, Fitted
from mien.pipeline.pushing import FAR_SHAPE, STRENGTH, Choice, Reach, push
from mien.pipeline.steering import Room, Steer
from mien.pipeline.survey import Survey
from mien.recognition.recogniser import Recogniser
from mien.surrogates.bank import Surrogate
from mien.surrogates.modes import EACH, MOST_SHAPE, Modes
from mien.surrogates.portrait import likeness
from mien.tracking import FaceTrack, Registration, Sample, State
from mien.tracking.selection import Role

_FARTHER = 3.0  # s.d. by which a face may lie farther out each time it is pushed on


@dataclass
class Individual:
    """One person of a clip and what happens to them."""

    track: FaceTrack
    """Where the face is."""
    role: Role = Role.REPLACE
    """Whether the face is replaced, covered or left."""
    engine: Engine | None = None
    """Draws what replaces the face; None where it is covered or left."""
    gallery: np.ndarray | None = None
    """Descriptors of original frames by the first of those who choose, shape (n, d); None if
    nobody will compare."""
    also: tuple[Steer, ...] = ()
    """The others of those who choose, with what they know of the person."""
    registration: Registration | None = None
    """Refines landmarks, for engines that keep the motion."""
    choice: Choice | None = None
    """How the surrogate was found; None for a picture of the user's."""
    surrogate: Surrogate | None = None
    """The face that is given."""
    given: np.ndarray | None = None
    """Descriptor of the surrogate itself."""
    spared: np.ndarray | None = None
    """Frames in which somebody who is left alone is proven to be who was named, shape
    (n_frames,), bool; None for everybody else."""
    covered: np.ndarray | None = None
    """Frames in which a new face would be recognised, so that it is covered, shape (n_frames,),
    bool; None where there are none."""
    note: dict[str, Any] = field(default_factory=dict)
    """For the manifest."""
    _calibration: Fitted | None = None
    _samples: list[Sample] = field(default_factory=list)

    def landmarks(self, image: np.ndarray, frame: int) -> np.ndarray:
        """Landmarks of the person in a frame, as fine as they get, pixels, shape (478, 3)."""
        points = self.track.landmarks[frame].astype(np.float64)
        if self.registration is None:
            return points
        return self.registration.refine(image, points)

    def give(self, surrogate: Surrogate, strength: float, recogniser: Recogniser) -> None:
        """Give the person a face."""
        assert self._calibration is not None
        self.surrogate = surrogate
        self.engine = self._calibration.wearing(surrogate, strength)
        self.given = recogniser.describe(*likeness(surrogate))
        hidden = ("alpha", "descriptor")
        card = {k: v for k, v in surrogate.card.items() if k not in hidden}
        self.note["surrogate"] = {"id": surrogate.id, **card, "strength": strength}
        if self.choice is not None:
            self.note["surrogate"] |= self.choice.as_dict()

    def cover(self, frames: np.ndarray) -> None:
        """Cover the face in more frames: a mask of shape (n_frames,), bool."""
        self.covered = frames if self.covered is None else self.covered | frames
        if self.covered[self.track.known()].all():
            self.engine = self.gallery = None  # nothing is drawn, and nobody compares
        self.note["frames_covered"] = int(self.covered[self.track.known()].sum())

    def push_on(self, recogniser: Recogniser, room: Room) -> bool:
        """Move the face further from the patient, each time by a little more than people differ;
        whether that was possible."""
        if self.choice is None or self._calibration is None or self.gallery is None:
            return False
        before = self.choice.pushed
        steers = (Steer(recogniser, self.gallery), *self.also)
        far, trait = Modes.load().apart(self.choice.amounts, self.choice.start)
        most = min(FAR_SHAPE, max(MOST_SHAPE, far) + _FARTHER)
        each = min(EACH * FAR_SHAPE, max(EACH * MOST_SHAPE, trait) + EACH * _FARTHER)
        reach = Reach(room, most_shape=most, most_each=each)
        self.choice = push(self._calibration, self._samples, steers, self.choice, reach)
        if self.choice.pushed <= before + 1e-6:
            return False
        self.give(self.choice.surrogate, self.choice.strength, recogniser)
        return True


def cast(
    track: FaceTrack,
    role: Role,
    found: Survey,
    recogniser: Recogniser,
    kind: type[Engine],
    pick: Callable[[Fitted, list[Sample], tuple[Steer, ...]], Choice | Surrogate],
    also: Sequence[Recogniser] = (),
) -> Individual:
    """Calibrate one person and choose what they are given.

    Parameters
    ----------
    track : FaceTrack
        The person.
    role : Role
        What shall happen to them.
    found : Survey
        The first pass.
    recogniser : Recogniser
        Whose eyes count.
    kind : type of Engine
        What replaces faces, ready to calibrate.
    pick : callable
        From the calibration, samples and those who choose to a choice, or to a picture of the
        user's.
    also : sequence of Recogniser
        Whose eyes count as well, in the order in which the first pass kept their pictures.
    """
    person = Individual(track, role)
    if role != Role.REPLACE:
        return person
    samples = found.samples(track)
    if not samples:
        return person  # nothing to calibrate from: this person's frames are covered
    person.gallery = recogniser.describe_all(found.chips(track))
    enlarge = _pixels(track) / _pixels_of(samples)
    if kind.traits.keeps_motion:
        person.registration = registration = Registration(samples)
        samples = [Sample(s.image, registration.refine(s.image, s.landmarks)) for s in samples]
    tracked = np.flatnonzero(track.state == State.TRACKED)
    some = tracked[np.linspace(0, len(tracked) - 1, min(len(tracked), 240)).astype(int)]
    fitted = kind.calibrate(samples, track.landmarks[some], enlarge)
    if not kind.traits.needs_surrogate:
        person.engine = fitted.wearing(None)
        return person
    person._calibration, person._samples = fitted, samples
    person.also = tuple(
        Steer(who, who.describe_all(found.chips(track, place)))
        for place, who in enumerate(also, start=1)
    )
    picked = pick(fitted, samples, (Steer(recogniser, person.gallery), *person.also))
    if isinstance(picked, Choice):
        person.choice = picked
        person.give(picked.surrogate, picked.strength, recogniser)
    else:
        person.give(picked, STRENGTH, recogniser)
    return person


def _pixels(track: FaceTrack) -> float:
    """Median size of a person's face in the clip, pixels."""
    eyes = track.landmarks[track.known(), [33, 263]]
    return float(np.median(np.linalg.norm(eyes[:, 0] - eyes[:, 1], axis=1)))


def _pixels_of(samples: list[Sample]) -> float:
    return float(np.median([np.linalg.norm(s.landmarks[33] - s.landmarks[263]) for s in samples]))
