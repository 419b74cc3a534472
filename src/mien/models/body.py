"""MediaPipe's BlazePose (full): where a body is, and its points, in one picture after another.

A detector says where somebody is and how they are turned; a second network finds the points there.
From then on the points of one picture say where to look in the next.

References
----------
.. [1] Bazarevsky et al., "BlazePose: on-device real-time body pose tracking", CVPR workshop on
   computer vision for augmented and virtual reality 2020, arXiv:2006.10204.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy.special import expit

from mien.face.region import Region
from mien.models.anchored import AnchoredDetector
from mien.models.squares import cut, placed, shipped

_DETECTOR = (224, ((8, 2), (16, 2), (32, 6)))  # pixels it is given, its grids
_WHOLE_BODY = slice(0, 2)  # of the detector's points: middle of the hips, top or bottom
_SIDE = 256  # pixels that the second network is given
_POINTS, _BODY = 39, 33  # of the network, and those that are of the body
_NEXT = slice(33, 35)  # those that say where to look next: the middle, and how far
_MARGIN = 1.25
_THERE = 0.5  # certainty from which on there is a body
_RATE = 30.0  # pictures a second, as the filter takes them to come
_SLOW, _FAST, _CHANGE = 0.01, 10.0, 1.0  # the filter's cut-offs: at rest, for speed, of speed
_HEAT_REACH, _HEAT_SURE = 4, 0.5  # places around a point that refine it; least of their best


@dataclass(frozen=True)
class Body:
    """One body in one picture."""

    points: np.ndarray
    """Across, down (pixels) and visibility (0 to 1) of BlazePose's points, shape (33, 3)."""
    area: float
    """Of the outline, pixels squared; NaN if it was not measured."""


class BodyNetwork:
    """Follows one body through the pictures of a clip.

    Where to look next is smoothed, as MediaPipe does, so that it does not tremble with the answer;
    points are not.

    Parameters
    ----------
    outline : bool
        Whether to measure the area of the outline, too.
    """

    def __init__(self, outline: bool = False) -> None:
        self._detector = AnchoredDetector(shipped("body_detector", cores=1), *_DETECTOR)
        self._net = shipped("body")
        self._outputs = ("points", "body", "heat", "outline")[: 4 if outline else 3]
        self._where: Region | None = None
        self._steady = _Steady()

    def look(self, image: np.ndarray) -> Body | None:
        """The body in the next picture, RGB; None where there is none."""
        region = self._where or self._detected(image)
        self._where = None
        if region is None:
            self._steady = _Steady()
            return None
        given = cut(image, region, _SIDE)[None].astype(np.float32) / 255
        points, there, heat, *outline = self._net.run(given, self._outputs)
        if float(there.ravel()[0]) < _THERE:
            self._steady = _Steady()
            return None
        raw = points.reshape(_POINTS, 5).astype(np.float64)
        shares = _refined(raw[:, :2] / _SIDE, heat[0])
        found = placed(shares, region)
        self._where = _around(*self._steady.next(found[_NEXT]))
        visible = expit(raw[:_BODY, 3])
        area = _area(outline[0][0, :, :, 0], region, image) if outline else float("nan")
        return Body(np.column_stack([found[:_BODY], visible]), area)

    def forget(self) -> None:
        """Look for a body anew in the next picture."""
        self._where = None
        self._steady = _Steady()

    def _detected(self, image: np.ndarray) -> Region | None:
        found = self._detector.find(image)
        return _around(*found[0].points[_WHOLE_BODY]) if found else None


class _Steady:
    """The two points that say where to look next, smoothed the more the less they move.

    References
    ----------
    .. [1] Casiez et al., "1€ filter: a simple speed-based low-pass filter for noisy input in
       interactive systems", CHI 2012.
    """

    def __init__(self) -> None:
        self._last: np.ndarray | None = None
        self._smooth, self._speed = np.zeros((2, 2)), np.zeros((2, 2))

    def next(self, points: np.ndarray) -> np.ndarray:
        """The points of the next picture, shape (2, 2), pixels."""
        if self._last is None:
            self._last, self._smooth = points, points
            return points
        size = 2 * np.hypot(*(points[1] - points[0]))
        speed = (points - self._last) * _RATE / max(size, 1e-6)
        self._speed += _share(_CHANGE) * (speed - self._speed)
        self._smooth = self._smooth + _share(_SLOW + _FAST * np.abs(self._speed)) * (
            points - self._smooth
        )
        self._last = points
        return self._smooth


def _share(cutoff: float | np.ndarray) -> np.ndarray:
    """How much of what is new a low-pass filter of so many hertz takes."""
    return np.asarray(1 / (1 + _RATE / (2 * np.pi * cutoff)))


def _around(middle: np.ndarray, end: np.ndarray) -> Region:
    """The square about a body: upright along the way from its middle to one end."""
    across, down = end - middle
    angle = np.pi / 2 - np.arctan2(-down, across)
    angle -= 2 * np.pi * np.floor((angle + np.pi) / (2 * np.pi))
    size = 2 * float(np.hypot(across, down)) * _MARGIN
    return Region(float(middle[0]), float(middle[1]), size, float(angle))


def _refined(shares: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """Points moved to the middle of the warmth around them, where that is sure."""
    height, width, _ = heat.shape
    moved = shares.copy()
    for number, (across, down) in enumerate(shares):
        column, row = int(across * width), int(down * height)
        if not (0 <= column < width and 0 <= row < height):
            continue
        left, top = max(column - _HEAT_REACH, 0), max(row - _HEAT_REACH, 0)
        part = heat[top : row + _HEAT_REACH + 1, left : column + _HEAT_REACH + 1, number]
        warmth = expit(part.astype(np.float64))
        if warmth.max() < _HEAT_SURE:
            continue
        rows, columns = np.mgrid[top : top + part.shape[0], left : left + part.shape[1]]
        total = warmth.sum()
        moved[number] = (
            (warmth * columns).sum() / total / width,
            (warmth * rows).sum() / total / height,
        )
    return moved


def _area(outline: np.ndarray, region: Region, image: np.ndarray) -> float:
    """Pixels of the picture that are more likely than not within the outline."""
    height, width = image.shape[:2]
    share = expit(outline.astype(np.float32))
    scale = region.size / outline.shape[0]
    c, s = np.cos(region.angle) * scale, np.sin(region.angle) * scale
    half = outline.shape[0] / 2
    matrix = np.array(
        [
            [c, -s, region.x - c * half + s * half],
            [s, c, region.y - s * half - c * half],
        ]
    )
    back = cv2.warpAffine(share, matrix, (width, height), flags=cv2.INTER_LINEAR)
    return float((back > 0.5).sum())
