"""Frames in which a known face was not measured: bridged when short, else to be covered."""

from __future__ import annotations

import itertools

import numpy as np

from mien.tracking.track import FaceTrack, State

BRIDGE_S = 0.2
REACH_S = 1.0  # how long a lost face is still expected near where it was


def bridge(track: FaceTrack, times: np.ndarray, size: tuple[int, int]) -> None:
    """Fill the gaps of a track in place.

    A gap of at most 0.2 s with landmarks on both sides is interpolated. Any other frame within 1 s
    of a measurement is `LOST`: the face may still be there and the frame has to be covered around
    the place where it was. Further away the person counts as absent.

    Parameters
    ----------
    track : FaceTrack
        Changed in place.
    times : np.ndarray [shape=(n_frames,)]
        Presentation times, seconds, increasing.
    size : tuple of int
        Height and width of the frame, pixels.
    """
    known = np.flatnonzero(track.state == State.TRACKED)
    if not len(known):
        return
    for before, after in itertools.pairwise(known):
        if after == before + 1:
            continue
        gap = slice(before + 1, after)
        if times[after] - times[before] <= BRIDGE_S + 1e-6:
            share = (times[gap] - times[before]) / (times[after] - times[before])
            a, b = track.landmarks[before], track.landmarks[after]
            track.landmarks[gap] = a + share[:, None, None] * (b - a)
            track.state[gap] = State.INTERPOLATED
    for frame in np.flatnonzero(track.state == State.ABSENT):
        since = np.abs(times[frame] - times[_neighbours(known, frame)]).min()
        if since <= REACH_S and not _left(track, known, frame, size):
            track.state[frame] = State.LOST


def reach(track: FaceTrack, times: np.ndarray, frame: int) -> np.ndarray:
    """Where a lost face may be: left, top, right, bottom in pixels, shape (4,).

    The union of the boxes at the nearest measurements on either side, enlarged by half a face and
    by one more face for every second away.
    """
    known = track.known()
    corners = []
    for other in _neighbours(known, frame):
        points = track.landmarks[other, :, :2]
        low, high = points.min(0), points.max(0)
        side = (high - low).max()
        room = side * (0.5 + abs(times[frame] - times[other]))
        corners.append(np.concatenate([low - room, high + room]))
    boxes = np.array(corners)
    return np.concatenate([boxes[:, :2].min(0), boxes[:, 2:].max(0)])


def _neighbours(known: np.ndarray, frame: int) -> np.ndarray:
    """The last known frame before and the first after, where there are such."""
    at = np.searchsorted(known, frame)
    return known[max(at - 1, 0) : at + 1]


def _left(track: FaceTrack, known: np.ndarray, frame: int, size: tuple[int, int]) -> bool:
    """Whether the face was last seen wholly outside the picture: nothing to cover then."""
    height, width = size
    for other in _neighbours(known, frame):
        points = track.landmarks[other, :, :2]
        inside = (points >= 0).all(1) & (points < [width, height]).all(1)
        if inside.any():
            return False
    return True
