"""The skin of a face, away from what moves, and its colour."""

from __future__ import annotations

import cv2
import numpy as np


def skin_colour(image: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Mean colour of forehead and cheeks, away from eyes, brows, nose and mouth.

    Parameters
    ----------
    image : np.ndarray [shape=(height, width, 3), dtype=uint8]
        RGB.
    points : np.ndarray [shape=(68, 2)]
        dlib's points, pixels; NaN where there is no face.

    Returns
    -------
    colour : np.ndarray [shape=(3,)]
        Mean red, green and blue, 0 to 255; NaN if there is no face or none of its skin is in the
        picture.
    """
    nothing = np.full(3, np.nan)
    if not np.isfinite(points).all():
        return nothing
    regions = skin_regions(points)
    corners = np.concatenate(regions)
    size = np.array(image.shape[1::-1])
    low = np.clip(np.floor(corners.min(0)), 0, size).astype(int)
    high = np.clip(np.ceil(corners.max(0)) + 1, 0, size).astype(int)
    if (high <= low).any():
        return nothing
    crop = image[low[1] : high[1], low[0] : high[0]]
    mask = np.zeros(crop.shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.round(region - low).astype(np.int32) for region in regions], (255,))
    if not mask.any():
        return nothing
    return np.array(cv2.mean(crop, mask)[:3])


def skin_regions(points: np.ndarray) -> list[np.ndarray]:
    """Polygons of the forehead and the patient's right and left cheek, each (n, 2) in pixels.

    Parameters
    ----------
    points : np.ndarray [shape=(68, 2)]
        dlib's points, pixels.
    """
    right, left = points[36:42].mean(0), points[42:48].mean(0)
    brows = points[[18, 19, 20, 23, 24, 25]]
    up = (right + left) / 2 - points[33]  # from under the nose to between the eyes
    forehead = np.concatenate([brows + 0.22 * up, brows[::-1] + 0.58 * up])
    # lid, jaw beside it, jaw below, corner of the mouth, wing of the nose
    return [forehead] + [
        _cheek(*points[list(p)]) for p in ((41, 1, 4, 48, 31), (46, 15, 12, 54, 35))
    ]


def _cheek(
    lid: np.ndarray, beside: np.ndarray, below: np.ndarray, mouth: np.ndarray, nose: np.ndarray
) -> np.ndarray:
    down = mouth - lid
    return np.array(
        [
            nose + 0.35 * (lid - nose) + 0.12 * (beside - nose),
            lid + 0.33 * down,
            lid + 0.33 * down + 0.55 * (beside - lid),
            mouth + 0.55 * (below - mouth),
            mouth + 0.22 * (below - mouth) - 0.12 * down,
            nose + 0.30 * (beside - nose) + 0.15 * down,
        ]
    )
