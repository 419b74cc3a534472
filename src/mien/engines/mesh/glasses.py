"""Glasses are traced whole, or not at all: rims, the bridge between them and the temples.

A frame is a line darker or brighter than what lies on both sides of it, from 1 to 13 texels wide.
Whether each piece of it stands out is not asked, for pieces are all that would come of it: the rim
is the closed way round the eye that is best as a whole, found by dynamic programming as the best
path through a polar picture of the contrast, the same on both sides as far as the contrast lets
it; bridge and temples are the best ways from one rim to the other and out to the outline. That such
ways are there is no proof of glasses, since every face has brows and creases. How much contrast
the surest parts of them have is: the lower rims, which run over cheeks, the bridge and a temple.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numba
import numpy as np

from mien.engines.mesh.appearance import MAP, inside, polygon
from mien.face.topology import LEFT_EYE_RING, RIGHT_EYE_RING

# all lengths are texels of the layout; those of the person's right eye, mirrored for the left
_CENTRE = 74.0, 98.0
_AXES = 44.0, 30.0
_RADII = np.linspace(0.6, 1.75, 92)  # in lengths of the axes
_USUAL_RADIUS, _OFF_USUAL = 1.05, 0.5
_POINTS = 120  # of a rim
_WIDTHS = 1.5, 2.5, 4.0, 6.0, 8.0, 10.0, 13.0  # of a frame's lines
_NOISE, _HALF_SURE = 0.015, 0.07  # log contrast that counts nothing, and above it half
_UNSEEN = 0.12  # what a place outside the face counts
_LASHES, _EYE = 0.6, 0.3  # how much less a place there counts
_OTHER_COLOUR = 0.6  # how much less a place of another colour counts, at most
_COLOUR = 0.45  # log: how different colours of one frame are
_SLOPE = 3  # steps of the radius from one angle to the next, at most
_OFFSETS = np.arange(-8, 8.01, 0.5)  # beside a rim, where it is looked for again
_THICKEST = 8.0  # of what is left and right of a line's middle
_THIN, _THICKER = 0.5, 25.0  # of that, at most: of no contrast, and more for each log of it
_BESIDE = 1.0  # shown on both sides of a line
# chosen on half of 279 labelled portraits, see docs/how-it-works.md
_WEIGHTS = 2.0, 3.0, 2.6
_WORN = 4.4
_LEAST = 0.25  # of a part that is there


@dataclass(frozen=True)
class Line:
    """A part of a frame."""

    points: np.ndarray
    """Its middle, texels, shape (n, 2)."""
    normals: np.ndarray
    """Unit vectors across it, shape (n, 2)."""
    contrast: np.ndarray
    """Log contrast to what is on both sides, positive where the line is darker, shape (n,)."""
    seen: np.ndarray
    """Where it lies on the face, shape (n,), bool."""

    @property
    def sureness(self) -> np.ndarray:
        """0-1, shape (n,)."""
        return _sureness(np.abs(self.contrast))


@dataclass(frozen=True)
class Traced:
    """The best lines of a face, whether they are glasses or not."""

    rims: tuple[Line, Line]
    """Closed, round the right and the left eye."""
    bridge: Line | None
    temples: tuple[Line | None, Line | None]
    """Right and left, from the rim outwards; None where the rim itself leaves the face."""

    @property
    def lower(self) -> float:
        """How sure the lower rims are, 0-1."""
        arcs = [rim.sureness[_place(rim)[:, 1] > 0.5].mean() for rim in self.rims]
        return float(np.mean(arcs))

    @property
    def worn(self) -> bool:
        """Whether the lines are glasses."""
        bridge = _mean(self.bridge)
        temple = max(_mean(line) for line in self.temples)
        return bool(np.dot(_WEIGHTS, (self.lower, bridge, temple)) > _WORN and bridge > _LEAST)


def glasses(neutral: np.ndarray) -> np.ndarray:
    """The frame of glasses, 0-1, shape (256, 256), float32; zero when there are none.

    Parameters
    ----------
    neutral : np.ndarray [shape=(256, 256, 3)]
        Log texture of the person.
    """
    traced = trace(neutral)
    if not traced.worn:
        return np.zeros((MAP, MAP), np.float32)
    return _drawn(traced, neutral.mean(2))


def trace(neutral: np.ndarray) -> Traced:
    """Find the lines that run where a frame would.

    Parameters
    ----------
    neutral : np.ndarray [shape=(256, 256, 3)]
        Log texture of the person.
    """
    fine = cv2.GaussianBlur(neutral.astype(np.float32), (0, 0), 0.6)
    light = fine.mean(2)
    polar = [_Polar.of(light, mirror) for mirror in (1, -1)]
    rows, columns = np.mgrid[:MAP, :MAP].astype(np.float32) + np.float32(0.5)
    contrast = _contrast(light, columns, rows, np.array([0.0, 1.0], np.float32))
    first = _joined(_rims(light, polar), contrast)
    # brows and creases are not of the colour of the parts that are surest
    return _joined(_rims(light, polar, _alike(fine, first)), contrast)


def _joined(rims: tuple[Line, Line], contrast: np.ndarray) -> Traced:
    """Add bridge and temples to rims, given the contrast of level lines in all texels."""
    cost = 1.02 - _sureness(np.abs(contrast)).astype(np.float64)
    cost += 2.0 * (_filled(rims[0].points) | _filled(rims[1].points))
    inner = [_arc(rim, (side > 0.45) & (up < 0.6)) for rim, side, up in _sides(rims)]
    outer = [_arc(rim, (side < -0.5) & (up < 0.5)) for rim, side, up in _sides(rims)]
    ends = ~_inner() & (np.abs(np.arange(MAP) + 0.5 - MAP / 2) > 0.34 * MAP)
    bridge = _line(_across(cost, inner[0], inner[1], 2, 0.05), contrast)
    # columns are walked outwards
    path = _across(cost[:, ::-1].copy(), outer[0][:, ::-1].copy(), ends[:, ::-1].copy(), 1, 0.1)
    right = _line([(row, MAP - 1 - column) for row, column in path], contrast)
    left = _line(_across(cost, outer[1], ends, 1, 0.1), contrast)
    return Traced(rims, bridge, (right, left))


@dataclass(frozen=True)
class _Polar:
    """What is round one eye, a row per angle and a column per radius."""

    grid: np.ndarray
    """Places, shape (120, 92, 2)."""
    score: np.ndarray
    """How well a rim runs there, shape (120, 92)."""

    @staticmethod
    def of(light: np.ndarray, mirror: int) -> _Polar:
        """Of the right eye, or the left if `mirror` is -1."""
        angles = np.arange(_POINTS) * 2 * np.pi / _POINTS
        spokes = np.column_stack([mirror * _AXES[0] * np.cos(angles), _AXES[1] * np.sin(angles)])
        centre = [_CENTRE[0] if mirror > 0 else MAP - _CENTRE[0], _CENTRE[1]]
        grid = np.array(centre) + spokes[:, None] * _RADII[:, None]
        unit = (spokes / np.linalg.norm(spokes, axis=1)[:, None])[:, None]
        return _Polar(grid, _score(_contrast(light, grid[..., 0], grid[..., 1], unit), grid))


def _rims(
    light: np.ndarray, polar: list[_Polar], alike: np.ndarray | None = None
) -> tuple[Line, Line]:
    """The best way round each eye.

    Parameters
    ----------
    light : np.ndarray [shape=(256, 256)]
        Log brightness.
    polar : list of _Polar
        Round the right and the left eye.
    alike : np.ndarray [shape=(256, 256)], optional
        How much each texel counts for an upper rim, 0-1.
    """
    scores = [part.score * (1 if alike is None else _read(alike, part.grid)) for part in polar]
    # both alike, as far as a turned or tilted head lets them
    near = [cv2.dilate(score, np.ones((3, 9), np.uint8)) for score in scores]
    both = 0.5 * np.minimum(*near) + 0.25 * (near[0] + near[1])
    both -= _OFF_USUAL * (_RADII - _USUAL_RADIUS) ** 2
    common = _closed(both.astype(np.float64), _SLOPE, 0.01, 0.12)
    rims = []
    for part, score in zip(polar, scores, strict=True):
        apart = 0.0015 * (np.arange(len(_RADII)) - common[:, None]) ** 2
        path = _closed((score - apart).astype(np.float64), _SLOPE, 0.01, 0.12)
        points = part.grid[np.arange(_POINTS), path]
        rims.append(_refined(light, _refined(light, points, alike).points, alike))
    return rims[0], rims[1]


def _alike(fine: np.ndarray, traced: Traced) -> np.ndarray:
    """1 where the colour is that of a bridge or of lower rims, less elsewhere above the eyes.

    Returns
    -------
    alike : np.ndarray [shape=(256, 256), dtype=float32]
    """
    found = [traced.bridge.points[traced.bridge.sureness > 0.5]] if traced.bridge else []
    for rim in traced.rims:
        found.append(rim.points[(_place(rim)[:, 1] > 0.3) & (rim.sureness > 0.6) & rim.seen])
    distance = np.full((MAP, MAP), np.inf, np.float32)
    for points in (found[0], np.concatenate(found[1:])):
        if len(points) > 4:
            columns, rows = points.astype(int).T
            colour = np.median(fine[rows, columns], axis=0)
            distance = np.minimum(distance, np.abs(fine - colour).mean(2))
    alike = 1 - _OTHER_COLOUR * (1 - np.exp(-0.5 * (distance / _COLOUR) ** 2))
    above = np.clip((_CENTRE[1] - 4 - np.arange(MAP)) / 8, 0, 1)[:, None]
    return (1 - above + above * alike).astype(np.float32)


def _refined(light: np.ndarray, points: np.ndarray, alike: np.ndarray | None) -> Line:
    """A closed line moved across itself to where the contrast is best."""
    points = _evenly(points)
    along = np.roll(points, -1, 0) - np.roll(points, 1, 0)
    along /= np.linalg.norm(along, axis=1)[:, None] + 1e-9
    normals = np.column_stack([along[:, 1], -along[:, 0]])
    grid = points[:, None] + normals[:, None] * _OFFSETS[:, None]
    contrast = _contrast(light, grid[..., 0], grid[..., 1], normals[:, None])
    score = _score(contrast, grid) * (1 if alike is None else _read(alike, grid))
    score -= 0.002 * np.abs(_OFFSETS).astype(np.float32)
    path = _closed(score.astype(np.float64), 1, 0.03, 0.0)
    each = np.arange(len(points))
    seen = _read(_inner().astype(np.float32), grid)[each, path] > 0.99
    return Line(grid[each, path], normals, contrast[each, path], seen)


def _evenly(points: np.ndarray) -> np.ndarray:
    """The same closed line, smoother, with its points at equal distances."""
    three = cv2.GaussianBlur(np.tile(points, (3, 1)), (1, 9), sigmaX=1e-6, sigmaY=1.5)
    ring = np.concatenate([three[_POINTS : 2 * _POINTS], three[_POINTS : _POINTS + 1]])
    way = np.r_[0, np.cumsum(np.linalg.norm(np.diff(ring, axis=0), axis=1))]
    at = np.linspace(0, way[-1], _POINTS, endpoint=False)
    return np.column_stack([np.interp(at, way, ring[:, 0]), np.interp(at, way, ring[:, 1])])


def _contrast(light: np.ndarray, x: np.ndarray, y: np.ndarray, across: np.ndarray) -> np.ndarray:
    """Log contrast of a line through each place, of the best width; positive if it is darker.

    Both edges have to be there and sharp, which those of a brow or a shadow are not.
    """
    place = np.stack(np.broadcast_arrays(x, y), axis=-1)
    middle = _read(light, place)
    best = np.zeros_like(middle)
    for width in _WIDTHS:
        within, beyond = max(width / 2 - 0.75, 0.0), width / 2 + 1.2 + 0.1 * width
        sides = [
            (_read(light, place + s * within * across), _read(light, place + s * beyond * across))
            for s in (-1, 1)
        ]
        (a, p), (b, q) = sides
        dark = np.minimum(np.minimum(p - a, q - b), np.minimum(p, q) - middle)
        bright = np.minimum(np.minimum(a - p, b - q), middle - np.maximum(p, q))
        signed = np.where(dark > bright, np.maximum(dark, 0), -np.maximum(bright, 0))
        best = np.where(np.abs(signed) > np.abs(best), signed, best)
    return np.asarray(best)


def _score(contrast: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """How well a rim runs through each place of a grid whose rows follow it, float32."""
    seen = _read(_inner().astype(np.float32), grid) > 0.99
    lashes, eye = (_read(mask, grid) for mask in _eyes())
    score = np.where(seen, _sureness(np.abs(contrast)), _UNSEEN)
    score = (score * (1 - _LASHES * lashes) - _EYE * eye).astype(np.float32)
    round_ = np.concatenate([score[-4:], score, score[:4]])
    return cv2.GaussianBlur(round_, (1, 9), sigmaX=1e-6, sigmaY=1.0)[4:-4]


def _sureness(contrast: np.ndarray) -> np.ndarray:
    """Contrast as 0-1: that a line is there all along counts more than how strong it is."""
    beyond = np.maximum(contrast - _NOISE, 0)
    return np.asarray(beyond / (beyond + _HALF_SURE))


def _read(values: np.ndarray, place: np.ndarray) -> np.ndarray:
    x, y = (np.ascontiguousarray(place[..., k], np.float32) - np.float32(0.5) for k in (0, 1))
    read = cv2.remap(values, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return read.reshape(place.shape[:-1])


def _place(rim: Line) -> np.ndarray:
    """Where each point is on its rim: -1 to 1 across and down, shape (n, 2)."""
    low, high = rim.points.min(0), rim.points.max(0)
    return (rim.points - (low + high) / 2) / np.maximum((high - low) / 2, 1e-6)


def _sides(rims: tuple[Line, Line]) -> list[tuple[Line, np.ndarray, np.ndarray]]:
    """Each rim with how far its points are towards the nose, and down."""
    places = [_place(rim) for rim in rims]
    return [
        (rims[0], places[0][:, 0], places[0][:, 1]),
        (rims[1], -places[1][:, 0], places[1][:, 1]),
    ]


def _arc(rim: Line, which: np.ndarray) -> np.ndarray:
    """Texels on a part of a rim, bool."""
    mask = np.zeros((MAP, MAP), np.uint8)
    for i in np.flatnonzero(which & np.roll(which, -1)):
        ends = (rim.points[[i, (i + 1) % len(which)]] * 8).round().astype(np.int32)
        cv2.polylines(mask, [ends], False, 1, 3, cv2.LINE_8, 3)
    return mask > 0


def _filled(points: np.ndarray) -> np.ndarray:
    mask = np.zeros((MAP, MAP), np.uint8)
    cv2.fillPoly(mask, [(points * 8).round().astype(np.int32)], 1, cv2.LINE_8, 3)
    return mask > 0


def _line(path: list[tuple[int, int]], contrast: np.ndarray) -> Line | None:
    """A line of texels, row and column, as points with what was found there."""
    if len(path) < 2:
        return None
    rows, columns = np.array(path).T
    points = np.column_stack([columns, rows]) + 0.5
    along = np.gradient(cv2.blur(points, (1, 5)), axis=0)
    along /= np.linalg.norm(along, axis=1)[:, None] + 1e-9
    normals = np.column_stack([along[:, 1], -along[:, 0]])
    return Line(points, normals, contrast[rows, columns], np.ones(len(points), bool))


def _mean(line: Line | None) -> float:
    return float(line.sureness.mean()) if line else 0.0


def _drawn(traced: Traced, light: np.ndarray) -> np.ndarray:
    """Everything of a frame that can be seen, 0-1, shape (256, 256), float32."""
    canvas = np.zeros((MAP, MAP), np.uint8)
    below = traced.lower >= _LEAST  # or the lenses have no rim there
    for rim in traced.rims:
        shown = np.full(len(rim.points), True) if below else _place(rim)[:, 1] < 0.3
        _paint(canvas, rim, light, shown, closed=True)
    for line in (traced.bridge, *traced.temples):
        if line and _mean(line) >= _LEAST:
            _paint(canvas, line, light, np.full(len(line.points), True), closed=False)
    return cv2.GaussianBlur(canvas.astype(np.float32) / 255, (0, 0), 0.8)


def _paint(
    canvas: np.ndarray, line: Line, light: np.ndarray, shown: np.ndarray, closed: bool
) -> None:
    """Draw a line as thick as it is."""
    reach = _reach(light, line, closed) + _BESIDE
    first = line.points - line.normals * reach[:, :1]
    second = line.points + line.normals * reach[:, 1:]
    for i in range(len(first) - (not closed)):
        k = (i + 1) % len(first)
        if shown[i] and shown[k]:
            corners = np.array([first[i], second[i], second[k], first[k]]) - 0.5
            cv2.fillConvexPoly(canvas, (corners * 8).round().astype(np.int32), 255, cv2.LINE_AA, 3)


def _reach(light: np.ndarray, line: Line, closed: bool) -> np.ndarray:
    """How far a line reaches from its middle to either side, to half of its contrast.

    Returns
    -------
    reach : np.ndarray [shape=(n, 2)]
        Texels against and along the normals.
    """
    steps = np.arange(0.5, _THICKEST + 0.1, 0.5)
    sign = np.where(line.contrast >= 0, 1.0, -1.0)[:, None]
    half = np.maximum(np.abs(line.contrast), 4 * _NOISE)[:, None] / 2
    core = _read(light.astype(np.float32), line.points)[:, None]
    reach = np.empty((len(line.points), 2))
    for side, towards in enumerate((-1, 1)):
        places = line.points[:, None] + towards * steps[:, None] * line.normals[:, None]
        left = sign * (_read(light.astype(np.float32), places) - core) > half
        reach[:, side] = np.where(left.any(1), steps[left.argmax(1)], 1.0)
    # a faint line is a thin one: what is faint and broad is skin
    reach = np.minimum(reach, _THIN + _THICKER * np.abs(line.contrast)[:, None])
    wide = np.pad(reach, ((4, 4), (0, 0)), mode="wrap" if closed else "edge")
    windows = np.lib.stride_tricks.sliding_window_view(wide, 9, axis=0)
    return np.asarray(np.percentile(windows, 50, axis=2))


@cache
def _inner() -> np.ndarray:
    """The face without its outermost texels, whose contrast is that to nothing, bool."""
    return cv2.erode(inside().astype(np.uint8), np.ones((5, 5), np.uint8)) > 0


@cache
def _eyes() -> tuple[np.ndarray, np.ndarray]:
    """Eyes with lashes, and eyes, 0-1, shape (256, 256), float32."""
    rings = tuple(RIGHT_EYE_RING), tuple(LEFT_EYE_RING)
    wide, narrow = ((polygon(rings[0], g) | polygon(rings[1], g)) for g in (0.03, 0.0))
    return wide.astype(np.float32), narrow.astype(np.float32)


@numba.njit(cache=True, nogil=True)
def _closed(score: np.ndarray, slope: int, steep: float, bend: float) -> np.ndarray:
    """The best way through the rows of a score that ends where it began: the middle one of two
    rounds.

    Parameters
    ----------
    score : np.ndarray [shape=(n, m), dtype=float64]
        Each place's worth.
    slope : int
        Columns from row to row, at most.
    steep, bend : float
        What a column squared costs, and what a change of slope by one does.

    Returns
    -------
    path : np.ndarray [shape=(n,), dtype=int64]
        Column of each row.
    """
    n, m = score.shape
    slopes = 2 * slope + 1
    worth = np.full((m, slopes), -1e9)
    worth[:, slope] = score[0]
    came = np.zeros((2 * n + 1, m, slopes), np.int64)
    for row in range(1, 2 * n + 1):
        new = np.full((m, slopes), -1e9)
        for column in range(m):
            for s in range(slopes):
                before = column - (s - slope)
                if before < 0 or before >= m:
                    continue
                for r in range(slopes):
                    value = worth[before, r] - bend * abs(r - s)
                    if value > new[column, s]:
                        new[column, s] = value
                        came[row, column, s] = r
                new[column, s] += score[row % n, column] - steep * (s - slope) ** 2
        worth = new
    best = worth.argmax()
    column, s = best // slopes, best % slopes  # type: ignore[assignment]
    path = np.zeros(n, np.int64)
    for row in range(2 * n, 0, -1):
        if n // 2 < row <= n + n // 2:
            path[row % n] = column
        r = came[row, column, s]
        column -= s - slope
        s = r
    return path


@numba.njit(cache=True, nogil=True)
def _across(
    cost: np.ndarray, start: np.ndarray, end: np.ndarray, slope: int, steep: float
) -> list[tuple[int, int]]:
    """The cheapest way over the columns from any place of a start to any of an end.

    Parameters
    ----------
    cost : np.ndarray [shape=(height, width), dtype=float64]
        Each place's.
    start, end : np.ndarray [shape=(height, width), dtype=bool]
        Where it may begin and end.
    slope : int
        Rows from column to column, at most.
    steep : float
        What a row squared costs.

    Returns
    -------
    path : list of (int, int)
        Row and column from the end to the start; empty if no way leads there.
    """
    height, width = cost.shape
    total = np.full((height, width), np.inf)
    came = np.full((height, width), -1, np.int64)
    best, row, column = np.inf, -1, -1
    for c in range(width):
        for r in range(height):
            if start[r, c]:
                total[r, c] = cost[r, c]
            if c > 0:
                for before in range(max(r - slope, 0), min(r + slope + 1, height)):
                    value = total[before, c - 1] + steep * (before - r) ** 2 + cost[r, c]
                    if value < total[r, c]:
                        total[r, c] = value
                        came[r, c] = before
            if end[r, c] and total[r, c] < best:
                best, row, column = total[r, c], r, c
    path = [(row, column) for _ in range(1 if row >= 0 else 0)]
    while row >= 0 and came[row, column] >= 0:
        row = int(came[row, column])
        column -= 1
        path.append((row, column))
    return path
