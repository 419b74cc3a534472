"""What lies over the face: hair and glasses that stay, hands that come and go.

A texel that something covers shows the patient's own pixels, warped with the skin around it, so
that a fringe, a hand or a pair of glasses is not painted over with skin. Showing own pixels is a
risk, so each kind has to look unlike skin by a wide margin and may take only a small share of
the face; beyond that the face is painted over.
"""

from __future__ import annotations

from functools import cache

import cv2
import numba
import numpy as np

from mien.engines.mesh.appearance import MAP, features, inside, polygon, smooth
from mien.engines.mesh.glasses import glasses
from mien.face.topology import FACE_OVAL

_HAIR = 0.7  # log brightness below the face's: half as bright
_HAIR_SHARE = 0.18
_UNLIKE = (0.55, 0.85)  # log difference from the rest texture at which something is in front
_HAND_SHARE = 0.35


def static(neutral: np.ndarray) -> np.ndarray:
    """Hair and glasses in a person's texture at rest.

    Parameters
    ----------
    neutral : np.ndarray [shape=(256, 256, 3)]
        Log texture of the person.

    Returns
    -------
    own : np.ndarray [shape=(256, 256), dtype=float32]
        0 on skin, 1 where something lies over it.
    """
    return np.maximum(hair(neutral), glasses(neutral))


def hair(neutral: np.ndarray) -> np.ndarray:
    """Dark regions that reach in from the outline, 0-1, shape (256, 256), float32."""
    light = neutral.mean(2)
    base = float(np.median(light[_middle()]))
    dark = ((light < base - _HAIR) & inside() & ~features(0.03)).astype(np.uint8)
    dark = cv2.morphologyEx(dark, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    _, labels = cv2.connectedComponents(dark)
    at_rim = np.unique(labels[_rim() & (dark > 0)])
    found = np.isin(labels, at_rim[at_rim > 0]) & ~_middle()
    if found.sum() > _HAIR_SHARE * inside().sum():
        return np.zeros((MAP, MAP), np.float32)
    grown = cv2.dilate(found.astype(np.float32), np.ones((3, 3), np.uint8))
    return cv2.GaussianBlur(grown, (0, 0), 1.5)


def strange(added: np.ndarray) -> np.ndarray:
    """Where a frame is unlike the person at rest: something is in front of the skin, or was.

    Parameters
    ----------
    added : np.ndarray [shape=(128, 128, 3), dtype=float32]
        What the frame adds to the person at rest, of `apart`.

    Returns
    -------
    unlike : np.ndarray [shape=(64, 64), dtype=float32]
        0 where the skin is as it was, 1 where it is not.
    """
    quarter = MAP // 4
    difference = cv2.resize(added, (quarter, quarter), interpolation=cv2.INTER_AREA)
    skin = _skin_quarter()
    light = smooth(np.clip(difference, -0.5, 0.5), skin, 12.0)  # a lamp, a turn of the head
    unlike = _largest(difference, light) * skin
    unlike = cv2.GaussianBlur(unlike, (0, 0), 1.0)
    low, high = _UNLIKE
    return np.asarray(np.clip((unlike - low) / (high - low), 0, 1), np.float32)


def moving(unlike: np.ndarray, skin: np.ndarray | float = 0.0) -> np.ndarray:
    """Hands and other things over the face in one frame, that may be shown.

    What can be skin is not: it may be a shadow, or come to light where something lay most of
    the time.

    Parameters
    ----------
    unlike : np.ndarray [shape=(64, 64), dtype=float32]
        Of `strange`.
    skin : np.ndarray [shape=(64, 64), dtype=float32]
        1 where the frame can show skin, of `like_skin`; by default nowhere.

    Returns
    -------
    hidden : np.ndarray [shape=(256, 256), dtype=float32]
        0 where the skin is seen, 1 where something is in front.
    """
    if (unlike > 0.5).sum() > _HAND_SHARE * _skin_quarter().sum():
        return np.zeros((MAP, MAP), np.float32)
    return enlarged(unlike * (1 - skin))


def enlarged(share: np.ndarray) -> np.ndarray:
    """A map of shape (64, 64) in the layout, a little softer, shape (256, 256), float32."""
    share = cv2.GaussianBlur(share.astype(np.float32), (0, 0), 0.8)
    return cv2.resize(share, (MAP, MAP), interpolation=cv2.INTER_LINEAR)


@numba.njit(cache=True, nogil=True)
def _largest(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """By how much the channels of each texel differ at most, shape (height, width)."""
    found = np.zeros(a.shape[:2], np.float32)
    for row in range(a.shape[0]):
        for column in range(a.shape[1]):
            for k in range(3):
                value = abs(a[row, column, k] - b[row, column, k])
                found[row, column] = max(found[row, column], value)
    return found


@cache
def _skin_quarter() -> np.ndarray:
    mask = (inside() & ~features(0.03)).astype(np.float32)
    quarter = MAP // 4
    return (cv2.resize(mask, (quarter, quarter), interpolation=cv2.INTER_AREA) > 0.9).astype(
        np.float32
    )


@cache
def _middle() -> np.ndarray:
    """The face well inside its outline, bool."""
    return polygon(tuple(FACE_OVAL), -0.13) & ~features(0.03)


@cache
def _rim() -> np.ndarray:
    return inside() & ~polygon(tuple(FACE_OVAL), -0.03)
