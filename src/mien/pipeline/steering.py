"""By whose eyes a new face is chosen: recognisers of several families, and what they know.

A face that one network takes for another person may be the same one to the next: what it goes by
is its own. So several choose together, and each has to be satisfied by its own threshold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mien.recognition.recogniser import Recogniser, distances
from mien.surrogates.modes import LEGIBLE, Modes

_ENDANGERED = 0.08  # of a threshold by which a frame may be farther than the nearest, and count


@dataclass(frozen=True)
class Room:
    """How far beyond its threshold a recogniser shall find a face, as a share of that threshold."""

    nearest: float = 0.065
    """For the nearest of the frames tried: leaves room for frames that were not."""
    mean: float = 0.24
    """For the mean over the frames tried."""

    def more(self, share: float) -> Room:
        """Both, by so much larger."""
        return Room(self.nearest + share, self.mean + share)


ROOM = Room()
"""What every face gets unless more is asked for."""


@dataclass(frozen=True)
class Steer:
    """One recogniser that chooses, and the patient as it knows them."""

    recogniser: Recogniser
    """Whose eyes they are."""
    gallery: np.ndarray
    """Descriptors of original frames, shape (n, size)."""

    def apart(self, descriptors: np.ndarray) -> np.ndarray:
        """Distance of each face, shape (n, size), to the nearest original, in thresholds; (n,)."""
        return distances(descriptors, self.gallery).min(1) / self.recogniser.threshold

    def short(self, apart: np.ndarray, room: Room) -> float:
        """How much is missing to the room that is wanted, in thresholds; 0 where nothing is."""
        return max(1 + room.nearest - float(apart.min()), 1 + room.mean - float(apart.mean()), 0.0)

    def direction(self, descriptors: np.ndarray, modes: Modes, legible: float) -> np.ndarray:
        """Away from the nearest originals of each frame, the most endangered frames first; of
        length 1, shape (n_modes,)."""
        apart = self.apart(descriptors)
        weight = np.exp(-(apart - apart.min()) / _ENDANGERED)
        name = self.recogniser.name
        steps = modes.away(descriptors, self.gallery, name, legible=legible)
        direction = (weight[:, None] * steps).sum(0)
        return np.asarray(direction / max(float(np.linalg.norm(direction)), 1e-12))


def lacking(steers: Sequence[Steer], seen: Sequence[np.ndarray], room: Room) -> float:
    """What is missing to the room that all want, in thresholds, added up."""
    return sum(who.short(who.apart(found), room) for who, found in zip(steers, seen, strict=True))


def away(
    steers: Sequence[Steer],
    seen: Sequence[np.ndarray],
    room: Room,
    modes: Modes,
    legible: float = LEGIBLE,
) -> np.ndarray | None:
    """Where to move a face so that all are satisfied, who lack most first.

    Parameters
    ----------
    steers : sequence of Steer
        Who chooses.
    seen : sequence of np.ndarray [shape=(n, size)]
        What each of them makes of the face as it is.
    room : Room
        What they want.
    modes : Modes
        In which ways it can move.
    legible : float
        Weight of a face whose motion is read well against a far one.

    Returns
    -------
    direction : np.ndarray [shape=(n_modes,)] or None
        Of length 1; None where all are satisfied.
    """
    short = [who.short(who.apart(found), room) for who, found in zip(steers, seen, strict=True)]
    if not any(short):
        return None
    direction = sum(
        lacks * who.direction(found, modes, legible)
        for who, found, lacks in zip(steers, seen, short, strict=True)
        if lacks
    )
    return np.asarray(direction / max(float(np.linalg.norm(direction)), 1e-12))
