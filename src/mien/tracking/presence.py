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
    boxes = track.landmarks.boxes(known)
    low, high = boxes[:, :2], boxes[:, 2:]
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
    boxes = track.landmarks.boxes(known).astype(float)
    side = float(np.median((boxes[:, 2:] - boxes[:, :2]).max(1)))
    middles = np.array([track.landmarks[k, :, :2].mean(0, dtype=float) for k in known])
    strays = middles.std(0).max() / side
    if strays > _MOVES:
        return False
    opened = [
        _opening(track, known, *pair)
        for pair in zip((*_LIDS, _LIPS), (*_EYES, _MOUTH), strict=True)
    ]
    return bool(max(np.ptp(np.percentile(one, [2, 98])) for one in opened) < _OPENS)


def _opening(
    track: FaceTrack, frames: np.ndarray, across: tuple[int, int], along: tuple[int, int]
) -> np.ndarray:
    """Distance of two landmarks as a share of that of two others, shape (n_frames,)."""
    ends = track.landmarks[frames, [*across, *along], :2].astype(float)
    apart, wide = (np.linalg.norm(ends[:, k] - ends[:, k + 1], axis=1) for k in (0, 2))
    return np.asarray(apart / np.maximum(wide, 1e-6))
