"""The light on a face: how much, from where, and whether it is steady."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from mien.face.topology import FACE_OVAL, INNER_LIP_RING, LEFT_EYE_RING, RIGHT_EYE_RING
from mien.recording.checks.fault import Fault
from mien.recording.checks.framing import outline

DARK = 75.0
"""Grey level that the brightest tenth of the face has to reach, whatever the skin."""
BURNT, BURNT_SHARE = 250, 0.06
"""Grey level from which a pixel is burnt out, and the share of the face that may be."""
SIDES = 0.55
"""Log of the ratio of the two halves' brightness: one is about 1.7 times as bright."""
BEHIND, BEHIND_LEAST = 0.8, 150.0
"""Log of the ratio of the surroundings' brightness to the face's, about 2.2 times, and grey level
from which bright surroundings are a light."""
UNSTEADY = 0.02
"""Share of the face's brightness by which it changes from picture to picture, beyond any trend."""
LEAST_PICTURES = 6
"""Pictures before flicker is judged."""
_SIDE = 160  # pixels of the height to which a face is shrunk


@dataclass(frozen=True)
class Light:
    """What was measured on one face, grey levels of 0 to 255."""

    middle: float
    """Median of the face."""
    bright: float
    """What a tenth of the face exceeds."""
    burnt: float
    """Share of the face that is burnt out."""
    sides: float
    """Log of the ratio of the picture's left half of the face to its right half."""
    around: float
    """Median of what surrounds head and shoulders' upper edge."""


def light_on(image: np.ndarray, landmarks: np.ndarray) -> Light:
    """Measure the light on a face.

    Parameters
    ----------
    image : np.ndarray [shape=(height, width, 3), dtype=uint8]
        RGB.
    landmarks : np.ndarray [shape=(478, 3)]
        Pixels.
    """
    left, top, right, bottom = outline(landmarks)
    scale = min(1.0, _SIDE / max(bottom - top, 1.0))
    small = image
    if scale < 1:
        small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    points = landmarks[:, :2] * scale
    skin = np.zeros(grey.shape, np.uint8)
    cv2.fillPoly(skin, [points[FACE_OVAL].round().astype(np.int32)], (1,))
    for ring in (RIGHT_EYE_RING, LEFT_EYE_RING, INNER_LIP_RING):
        cv2.fillPoly(skin, [points[ring].round().astype(np.int32)], (0,))
    inside = skin > 0
    values = grey[inside] if inside.any() else np.zeros(1, np.uint8)
    # the line from the forehead's middle to the chin parts the halves, however the head leans
    upper, lower = points[10], points[152]
    rows, columns = np.mgrid[: grey.shape[0], : grey.shape[1]]
    along = lower - upper
    side = (columns - upper[0]) * along[1] - (rows - upper[1]) * along[0]
    halves = [grey[inside & (side < 0)], grey[inside & (side > 0)]]
    means = [float(half.mean()) + 5 if half.size else 5.0 for half in halves]
    head = np.array([left, top, right, bottom]) * scale
    wide, tall = head[2] - head[0], head[3] - head[1]
    outside = np.ones(grey.shape, bool)
    a, b = max(0, int(head[1] - 0.6 * tall)), int(head[3])
    c, d = max(0, int(head[0] - 0.35 * wide)), int(head[2] + 0.35 * wide)
    outside[a:b, c:d] = False
    outside[b:] = False
    around = float(np.median(grey[outside])) if outside.any() else float("nan")
    return Light(
        float(np.median(values)),
        float(np.percentile(values, 90)),
        float((values >= BURNT).mean()),
        float(np.log(means[0] / means[1])),
        around,
    )


def light(found: Light) -> list[Fault]:
    """What is wrong with the light on a face."""
    faults = []
    behind = (
        found.around >= BEHIND_LEAST and np.log((found.around + 5) / (found.middle + 5)) > BEHIND
    )
    if behind:
        faults.append(Fault.BACKLIT)
    if found.bright < DARK and not behind:
        faults.append(Fault.TOO_DARK)
    if found.burnt > BURNT_SHARE:
        faults.append(Fault.TOO_BRIGHT)
    if abs(found.sides) > SIDES:
        faults.append(Fault.ONE_SIDED)
    return faults


def unsteady(brightness: Sequence[float]) -> float:
    """How much brightness changes from picture to picture beyond a trend, as a share of it.

    Parameters
    ----------
    brightness : sequence of float
        Of the face in successive pictures, grey levels.
    """
    values = np.asarray(brightness, np.float64)
    if len(values) < 3:
        return 0.0
    bend = values[:-2] - 2 * values[1:-1] + values[2:]
    return float(np.sqrt(np.mean(bend**2) / 6) / max(float(values.mean()), 1.0))


def flicker(brightness: Sequence[float]) -> list[Fault]:
    """Whether the light flickers; parameters are those of `unsteady`."""
    enough = len(brightness) >= LEAST_PICTURES
    return [Fault.FLICKER] if enough and unsteady(brightness) > UNSTEADY else []
