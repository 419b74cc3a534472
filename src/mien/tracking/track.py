"""One person's face through a clip."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np

from mien.tracking.meshes import Meshes


class State(IntEnum):
    """What is known about one person in one frame."""

    ABSENT = 0
    TRACKED = 1
    INTERPOLATED = 2
    LOST = 3


@dataclass(frozen=True, eq=False)
class Stretch:
    """Frames through which one face was followed without a break."""

    start: int
    """First frame."""
    end: int
    """The frame after the last one."""
    descriptors: np.ndarray
    """What a recogniser says of some views of the face in it, shape (n_views, d)."""
    frames: np.ndarray
    """In which frames, increasing, shape (n_views,)."""


def _no_descriptors() -> np.ndarray:
    return np.zeros((0, 128))


def _no_sightings() -> dict[int, np.ndarray]:
    return {}


@dataclass
class FaceTrack:
    """One person through the clip."""

    person: int
    """Number of the person, from 0, the most present first."""
    landmarks: Meshes
    """Pixels, NaN where not measured, read like an array of shape (n_frames, 478, 3), float32."""
    state: np.ndarray
    """A `State` per frame, shape (n_frames,), uint8."""
    descriptors: np.ndarray = field(default_factory=_no_descriptors)
    """What a recogniser says of some views of the face, shape (n_views, d); n_views may be 0."""
    sightings: dict[int, np.ndarray] = field(default_factory=_no_sightings)
    """Frames in which a face was detected but could not be measured, and where: left, top, right,
    bottom in pixels, shape (4,)."""
    stretches: list[Stretch] = field(default_factory=list)
    """The unbroken runs of which this person was put together, in order."""
    cuts: tuple[int, ...] = ()
    """First frames after the film cuts to something else: place says nothing across them."""

    still: bool = False
    """Whether it neither moves nor blinks nor speaks: a picture on a wall, perhaps."""

    def shot(self, frame: int) -> tuple[int, int]:
        """First frame of the shot that a frame belongs to, and the first after it."""
        edges = [0, *self.cuts, len(self.state)]
        at = int(np.searchsorted(edges, frame, side="right"))
        return edges[at - 1], edges[at]

    def known(self) -> np.ndarray:
        """Frames with landmarks, shape (n_known,)."""
        return np.flatnonzero((self.state == State.TRACKED) | (self.state == State.INTERPOLATED))


@dataclass(frozen=True)
class Sample:
    """One frame of a person, cut to the surroundings of the face, kept for calibration."""

    image: np.ndarray
    """RGB, shape (height, width, 3), uint8."""
    landmarks: np.ndarray
    """Pixels of `image`, shape (478, 3)."""
