"""Whether a face can be assessed at all: a crop that cannot is "not assessable", never a guess."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from scipy.special import expit

from mien.emotion.classifier import EmotionClassifier
from mien.emotion.framing import Crops, pictures
from mien.errors import ParameterError

# Sizes, light, contrast and blur end where the network is right ten faces in a hundred less often
# than on the faces of FER2013's test split as they are (docs/cards/emotion.md has the table).
SMALLEST = 20
"""Pixels across a face, as `framing.crop_of` frames it, below which nothing is said."""
FURTHEST_YAW, FURTHEST_PITCH = 45.0, 35.0
"""Degrees that a face may be turned aside, up or down."""
DARKEST, BRIGHTEST = 18.0, 240.0
"""Mean grey level, 0 to 255."""
FAINTEST = 8.0
"""Standard deviation of the grey levels."""
SOFTEST = 0.15
"""Sharpness, see `Quality.sharpness`."""
COVERED, NO_FACE = 0.8, 0.8
"""Probability that something covers the face, or that there is none."""

TOO_SMALL = "the face is too small"
TURNED = "the face is turned away"
DARK = "the face is too dark"
BRIGHT = "the face is too bright"
FAINT = "the face has no contrast"
BLURRED = "the face is blurred"
OCCLUDED = "the face is covered"
MISSING = "there is no face in the crop"


@dataclass(frozen=True)
class Quality:
    """What stands in the way of saying something about one face."""

    assessable: bool
    """Whether an expression may be named."""
    reason: str | None
    """Why not, in a few words; None where it may. The first that applies."""
    size: float
    """Pixels across the face."""
    brightness: float
    """Mean grey level, 0 to 255."""
    contrast: float
    """Standard deviation of the grey levels."""
    sharpness: float
    """Share of the contrast that a blur of two pixels of 48 takes away, 0 to 1."""
    covered: float
    """Probability that a hand, a mask or something else covers part of the face."""
    missing: float
    """Probability that there is no face."""


def assess(
    crop: np.ndarray,
    pose: Sequence[float] | np.ndarray | None = None,
    box: Sequence[float] | np.ndarray | None = None,
) -> Quality:
    """Say whether a face can be assessed, and if not, why.

    Parameters
    ----------
    crop : np.ndarray [shape=(height, width) or (height, width, 3), dtype=uint8]
        The face as `EmotionClassifier.predict_proba` takes it, grey or RGB.
    pose : sequence of float, optional
        Yaw, pitch and roll of the head, degrees; roll is not looked at. Without it, a turned face
        is not recognised as one.
    box : sequence of float, optional
        Left, top, right and bottom of the face in its frame, pixels: its size before anybody
        enlarged it. Without it, the crop's own size counts.

    Raises
    ------
    ParameterError
        If the crop is no picture, or pose or box have other shapes.
    """
    return assess_all([crop], None if pose is None else [pose], None if box is None else [box])[0]


def assess_all(
    crops: Crops,
    poses: Sequence[Sequence[float] | np.ndarray | None] | np.ndarray | None = None,
    boxes: Sequence[Sequence[float] | np.ndarray | None] | np.ndarray | None = None,
) -> list[Quality]:
    """As `assess`, for many faces at once.

    Parameters
    ----------
    crops : np.ndarray or list of np.ndarray
        As `EmotionClassifier.predict_proba` takes them.
    poses, boxes : sequence, optional
        One of each for each crop, or None for those not known.

    Raises
    ------
    ParameterError
        If the crops are no pictures, or there are other numbers of poses or boxes.
    """
    for name, given in (("poses", poses), ("boxes", boxes)):
        if given is not None and len(given) != len(crops):
            raise ParameterError(f"There are {len(crops)} crops but {len(given)} {name}.")
    grey, sides = pictures(crops)
    chances = expit(EmotionClassifier.load().logits(grey)[:, 14:].astype(np.float64))
    return [
        _judge(
            picture,
            float(sides[k]) if boxes is None or boxes[k] is None else _size(boxes[k]),
            None if poses is None else poses[k],
            *map(float, chances[k]),
        )
        for k, picture in enumerate(grey)
    ]


def _size(box: Sequence[float] | np.ndarray | None) -> float:
    sides = np.asarray(box, np.float64)
    if sides.shape != (4,):
        raise ParameterError(f"A box is left, top, right and bottom, not {sides.shape}.")
    return float(min(sides[2] - sides[0], sides[3] - sides[1]))


def _judge(
    picture: np.ndarray,
    size: float,
    pose: Sequence[float] | np.ndarray | None,
    covered: float,
    missing: float,
) -> Quality:
    brightness, contrast = float(picture.mean()), float(picture.std())
    sharpness = sharpness_of(picture)
    turned = False
    if pose is not None:
        angles = np.asarray(pose, np.float64)
        if angles.shape != (3,):
            raise ParameterError(f"A pose is yaw, pitch and roll, not {angles.shape}.")
        # what has no angle was not measured: nobody knows where it looks
        turned = not (abs(angles[0]) <= FURTHEST_YAW and abs(angles[1]) <= FURTHEST_PITCH)
    reasons = (
        (size < SMALLEST, TOO_SMALL),
        (turned, TURNED),
        (brightness < DARKEST, DARK),
        (brightness > BRIGHTEST, BRIGHT),
        (contrast < FAINTEST, FAINT),
        (sharpness < SOFTEST, BLURRED),
        (missing > NO_FACE, MISSING),
        (covered > COVERED, OCCLUDED),
    )
    reason = next((text for applies, text in reasons if applies), None)
    return Quality(reason is None, reason, size, brightness, contrast, sharpness, covered, missing)


def sharpness_of(picture: np.ndarray) -> float:
    """Share of a 48 x 48 picture's contrast that a blur of two pixels takes away, 0 to 1."""
    values = picture.astype(np.float32)
    contrast = float(values.std())
    if contrast < 1e-3:
        return 0.0
    return float((values - cv2.GaussianBlur(values, (0, 0), 2.0)).std()) / contrast
