"""Whether the parts of the face move towards and away from each other as they did.

For each of the 1,275 pairs among 51 landmarks the difference of the two places is followed over
time and correlated between original and result. Beside that, each region's main movement is
compared: how much of it is left (gain) and how late it comes (lag).

References
----------
.. [1] Zhu et al., "FaceMotionPreserve: a generative approach for facial de-identification and
   medical information preservation", Scientific Reports 2024, doi:10.1038/s41598-024-67989-5.
.. [2] Hotelling, "Relations between two sets of variates", Biometrika 1936.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.ndimage import shift, uniform_filter1d

from mien.face.pose import without_pose
from mien.face.topology import SIXTY_EIGHT
from mien.fidelity.plain import plain_each, plain_intervals
from mien.fidelity.reading import INNER, Reading
from mien.statistics import blocks, intervals

CITATION = (
    "Zhu et al., FaceMotionPreserve: a generative approach for facial de-identification and "
    "medical information preservation, Scientific Reports 2024, doi:10.1038/s41598-024-67989-5"
)
TRACKER = "dlib, 68 points, of which the inner 51"
"""What the figures are read with."""
RATIO = (
    "r_x",
    "r_y",
    "r_cca",
    "pose_removed.r_x",
    "pose_removed.r_y",
    "pose_removed.r_cca",
    "second_opinion.r_x",
    "second_opinion.r_y",
    "second_opinion.r_cca",
    *(f"regions.{name}.gain" for name in ("brows", "eyes", "nose", "mouth", "jaw")),
)
FIRST, SECOND = np.triu_indices(51, 1)
"""The 1,275 pairs, as numbers among the 51 points."""
REGIONS: dict[str, np.ndarray] = {
    "brows": np.arange(17, 27),
    "eyes": np.arange(36, 48),
    "nose": np.arange(27, 36),
    "mouth": np.arange(48, 68),
    "jaw": np.arange(5, 12),
}
"""Points of the 68 that make up a region."""
_R = ("r_x", "r_y", "r_cca")
_REPETITIONS = 400  # of the bootstrap
_FEWEST = 10  # frames, below which nothing is correlated
_LONGEST_LAG_S = 0.6
_DRIFT_S = 1.0  # slower movement says nothing about a lag
_LIKE = 0.5  # correlation below which two movements have no lag
_CLEAR = 0.02  # outer-eye distances, summed over a region's points: moves for certain
_STILL = 1e-9  # variance, squared pixels or outer-eye distances, of what does not move at all


@dataclass(frozen=True, eq=False)
class Movement:
    """How one region's main movement came through."""

    gain: float | None
    """Slope of the result's movement on the original's, at the best lag; 1 for all of it."""
    lag_ms: float | None
    """How much later it comes, milliseconds; None if the two movements are not alike."""
    r: float | None
    """Correlation at that lag."""
    extent: float | None
    """Standard deviation of the original's movement, outer-eye distances, summed over points."""

    @property
    def clear(self) -> bool:
        """Whether the original's region moves by more than the tracker's noise."""
        return self.extent is not None and self.extent > _CLEAR


@dataclass(frozen=True, eq=False)
class Dynamics:
    """Agreement of landmark motion."""

    pairs: dict[str, np.ndarray]
    """``r_x``, ``r_y`` and ``r_cca`` of each pair, shape (1275,); NaN where the original does not
    move, 0 where only the result does not."""
    still_pairs: dict[str, np.ndarray]
    """The same without the movement of the head."""
    second: dict[str, np.ndarray]
    """The same as `pairs`, by MediaPipe's landmarks."""
    regions: dict[str, Movement]
    """Main movement of brows, eyes, nose, mouth and jaw, without the movement of the head."""
    frames: int
    """Frames in which both faces were found."""
    coverage: float
    """Share of the frames with the original's face in which the result's was found, 0 to 1."""
    intervals: dict[str, tuple[float, float] | None]
    """Of the three means, 95 %."""

    @property
    def matrix(self) -> dict[str, np.ndarray]:
        """`pairs` as symmetric matrices with a diagonal of 1, shape (51, 51)."""
        return {name: _square(values) for name, values in self.pairs.items()}

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            **_means(self.pairs),
            "interval": plain_intervals(self.intervals),
            "pose_removed": _means(self.still_pairs),
            "second_opinion": {"tracker": "MediaPipe Face Mesh", **_means(self.second)},
            "regions": {
                name: {
                    **plain_each(vars(movement)),
                    "clear": movement.clear,
                }
                for name, movement in self.regions.items()
            },
            "frames": self.frames,
            "coverage": round(self.coverage, 5),
            "tracker": TRACKER,
        }


def measure(original: Reading, other: Reading) -> Dynamics:
    """Compare the motion of two readings of the same frames.

    Parameters
    ----------
    original, other : Reading
        Of equally many frames.
    """
    both = original.found & other.found
    enough = both.sum() >= _FEWEST
    number = blocks(original.times[both])
    pairs = _nothing()
    ends: list[tuple[float, float] | None] = [None] * len(_R)
    if enough:
        pairs, ends = _compare(original.points[both], other.points[both], number)
    still, moved = without_pose(original.points), without_pose(other.points)
    still_pairs = _correlate(still[both], moved[both]) if enough else _nothing()
    meshes = np.isfinite(original.mesh[:, 0, 0]) & np.isfinite(other.mesh[:, 0, 0])
    second = _nothing()
    if meshes.sum() >= _FEWEST:
        second = _correlate(
            original.mesh[meshes][:, SIXTY_EIGHT, :2], other.mesh[meshes][:, SIXTY_EIGHT, :2]
        )
    return Dynamics(
        pairs=pairs,
        still_pairs=still_pairs,
        second=second,
        regions={
            name: _movement(still[:, points], moved[:, points], original.times)
            for name, points in REGIONS.items()
        },
        frames=int(both.sum()),
        coverage=float(both.sum() / max(original.found.sum(), 1)),
        intervals=dict(zip(_R, ends, strict=True)),
    )


def movement(points: np.ndarray, by: np.ndarray | None = None) -> np.ndarray:
    """The main movement of some points: their first principal component over time.

    Parameters
    ----------
    points : np.ndarray [shape=(n_frames, n_points, 2)]
        NaN where unknown.
    by : np.ndarray [shape=(n_frames, n_points, 2)], optional
        Points whose main movement is looked for in `points` instead of their own.

    Returns
    -------
    along : np.ndarray [shape=(n_frames,)]
        Place along that movement, in the unit of `points`, NaN where unknown.
    """
    along = np.full(len(points), np.nan)
    by = points if by is None else by
    flat = by.reshape(len(by), by.shape[1] * 2)
    known = np.isfinite(flat).all(1)
    if known.sum() < 2:
        return along
    middle = flat[known].mean(0)
    _, _, axes = np.linalg.svd(flat[known] - middle, full_matrices=False)
    axis = axes[0] * np.sign(axes[0][np.abs(axes[0]).argmax()])
    return (points.reshape(flat.shape) - middle) @ axis


def _compare(
    a: np.ndarray, b: np.ndarray, number: np.ndarray
) -> tuple[dict[str, np.ndarray], list[tuple[float, float] | None]]:
    """Correlations of all pairs, and intervals of their means."""
    sums = _sums(a, b, number)
    return _from_sums(sums.sum(0)), intervals(sums, _quick_means, repetitions=_REPETITIONS)


def _correlate(a: np.ndarray, b: np.ndarray) -> dict[str, np.ndarray]:
    return _from_sums(_sums(a, b, np.zeros(len(a), int)).sum(0))


def _sums(a: np.ndarray, b: np.ndarray, number: np.ndarray) -> np.ndarray:
    """Sums over blocks of time of what correlations are made of, shape (n_blocks, 1275, 15)."""
    a, b = (
        (points - points.mean(0))[:, INNER][:, FIRST]
        - (points - points.mean(0))[:, INNER][:, SECOND]
        for points in (a, b)
    )
    sums = np.zeros((number.max(initial=0) + 1, len(FIRST), 15))
    for block in range(len(sums)):
        x = np.concatenate([a[number == block], b[number == block]], axis=2)  # (n, 1275, 4)
        sums[block, :, 0] = len(x)
        sums[block, :, 1:5] = x.sum(0)
        products = np.einsum("npi,npj->pij", x, x)
        sums[block, :, 5:] = products[:, *np.triu_indices(4)]
    return sums


def _from_sums(sums: np.ndarray) -> dict[str, np.ndarray]:
    """r_x, r_y and r_cca of each pair from its sums, shape (1275, 15) each."""
    count = sums[:, :1]
    mean = sums[:, 1:5] / count
    c = np.zeros((len(sums), 4, 4))
    rows, columns = np.triu_indices(4)
    c[:, rows, columns] = sums[:, 5:] / count - mean[:, rows] * mean[:, columns]
    c[:, columns, rows] = c[:, rows, columns]
    aa, bb, ab = c[:, :2, :2], c[:, 2:, 2:], c[:, :2, 2:]
    found = {}
    for name, k in (("r_x", 0), ("r_y", 1)):
        both = aa[:, k, k] * bb[:, k, k]
        with np.errstate(divide="ignore", invalid="ignore"):
            r = np.clip(ab[:, k, k] / np.sqrt(both), -1, 1)
        found[name] = np.where(aa[:, k, k] <= _STILL, np.nan, np.where(both <= _STILL**2, 0.0, r))
    found["r_cca"] = _canonical(aa, bb, ab)
    return found


def _quick_means(sums: np.ndarray) -> np.ndarray:
    """Means of r_x, r_y and r_cca: `_from_sums` for many draws, without pairs that stand still."""
    n, x, y, u, v = sums[:, :5].T
    xx, xy, xu, xv, yy, yu, yv, uu, uv, vv = (
        sums[:, 5 + k] / n - a * b / n**2
        for k, (a, b) in enumerate(
            ((x, x), (x, y), (x, u), (x, v), (y, y), (y, u), (y, v), (u, u), (u, v), (v, v))
        )
    )
    # whitening by Cholesky's factors leaves a 2x2 matrix, whose larger singular value is sought
    a, b = np.sqrt(xx), np.sqrt(uu)
    c, d = xy / a, uv / b
    e, f = np.sqrt(yy - c**2), np.sqrt(vv - d**2)
    k11, k12 = xu / (a * b), (xv - xu * d / b) / (a * f)
    k21 = (yu - c * xu / a) / (e * b)
    k22 = (yv - yu * d / b - c / a * (xv - xu * d / b)) / (e * f)
    total = k11**2 + k12**2 + k21**2 + k22**2
    gap = np.sqrt(np.maximum(total**2 - 4 * (k11 * k22 - k12 * k21) ** 2, 0))
    r = (xu / np.sqrt(xx * uu), yv / np.sqrt(yy * vv), np.sqrt((total + gap) / 2))
    return np.array([np.nanmean(np.clip(one, -1, 1)) for one in r])


def _canonical(aa: np.ndarray, bb: np.ndarray, ab: np.ndarray) -> np.ndarray:
    """First canonical correlation of two-dimensional variables, by whitening both."""
    left, right = _whiten(aa), _whiten(bb)
    r = np.linalg.svd(left @ ab @ right, compute_uv=False)[:, 0]
    return np.where(np.trace(aa, axis1=1, axis2=2) <= _STILL, np.nan, np.clip(r, 0, 1))


def _whiten(c: np.ndarray) -> np.ndarray:
    """Inverse square roots of 2x2 covariances; directions without movement are left out."""
    values, vectors = np.linalg.eigh(c)
    moving = values > 1e-9 * values[:, 1:] + _STILL * 1e-3
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = np.where(moving, 1 / np.sqrt(values), 0.0)
    return vectors @ (scale[:, :, None] * vectors.transpose(0, 2, 1))


def _nothing() -> dict[str, np.ndarray]:
    return {name: np.full(len(FIRST), np.nan) for name in _R}


def _means(pairs: dict[str, np.ndarray]) -> dict[str, float | None]:
    return {
        name: round(float(np.nanmean(r)), 5) if np.isfinite(r).any() else None
        for name, r in pairs.items()
    }


def _square(values: np.ndarray) -> np.ndarray:
    matrix = np.eye(51)
    matrix[FIRST, SECOND] = matrix[SECOND, FIRST] = values
    return matrix


def _movement(original: np.ndarray, other: np.ndarray, times: np.ndarray) -> Movement:
    """Gain and lag of the original's main movement."""
    a, b = movement(original), movement(other, original)
    known = np.isfinite(a) & np.isfinite(b)
    if known.sum() < _FEWEST:
        return Movement(None, None, None, None)
    extent = float(np.std(a[known]))
    step = float(np.median(np.diff(times)))
    even = np.arange(times[0], times[-1] + step / 2, step)
    # unknown frames lie on a straight line for the search, and are left out of the sums
    x, y = (np.interp(even, times[known], values[known]) for values in (a, b))
    there = np.interp(even, times, known.astype(float)) > 0.99
    if extent**2 <= _STILL:
        return Movement(None, None, None, extent)
    lag = _lag(x, y, there, step)
    # a lag of half a frame must not cost movement: shifted by splines
    later = shift(y, -(lag or 0.0), order=3, mode="nearest")
    both = there & (shift(there.astype(float), -(lag or 0.0), order=1) > 0.99)
    u, v = x[both], later[both]
    r = _r(u, v)
    return Movement(
        _slope(u, v),
        None if lag is None else 1000 * step * lag,
        r if np.isfinite(r) else None,
        extent,
    )


def _lag(x: np.ndarray, y: np.ndarray, there: np.ndarray, step: float) -> float | None:
    """By how many steps the result comes later; None if that is unclear."""
    reach = min(round(_LONGEST_LAG_S / step), len(x) // 3)
    # a slow drift is like itself at any lag
    window = max(round(_DRIFT_S / step), 3)
    fast_x, fast_y = (v - uniform_filter1d(v, window, mode="nearest") for v in (x, y))
    shifts = np.arange(-reach, reach + 1)
    curve = np.array([_r(*_shifted(fast_x, fast_y, there, int(steps))) for steps in shifts])
    if not np.isfinite(curve).all():
        return None
    best = int(curve.argmax())
    if curve[best] < _LIKE or best in (0, len(curve) - 1):
        return None
    before, peak, after = curve[best - 1 : best + 2]
    bend = before - 2 * peak + after
    return float(shifts[best] + (0.5 * (before - after) / bend if bend < 0 else 0.0))


def _shifted(
    x: np.ndarray, y: np.ndarray, there: np.ndarray, steps: int
) -> tuple[np.ndarray, np.ndarray]:
    """The original and the result some steps later, where both are known."""
    n = len(x)
    first = slice(max(-steps, 0), n - max(steps, 0))
    second = slice(max(steps, 0), n + min(steps, 0))
    both = there[first] & there[second]
    return x[first][both], y[second][both]


def _r(x: np.ndarray, y: np.ndarray) -> float:
    if len(x) < _FEWEST or np.var(x) <= _STILL:
        return np.nan
    if np.var(y) <= _STILL:
        return 0.0
    return float(np.corrcoef(x, y)[0, 1])


def _slope(x: np.ndarray, y: np.ndarray) -> float | None:
    if len(x) < _FEWEST or np.var(x) <= _STILL:
        return None
    x = x - x.mean()
    return float(x @ (y - y.mean()) / (x @ x))
