"""What lies around a face makes room for its new outline, and stays where it is farther out.

Rings of points run round the outline of the face as the camera sees it, each farther out. The
innermost moves with the outline, the outermost stays: between them the picture is stretched or
pressed together, a little everywhere, so that hair, ears and neck follow a narrower jaw or a
broader forehead and the shoulders keep their place. Nothing of the face that was is left beside
the one that is: what lies outside the new outline comes from outside the old one.
"""

from __future__ import annotations

from functools import cache

import cv2
import numba
import numpy as np

from mien.face.geometry import rasterise

# distance from the middle of the face, in distances of the outline; within it, the face
_OUT = np.array([0.0, 1.0, 1.1, 1.2, 1.32, 1.46, 1.62])
_AROUND = 48  # points of a ring
_STEPS = 8  # points of an edge of the outline
_SMOOTH = np.array([0.25, 0.5, 0.25])  # of a shift along the outline


def rings(landmarks: np.ndarray, moved: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points in and around a face, where they are and where they go.

    Parameters
    ----------
    landmarks, moved : np.ndarray [shape=(478, 3)]
        The face in the frame, and where it is drawn; pixels.

    Returns
    -------
    before, after : np.ndarray [shape=(n, 2)]
        Pixels, ring by ring from the middle outwards.
    """
    flat = landmarks[:468, :2]
    middle = flat.mean(0)
    corners = cv2.convexHull(flat.astype(np.float32), returnPoints=False)[:, 0]
    outline = _along(flat[corners]) - middle
    shift = _along(moved[corners, :2] - flat[corners])
    angle = np.arctan2(outline[:, 1], outline[:, 0])
    asked = np.linspace(-np.pi, np.pi, _AROUND, endpoint=False)

    def at(values: np.ndarray) -> np.ndarray:
        return np.interp(asked, angle, values, period=2 * np.pi)

    far = at(np.hypot(*outline.T))
    spokes = far[:, None] * np.column_stack([np.cos(asked), np.sin(asked)])
    shifts = np.column_stack([at(shift[:, 0]), at(shift[:, 1])])
    near = np.stack([np.roll(shifts, k, axis=0) for k in (-1, 0, 1)])
    shifts = np.tensordot(_SMOOTH, near, 1)
    before = np.concatenate([middle + out * spokes for out in _OUT])
    return before, before + np.concatenate([_share(out) * shifts for out in _OUT])


def _along(corners: np.ndarray) -> np.ndarray:
    """Points along a closed line, shape (n, 2)."""
    steps = np.linspace(0, 1, _STEPS, endpoint=False)[:, None]
    ends = np.roll(corners, -1, axis=0)
    return np.concatenate([a + steps * (b - a) for a, b in zip(corners, ends, strict=True)])


def _share(out: float) -> float:
    """How much of the outline's shift a ring takes part in."""
    if out <= 1:
        return out
    x = (_OUT[-1] - out) / (_OUT[-1] - 1)
    return float(x * x * (3 - 2 * x))


def sources(
    landmarks: np.ndarray, moved: np.ndarray, left: int, top: int, height: int, width: int
) -> np.ndarray:
    """Where in the frame each pixel in and around a face comes from.

    Parameters
    ----------
    landmarks, moved : np.ndarray [shape=(478, 3)]
        The face in the frame, and where it is drawn; pixels.
    left, top, height, width : int
        The part of the frame that is asked about.

    Returns
    -------
    where : np.ndarray [shape=(height, width, 2), dtype=float32]
        Column and row of the frame, the centre of its first pixel at 0; of pixels that do not
        change, their own.
    """
    before, after = rings(landmarks, moved)
    flat = np.column_stack([after - [left, top], np.zeros(len(after))])
    index, weights = rasterise(flat, _triangles(), height, width)
    where = np.empty((height, width, 2), np.float32)
    where[..., 0] = np.arange(left, left + width)
    where[..., 1] = np.arange(top, top + height)[:, None]
    _shift(index, weights, _triangles(), (before - after).astype(np.float32), where)
    return where


@numba.njit(cache=True, nogil=True)
def _shift(
    index: np.ndarray,
    weights: np.ndarray,
    triangles: np.ndarray,
    shifts: np.ndarray,
    where: np.ndarray,
) -> None:
    """Add what the corners of each pixel's triangle are shifted by, into `where`."""
    for row in range(index.shape[0]):
        for column in range(index.shape[1]):
            t = index[row, column]
            if t < 0:
                continue
            for k in range(3):
                weight = weights[row, column, k]
                where[row, column, 0] += weight * shifts[triangles[t, k], 0]
                where[row, column, 1] += weight * shifts[triangles[t, k], 1]


@cache
def _triangles() -> np.ndarray:
    """Triangles between neighbouring rings, shape (n, 3), int32."""
    cells = []
    for ring in range(len(_OUT) - 1):
        for k in range(_AROUND):
            a, b = ring * _AROUND + k, ring * _AROUND + (k + 1) % _AROUND
            cells += [(a, b, a + _AROUND), (b, b + _AROUND, a + _AROUND)]
    return np.array(cells, np.int32)
