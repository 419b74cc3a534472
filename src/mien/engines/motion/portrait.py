"""The part of a frame that a motion model sees, and the way back into the frame."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from mien.face.model import FaceModel
from mien.face.topology import FACE_OVAL, INNER_LIP_RING, LEFT_EYE_RING, RIGHT_EYE_RING

_SIDE = 3.2  # outer-eye distances along a side: a face, its hair and some of what is around
_GROWN = 1.1  # of the face's outline, that is replaced wholly
_SOFT = 0.012  # of the face's height, over which an opening fades into the skin around it
_MOST = 1.3  # of the outline, beyond which nothing is replaced


@dataclass(frozen=True)
class Crop:
    """A square of a frame around a face."""

    left: int
    """Column of its first pixel in the frame; may lie outside."""
    top: int
    """Row of its first pixel in the frame."""
    side: int
    """Pixels of the frame along a side."""

    @staticmethod
    def around(landmarks: np.ndarray, alpha: np.ndarray) -> Crop:
        """The square around a face, which expressions do not move.

        Parameters
        ----------
        landmarks : np.ndarray [shape=(478, 3)]
            The face, pixels.
        alpha : np.ndarray [shape=(40,)]
            Whose it is, see `FaceModel.fit`.
        """
        model = FaceModel.load()
        pose = model.pose(landmarks, alpha)
        middle = pose.apply(model.neutral[:468].mean(0))
        side = max(16, round(_SIDE * pose.scale))
        return Crop(round(middle[0] - side / 2), round(middle[1] - side / 2), side)

    def of(self, image: np.ndarray, size: int) -> np.ndarray:
        """That part of a frame, beyond whose edges its last pixels go on.

        Parameters
        ----------
        image : np.ndarray [shape=(height, width, 3), dtype=uint8]
            The frame.
        size : int
            Pixels along a side of the result.
        """
        height, width = image.shape[:2]
        rows = np.arange(self.top, self.top + self.side).clip(0, height - 1)
        columns = np.arange(self.left, self.left + self.side).clip(0, width - 1)
        part = image[rows[:, None], columns]
        how = cv2.INTER_AREA if size < self.side else cv2.INTER_LINEAR
        return cv2.resize(part, (size, size), interpolation=how)

    def inwards(self, points: np.ndarray, size: int) -> np.ndarray:
        """Points of the frame in the resized part, pixels, shape (n, 3)."""
        return (points - [self.left, self.top, 0]) * (size / self.side)

    def outwards(self, points: np.ndarray, size: int) -> np.ndarray:
        """Points of the resized part in the frame, pixels, shape (n, 3)."""
        return points * (self.side / size) + [self.left, self.top, 0]

    def back(self, picture: np.ndarray, box: tuple[int, int, int, int]) -> np.ndarray:
        """What of a network's picture lies in a frame, at the frame's size.

        Parameters
        ----------
        picture : np.ndarray [shape=(size, size, 3), dtype=uint8]
            Of the whole square.
        box : tuple of 4 int
            See `box`.
        """
        how = cv2.INTER_CUBIC if self.side > len(picture) else cv2.INTER_AREA
        whole = cv2.resize(picture, (self.side, self.side), interpolation=how)
        rows = np.arange(box[1], box[3]) - self.top
        columns = np.arange(box[0], box[2]) - self.left
        last = self.side - 1
        return np.ascontiguousarray(whole[rows.clip(0, last)[:, None], columns.clip(0, last)])

    def box(self, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
        """What of it lies in a frame: left, top, right, bottom; at least a pixel."""
        height, width = shape[:2]
        left, top = min(max(self.left, 0), width - 1), min(max(self.top, 0), height - 1)
        right = max(min(self.left + self.side, width), left + 1)
        bottom = max(min(self.top + self.side, height), top + 1)
        return left, top, right, bottom


def opacity(before: np.ndarray, drawn: np.ndarray, box: tuple[int, int, int, int]) -> np.ndarray:
    """Where a drawn face replaces the frame: all of the face that was, and softly beyond.

    Parameters
    ----------
    before, drawn : np.ndarray [shape=(478, 3)]
        The face that was and the one that is drawn, pixels of the frame.
    box : tuple of 4 int
        The part of the frame that is asked about: left, top, right, bottom.

    Returns
    -------
    opacity : np.ndarray [shape=(height, width), dtype=float32]
        0-1; 0 beyond 1.3 times the outline of the face that was.
    """
    left, top, right, bottom = box
    outline = before[FACE_OVAL, :2]
    middle = outline.mean(0)
    both = np.concatenate([middle + _GROWN * (outline - middle), drawn[FACE_OVAL, :2]])

    def filled(points: np.ndarray) -> np.ndarray:
        mask = np.zeros((bottom - top, right - left), np.uint8)
        hull = cv2.convexHull(((points - [left, top]) * 16).round().astype(np.int32))
        return cv2.fillConvexPoly(mask, hull, 1, cv2.LINE_8, 4)

    inner, most = filled(both), filled(middle + _MOST * (outline - middle))
    away = cv2.distanceTransform(1 - inner, cv2.DIST_L2, 5)
    soft = 0.06 * float(np.ptp(outline[:, 1])) + 1
    ramp = np.clip(1 - away / soft, 0, 1)
    # at the limit it ends softly as well
    within = np.clip(cv2.distanceTransform(most, cv2.DIST_L2, 5) / soft, 0, 1)
    sure = filled(outline) > 0
    return np.where(sure, 1.0, ramp * within).astype(np.float32)


def openings(landmarks: np.ndarray, box: tuple[int, int, int, int]) -> np.ndarray:
    """Where eyes and the inner mouth are: 1 within, fading inwards to 0 at their edges.

    Parameters
    ----------
    landmarks : np.ndarray [shape=(478, 3)]
        The face, pixels of the frame.
    box : tuple of 4 int
        The part of the frame that is asked about: left, top, right, bottom.

    Returns
    -------
    openings : np.ndarray [shape=(height, width), dtype=float32]
    """
    left, top, right, bottom = box
    mask = np.zeros((bottom - top, right - left), np.uint8)
    for ring in (RIGHT_EYE_RING, LEFT_EYE_RING, INNER_LIP_RING):
        outline = ((landmarks[ring, :2] - [left, top]) * 16).round().astype(np.int32)
        cv2.fillPoly(mask, [outline], 1, cv2.LINE_8, 4)
    soft = max(1.0, _SOFT * float(np.ptp(landmarks[FACE_OVAL, 1])))
    inwards = cv2.distanceTransform(mask, cv2.DIST_L2, 5)
    return np.clip(inwards / soft, 0, 1).astype(np.float32)
