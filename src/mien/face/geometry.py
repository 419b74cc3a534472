"""Similarity transforms and the triangle rasteriser.

Image convention everywhere in mien: x to the right, y down, z away from the camera, in pixels;
the centre of the pixel in row ``i`` and column ``j`` lies at ``(j + 0.5, i + 0.5)``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np

from mien.errors import ParameterError


@dataclass(frozen=True)
class Similarity:
    """A rotation, a uniform scale and a shift: ``y = scale * rotation @ x + translation``."""

    scale: float
    """Size of the target unit in source units; positive."""
    rotation: np.ndarray
    """Proper rotation, shape (3, 3)."""
    translation: np.ndarray
    """Shift in target units, shape (3,)."""

    def apply(self, points: np.ndarray) -> np.ndarray:
        """Move points, shape (..., 3), from the source to the target frame."""
        return self.scale * points @ self.rotation.T + self.translation

    def invert(self, points: np.ndarray) -> np.ndarray:
        """Move points, shape (..., 3), from the target back to the source frame."""
        return (points - self.translation) @ self.rotation / self.scale

    def turn(self, vectors: np.ndarray) -> np.ndarray:
        """Rotate and scale displacements, shape (..., 3), without shifting them."""
        return self.scale * vectors @ self.rotation.T


def umeyama(
    source: np.ndarray, target: np.ndarray, weights: np.ndarray | None = None
) -> Similarity:
    """Least-squares similarity that takes `source` to `target`.

    Parameters
    ----------
    source, target : np.ndarray [shape=(n, 3)]
        Corresponding points, n >= 3.
    weights : np.ndarray [shape=(n,)], optional
        Non-negative weight of each pair; equal by default.

    Returns
    -------
    pose : Similarity

    Raises
    ------
    ParameterError
        If the shapes differ or fewer than three points are given.

    References
    ----------
    .. [1] Umeyama, IEEE TPAMI 13(4), 1991.
    """
    source = np.asarray(source, np.float64)
    target = np.asarray(target, np.float64)
    if source.shape != target.shape or source.ndim != 2 or len(source) < 3:
        raise ParameterError(
            f"A similarity needs two equal lists of at least 3 points, not {source.shape} "
            f"and {target.shape}."
        )
    w = np.ones(len(source)) if weights is None else np.asarray(weights, np.float64)
    w = w / w.sum()
    mean_source, mean_target = w @ source, w @ target
    a, b = source - mean_source, target - mean_target
    u, d, vt = np.linalg.svd((b * w[:, None]).T @ a)
    sign = np.ones(3)
    if np.linalg.det(u) * np.linalg.det(vt) < 0:
        sign[2] = -1
    rotation = (u * sign) @ vt
    scale = float((d * sign).sum() / (w @ (a * a).sum(1)))
    return Similarity(scale, rotation, mean_target - scale * rotation @ mean_source)


def rasterise(
    vertices: np.ndarray, triangles: np.ndarray, height: int, width: int
) -> tuple[np.ndarray, np.ndarray]:
    """Find which triangle each pixel sees, nearest first.

    Parameters
    ----------
    vertices : np.ndarray [shape=(n, 3)]
        Points in pixels; a smaller z is nearer.
    triangles : np.ndarray [shape=(m, 3)]
        Vertex indices; both windings are drawn.
    height, width : int
        Size of the raster in pixels.

    Returns
    -------
    index : np.ndarray [shape=(height, width), dtype=int32]
        Triangle number, -1 where there is none.
    barycentric : np.ndarray [shape=(height, width, 3), dtype=float32]
        Weights of the triangle's three vertices, summing to 1; 0 where there is none.
    """
    index = np.full((height, width), -1, np.int32)
    barycentric = np.zeros((height, width, 3), np.float32)
    depth = np.full((height, width), np.inf, np.float32)
    _rasterise(
        np.ascontiguousarray(vertices, np.float32),
        np.ascontiguousarray(triangles, np.int32),
        index,
        barycentric,
        depth,
    )
    return index, barycentric


@numba.njit(cache=True, nogil=True, inline="always")
def bounds(
    a: np.ndarray, b: np.ndarray, c: np.ndarray, height: int, width: int
) -> tuple[int, int, int, int]:
    """First and last column and first and last row that a triangle may cover, within a picture.

    Parameters
    ----------
    a, b, c : np.ndarray [shape=(2 or more,)]
        Corners, pixels.
    height, width : int
        Of the picture.
    """
    left = max(int(np.floor(min(a[0], b[0], c[0]) - 0.5)), 0)
    right = min(int(np.ceil(max(a[0], b[0], c[0]) - 0.5)), width - 1)
    top = max(int(np.floor(min(a[1], b[1], c[1]) - 0.5)), 0)
    bottom = min(int(np.ceil(max(a[1], b[1], c[1]) - 0.5)), height - 1)
    return left, right, top, bottom


@numba.njit(cache=True, nogil=True, inline="always")
def columns(
    a: np.ndarray, b: np.ndarray, c: np.ndarray, inverse: float, y: float, left: int, right: int
) -> tuple[int, int]:
    """First and last column of a row that a triangle may cover, a column too many on each side.

    Parameters
    ----------
    a, b, c : np.ndarray [shape=(2 or more,)]
        Corners, pixels.
    inverse : float
        One over twice the triangle's area, signed as its winding is.
    y : float
        The middle of the row, pixels.
    left, right : int
        Columns that are asked about.
    """
    x = left + 0.5
    u = ((b[0] - x) * (c[1] - y) - (b[1] - y) * (c[0] - x)) * inverse
    v = ((c[0] - x) * (a[1] - y) - (c[1] - y) * (a[0] - x)) * inverse
    along_u, along_v = (b[1] - c[1]) * inverse, (c[1] - a[1]) * inverse
    first, last = 0.0, float(right - left)
    for value, along in (
        (u, along_u),
        (v, along_v),
        (1.0 - u - v, -along_u - along_v),
    ):
        if along > 1e-9:
            first = max(first, np.floor((-1e-6 - value) / along) - 1)
        elif along < -1e-9:
            last = min(last, np.floor((-1e-6 - value) / along) + 1)
    return left + int(min(first, right - left + 1.0)), left + int(max(last, -1.0))


@numba.njit(cache=True, nogil=True)
def _rasterise(
    vertices: np.ndarray,
    triangles: np.ndarray,
    index: np.ndarray,
    barycentric: np.ndarray,
    depth: np.ndarray,
) -> None:
    height, width = index.shape
    for t in range(triangles.shape[0]):
        a, b, c = vertices[triangles[t, 0]], vertices[triangles[t, 1]], vertices[triangles[t, 2]]
        area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
        if abs(area) < 1e-9:
            continue
        left, right, top, bottom = bounds(a, b, c, height, width)
        inverse = 1.0 / area
        for i in range(top, bottom + 1):
            y = i + 0.5
            first, last = columns(a, b, c, inverse, y, left, right)
            for j in range(first, last + 1):
                x = j + 0.5
                u = ((b[0] - x) * (c[1] - y) - (b[1] - y) * (c[0] - x)) * inverse
                v = ((c[0] - x) * (a[1] - y) - (c[1] - y) * (a[0] - x)) * inverse
                w = 1.0 - u - v
                if u < -1e-6 or v < -1e-6 or w < -1e-6:
                    continue
                z = u * a[2] + v * b[2] + w * c[2]
                if z < depth[i, j]:
                    depth[i, j] = z
                    index[i, j] = t
                    barycentric[i, j, 0] = u
                    barycentric[i, j, 1] = v
                    barycentric[i, j, 2] = w


def face_box(
    landmarks: np.ndarray, shape: tuple[int, ...], room: float = 0.0
) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of a face within a frame, enlarged by `room` of its size."""
    low, high = landmarks[:, :2].min(0), landmarks[:, :2].max(0)
    pad = (high - low).max() * room + 1
    left, top = np.floor(low - pad).astype(int).clip(0, [shape[1] - 1, shape[0] - 1])
    right, bottom = np.ceil(high + pad).astype(int).clip(1, [shape[1], shape[0]])
    return int(left), int(top), int(max(right, left + 1)), int(max(bottom, top + 1))
