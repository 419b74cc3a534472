"""How a patient's landmarks move when the identity is swapped.

The displacement is one field per person and surrogate, constant in the head's own frame: whatever
the face does, it does on both. Three things are held:

- the outline of the face moves with the rest, and what lies around it makes room (see
  `surroundings`), less towards the hair, which stays the patient's;
- each eye opening moves as a whole, with the lids' edges and lashes, which lie a little outside of
  the landmarks' ring, so its aspect ratio is the patient's at every moment;
- the inner contour of the lips moves as a whole: sealed lips are sealed, a gap keeps its size.
"""

from __future__ import annotations

import numpy as np

from mien.face.geometry import umeyama
from mien.face.topology import (
    FACE_OVAL,
    INNER_LIP_RING,
    LEFT_EYE_RING,
    LEFT_IRIS,
    RIGHT_EYE_RING,
    RIGHT_IRIS,
)

_HAIR = 0.45  # outer-eye distances below the top of the outline over which the displacement grows
_TOP = 0.5  # of the displacement at the top, where the hair begins
_EDGE = 0.07  # ... around an eye's ring within which all moves as the eye does
_LID = 0.10  # ... and over which the skin around that follows it
_LARGEST = 0.5  # outer-eye distances that no landmark moves by


def displacement(patient: np.ndarray, surrogate: np.ndarray, strength: float = 1.0) -> np.ndarray:
    """Offset of every landmark in canonical units.

    Parameters
    ----------
    patient, surrogate : np.ndarray [shape=(478, 3)]
        Neutral shapes, canonical units.
    strength : float
        1 gives the surrogate's proportions; more exaggerates the difference.

    Returns
    -------
    offset : np.ndarray [shape=(478, 3)]
        No longer than 0.5.
    """
    skin = np.arange(468)
    aligned = umeyama(surrogate[skin], patient[skin]).apply(surrogate)
    free = (aligned - patient) * strength
    length = np.linalg.norm(free, axis=1, keepdims=True)
    free *= _LARGEST * np.tanh(length / _LARGEST) / np.maximum(length, 1e-9)
    # y points down: the top of the face is where the hair begins
    below = (patient[:, 1:2] - patient[FACE_OVAL, 1].min()) / _HAIR
    offset = free * (_TOP + (1 - _TOP) * _ease(below))
    for ring, iris in ((RIGHT_EYE_RING, RIGHT_IRIS), (LEFT_EYE_RING, LEFT_IRIS)):
        offset = _as_a_whole(offset, patient, ring, also=iris, edge=_EDGE)
    return _as_a_whole(offset, patient, INNER_LIP_RING)


def _as_a_whole(
    offset: np.ndarray,
    patient: np.ndarray,
    ring: np.ndarray,
    also: np.ndarray | None = None,
    edge: float = 0.0,
) -> np.ndarray:
    """Make an opening and its edge move as one, and let the skin around it ease into that."""
    whole = offset[ring].mean(0)
    near = 1 - _ease((_distance(patient[:, :2], patient[ring, :2]) - edge) / _LID)
    near[ring] = 1
    if also is not None:
        near[also] = 1
    return offset + near[:, None] * (whole - offset)


def _distance(points: np.ndarray, ring: np.ndarray) -> np.ndarray:
    """Distance of points, shape (n, 2), to the nearest of a ring densely sampled."""
    closed = np.concatenate([ring, ring[:1]])
    steps = np.linspace(0, 1, 8, endpoint=False)[:, None, None]
    dense = (closed[:-1] + steps * (closed[1:] - closed[:-1])).reshape(-1, 2)
    return np.linalg.norm(points[:, None] - dense[None], axis=2).min(1)


def _ease(x: np.ndarray) -> np.ndarray:
    x = np.clip(x, 0, 1)
    return x * x * (3 - 2 * x)
