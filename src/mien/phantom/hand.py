"""A hand that passes over a phantom's face: its joints, its picture, and exactly where it lies.

Fingers, palm and forearm are round solids, lit by the phantom's lamp, so that a detector of hands
sees one. It comes from below, stays for a while with its fingers moving, and leaves.
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

from mien.phantom.curves import span
from mien.phantom.script import Hand

# MediaPipe's 21 joints of a left hand seen from its back, fingers up, in lengths of the palm
_JOINTS = np.array(
    [[0.0, 0.0],
     [-0.30, -0.20], [-0.56, -0.50], [-0.76, -0.78], [-0.90, -1.00],
     [-0.27, -0.97], [-0.34, -1.40], [-0.38, -1.66], [-0.41, -1.86],
     [-0.03, -1.00], [-0.04, -1.50], [-0.05, -1.79], [-0.05, -2.02],
     [0.19, -0.94], [0.24, -1.38], [0.27, -1.65], [0.29, -1.87],
     [0.39, -0.82], [0.49, -1.14], [0.55, -1.34], [0.60, -1.52]]
)  # fmt: skip
_FINGERS = ((1, 2, 3, 4), (5, 6, 7, 8), (9, 10, 11, 12), (13, 14, 15, 16), (17, 18, 19, 20))
_SLIM = (0.130, 0.100, 0.104, 0.100, 0.086)  # radius of each finger at its root
_TIP = 0.80  # of that at its tip
_SPREAD = (-0.30, -0.12, 0.0, 0.11, 0.22)  # radians by which fingers part when they are spread
_WRIST, _ARM = 0.27, 3.2  # radius and length of the forearm
_PALM = 1.02  # length of the palm, outer-eye distances
_COMES_S = 0.35  # how long it takes to come, and to leave
_PLACES = {  # where the knuckles rest, and how the hand leans, in the patient's own face
    "mouth": (0.18, 0.98, -0.25),
    "cheek": (0.58, 0.62, -0.10),
    "eye": (0.48, 0.42, -0.30),
}
_LAMP = np.array([-0.35, -0.42, -0.84]) / np.linalg.norm([-0.35, -0.42, -0.84])
_SHADOW = 0.3  # how much darker it makes what lies close behind it


def joints_of(hand: Hand, time: float, centre: np.ndarray, unit: float) -> np.ndarray | None:
    """Joints of the hand at a moment, pixels, shape (21, 2); None while it is away.

    Parameters
    ----------
    hand : Hand
        What it does.
    time : float
        Seconds.
    centre : np.ndarray [shape=(2,)]
        The bridge of the patient's nose, pixels.
    unit : float
        Outer-eye distance of the patient, pixels.
    """
    if not hand.start_s - _COMES_S < time < hand.end_s + _COMES_S:
        return None
    there = float(span(np.array(time), hand.start_s, hand.end_s, _COMES_S))
    x, y, lean = _PLACES[hand.over]
    side = 1.0 if hand.side == "left" else -1.0
    phase = 2 * np.pi * 0.5 * (time - hand.start_s)
    spread = hand.spread * (0.7 + 0.3 * np.sin(phase))
    points = _spread(spread) - [0.05, -0.95]
    turn = lean + 0.06 * np.sin(0.7 * phase)
    c, s = np.cos(turn), np.sin(turn)
    points = points @ np.array([[c, s], [-s, c]])
    points = points * _PALM + [x + 0.05 * np.sin(0.6 * phase), y + (1 - there) * 4.2]
    return centre + unit * points * [side, 1.0]


def _spread(share: float) -> np.ndarray:
    """The joints with the fingers parted by a share of what is possible."""
    joints = _JOINTS.copy()
    for finger, angle in zip(_FINGERS, _SPREAD, strict=True):
        turn = angle * share
        root = joints[finger[0]]
        c, s = np.cos(turn), np.sin(turn)
        joints[list(finger)] = root + (joints[list(finger)] - root) @ np.array([[c, s], [-s, c]])
    return joints


def draw_hand(image: np.ndarray, joints: np.ndarray, skin: np.ndarray) -> np.ndarray:
    """Draw a hand over a frame, in place.

    Parameters
    ----------
    image : np.ndarray [shape=(height, width, 3), dtype=uint8]
        RGB.
    joints : np.ndarray [shape=(21, 2)]
        Pixels.
    skin : np.ndarray [shape=(3,)]
        Its colour, RGB.

    Returns
    -------
    share : np.ndarray [shape=(height, width), dtype=float32]
        Of each pixel that the hand covers.
    """
    height, width = image.shape[:2]
    unit = float(np.linalg.norm(joints[9] - joints[0]))
    share = np.zeros((height, width), np.float32)
    solids = _solids(joints, unit)
    reach = np.concatenate([[a - r, a + r, b - q, b + q] for a, b, r, q, _ in solids])
    room = int(0.3 * unit) + 2  # for its shadow
    left, top = np.clip(np.floor(reach.min(0)).astype(int) - room, 0, [width, height])
    right, bottom = np.clip(np.ceil(reach.max(0)).astype(int) + room, 0, [width, height])
    if right <= left or bottom <= top:
        return share
    shape = (2 * (bottom - top), 2 * (right - left))
    colour, seen = _solid_picture(shape, solids, np.array([left, top]), skin, unit)
    small = (int(right - left), int(bottom - top))
    cover = cv2.resize(seen, small, interpolation=cv2.INTER_AREA)
    shown = cv2.resize(colour * seen[..., None], small, interpolation=cv2.INTER_AREA)
    part = image[top:bottom, left:right]
    shadow = cv2.GaussianBlur(cover, (0, 0), 0.06 * unit)
    fall = np.array([[1, 0, 0.05 * unit], [0, 1, 0.07 * unit]], np.float32)
    shadow = 1 - _SHADOW * cv2.warpAffine(shadow, fall, small)[..., None]
    part[:] = np.rint(shown + (1 - cover[..., None]) * shadow * part).clip(0, 255).astype(np.uint8)
    share[top:bottom, left:right] = cover
    return share


_Solid = tuple[np.ndarray, np.ndarray, float, float, float]


def _solids(joints: np.ndarray, unit: float) -> list[_Solid]:
    """Tapering round solids: both ends, both radii, and how far in front each lies."""
    solids: list[_Solid] = []
    down = joints[0] - joints[9]
    solids.append((joints[0], joints[0] + _ARM * down, _WRIST * unit, 0.34 * unit, 0.0))
    for knuckle in (5, 9, 13, 17):  # the palm
        root = joints[0] + 0.25 * (joints[knuckle] - joints[0])
        solids.append((root, joints[knuckle], 0.24 * unit, 0.155 * unit, 0.0))
    solids.append((joints[0], joints[2], 0.24 * unit, 0.17 * unit, 0.02 * unit))
    for finger, slim in zip(_FINGERS, _SLIM, strict=True):
        for k in range(3):
            a, b = joints[finger[k]], joints[finger[k + 1]]
            taper = 1 - (1 - _TIP) * np.array([k, k + 1]) / 3
            solids.append((a, b, slim * taper[0] * unit, slim * taper[1] * unit, 0.03 * unit))
    return solids


def _solid_picture(
    shape: tuple[int, int], solids: list[_Solid], corner: np.ndarray, skin: np.ndarray, unit: float
) -> tuple[np.ndarray, np.ndarray]:
    """The solids lit, at twice the size: RGB, and where there is one, 0 or 1, both float32."""
    depth = np.full(shape, -np.inf, np.float32)
    light = np.ones(shape, np.float32)
    for a, b, r, q, front in solids:
        a, b, r, q = 2 * (a - corner), 2 * (b - corner), 2 * r, 2 * q
        most = max(r, q) + 1
        low = np.clip(np.floor(np.minimum(a, b) - most).astype(int), 0, shape[::-1])
        high = np.clip(np.ceil(np.maximum(a, b) + most).astype(int), 0, shape[::-1])
        if (high <= low).any():
            continue
        y, x = np.mgrid[low[1] : high[1], low[0] : high[0]].astype(np.float32) + 0.5
        along = b - a
        t = np.clip(((x - a[0]) * along[0] + (y - a[1]) * along[1]) / (along @ along + 1e-9), 0, 1)
        dx, dy = x - (a[0] + t * along[0]), y - (a[1] + t * along[1])
        radius = r + t * (q - r)
        inside = 1 - (dx**2 + dy**2) / radius**2
        z = radius * np.sqrt(np.maximum(inside, 0))
        window = (slice(low[1], high[1]), slice(low[0], high[0]))
        nearer = (inside > 0) & (z + 2 * front > depth[window])
        facing = -(dx * -_LAMP[0] + dy * -_LAMP[1]) / radius - z / radius * _LAMP[2]
        depth[window][nearer] = (z + 2 * front)[nearer]
        light[window][nearer] = (0.35 + 0.65 * np.clip(facing, 0, 1))[nearer]
    seen = np.isfinite(depth).astype(np.float32)
    rows, columns = np.indices(shape)
    grain = _grain()[rows % 256, columns % 256]
    light = cv2.GaussianBlur(light, (0, 0), max(0.02 * unit, 0.3)) * grain
    tint = np.array([1.02, 0.97, 0.95], np.float32)  # hands are redder than cheeks
    return light[..., None] * (skin * tint).astype(np.float32), seen


@cache
def _grain() -> np.ndarray:
    """Creases and pores, a factor, shape (256, 256), float32."""
    rng = np.random.default_rng(7)
    fine = cv2.GaussianBlur(rng.standard_normal((256, 256)).astype(np.float32), (0, 0), 1.5)
    coarse = cv2.GaussianBlur(rng.standard_normal((256, 256)).astype(np.float32), (0, 0), 6)
    return np.asarray(1 + 0.02 * fine / fine.std() + 0.03 * coarse / coarse.std(), np.float32)
