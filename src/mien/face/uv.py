"""The UV layout: a flat picture of any face in which every landmark has its fixed place.

The layout is half a frontal view and half an unrolling around an axis behind the
nose. Texture coordinates are
0 to 1, u along the columns, v along the rows.
"""

from __future__ import annotations

from functools import cache

import cv2
import numba
import numpy as np

from mien.face.geometry import rasterise
from mien.face.model import FaceModel
from mien.face.topology import EYE_TRIANGLES, MOUTH_TRIANGLES

_MARGIN = 0.03


@cache
def coordinates() -> np.ndarray:
    """Texture coordinates of the landmarks, shape (478, 2), 0 to 1."""
    neutral = FaceModel.load().neutral
    skin = neutral[:468]
    axis = skin[:, 2].max() * 0.9  # the temples lie just in front of the axis
    angle = np.arctan2(neutral[:, 0], axis - neutral[:, 2])
    unrolled = angle * (axis - skin[:, 2].min())
    # half unrolled, half seen from the front: sides keep texels, the front its proportions
    flat = np.column_stack([0.3 * unrolled + 0.6 * neutral[:, 0], neutral[:, 1]])
    low, high = flat[:468].min(0), flat[:468].max(0)
    half = (high - low).max() / 2 / (1 - 2 * _MARGIN)
    return (flat - (low + high) / 2) / (2 * half) + 0.5


@cache
def triangles(mouth: bool = False) -> np.ndarray:
    """Skin and eye triangles, with those of the inner mouth on request, shape (n, 3)."""
    parts = [FaceModel.load().triangles, EYE_TRIANGLES]
    return np.concatenate([*parts, MOUTH_TRIANGLES] if mouth else parts).astype(np.int32)


@cache
def layout(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Triangle number (-1 outside) and barycentric weights of every texel.

    Returns
    -------
    index : np.ndarray [shape=(size, size), dtype=int32]
    barycentric : np.ndarray [shape=(size, size, 3), dtype=float32]
    """
    points = np.column_stack([coordinates() * size, np.zeros(478)])
    return rasterise(points, triangles(mouth=True), size, size)


def unwrap(image: np.ndarray, landmarks: np.ndarray, size: int) -> np.ndarray:
    """Take the texture of a face out of a frame.

    Parameters
    ----------
    image : np.ndarray [shape=(height, width, 3), dtype=uint8]
        RGB.
    landmarks : np.ndarray [shape=(478, 3)]
        The face, pixels.
    size : int
        Side of the texture, texels.

    Returns
    -------
    texture : np.ndarray [shape=(size, size, 3), dtype=uint8]
        Black outside the face; texels on a side turned away hold what hides them.
    """
    index, weights = layout(size)
    where = _map(index, weights, triangles(mouth=True), np.asarray(landmarks, np.float32))
    scale = texels_per_pixel(landmarks, size)
    if scale < 0.6:  # shrink first, or fine detail turns into noise
        shrunk = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        ratio = np.array(
            [shrunk.shape[1] / image.shape[1], shrunk.shape[0] / image.shape[0]], np.float32
        )
        image, where = shrunk, (where + np.float32(0.5)) * ratio - np.float32(0.5)
    texture = cv2.remap(image, where, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    texture &= _drawn(size)
    return texture


@cache
def _drawn(size: int) -> np.ndarray:
    """All bits set where the layout has a face, none elsewhere, shape (size, size, 3), uint8."""
    index, _ = layout(size)
    return np.where(index[..., None] < 0, 0, 255).astype(np.uint8).repeat(3, axis=2)


def texels_per_pixel(landmarks: np.ndarray, size: int) -> float:
    """How finely a texture of this size samples a face, along the height of the face."""
    uv = coordinates()
    tall = np.linalg.norm(landmarks[10, :2] - landmarks[152, :2]) + 1e-6
    wide = np.linalg.norm(landmarks[33, :2] - landmarks[263, :2]) + 1e-6
    return size * float(max((uv[152, 1] - uv[10, 1]) / tall, (uv[263, 0] - uv[33, 0]) / wide * 0.8))


@numba.njit(cache=True, nogil=True)
def _map(
    index: np.ndarray, weights: np.ndarray, corners: np.ndarray, landmarks: np.ndarray
) -> np.ndarray:
    """Where each texel is in the picture, the centre of the first pixel at 0."""
    height, width = index.shape
    where = np.full((height, width, 2), -1.5, np.float32)
    for i in range(height):
        for j in range(width):
            t = index[i, j]
            if t < 0:
                continue
            x, y = np.float32(-1), np.float32(-1)
            for k in range(3):
                point, weight = corners[t, k], weights[i, j, k]
                x += weight * landmarks[point, 0]
                y += weight * landmarks[point, 1]
            where[i, j, 0] = x + np.float32(1) - np.float32(0.5)
            where[i, j, 1] = y + np.float32(1) - np.float32(0.5)
    return where
