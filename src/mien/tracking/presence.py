"""How present a person is in a clip, and whether it is a picture that never moves."""

from __future__ import annotations

import numpy as np

from mien.tracking.track import FaceTrack

_LEAST_S = 2.0  # a face that is seen for less may be still by chance
_MOVES = 0.003  # of the face's side: how far its middle strays; a poster's .000 to .003 by noise
# of the eye's or the mouth's width, by which it opens and shuts: of people one of the two is .2 and
# more within three seconds on seven clips, of posters of 50 pixels and more up to .1
_OPENS = 0.15
_STILL = 0.2  # what the presence of a picture counts
_EDGE = 0.5  # what a face in a corner of the frame counts
_LIDS, _EYES, _LIPS, _MOUTH = ((159, 145), (386, 374)), ((33, 133), (362, 263)), (13, 14), (61, 291)


def presence(track: FaceTrack, size: tuple[int, int]) -> float:
    """How present somebody is: seen long, large, near the middle, and moving.

    Parameters
    ----------
    track : FaceTrack
        The person.
    size : tuple of int
        Height and width of the frame, pixels.

    Returns
    -------
    presence : float
        Frames times pixels of the face's side, times a share for the two others.
    """
    known = track.known()
    if not len(known):
        return 0.0
    places = track.landmarks[known, :, :2]
    low, high = places.min(1), places.max(1)
    side = float(np.median((high - low).max(1)))
    middle = np.array([size[1], size[0]]) / 2
    away = np.abs(np.median((low + high) / 2, axis=0) - middle) / middle
    central = 1 - (1 - _EDGE) * float(np.clip(away.max(), 0, 1))
    return len(known) * side * central * (_STILL if track.still else 1.0)


def is_still(track: FaceTrack, times: np.ndarray) -> bool:
    """Whether a face neither moves nor blinks nor speaks while it is seen, as on a poster.

    Parameters
    ----------
    track : FaceTrack
        The person.
    times : np.ndarray [shape=(n_frames,)]
        Presentation times, seconds, increasing.
    """
    known = track.known()
    if len(known) < 2 or times[known[-1]] - times[known[0]] < _LEAST_S:
        return False
    points = track.landmarks[known, :, :2].astype(float)
    side = float(np.median((points.max(1) - points.min(1)).max(1)))
    strays = points.mean(1).std(0).max() / side
    if strays > _MOVES:
        return False
    opened = [
        _opening(points, *pair) for pair in zip((*_LIDS, _LIPS), (*_EYES, _MOUTH), strict=True)
    ]
    return bool(max(np.ptp(np.percentile(one, [2, 98])) for one in opened) < _OPENS)


def _opening(points: np.ndarray, across: tuple[int, int], along: tuple[int, int]) -> np.ndarray:
    """Distance of two landmarks as a share of that of two others, shape (n_frames,)."""
    apart, wide = (np.linalg.norm(points[:, a] - points[:, b], axis=1) for a, b in (across, along))
    return np.asarray(apart / np.maximum(wide, 1e-6))
