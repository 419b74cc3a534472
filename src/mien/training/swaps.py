"""Which faces a step of the generator sees, and whose they are to become."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mien.errors import ParameterError
from mien.fidelity.aperture import mesh_aspect
from mien.training.faces import Faces

_CLOSED = 0.6  # of a person's usual aperture, under which the eyes count as closed
BLINKS = 0.08
"""Share of frames with closed eyes that the paper aims at."""


@dataclass(frozen=True, eq=False)
class Swap:
    """A batch."""

    pictures: Tensor
    """Faces, 0-1, shape (n, 3, side, side)."""
    points: np.ndarray
    """Their landmarks, pixels, shape (n, 478, 3)."""
    donors: Tensor
    """Faces of those they become, shape (n, 3, side, side)."""
    donor_points: np.ndarray
    """Their landmarks."""
    closed: int
    """How many of the faces have closed eyes."""


class Sampler:
    """Draws batches in which a set share of faces has closed eyes.

    Parameters
    ----------
    clips : sequence of np.ndarray [shape=(n_frames, side, side, 3), dtype=uint8]
        Faces of one person each.
    points : sequence of np.ndarray [shape=(n_frames, 478, 3)]
        Their landmarks.
    blinks : float
        The share.

    Raises
    ------
    ParameterError
        If there are fewer than two people, no landmarks, or nobody whose eyes are closed.
    """

    def __init__(self, faces: Faces, blinks: float = BLINKS) -> None:
        if not 0 <= blinks <= 1:
            raise ParameterError(f"blinks is {blinks}: choose a share from 0 to 1.")
        self._clips, self._points = faces.taught, faces.taught_points
        if len(self._clips) < 2 or len(self._points) != len(self._clips):
            raise ParameterError("Identities are swapped between people: give two clips at least.")
        self._blinks = blinks
        self._closed, self._open = [], []
        for clip, points in enumerate(self._points):
            shut = closed(points)
            self._closed += [(clip, int(frame)) for frame in np.flatnonzero(shut)]
            self._open += [(clip, int(frame)) for frame in np.flatnonzero(~shut)]
        if blinks and not self._closed:
            raise ParameterError(
                "Nobody's eyes are closed in any frame: give clips with blinks, or --blinks 0."
            )

    @property
    def natural(self) -> float:
        """Share of closed eyes among all frames there are."""
        return len(self._closed) / (len(self._closed) + len(self._open))

    def draw(self, count: int, rng: np.random.Generator, *, same: bool) -> Swap:
        """A batch of faces, each to become another frame's of the same or of another person."""
        chosen, donors, shut = [], [], 0
        for _ in range(count):
            blink = rng.random() < self._blinks
            among = self._closed if blink else self._open
            clip, frame = among[int(rng.integers(len(among)))]
            shut += blink
            other = clip
            while not same and other == clip:
                other = int(rng.integers(len(self._clips)))
            chosen.append((clip, frame))
            donors.append((other, int(rng.integers(len(self._clips[other])))))
        pictures, points = self._of(chosen)
        theirs, their_points = self._of(donors)
        return Swap(pictures, points, theirs, their_points, shut)

    def _of(self, places: list[tuple[int, int]]) -> tuple[Tensor, np.ndarray]:
        pictures = np.stack([self._clips[clip][frame] for clip, frame in places])
        points = np.stack([self._points[clip][frame] for clip, frame in places])
        return as_tensor(pictures), points


def as_tensor(pictures: np.ndarray) -> Tensor:
    """Pictures of shape (n, side, side, 3), uint8, as (n, 3, side, side), 0-1."""
    return torch.from_numpy(pictures.astype(np.float32) / 255).permute(0, 3, 1, 2).contiguous()


def closed(points: np.ndarray) -> np.ndarray:
    """In which frames of a person both eyes are closed, shape (n_frames,), bool."""
    aperture = np.asarray(mesh_aspect(points.astype(np.float64)))
    if aperture.ndim > 1:
        aperture = aperture.mean(-1)
    return aperture < _CLOSED * np.median(aperture)
