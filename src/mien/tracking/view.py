"""The frame in which a person is seen best, and a picture of them there."""

from __future__ import annotations

import os

import cv2
import numpy as np

from mien.tracking.track import FaceTrack, State
from mien.video import Reader

_APART = 1.5  # face sizes between a face that is pointed at and the next one, if there is a choice


def clear_view(track: FaceTrack, tracks: list[FaceTrack], size: tuple[int, int]) -> int:
    """The frame in which a person is seen best: whole, large, from the front, away from others.

    Parameters
    ----------
    track : FaceTrack
        Whom.
    tracks : list of FaceTrack
        Everybody in the clip.
    size : tuple of int
        Height and width of the frame, pixels.

    Returns
    -------
    frame : int
    """
    frames = np.flatnonzero(track.state == State.TRACKED)
    points = track.landmarks[frames, :, :2]
    eyes = np.linalg.norm(points[:, 33] - points[:, 263], axis=1)  # short in profile or far away
    middles, sizes = points.mean(1), np.ptp(points, axis=1).max(1)
    room = np.full(len(frames), np.inf)
    for other in tracks:
        if other is not track:
            away = np.abs(other.landmarks[frames, :, :2].mean(1) - middles).max(1) / sizes
            away[other.state[frames] == State.LOST] = 0  # who knows where they are
            room = np.fmin(room, away)
    inside = ((points >= 0) & (points < [size[1], size[0]])).all(2).mean(1)
    score = eyes * inside**8 * np.where(room > _APART, 1.0, 0.3)
    return int(frames[score.argmax()])


def portraits(
    video: str | os.PathLike[str], tracks: list[FaceTrack], views: list[int], side: int = 320
) -> list[np.ndarray]:
    """One square picture of each person's face.

    Parameters
    ----------
    video : path
        The clip; only read, and no further than the last of the frames.
    tracks : list of FaceTrack
        Whom.
    views : list of int
        The frame to take of each, as `clear_view` gives it.
    side : int
        Width and height of each picture, pixels.

    Returns
    -------
    portraits : list of np.ndarray [shape=(side, side, 3)], uint8
        RGB.
    """
    found: dict[int, np.ndarray] = {}
    with Reader(video) as reader:
        for frame in reader:
            for number, view in enumerate(views):
                if frame.index == view:
                    points = tracks[number].landmarks[view, :, :2]
                    low, high = points.min(0), points.max(0)
                    scale = side / (1.7 * float((high - low).max()))
                    shift = side / 2 - (low + high) / 2 * scale
                    matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
                    face = cv2.warpAffine(frame.image, matrix, (side, side), flags=cv2.INTER_AREA)
                    found[number] = np.asarray(face)
            if frame.index >= max(views):
                break
    return [found[number] for number in range(len(views))]
