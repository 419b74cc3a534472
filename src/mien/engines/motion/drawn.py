"""Where the landmarks of a portrait are after a network has moved it.

The network says of every pixel of its picture which place of the portrait it comes from. Read the
other way about, it says where each landmark of the portrait went: what was drawn, whether or not
that is what the patient did.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

_NEAR = 0.15  # weight of a short way against a good match: folds are read where they are expected


def carried(places: np.ndarray, landmarks: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Landmarks of a portrait in the picture that was made of it.

    Parameters
    ----------
    places : np.ndarray [shape=(size, size, 2)]
        Where in the portrait each pixel of the picture comes from, column and row, pixels.
    landmarks : np.ndarray [shape=(n, 2)]
        In the portrait, pixels.
    expected : np.ndarray [shape=(n, 2)]
        Where in the picture they should be, pixels: of several places that come from one, the
        nearest to this is taken.

    Returns
    -------
    moved : np.ndarray [shape=(n, 2)]
        In the picture, pixels.
    """
    height, width = places.shape[:2]
    rows, columns = np.mgrid[:height, :width]
    own = np.stack([columns, rows], axis=-1) + 0.5
    tree = cKDTree(np.concatenate([places, _NEAR * own], axis=-1).reshape(-1, 4))
    _, nearest = tree.query(np.concatenate([landmarks, _NEAR * expected], axis=-1))
    row, column = np.unravel_index(nearest, (height, width))
    # within the pixel, the map is linear
    down, across = np.gradient(places, axis=(0, 1))
    slope = np.stack([across[row, column], down[row, column]], axis=-1)
    left = landmarks - places[row, column]
    step = np.einsum("nij,nj->ni", np.linalg.pinv(slope), left)
    moved: np.ndarray = own[row, column] + np.clip(step, -1, 1)
    return moved
