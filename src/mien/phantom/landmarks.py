"""Landmarks of a motion: the face model, with eyeballs, lids that shut and lips that meet."""

from __future__ import annotations

import numpy as np

from mien.face import topology
from mien.face.model import FaceModel
from mien.phantom.motion import Motion

EYEBALL = 0.135  # radius, canonical units: 12 mm


def canonical_landmarks(motion: Motion, model: FaceModel) -> np.ndarray:
    """Canonical landmarks, shape (n_frames, 478, 3)."""
    points = model.shape(motion.alpha) + np.tensordot(motion.beta, model.expression, 1)
    jaw = model.expression[model.expression_names.index("jawOpen")]
    points[..., 1] += motion.lip[:, None] * (jaw[:, 1] / jaw[14, 1])
    points[..., 1] += motion.sag
    _move_irises(points, motion.gaze)
    for side in ("Left", "Right"):
        _close_lids(points, motion.beta, model, side)
    _seal_lips(points)
    return points


def _move_irises(points: np.ndarray, gaze: np.ndarray) -> None:
    shift = EYEBALL * np.sin(np.radians(gaze))
    for iris in (topology.RIGHT_IRIS, topology.LEFT_IRIS):
        points[:, iris, :2] += shift[:, None, :]


def _close_lids(points: np.ndarray, beta: np.ndarray, model: FaceModel, side: str) -> None:
    """Take the upper lid as far as the lower one, whatever the identity: shut is shut."""
    upper = getattr(topology, f"{side.upper()}_EYE_UPPER")
    lower = getattr(topology, f"{side.upper()}_EYE_LOWER")
    k = model.expression_names.index(f"eyeBlink{side}")
    shut = beta[:, k, None, None]
    offset = model.expression[k]
    at_full = points[:, upper] + (1 - shut) * offset[upper]
    meets = points[:, lower] + (1 - shut) * offset[lower]
    missing = shut * (meets - at_full)
    points[:, upper] += missing
    # never past each other
    past = np.maximum(points[:, upper, 1] - points[:, lower, 1], 0)
    points[:, upper, 1] -= past


def _seal_lips(points: np.ndarray) -> None:
    """Lips that pass through each other meet in the middle instead."""
    upper, lower = topology.INNER_LIP_UPPER, topology.INNER_LIP_LOWER
    past = np.maximum(points[:, upper, 1] - points[:, lower, 1], 0) / 2
    points[:, upper, 1] -= past
    points[:, lower, 1] += past
