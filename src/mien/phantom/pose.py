"""Where a phantom's head and eyes are turned, and where it is in the picture."""

from __future__ import annotations

import cv2
import numpy as np

from mien.phantom.curves import smooth, span, wander
from mien.phantom.script import Script

PIVOT = np.array([0.0, 0.9, 0.75])  # where the head turns on the neck, canonical units
_SLIDE_S = 0.5  # how long it takes to leave the picture
_TURN_S = 0.6  # how long it takes to look away


def head_angles(script: Script, number: int, time: np.ndarray) -> np.ndarray:
    """Yaw, pitch and roll, degrees, shape (n_frames, 3)."""
    rng = script.chance(number, "head")
    reach = script.head_motion * np.array([20.0, 8.0, 6.0])
    angles = [reach[k] * np.clip(wander(rng, time, 0.2), -1, 1) for k in range(3)]
    for start_s, end_s in (script.turned, script.other_turned)[number]:
        away = span(time, start_s, end_s, _TURN_S)
        angles[0] = angles[0] + away * ((script.turned_deg, -script.turned_deg)[number] - angles[0])
    return np.column_stack(angles)


def gaze_of(script: Script, number: int, time: np.ndarray, angles: np.ndarray) -> np.ndarray:
    """Jumps every second or two, and the eyes stay on the camera while the head turns."""
    rng = script.chance(number, "gaze")
    jumps = np.cumsum(rng.uniform(0.7, 2.5, int(script.seconds * 2) + 4))
    targets = rng.normal(0, 1, (len(jumps) + 1, 2)) * [4.0, 2.0]
    fixation = targets[np.searchsorted(jumps, time)]
    # yaw turns the face to image right where it is positive, pitch lowers it
    return np.clip(fixation - 0.7 * angles[:, :2], -25, 25)


def poses(
    script: Script, number: int, time: np.ndarray, angles: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scale, rotation and translation of the head, of shapes (n,), (n, 3, 3) and (n, 3)."""
    rng = script.chance(number, "place")
    width, height = script.width, script.height
    if script.people == 1:
        size = min(0.22 * height, 0.27 * width)
        across = np.full(len(time), 0.5)
    else:
        size = min(0.19 * height, 0.14 * width)
        start = (0.27, 0.73)[number]
        across = np.full(len(time), start)
        if script.crossing:
            middle = (time - 0.3 * script.seconds) / (0.4 * script.seconds)
            across = across + (1 - 2 * start) * smooth(middle)
            size *= (1.0, 0.88)[number]
    centre = np.column_stack(
        [across * width, np.full(len(time), 0.45 * height), np.zeros(len(time))]
    )
    for axis, reach in ((0, 0.12), (1, 0.05)):
        centre[:, axis] += size * script.head_motion * reach * wander(rng, time, 0.15)
    for start_s, end_s in (script.absent, script.other_absent)[number]:
        away = span(time, start_s, end_s, _SLIDE_S)
        out = -2.6 * size if across[0] < 0.6 else width + 2.6 * size
        centre[:, 0] += away * (out - centre[:, 0])
    scale = size * (1 + 0.03 * script.head_motion * wander(rng, time, 0.1))
    rotation = np.stack([rotation_of(*row) for row in angles])
    middle = np.array([0.0, 0.25, 0.0])
    # the middle of the face rests at `centre`, and the head turns about the neck
    canonical = PIVOT - middle - rotation @ PIVOT
    return scale, rotation, centre + scale[:, None] * canonical


def rotation_of(yaw: float, pitch: float, roll: float) -> np.ndarray:
    """Rotation from degrees: face to image right, face downwards, head clockwise; shape (3, 3)."""
    y, p, r = np.radians([yaw, pitch, roll])
    # the face looks along -z: turning it to +x is a negative turn about y (down)
    about_y = cv2.Rodrigues(np.array([0.0, -y, 0.0]))[0]
    about_x = cv2.Rodrigues(np.array([p, 0.0, 0.0]))[0]
    about_z = cv2.Rodrigues(np.array([0.0, 0.0, r]))[0]
    return about_z @ about_y @ about_x
