"""How the head is turned, and taking that out of the 68 points.

References
----------
.. [1] Oberkampf, DeMenthon & Davis, "Iterative pose estimation using coplanar feature points",
   CVIU 1996 (scaled orthographic pose from points of known shape).
"""

from __future__ import annotations

from functools import cache

import numpy as np

from mien.face.model import FaceModel
from mien.face.topology import SIXTY_EIGHT

RIGID = np.r_[0:3, 14:17, 27:36, 36, 39, 42, 45]
"""Of the 68 points those that the skull moves: the ears' end of the outline, the nose, the corners
of the eyes."""
_LEVEL = 8.0  # degrees of pitch that a face which looks straight at the camera is measured at


@cache
def _shape() -> np.ndarray:
    """The 68 points of the model's mean head, in outer-eye distances, shape (68, 3)."""
    points = FaceModel.load().neutral[SIXTY_EIGHT].astype(np.float64)
    return points / np.linalg.norm(points[36] - points[45])


def without_pose(points: np.ndarray) -> np.ndarray:
    """The 68 points as if the head stood still and faced the camera.

    The pose of each frame (turn, size, place) is fitted to the rigid points and undone. A point's
    depth, which the picture does not show, is taken from a mean head.

    Parameters
    ----------
    points : np.ndarray [shape=(n_frames, 68, 2)]
        Pixels; frames of NaN stay NaN.

    Returns
    -------
    still : np.ndarray [shape=(n_frames, 68, 2)]
        Outer-eye distances of a mean head, its own origin.
    """
    shape = _shape()
    still = np.full(points.shape, np.nan)
    known = np.flatnonzero(np.isfinite(points).all(axis=(1, 2)))
    if not len(known):
        return still
    seen = np.asarray(points, np.float64)[known]
    # the person's own proportions, upright, replace the mean head's
    own = _typical(seen)
    head = np.column_stack([own, shape[:, 2] - shape[RIGID, 2].mean()])
    rigid = head[RIGID] - head[RIGID].mean(0)
    middle = seen[:, RIGID].mean(1, keepdims=True)
    # scaled orthographic: two rows of the rotation, each times the scale
    rows = np.einsum("nij,ki->njk", seen[:, RIGID] - middle, np.linalg.pinv(rigid))
    scale, rotation = _nearest_rotations(rows)
    turned = np.einsum("nij,kj->nki", rotation, head - head[RIGID].mean(0))
    flat = (seen - middle) / scale[:, None, None]
    solid = np.concatenate([flat, turned[:, :, 2:]], axis=2)
    still[known] = np.einsum("nij,nki->nkj", rotation, solid)[..., :2]
    return still


def _typical(seen: np.ndarray) -> np.ndarray:
    """The most usual shape of the points, upright, in outer-eye distances, shape (68, 2)."""
    middle = seen[:, RIGID].mean(1, keepdims=True)
    across = seen[:, 45] - seen[:, 36]
    size = np.linalg.norm(across, axis=1)
    cos, sin = (across / size[:, None]).T
    turn = np.stack([np.stack([cos, sin], -1), np.stack([-sin, cos], -1)], 1)
    upright = np.einsum("nij,nkj->nki", turn, seen - middle) / size[:, None, None]
    return np.median(upright, axis=0)


def _nearest_rotations(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scales and rotations next to pairs of rows of shape (n, 2, 3)."""
    u, d, vt = np.linalg.svd(rows, full_matrices=False)
    two = u @ vt
    third = np.cross(two[:, 0], two[:, 1])
    return d.mean(1), np.concatenate([two, third[:, None]], axis=1)


def head_pose(landmarks: np.ndarray) -> tuple[float, float, float]:
    """Turn of the head from one face's landmarks.

    The rigid landmarks of the mean face are laid onto them. MediaPipe's depth leans every face a
    little forward; what it leans one by that looks straight at the camera is taken off the pitch.

    Parameters
    ----------
    landmarks : np.ndarray [shape=(478, 3)]
        Pixels.

    Returns
    -------
    pose : tuple of 3 float
        Yaw (to image right), pitch (down) and roll (clockwise), degrees.
    """
    model = FaceModel.load()
    r = model.pose(landmarks, np.zeros(len(model.identity))).rotation
    yaw = np.degrees(np.arcsin(np.clip(r[2, 0], -1, 1)))
    pitch = np.degrees(np.arctan2(r[2, 1], r[2, 2])) - _LEVEL
    roll = np.degrees(np.arctan2(r[1, 0], r[0, 0]))
    return float(yaw), float(pitch), float(roll)
