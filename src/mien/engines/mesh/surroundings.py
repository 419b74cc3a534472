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

from mien.face.geometry import bounds, columns

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
    before = (middle + _OUT[:, None, None] * spokes).reshape(-1, 2)
    return before, before + (_SHARES[:, None, None] * shifts).reshape(-1, 2)


def _along(corners: np.ndarray) -> np.ndarray:
    """Points along a closed line, shape (n, 2)."""
    steps = np.linspace(0, 1, _STEPS, endpoint=False)[:, None]
    edges = np.roll(corners, -1, axis=0) - corners
    return (corners[:, None] + steps * edges[:, None]).reshape(-1, 2)


def _share(out: float) -> float:
    """How much of the outline's shift a ring takes part in."""
    if out <= 1:
        return out
    x = (_OUT[-1] - out) / (_OUT[-1] - 1)
    return float(x * x * (3 - 2 * x))


_SHARES = np.array([_share(out) for out in _OUT])


def sources(
    before: np.ndarray, after: np.ndarray, left: int, top: int, drawn: np.ndarray
) -> np.ndarray:
    """Where in the frame each pixel in and around a face comes from.

    Parameters
    ----------
    before, after : np.ndarray [shape=(n, 2)]
        Of `rings`, pixels.
    left, top : int
        First column and row of the part of the frame that is asked about.
    drawn : np.ndarray [shape=(height, width)]
        Negative in that part where nothing is drawn; elsewhere nobody asks.

    Returns
    -------
    where : np.ndarray [shape=(height, width, 2), dtype=float32]
        Column and row of the frame, the centre of its first pixel at 0; of pixels that do not
        change or are drawn, their own.
    """
    height, width = drawn.shape
    where = np.empty((height, width, 2), np.float32)
    where[..., 0] = np.arange(left, left + width)
    where[..., 1] = np.arange(top, top + height)[:, None]
    _shift(
        (after - [left, top]).astype(np.float32),
        _triangles(),
        (before - after).astype(np.float32),
        drawn,
        where,
    )
    return where


@numba.njit(cache=True, nogil=True)
def _shift(
    points: np.ndarray,
    triangles: np.ndarray,
    shifts: np.ndarray,
    drawn: np.ndarray,
    where: np.ndarray,
) -> None:
    """Add what the corners of each pixel's triangle are shifted by, into `where`."""
    height, width = drawn.shape
    done = np.zeros((height, width), np.bool_)
    for t in range(triangles.shape[0]):
        a, b, c = points[triangles[t, 0]], points[triangles[t, 1]], points[triangles[t, 2]]
        area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
        if abs(area) < 1e-9:
            continue
        left, right, top, bottom = bounds(a, b, c, height, width)
        inverse = 1.0 / area
        p, q, r = shifts[triangles[t, 0]], shifts[triangles[t, 1]], shifts[triangles[t, 2]]
        across, down = (p[0], q[0], r[0]), (p[1], q[1], r[1])
        for i in range(top, bottom + 1):
            y = i + 0.5
            first, last = columns(a, b, c, inverse, y, left, right)
            for j in range(first, last + 1):
                if done[i, j] or drawn[i, j] >= 0:
                    continue
                x = j + 0.5
                u = ((b[0] - x) * (c[1] - y) - (b[1] - y) * (c[0] - x)) * inverse
                v = ((c[0] - x) * (a[1] - y) - (c[1] - y) * (a[0] - x)) * inverse
                w = 1.0 - u - v
                if u < -1e-6 or v < -1e-6 or w < -1e-6:
                    continue
                done[i, j] = True
                e, f, g = np.float32(u), np.float32(v), np.float32(w)
                own = where[i, j]
                own[0] = own[0] + e * across[0] + f * across[1] + g * across[2]
                own[1] = own[1] + e * down[0] + f * down[1] + g * down[2]


@cache
def _triangles() -> np.ndarray:
    """Triangles between neighbouring rings, shape (n, 3), int32."""
    cells = []
    for ring in range(len(_OUT) - 1):
        for k in range(_AROUND):
            a, b = ring * _AROUND + k, ring * _AROUND + (k + 1) % _AROUND
            cells += [(a, b, a + _AROUND), (b, b + _AROUND, a + _AROUND)]
    return np.array(cells, np.int32)
