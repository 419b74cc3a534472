"""What a recogniser is: a frame and a face in, a descriptor out."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from scipy.spatial.distance import cdist

GLIMPSE = 240
"""Pixels of the side of a face in the close-up that `Recogniser.glimpse` is given."""


class Recogniser(Protocol):
    """What mien asks of a recogniser; distances between descriptors are Euclidean."""

    name: str
    """Of the model, for manifests."""
    threshold: float
    """Distance under which two faces count as one person."""
    source: str
    """Where the threshold comes from."""

    def chip(self, image: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
        """The aligned picture that the network sees: uint8, RGB, square."""

    def views(self, image: np.ndarray, landmarks: np.ndarray) -> list[np.ndarray]:
        """The same in every way in which an attacker may align it, the chip first."""

    def glimpse(self, picture: np.ndarray) -> np.ndarray:
        """The chip of a face that somebody else's detector found: aligned by the recogniser's own
        means from a close-up, shape (540, 540, 3), with the face upright, 240 pixels wide, in its
        middle."""

    def describe(self, image: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
        """Descriptor of one face of an RGB image; landmarks in pixels, shape (478, 3)."""

    def describe_all(self, chips: list[np.ndarray]) -> np.ndarray:
        """Descriptors of many chips, shape (n, size)."""


def distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Euclidean distances of descriptors, shapes (n, d) and (m, d), as shape (n, m)."""
    return np.asarray(cdist(np.asarray(a), np.asarray(b)))
