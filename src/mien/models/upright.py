"""Which way up a face is: asked of several detectors."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from mien.models.sighting import QUARTERS, FaceDetector, Sighting, at_quarters

_AROUND = 2.4  # face sizes of the picture in which is looked
_CLOSE_UP = 240  # pixels of its side
_OFF = 0.8  # face sizes by which detectors may place one face differently
_SURER = 0.05  # by which a detector has to be surer of another way up
_LIKE = (0.4, 2.2)  # by which they may differ in its size


def orient(
    detectors: Sequence[FaceDetector], image: np.ndarray, sighting: Sighting
) -> tuple[Sighting, int]:
    """Ask detectors which way up a face is.

    Parameters
    ----------
    detectors : sequence of FaceDetector
        Whose scores are alike, 0 to 1.
    image : np.ndarray [shape=(height, width, 3), dtype=uint8]
        RGB.
    sighting : Sighting
        Where the face is, and how it seems to be turned.

    Returns
    -------
    sighting : Sighting
        The face as most of them see it; the one given if no other way up is surer.
    voices : int
        How many of them see it so, at least 1.
    """
    part, left, top, scale = _close_up(image, sighting.x, sighting.y, sighting.size)
    best: list[Sighting] = []
    for quarter in _from(sighting.angle):
        seen = [s for d in detectors for s in _near_middle(d, part, quarter)]
        if _certainty(seen) > _certainty(best) + 1e-6:
            best = seen
    if not best:
        return sighting, 1
    return max(best, key=lambda s: s.score).moved(left, top, scale), len(best)


def level(
    detector: FaceDetector, image: np.ndarray, x: float, y: float, size: float, angle: float
) -> bool | None:
    """Whether a face is the way up that is said of it; None where a detector sees none.

    Parameters
    ----------
    detector : FaceDetector
        Who is asked.
    image : np.ndarray [shape=(height, width, 3), dtype=uint8]
        RGB.
    x, y, size, angle : float
        As in `Sighting`.
    """
    part, _, _, _ = _close_up(image, x, y, size)
    own, *others = (_certainty(_near_middle(detector, part, q)) for q in _from(angle))
    if own == max(others) == 0:
        return None
    return own + _SURER > max(others)


def _from(angle: float) -> list[int]:
    """The four quarter turns, the one nearest to an angle first."""
    own = round(angle / (np.pi / 2)) % 4
    return [own, *(quarter for quarter in QUARTERS if quarter != own)]


def _near_middle(detector: FaceDetector, part: np.ndarray, quarter: int) -> list[Sighting]:
    """What a detector sees in the middle of a close-up, at most one."""
    size, half = part.shape[0] / _AROUND, part.shape[0] / 2
    near = [
        s
        for s in at_quarters(detector.find, part, (quarter,))
        if max(abs(s.x - half), abs(s.y - half)) < _OFF * size
        and _LIKE[0] < s.size / size < _LIKE[1]
    ]
    return near[:1]


def _certainty(seen: list[Sighting]) -> float:
    return sum(sighting.score for sighting in seen)


def _close_up(
    image: np.ndarray, x: float, y: float, size: float
) -> tuple[np.ndarray, float, float, float]:
    """A square picture around a face, grey beyond the frame; where its corner is, and its scale."""
    side = _AROUND * size
    scale = side / _CLOSE_UP
    left, top = x - side / 2, y - side / 2
    matrix = np.array([[1 / scale, 0, -left / scale], [0, 1 / scale, -top / scale]])
    part = cv2.warpAffine(
        image,
        matrix,
        (_CLOSE_UP, _CLOSE_UP),
        flags=cv2.INTER_AREA if scale > 1 else cv2.INTER_LINEAR,
        borderValue=(118, 118, 118),
    )
    return part, left, top, scale
