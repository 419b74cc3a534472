"""How a face lies in the picture: where, how large, which way, and whether whole."""

from __future__ import annotations

import numpy as np

from mien.face.pose import head_pose
from mien.face.topology import FACE_OVAL
from mien.recording.checks.fault import Fault

MARGIN = 0.02
"""Face heights that have to lie between the face's outline and the picture's edge."""
ASIDE, UP_OR_DOWN = 0.17, 0.2
"""Shares of the picture's width and height by which the face's middle may lie off its middle."""
FAR, CLOSE = 0.25, 0.72
"""Shares of the picture's height that the face, from forehead to chin, takes at least and at most:
at 480 lines a mouth is then 40 pixels wide or more."""
TILT = 15.0
"""Degrees by which the head may lean to a shoulder."""
YAW, PITCH = 20.0, 20.0
"""Degrees by which it may be turned aside, and up or down; as in the capture of expressions."""


def outline(landmarks: np.ndarray) -> np.ndarray:
    """Left, top, right, bottom of a face's outline, pixels, shape (4,)."""
    points = landmarks[FACE_OVAL, :2]
    return np.concatenate([points.min(0), points.max(0)])


def framing(landmarks: np.ndarray, shape: tuple[int, ...]) -> list[Fault]:
    """What is wrong with where a face is.

    Parameters
    ----------
    landmarks : np.ndarray [shape=(478, 3)]
        Pixels.
    shape : tuple of int
        Height and width of the picture.

    Returns
    -------
    faults : list of Fault
    """
    height, width = shape[:2]
    left, top, right, bottom = outline(landmarks)
    tall = bottom - top
    edge = MARGIN * tall
    faults = []
    if min(left, top) < edge or right > width - edge or bottom > height - edge:
        faults.append(Fault.CUT_OFF)
    across, down = (left + right) / 2 / width - 0.5, (top + bottom) / 2 / height - 0.5
    if abs(across) > ASIDE or abs(down) > UP_OR_DOWN:
        faults.append(Fault.OFF_CENTRE)
    share = tall / height
    if share < FAR:
        faults.append(Fault.TOO_FAR)
    if share > CLOSE:
        faults.append(Fault.TOO_CLOSE)
    yaw, pitch, roll = head_pose(landmarks)
    if abs(roll) > TILT:
        faults.append(Fault.TILTED)
    if abs(yaw) > YAW or abs(pitch) > PITCH:
        faults.append(Fault.TURNED)
    return faults
