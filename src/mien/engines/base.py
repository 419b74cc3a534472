"""The contract of every engine: a frame and a face in, a patch and its opacity out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Rendering:
    """What an engine wants to see in place of a face."""

    left: int
    """Column of the patch's first pixel in the frame."""
    top: int
    """Row of the patch's first pixel in the frame."""
    colour: np.ndarray
    """RGB of the patch, shape (height, width, 3), uint8."""
    opacity: np.ndarray
    """1 where the patch replaces the frame, 0 where the frame stays, shape (height, width)."""


class Engine(ABC):
    """Replaces one person's face, frame by frame, without memory of other frames."""

    name: str

    @abstractmethod
    def render(self, image: np.ndarray, landmarks: np.ndarray) -> Rendering:
        """Draw what replaces a face.

        Parameters
        ----------
        image : np.ndarray [shape=(height, width, 3), dtype=uint8]
            The original frame, RGB; not changed.
        landmarks : np.ndarray [shape=(478, 3)]
            The face, pixels.
        """
