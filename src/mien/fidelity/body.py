"""Whether the body stands and moves as it did: similarity of keypoints, as COCO scores it.

The original's keypoints are taken as the truth. A keypoint counts in a frame if the original shows
it (visibility above .5, inside the picture). COCO takes the area of the person's outline for the
square of the scale, and so it is done here. Where no outline is known, 0.53 of a box is taken: of a
whole body an outline fills about that, of a talking head twice as much. The box holds the keypoints
that count and, where shoulders or hips lie outside the picture, reaches its edge there, as the
outline of a body that is cut off does. It is never less than the square of the face's own extent:
the box around eyes, ears and nose alone is nearly a line. The neck is made from the shoulders and
would count them twice: it is left out of the similarity and only its distance is given. Studies
that read 18 keypoints, as OpenPose does, count it: `Body.with_neck` is the same with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mien.fidelity.plain import mean_or_none, plain, plain_each, plain_intervals
from mien.fidelity.reading import COCO, Reading
from mien.statistics import mean_interval

CITATION = (
    "Lin et al., Microsoft COCO: Common Objects in Context, ECCV 2014, "
    "doi 10.1007/978-3-319-10602-1_48; keypoint evaluation of cocodataset.org"
)
RATIO = (
    *("oks_mean", "oks_without_face", "share_over_95", "share_over_995", "without_face_over_95"),
    *("ap_50", "ap_50_95"),
)
_SHARES = ("oks_mean", "share_over_95", "share_over_995", "ap_50", "ap_50_95")

SIGMAS = (
    np.array([26, 25, 25, 35, 35, 79, 79, 72, 72, 62, 62, 107, 107, 87, 87, 89, 89], float) / 1000
)
"""COCO's standard deviations of annotators per keypoint, in scales, shape (17,)."""
_NECK = SIGMAS[5]  # COCO has none of the neck: the shoulders', of which it is made
_SEEN = 0.5  # visibility
_FILLED = 0.53  # of a box by the person in it
_FACE = slice(0, 5)
_TRUNK = [5, 6, 11, 12]
_THRESHOLDS = np.linspace(0.5, 0.95, 10)
_RECALLS = np.linspace(0, 1, 101)
_FEWEST = 3  # keypoints that make a body to compare


@dataclass(frozen=True)
class Body:
    """Similarity of the keypoints of one body in two clips; None where nothing was compared."""

    frames: int
    """Frames in which the original shows at least 3 of the 17 keypoints: those compared."""
    found: float | None
    """Share of these in which the other has a body."""
    oks_mean: float | None
    """Mean object keypoint similarity, 0 to 1; 0 in a frame where the other has no body."""
    oks_without_face: float | None
    """The same over shoulders, arms, hips and legs alone; None if none of them is in view."""
    share_over_95: float | None
    """Share of the frames whose similarity is above .95."""
    share_over_995: float | None
    """Share of the frames whose similarity is above .995."""
    without_face_over_95: float | None
    """Share of the frames whose similarity over shoulders, arms, hips and legs alone is above .95,
    of those in which at least one of these is in view; None if there are none."""
    ap_50: float | None
    """Average precision at a similarity of .50: COCO's, over 101 recalls, the original as truth,
    at most one person a frame, detections ranked by the mean visibility of the 17 keypoints; a body
    in a frame where the original has none is a false one."""
    ap_50_95: float | None
    """Average precision, mean over similarities .50, .55 to .95: COCO's AP."""
    distance: dict[str, float | None]
    """Mean distance per keypoint, in pixels, where the original shows it and the other has a
    body."""
    interval: dict[str, tuple[float, float] | None]
    """95 % intervals by block bootstrap; the two average precisions have none."""
    with_neck: dict[str, float | None]
    """Mean similarity, both shares and both average precisions over 18 keypoints, the neck too."""

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "frames": self.frames,
            "found": plain(self.found),
            "oks_mean": plain(self.oks_mean),
            "oks_without_face": plain(self.oks_without_face),
            "share_over_95": plain(self.share_over_95),
            "share_over_995": plain(self.share_over_995),
            "without_face_over_95": plain(self.without_face_over_95),
            "ap_50": plain(self.ap_50),
            "ap_50_95": plain(self.ap_50_95),
            "distance": plain_each(self.distance),
            "interval": plain_intervals(self.interval),
            "with_neck": plain_each(self.with_neck),
        }


def measure(original: Reading, other: Reading) -> Body:
    """Compare the bodies of two readings with equal frames and equal picture size.

    References
    ----------
    .. [1] Lin et al., "Microsoft COCO: Common Objects in Context", ECCV 2014, and the keypoint
       evaluation of cocodataset.org.
    """
    truth, answer, times = original.body, other.body, original.times
    size = (original.width, original.height)
    outline = original.outline
    similarity = oks(truth, answer, size, outline=outline)
    limbs = oks(truth, answer, size, face=False, outline=outline)
    compared = np.isfinite(similarity)
    has_body = np.isfinite(answer[:, 0, 0])
    over_95 = np.where(compared, similarity > 0.95, np.nan)
    over_995 = np.where(compared, similarity > 0.995, np.nan)
    limbs_over_95 = np.where(np.isfinite(limbs), limbs > 0.95, np.nan)
    precision = average_precision(truth, answer, size, outline)
    apart = np.linalg.norm(truth[:, :, :2] - answer[:, :, :2], axis=2)
    apart[~_counted(truth, size)] = np.nan
    return Body(
        frames=int(compared.sum()),
        found=mean_or_none(has_body[compared]),
        oks_mean=mean_or_none(similarity),
        oks_without_face=mean_or_none(limbs),
        share_over_95=mean_or_none(over_95),
        share_over_995=mean_or_none(over_995),
        without_face_over_95=mean_or_none(limbs_over_95),
        ap_50=None if precision is None else float(precision[0]),
        ap_50_95=None if precision is None else float(precision.mean()),
        distance={name: mean_or_none(apart[:, k]) for k, name in enumerate(COCO)},
        interval={
            name: mean_interval(values, times) if len(times) else None
            for name, values in (
                ("oks_mean", similarity),
                ("oks_without_face", limbs),
                ("share_over_95", over_95),
                ("share_over_995", over_995),
                ("without_face_over_95", limbs_over_95),
            )
        },
        with_neck=_with_neck(original, other),
    )


def _with_neck(original: Reading, other: Reading) -> dict[str, float | None]:
    """The figures over 18 keypoints, by `_SHARES`."""
    size, outline = (original.width, original.height), original.outline
    similarity = oks(original.body, other.body, size, neck=True, outline=outline)
    known = similarity[np.isfinite(similarity)]
    precision = average_precision(original.body, other.body, size, outline, neck=True)
    values = (
        mean_or_none(known),
        mean_or_none(known > 0.95),
        mean_or_none(known > 0.995),
        None if precision is None else float(precision[0]),
        None if precision is None else float(precision.mean()),
    )
    return dict(zip(_SHARES, values, strict=True))


def oks(
    original: np.ndarray,
    other: np.ndarray,
    size: tuple[int, int] | None = None,
    *,
    face: bool = True,
    neck: bool = False,
    outline: np.ndarray | None = None,
) -> np.ndarray:
    """Object keypoint similarity in each frame.

    Parameters
    ----------
    original, other : np.ndarray [shape=(n_frames, 18, 3)]
        See `Reading.body`, in the same pixels.
    size : tuple of int, optional
        Width and height of the picture; without it, keypoints outside count too.
    face : bool
        Whether nose, eyes and ears count.
    neck : bool
        Whether the neck counts, with the deviation of the shoulders: COCO gives it none.
    outline : np.ndarray [shape=(n_frames,)], optional
        Area of the original's outline, pixels squared; NaN where unknown.

    Returns
    -------
    similarity : np.ndarray [shape=(n_frames,)]
        From 0 to 1; 0 where only the original has a body; NaN where the original shows fewer than 3
        keypoints, or none of those that count.
    """
    many = 18 if neck else 17
    counted = _counted(original, size)
    square = _square(original[:, :17, :2], counted[:, :17], size)
    if outline is not None:
        square = np.where(np.nan_to_num(outline) > 0, outline, square)
    known = (counted[:, :17].sum(1) >= _FEWEST) & (square > 0)
    counted = counted[:, :many].copy()
    if not face:
        counted[:, _FACE] = False
    sigmas = np.append(SIGMAS, _NECK)[:many]
    gap = ((original[:, :many, :2] - other[:, :many, :2]) ** 2).sum(2)
    with np.errstate(divide="ignore", invalid="ignore"):
        near = np.exp(-gap / (2 * square[:, None] * (2 * sigmas) ** 2))
        mean = np.where(counted, np.nan_to_num(near), 0.0).sum(1) / counted.sum(1)
    return np.where(known, mean, np.nan)


def average_precision(
    original: np.ndarray,
    other: np.ndarray,
    size: tuple[int, int] | None = None,
    outline: np.ndarray | None = None,
    *,
    neck: bool = False,
) -> np.ndarray | None:
    """COCO's average precision at similarities .50, .55 to .95, shape (10,); see `Body.ap_50`.

    None if the original shows no body. A frame in which it shows fewer than 3 keypoints is
    ignored, as COCO ignores people without keypoints.
    """
    similarity = oks(original, other, size, neck=neck, outline=outline)
    truths = np.isfinite(similarity)
    if not truths.any():
        return None
    ignored = np.isfinite(original[:, 0, 0]) & ~truths
    detected = np.isfinite(other[:, 0, 0]) & ~ignored
    score = other[detected, :17, 2].mean(1)
    ranked = np.nan_to_num(similarity[detected])[np.argsort(-score, kind="stable")]
    if not len(ranked):
        return np.zeros(len(_THRESHOLDS))
    right = np.cumsum(ranked >= _THRESHOLDS[:, None], axis=1)
    recall = right / truths.sum()
    precision = right / np.arange(1, len(ranked) + 1)
    precision = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    at = np.stack([np.searchsorted(row, _RECALLS - 1e-12) for row in recall])
    reached = np.pad(precision, ((0, 0), (0, 1)))  # recalls never reached have no precision
    return np.take_along_axis(reached, at, axis=1).mean(1)


def _counted(body: np.ndarray, size: tuple[int, int] | None) -> np.ndarray:
    """Which keypoints the original shows, shape (n_frames, 18)."""
    x, y, seen = body[..., 0], body[..., 1], body[..., 2]
    shown = np.isfinite(x) & np.isfinite(y) & (np.nan_to_num(seen) > _SEEN)
    if size is not None:
        shown &= (x >= 0) & (x < size[0]) & (y >= 0) & (y < size[1])
    return shown


def _square(places: np.ndarray, counted: np.ndarray, size: tuple[int, int] | None) -> np.ndarray:
    """Square of the scale, pixels squared, shape (n_frames,); 0 where there is none."""
    boxed = counted.copy()
    if size is not None:
        inside = np.clip(places, 0, size)
        boxed[:, _TRUNK] |= (inside != places).any(2)[:, _TRUNK] & counted.any(
            axis=1, keepdims=True
        )
        places = inside
    box = _extent(places, boxed).prod(1)
    head = _extent(places[:, _FACE], counted[:, _FACE])
    return np.maximum(_FILLED * box, (head**2).sum(1))


def _extent(places: np.ndarray, which: np.ndarray) -> np.ndarray:
    """Width and height of the box around some keypoints, shape (n_frames, 2); 0 around none."""
    low = np.where(which[..., None], places, np.inf).min(1, initial=np.inf)
    high = np.where(which[..., None], places, -np.inf).max(1, initial=-np.inf)
    some = which.any(axis=1, keepdims=True)
    return np.where(some, high, 0.0) - np.where(some, low, 0.0)
