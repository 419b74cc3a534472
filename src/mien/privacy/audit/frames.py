"""Pictures of a compared frame, kept small: a clip in which every frame is asked has many."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from mien.video import Frame

SIDE = 200
"""Pixels of a picture's side."""
_QUALITY = 92  # of JPEG
_FLAT = 3.0  # grey levels by which what is covered varies


@dataclass(frozen=True, eq=False)
class Shot:
    """One face in the original and in the result. Its pictures show the patient."""

    frame: int
    """Number of the original frame."""
    before: bytes
    """The face in the original, JPEG."""
    after: bytes
    """The same place in the result, JPEG."""

    @classmethod
    def of(cls, first: Frame, second: Frame, here: np.ndarray, there: np.ndarray) -> Shot:
        """Cut the face out of both, by landmarks of shape (478, 3) in either's pixels."""
        return cls(
            first.index,
            _packed(_picture(first.image, here)),
            _packed(_picture(second.image, there)),
        )

    @property
    def original(self) -> np.ndarray:
        """The face in the original, RGB, shape (200, 200, 3), uint8."""
        return _unpacked(self.before)

    @property
    def result(self) -> np.ndarray:
        """The same place in the result, likewise."""
        return _unpacked(self.after)


def covered(chip: np.ndarray, original: np.ndarray) -> bool:
    """Whether a chip is of one colour but for an encoder's noise, where the original is not: a face
    in the dark is not covered, and can be made brighter."""
    return _unevenness(chip) < _FLAT and _unevenness(original) > 4 * _FLAT


def _unevenness(picture: np.ndarray) -> float:
    """Standard deviation of the channel in which it is largest, grey levels."""
    return float(cv2.meanStdDev(picture)[1].max())


def _picture(image: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
    """A square picture of a head, grey where it leaves the frame."""
    low, high = landmarks[:, :2].min(0), landmarks[:, :2].max(0)
    centre, side = (low + high) / 2, 1.5 * float((high - low).max())
    scale = SIDE / max(side, 1.0)
    shift = SIDE / 2 - centre * scale
    matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return cv2.warpAffine(image, matrix, (SIDE, SIDE), flags=how, borderValue=(118, 118, 118))


def _packed(picture: np.ndarray) -> bytes:
    return cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[
        1
    ].tobytes()


def _unpacked(content: bytes) -> np.ndarray:
    return np.asarray(cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)[..., ::-1])
