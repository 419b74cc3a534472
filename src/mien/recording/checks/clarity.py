"""Whether a face is sharp, and whether all of it is seen."""

from __future__ import annotations

import cv2
import numpy as np

from mien.emotion.framing import crop_of
from mien.emotion.quality import assess
from mien.engines.mesh.appearance import MAP, apart, features, inside, logarithm
from mien.engines.mesh.occlusion import moving, strange
from mien.face.uv import unwrap
from mien.recording.checks.fault import Fault

SHARP = 0.09
"""Share of the face's contrast that lies in details finer than a hundredth of its height."""
COVERED = 0.8
"""Probability that something covers the face, from which on it counts as covered."""
HIDDEN = 0.05
"""Share of the skin that looks otherwise than it did, from which on something lies over it."""
_SIDE = 192  # texels of the layout in which sharpness is measured
_DETAIL = 1.6  # texels


def sharpness(image: np.ndarray, landmarks: np.ndarray) -> float:
    """Share of a face's contrast that lies in its details, 0 to 1.

    Parameters
    ----------
    image : np.ndarray [shape=(height, width, 3), dtype=uint8]
        RGB.
    landmarks : np.ndarray [shape=(478, 3)]
        Pixels.
    """
    laid_out = cv2.cvtColor(unwrap(image, landmarks, _SIDE), cv2.COLOR_RGB2GRAY).astype(np.float32)
    middle = laid_out[_SIDE // 6 : -_SIDE // 6, _SIDE // 6 : -_SIDE // 6]
    fine = middle - cv2.GaussianBlur(middle, (0, 0), _DETAIL)
    return float(fine.std() / max(float(middle.std()), 1.0))


def texture(image: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
    """A face laid out as it is compared with itself later, shape (256, 256, 3), log.

    Parameters are those of `sharpness`.
    """
    return logarithm(unwrap(image, landmarks, MAP))


def hidden_share(now: np.ndarray, before: np.ndarray) -> float:
    """Share of the skin over which something lies that did not before, 0 to 1.

    Parameters
    ----------
    now, before : np.ndarray [shape=(256, 256, 3)]
        From `texture`: of this picture, and of the same face with nothing over it.
    """
    over = moving(strange(apart(now, before))) > 0.5
    skin = inside() & ~features(0.03)
    return float(over[skin].mean())


def clarity(
    image: np.ndarray, landmarks: np.ndarray, before: np.ndarray | None = None
) -> list[Fault]:
    """What hides details of a face.

    Parameters
    ----------
    image, landmarks
        As for `sharpness`.
    before : np.ndarray [shape=(256, 256, 3)], optional
        The same face with nothing over it, from `texture`.
    """
    faults = []
    if sharpness(image, landmarks) < SHARP:
        faults.append(Fault.BLURRED)
    over = before is not None and hidden_share(texture(image, landmarks), before) > HIDDEN
    if over or assess(crop_of(image, landmarks)).covered > COVERED:
        faults.append(Fault.COVERED)
    return faults
