"""What the surface of a face looks like in one frame: its outline, its grain, still places on it.

Numbers only, so that a reading holds no picture. What they are for: see `mien.fidelity.looks`.
"""

from __future__ import annotations

import cv2
import numpy as np

from mien.face.topology import FACE_OVAL
from mien.fidelity.skin import skin_regions

OUTLINE = slice(0, 36)
"""Of a row: step of the brightness across the face's outline at 36 places, log."""
GRAIN = slice(36, 38)
"""Of a row: fine detail of the skin of forehead and cheeks, and of the neck; log."""
STILL = slice(38, 50)
"""Of a row: brightness of 12 small places on forehead and cheeks, grey levels."""
WIDTH = 50

_STILL = (50, 280, 205, 425, 101, 330, 108, 337, 69, 299, 151, 10)  # cheeks, then forehead
_INSIDE, _OUTSIDE = 0.06, 0.05  # of the face's width, from its outline
_PLACE = 0.035  # radius of a place, of the face's width
_FINE = 1.5  # pixels: what is finer is grain
_FLOOR = 6.0  # grey levels added before logarithms
_NECK = 0.55, 1.1  # from the chin down, of the height from the mouth to the chin
_FEWEST = 40  # pixels that a patch of skin needs


def surface(image: np.ndarray, points: np.ndarray, mesh: np.ndarray) -> np.ndarray:
    """Measure the surface of a face.

    Parameters
    ----------
    image : np.ndarray [shape=(height, width, 3), dtype=uint8]
        RGB.
    points : np.ndarray [shape=(68, 2)]
        dlib's points, pixels; NaN where there is no face.
    mesh : np.ndarray [shape=(478, 3)]
        MediaPipe's points, pixels; NaN where there is no face.

    Returns
    -------
    row : np.ndarray [shape=(WIDTH,)]
        See `OUTLINE`, `GRAIN` and `STILL`; NaN where there is no face, or it lies outside of the
        picture.
    """
    row = np.full(WIDTH, np.nan)
    if not (np.isfinite(points).all() and np.isfinite(mesh).all()):
        return row
    wide = float(np.ptp(mesh[FACE_OVAL, 0]))
    ring = mesh[FACE_OVAL, :2]
    reach = np.concatenate([ring, points])
    low = np.floor(reach.min(0) - 0.2 * wide).astype(int).clip(0)
    high = np.ceil(reach.max(0) + 0.2 * wide).astype(int)
    part = image[low[1] : high[1], low[0] : high[0]]
    if min(part.shape[:2]) < 16:
        return row
    grey = cv2.cvtColor(np.ascontiguousarray(part), cv2.COLOR_RGB2GRAY).astype(np.float32)
    inward = ring.mean(0) - ring
    inward /= np.maximum(np.linalg.norm(inward, axis=1, keepdims=True), 1e-6)
    even = cv2.GaussianBlur(grey, (0, 0), max(0.5 * _PLACE * wide, 0.5))
    inside = _read(even, ring + _INSIDE * wide * inward - low)
    outside = _read(even, ring - _OUTSIDE * wide * inward - low)
    row[OUTLINE] = np.log(inside + _FLOOR) - np.log(outside + _FLOOR)
    fine = cv2.absdiff(grey, cv2.GaussianBlur(grey, (0, 0), _FINE))
    row[GRAIN] = _grain(fine, skin_regions(points - low)), _grain(fine, [_neck(points - low)])
    row[STILL] = _read(even, mesh[list(_STILL), :2] - low)
    return row


def _neck(points: np.ndarray) -> np.ndarray:
    """A polygon below the chin, shape (4, 2)."""
    chin, down = points[8], points[8] - points[57]
    across = 0.5 * (points[10] - points[6])
    near, far = (chin + much * down for much in _NECK)
    return np.array([near - across, near + across, far + across, far - across])


def _grain(fine: np.ndarray, regions: list[np.ndarray]) -> float:
    """Log of the mean fine detail in regions; NaN where too little of them is in the picture."""
    mask = np.zeros(fine.shape, np.uint8)
    cv2.fillPoly(mask, [np.round(region).astype(np.int32) for region in regions], (1,))
    if mask.sum() < _FEWEST:
        return np.nan
    # the median drops a strand of hair, a button, an edge of the collar
    return float(np.log(np.median(fine[mask > 0]) + 0.05))


def _read(grey: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Brightness at places, shape (n, 2); NaN outside of the picture."""
    at = places.astype(np.float32)[:, None]
    found = cv2.remap(
        grey, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=-1e6
    )[:, 0]
    return np.asarray(np.where(found < -1, np.nan, found), float)
