"""How open eyes are: the eye aspect ratio, by both trackers.

References
----------
.. [1] Soukupová & Čech, "Real-Time Eye Blink Detection using Facial Landmarks", CVWW 2016.
"""

from __future__ import annotations

import numpy as np

from mien.face import topology
from mien.statistics import known_median

EYES = ("right", "left")
_RING = {"right": 36, "left": 42}  # first of the six points of each eye
# the same six on MediaPipe's mesh: corner, two above, corner, two below
_MESH_RINGS = tuple(
    np.r_[corners[0], upper[[2, 4]], corners[1], lower[[4, 2]]]
    for corners, upper, lower in (
        (topology.RIGHT_EYE_CORNERS, topology.RIGHT_EYE_UPPER, topology.RIGHT_EYE_LOWER),
        (topology.LEFT_EYE_CORNERS, topology.LEFT_EYE_UPPER, topology.LEFT_EYE_LOWER),
    )
)


def aspect(points: np.ndarray) -> np.ndarray:
    """Eye aspect ratio [1]_: mean height of the opening over its width.

    Parameters
    ----------
    points : np.ndarray [shape=(n_frames, 68, 2)]
        dlib's points, NaN where there is no face.

    Returns
    -------
    ear : np.ndarray [shape=(n_frames, 2)]
        Right and left eye, dimensionless; NaN where there is no face.
    """
    ratios = []
    for eye in EYES:
        ratios.append(_ratio(points[:, _RING[eye] : _RING[eye] + 6]))
    return np.stack(ratios, 1)


def mesh_aspect(mesh: np.ndarray) -> np.ndarray:
    """Eye aspect ratio of MediaPipe's mesh, from the same six points of each eye.

    Parameters
    ----------
    mesh : np.ndarray [shape=(n_frames, 478, 3)]
        NaN where there is no face.

    Returns
    -------
    ear : np.ndarray [shape=(n_frames, 2)]
        Right and left eye.
    """
    return np.stack([_ratio(mesh[:, ring, :2]) for ring in _MESH_RINGS], 1)


def opening(ear: np.ndarray, mesh_ear: np.ndarray) -> np.ndarray:
    """How far eyes are open, by the tracker that sees them shut more.

    Parameters
    ----------
    ear, mesh_ear : np.ndarray [shape=(n_frames,)]
        Eye aspect ratio by dlib and by MediaPipe, NaN where there is no face.

    Returns
    -------
    opening : np.ndarray [shape=(n_frames,)]
        The smaller of the two ratios, each over its clip's median: about 1 where eyes are as open
        as usual; where only one tracker finds the face, by that one; NaN where neither does.
    """
    usual = [known_median(ratio) for ratio in (ear, mesh_ear)]
    relative = [
        ratio / level if level > 0 else np.full(len(ratio), np.nan)
        for ratio, level in zip((ear, mesh_ear), usual, strict=True)
    ]
    return np.fmin(*relative)


def _ratio(ring: np.ndarray) -> np.ndarray:
    """Aspect ratio of eyes given by six points, shape (n_frames, 6, 2)."""
    heights = np.linalg.norm(ring[:, [1, 2]] - ring[:, [5, 4]], axis=2).sum(1)
    widths = np.linalg.norm(ring[:, 0] - ring[:, 3], axis=1)
    return heights / np.where(widths > 0, 2 * widths, np.nan)
