"""The face at rest: drooping corners of the mouth, brows and lids, parted lips.

In a palsy or a parkinsonian face what does not move is a finding. None of the published
comparisons of de-identified video measures it. Sides are compared after the line of the eyes is
levelled: under weak perspective a turn of the head then leaves the heights of symmetric points
equal. Everything is a share of the face's width. Frames are chosen in the original; the same ones
are read in the other clip.

Both trackers lean towards a symmetric face. Of a drooping corner of the mouth that was planted in
phantoms dlib shows 36 to 74 %, depending on the face, and MediaPipe 71 to 84 %; of a drooping lid
dlib shows 13 to 36 % and MediaPipe 44 to 62 %. MediaPipe is the better judge of size here, and
both are better at differences between two clips than at one clip's own asymmetry.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from mien.face import topology
from mien.fidelity.plain import plain, plain_intervals
from mien.fidelity.reading import Reading
from mien.statistics import mean_interval

CITATION = (
    "Own measure: resting asymmetry from dlib's 68 points (Kazemi & Sullivan, One Millisecond "
    "Face Alignment with an Ensemble of Regression Trees, CVPR 2014); none of the published "
    "comparisons, such as Zhu et al., FaceMotionPreserve, Scientific Reports 2024, "
    "doi 10.1038/s41598-024-67989-5, has one"
)
RATIO: tuple[str, ...] = ()
"""No measure here is an agreement of which more is better."""
MEASURES = (
    "mouth_corner", "brow", "lid", "lid_right", "lid_left", "upper_lid_right", "upper_lid_left",
    "aperture_right", "aperture_left", "lips_parted",
)  # fmt: skip
"""Columns of `features`."""
FEWEST = 10
"""Frames of rest below which nothing is measured, unless they last half a second."""
SHORTEST_S = 0.5
_AROUND_S = 0.25  # on each side of a frame: where the face must be still
_CALM = 0.015  # spread of lips and lids in there, outer-eye distances: 2 to 3 times a tracker's
_CHOSEN = 0.25  # of the frames in which the eyes are open
_OPEN = 0.75  # of the usual distance of the lids
_UNLIKE = 2.0  # times as far from the usual face as calm frames usually are
_TURN = 0.1  # shift of the nose's tip over the outer-eye distance: about 15° of yaw
_MOVING = ([37, 38, 40, 41, 43, 44, 46, 47], [*range(48, 60)], [*range(60, 68)])  # lids, lips
_SHAPE = [*range(17, 27), *range(36, 68)]


@dataclass(frozen=True, eq=False)
class Rest:
    """Resting features of two clips as one tracker reads them: medians over the same frames."""

    original: dict[str, float]
    """By name (`MEASURES`), signed; NaN where not measurable."""
    other: dict[str, float]
    """The same of the other clip."""

    def error(self, name: str) -> float:
        """Absolute difference of a feature."""
        return abs(self.other[name] - self.original[name])

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            name: {
                "original": plain(self.original[name]),
                "other": plain(self.other[name]),
                "error": plain(self.error(name)),
            }
            for name in MEASURES
        }


@dataclass(frozen=True, eq=False)
class RestingMeasure:
    """The resting face of an original and of another clip of it."""

    frames: np.ndarray
    """Numbers of the resting frames; empty if the original never rests, shape (n,)."""
    seconds: float
    """How long they are shown together."""
    dlib: Rest
    """Read by dlib."""
    mediapipe: Rest
    """Second opinion: the same read by MediaPipe."""
    intervals: dict[str, tuple[float, float] | None]
    """95 % intervals of the mean difference other - original, by dlib."""

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready: dlib's features, MediaPipe's under ``second_opinion``."""
        return {
            "known": len(self.frames) > 0,
            "frames": len(self.frames),
            "seconds": plain(self.seconds),
            **self.dlib.as_dict(),
            "second_opinion": self.mediapipe.as_dict(),
            "interval": plain_intervals(self.intervals),
        }


def features(points: np.ndarray) -> np.ndarray:
    """Resting features frame by frame.

    Parameters
    ----------
    points : np.ndarray [shape=(n_frames, 68 or 478, 2 or more)]
        dlib's points or MediaPipe's mesh, pixels, NaN where there is no face.

    Returns
    -------
    features : np.ndarray [shape=(n_frames, 10)]
        In the order of `MEASURES`, in per cent of the face's width (dlib 0 to 16) but for the
        apertures. Of pairs the patient's right minus left, upwards positive:

        - ``mouth_corner``: height of the corners of the mouth;
        - ``brow``: height of each brow above the corners of its eye;
        - ``lid``: distance of the lids, and each eye's own (``lid_right``, ``lid_left``);
        - ``upper_lid_right``, ``upper_lid_left``: height of the upper lid above the line between
          the eye's corners: low in ptosis;
        - ``aperture_right``, ``aperture_left``: distance of the lids over the eye's width, not
          per cent;
        - ``lips_parted``: distance of the inner lips.
    """
    part = _DLIB if points.shape[1] == 68 else _MESH
    flat = points[..., :2]
    right, left = (flat[:, part[f"{side}_corners"]].mean(1) for side in ("right", "left"))
    along = left - right
    along = along / np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    up = np.stack([along[:, 1], -along[:, 0]], 1)
    height = ((flat - (right + left)[:, None] / 2) * up[:, None]).sum(2)
    ends = flat[:, part["face"]]
    width = np.maximum(np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1), 1e-9)
    corner = height[:, part["mouth"]]
    brow, lid, upper, aperture = [], [], [], []
    for side in ("right", "left"):
        eye = part[f"{side}_corners"]
        centre = height[:, eye].mean(1)
        above = height[:, part[f"{side}_upper"]].mean(1)
        gap = above - height[:, part[f"{side}_lower"]].mean(1)
        across = np.linalg.norm(flat[:, eye[1]] - flat[:, eye[0]], axis=1)
        brow.append((height[:, part[f"{side}_brow"]].mean(1) - centre) / width)
        lid.append(gap / width)
        upper.append((above - centre) / width)
        aperture.append(gap / np.maximum(across, 1e-9))
    lips = (height[:, part["upper_lip"]] - height[:, part["lower_lip"]]).mean(1) / width
    shares = [(corner[:, 0] - corner[:, 1]) / width, brow[0] - brow[1], lid[0] - lid[1]]
    shares += [*lid, *upper]
    return np.column_stack([*(100 * share for share in shares), *aperture, 100 * lips])


def resting(points: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Find the frames in which a face rests.

    In a resting frame the face is found, the eyes are as open as usual, and lips and lids keep
    still for a quarter of a second on both sides. Of these the quarter is taken that is calmest,
    most like the calm frames' usual face and turned to the camera most. A face that holds a smile
    through most of a clip is taken to rest in it.

    Parameters
    ----------
    points : np.ndarray [shape=(n_frames, 68, 2)]
        dlib's points, NaN where there is no face.
    times : np.ndarray [shape=(n_frames,)]
        Seconds.

    Returns
    -------
    frames : np.ndarray [shape=(n,), dtype=int]
        Ascending; empty if there are neither 10 frames nor half a second of them.
    """
    found = np.flatnonzero(np.isfinite(points[:, 0, 0]))
    if not len(found):
        return found
    at, upright = times[found], _upright(points[found])
    motion = _motion(upright, at)
    lids = features(points[found])[:, [MEASURES.index(f"lid_{eye}") for eye in ("right", "left")]]
    fits = (lids.mean(1) >= _OPEN * np.median(lids.mean(1))) & (motion <= _CALM)
    if not fits.any():
        return found[:0]
    # what is usual is said by the calm frames: a face that talks has no usual lips
    usual = np.median(upright[fits][:, _SHAPE], axis=0)
    unlike = np.sqrt(((upright[:, _SHAPE] - usual) ** 2).sum(2).mean(1))
    spread = max(float(np.median(unlike[fits])), 1e-6)
    fits &= unlike <= _UNLIKE * spread
    cost = motion / _CALM + unlike / spread + abs(upright[:, 30, 0]) / _TURN
    wanted = min(max(FEWEST, round(_CHOSEN * len(found))), int(fits.sum()))
    order = np.argsort(np.where(fits, cost, np.inf), kind="stable")[:wanted]
    chosen = np.sort(found[order])
    if len(chosen) < FEWEST and _shown(chosen, times) < SHORTEST_S:
        return chosen[:0]
    return chosen


def measure(original: Reading, other: Reading) -> RestingMeasure:
    """Compare the resting face of two clips.

    Parameters
    ----------
    original, other : Reading
        With the same frames.
    """
    times = original.times
    frames = resting(original.points, times)
    read = [features(reading.points) for reading in (original, other)]
    meshes = [features(reading.mesh) for reading in (original, other)]
    difference = np.full(read[0].shape, np.nan)
    difference[frames] = (read[1] - read[0])[frames]
    return RestingMeasure(
        frames=frames,
        seconds=_shown(frames, times),
        dlib=_rest(read[0], read[1], frames),
        mediapipe=_rest(meshes[0], meshes[1], frames),
        intervals={
            name: mean_interval(difference[:, k], times) if len(frames) else None
            for k, name in enumerate(MEASURES)
        },
    )


_DLIB = {
    "right_corners": np.array([36, 39]), "left_corners": np.array([45, 42]),
    "right_upper": np.array([37, 38]), "left_upper": np.array([44, 43]),
    "right_lower": np.array([41, 40]), "left_lower": np.array([46, 47]),
    "right_brow": np.arange(17, 22), "left_brow": np.arange(22, 27),
    "mouth": np.array([48, 54]),
    "upper_lip": np.array([61, 62, 63]), "lower_lip": np.array([67, 66, 65]),
    "face": np.array([0, 16]),
}  # fmt: skip
_MESH = {
    "right_corners": topology.RIGHT_EYE_CORNERS, "left_corners": topology.LEFT_EYE_CORNERS,
    "right_upper": topology.RIGHT_EYE_UPPER[[2, 4]], "left_upper": topology.LEFT_EYE_UPPER[[2, 4]],
    "right_lower": topology.RIGHT_EYE_LOWER[[2, 4]], "left_lower": topology.LEFT_EYE_LOWER[[2, 4]],
    "right_brow": topology.RIGHT_BROW[:5], "left_brow": topology.LEFT_BROW[:5],
    "mouth": topology.OUTER_LIP_CORNERS,
    "upper_lip": topology.INNER_LIP_UPPER[3:6], "lower_lip": topology.INNER_LIP_LOWER[3:6],
    "face": np.array([234, 454]),
}  # fmt: skip


def _upright(points: np.ndarray) -> np.ndarray:
    """Points with roll, scale and place of the eyes taken out, outer-eye distances."""
    right, left = points[:, 36], points[:, 45]
    span = np.maximum(np.linalg.norm(left - right, axis=1), 1e-9)
    along = (left - right) / span[:, None]
    away = (points - (right + left)[:, None] / 2) / span[:, None, None]
    down = np.stack([-along[:, 1], along[:, 0]], 1)
    return np.stack([(away * along[:, None]).sum(2), (away * down[:, None]).sum(2)], 2)


def _motion(upright: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Spread within a quarter of a second of each frame, of lids, outer or inner lips, whichever
    move most, shape (n_frames,)."""
    first = np.searchsorted(times, times - _AROUND_S - 1e-9)
    last = np.searchsorted(times, times + _AROUND_S + 1e-9)
    spread = np.full(len(times), np.inf)
    for k, (start, end) in enumerate(zip(first, last, strict=True)):
        if end - start > 2:
            variance = upright[start:end].var(0).sum(1)
            spread[k] = math.sqrt(max(variance[group].mean() for group in _MOVING))
    return spread


def _rest(one: np.ndarray, two: np.ndarray, frames: np.ndarray) -> Rest:
    """Medians over the resting frames in which both faces are found."""
    both = frames[np.isfinite(one[frames]).all(1) & np.isfinite(two[frames]).all(1)]
    sides = []
    for values in (one, two):
        middle = np.median(values[both], axis=0) if len(both) else np.full(len(MEASURES), np.nan)
        sides.append({name: float(value) for name, value in zip(MEASURES, middle, strict=True)})
    return Rest(*sides)


def _shown(frames: np.ndarray, times: np.ndarray) -> float:
    """How long frames are shown together, seconds."""
    if len(times) < 2:
        return 0.0
    lasts = np.diff(np.r_[times, times[-1] + np.median(np.diff(times))])
    return float(lasts[frames].sum())
