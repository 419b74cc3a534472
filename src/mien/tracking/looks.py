"""Whether a face still looks like whom it was followed as."""

from __future__ import annotations

import cv2
import numpy as np

from mien.models.sighting import Sighting
from mien.tracking.places import distance
from mien.tracking.runs import Runs
from mien.tracking.tracklet import Tracklet

_CHANGED = 0.45  # descriptor distance that a face does not move from one frame to the next
_CLEARLY = 0.1  # descriptor distance by which a face has to be more like another one
NEAR = 3.0  # face sizes within which another face may be taken for one that was just found
_MOVING = 0.03  # face sizes per frame between two faces above which place is not to be trusted
_BELIEVED = 0.25  # face sizes by which landmarks may lie beside the eyes and mouth that are seen
_ALIKE = 0.9  # correlation of a face with itself a frame earlier: .96 and more on ten clips
_PERHAPS = 0.3  # descriptor distance from which a face that changed at once may be somebody else's
_ANOTHER = 0.5  # descriptor distance from which a face that changed at once is somebody else's
_DRIFTED = 0.8  # correlation of a face with itself as it was described, below which it is again
_PACE = 5  # frames between two such descriptions
_WATCHED = 30  # frames after which a face is described again, to be known in every stretch
_EYES_AND_MOUTH = ((33, 133), (362, 263), (13, 14))  # landmarks
_PLACES = np.array([[7, 8], [17, 8], [12, 18]], np.float32)  # of these in a patch, pixels


def notice_changes(runs: Runs, image: np.ndarray, number: int) -> None:
    """Cut the run of a face that became somebody else's from one frame to the next."""
    for k, tracklet in enumerate(runs.open):
        patch, before = patch_of(image, tracklet.landmarks[-1]), tracklet.patch
        tracklet.patch = patch
        if before is None or runs.describe is None or not tracklet.descriptors:
            continue
        if float((patch * before).sum()) >= _ALIKE:
            continue
        looks = runs.describe(image, tracklet.landmarks[-1])
        unlike = how_unlike(looks, tracklet)
        if unlike < _PERHAPS:
            tracklet.views.append((number, looks))
            continue
        close, another = tracklet.close, unlike >= _ANOTHER
        runs.open[k] = rest = runs.cut(tracklet, number, linked=not another)
        rest.views.append((number, looks))
        rest.patch = patch
        if another and not close and number not in runs.cuts:  # nobody walked in: the film was cut
            runs.cuts.append(number)


def describe_some(runs: Runs, image: np.ndarray) -> None:
    """Describe a few views of each run: enough to know the person again."""
    if runs.describe is None:
        return
    number = len(runs.times) - 1
    for k, tracklet in enumerate(runs.open):
        age = len(tracklet.landmarks)
        wary = _wary(runs, tracklet)
        due = not tracklet.views or age == 15 or age % _WATCHED == 0
        if not (wary or due or _drifted(tracklet, number)):
            continue
        looks = runs.describe(image, tracklet.landmarks[-1])
        if wary and age > 1 and is_another(runs, looks, tracklet):
            tracklet = runs.open[k] = runs.cut(tracklet, number, linked=False)
        tracklet.views.append((number, looks))
        if tracklet.patch is not None:
            tracklet.described = number, tracklet.patch


def is_another(runs: Runs, looks: np.ndarray, tracklet: Tracklet) -> bool:
    """Whether a face looks less like a run's than like another one's that was near of late."""
    own = how_unlike(looks, tracklet)
    if own < _CHANGED:
        return False
    return any(
        np.linalg.norm(looks - d) < own - _CLEARLY
        for run in runs.lately()
        if run is not tracklet
        for d in run.descriptors
    )


def _wary(runs: Runs, tracklet: Tracklet) -> bool:
    """Whether a run may have gone over to another face in this frame, so that it has to be
    looked at: others are near, and something moves or has only just been found."""
    if len(runs.open) + len(runs.missing) < 2:
        return False
    age, region, pace = len(tracklet.landmarks), tracklet.region, tracklet.pace()
    for other in [*runs.open, *runs.missing]:
        if other is tracklet:
            continue
        apart = distance(region, other.region)
        moving = np.abs(pace - other.pace()).max() > _MOVING * region.size
        if apart < NEAR and (age <= 4 or (tracklet.close and moving)):
            return True
        if tracklet.close and age % 8 == 0:
            return True
    return False


def how_unlike(looks: np.ndarray, tracklet: Tracklet) -> float:
    """Descriptor distance of a view to the most alike one of a run; 0 if there is none."""
    return min((float(np.linalg.norm(looks - d)) for d in tracklet.descriptors), default=0.0)


def _drifted(tracklet: Tracklet, number: int) -> bool:
    """Whether a face looks otherwise than when it was described last."""
    if tracklet.described is None or tracklet.patch is None:
        return False
    frame, patch = tracklet.described
    return number - frame >= _PACE and float((patch * tracklet.patch).sum()) < _DRIFTED


def on_eyes_and_mouth(points: np.ndarray, sighting: Sighting) -> bool:
    """Whether landmarks lie on the eyes and the mouth that a detector sees."""
    if not np.isfinite(sighting.points).all():
        return True
    own = np.stack([points[list(some), :2].mean(0) for some in _EYES_AND_MOUTH])
    away = np.linalg.norm(own - sighting.points, axis=1)
    return bool(away.max() < _BELIEVED * sighting.size)


def patch_of(image: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Eyes to mouth as a small grey picture whose sum of squares is 1, shape (24, 24)."""
    own = np.stack([points[list(some), :2].mean(0) for some in _EYES_AND_MOUTH])
    matrix = cv2.getAffineTransform(own.astype(np.float32), _PLACES)
    grey = cv2.cvtColor(cv2.warpAffine(image, matrix, (24, 24)), cv2.COLOR_RGB2GRAY)
    smooth = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), 1)
    smooth -= smooth.mean()
    return np.asarray(smooth / max(float(np.linalg.norm(smooth)), 1e-3))
