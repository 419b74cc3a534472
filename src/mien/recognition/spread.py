"""Which frames of a clip to look at: all its poses and expressions, the rare ones first of all.

Frames at even steps miss what happens seldom. An attacker does not: one frame in which the face is
turned or shut-eyed just so is enough to recognise somebody.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mien.errors import ParameterError
from mien.tracking.meshes import Meshes

_POINTS = slice(0, 478, 3)  # a third of the landmarks tells poses and expressions apart as well
_COMPONENTS = 12
_TIME = 0.5  # weight of the place in the clip, in deviations of the mean component


def spread(landmarks: np.ndarray, count: int) -> np.ndarray:
    """Choose frames that cover all poses and expressions of one face.

    The landmarks are aligned in the plane (shift, turn and size taken out), reduced to principal
    components, of which the weak count for more than their share, and sampled farthest point first
    [1]_. The place in the clip is one more component, so that frames in which nothing else
    differs are spread over time. The same landmarks give the same frames.

    Parameters
    ----------
    landmarks : np.ndarray [shape=(n, 478, 3)]
        One face in n frames, in order; pixels; all finite.
    count : int
        Number of frames wanted, at least 1.

    Returns
    -------
    indices : np.ndarray [shape=(min(n, count),), dtype=int64]
        Increasing, with the first and the last frame (the first alone if `count` is 1).

    Raises
    ------
    ParameterError
        If `count` is below 1 or a landmark is missing.

    References
    ----------
    .. [1] Gonzalez, "Clustering to minimize the maximum intercluster distance", Theoretical
       Computer Science 38, 1985.
    """
    return _spread(landmarks[:, _POINTS, :2], count)


def spread_frames(meshes: Meshes, frames: np.ndarray, count: int) -> np.ndarray:
    """Choose from frames of a long clip as `spread` does, without copying all their landmarks.

    Parameters
    ----------
    meshes : Meshes
        One face through a clip.
    frames : np.ndarray [shape=(n,), dtype=int]
        Those to choose from, in order: frames in which the face is known.
    count : int
        Number of frames wanted, at least 1.

    Returns
    -------
    chosen : np.ndarray [shape=(min(n, count),), dtype=int]
        Of `frames`.

    Raises
    ------
    ParameterError
        If `count` is below 1 or a landmark is missing.
    """
    return spread_frames_often(meshes, frames, (count,))[0]


def spread_frames_often(
    meshes: Meshes, frames: np.ndarray, counts: Sequence[int]
) -> list[np.ndarray]:
    """The same for several counts, each chosen by itself, for the work of the largest.

    Parameters
    ----------
    meshes, frames
        As for `spread_frames`.
    counts : sequence of int
        Numbers of frames wanted, at least 1 each.

    Returns
    -------
    chosen : list of np.ndarray [shape=(min(n, count),), dtype=int]
        Of `frames`, for each count.

    Raises
    ------
    ParameterError
        If a count is below 1 or a landmark is missing.
    """
    if min(counts) < 1:
        raise ParameterError(f"count is {min(counts)}: choose at least 1 frame.")
    n = len(frames)
    wanted = [count for count in counts if count < n]
    order = _order(meshes[frames, _POINTS, :2], max(wanted)) if wanted else np.arange(n)
    return [frames[np.sort(order[:count])] if count < n else frames.copy() for count in counts]


def _spread(points: np.ndarray, count: int) -> np.ndarray:
    """Which of n shapes, (n, k, 2), to look at."""
    if count < 1:
        raise ParameterError(f"count is {count}: choose at least 1 frame.")
    return np.arange(len(points)) if len(points) <= count else np.sort(_order(points, count))


def _order(points: np.ndarray, count: int) -> np.ndarray:
    """So many of n shapes, (n, k, 2), each the farthest from those before it; n over `count`."""
    n = len(points)
    if not np.isfinite(points).all():
        raise ParameterError("A frame has no landmarks: give only frames in which the face is.")
    where = _coordinates(points)
    chosen = [0, n - 1][:count]
    nearest = np.full(n, np.inf)
    for index in chosen:
        nearest = np.minimum(nearest, np.square(where - where[index]).sum(1))
    while len(chosen) < count:
        nearest[chosen] = -1  # never twice, even where all frames are alike
        index = int(nearest.argmax())
        chosen.append(index)
        nearest = np.minimum(nearest, np.square(where - where[index]).sum(1))
    return np.array(chosen)


def _coordinates(points: np.ndarray) -> np.ndarray:
    """Where each frame lies among poses and expressions, shape (n, components + 1)."""
    shapes = _aligned(points.astype(np.float32, copy=False))
    flat = shapes.reshape(len(shapes), -1).astype(np.float64)
    flat -= flat.mean(0)
    _, directions = np.linalg.eigh(flat.T @ flat)
    reduced = flat @ directions[:, : -_COMPONENTS - 1 : -1]
    deviation = reduced.std(0)
    # half-way to equal weights: a blink moves few points, a turn of the head moves all
    reduced /= np.sqrt(np.maximum(deviation, 1e-6))
    time = np.linspace(-0.5, 0.5, len(flat)) * np.sqrt(12)  # a deviation of 1
    weight = _TIME * max(float(np.sqrt(deviation).mean()), 1e-3)
    return np.column_stack([reduced, weight * time])


def _aligned(points: np.ndarray) -> np.ndarray:
    """Shapes, (n, k, 2), brought onto their mean by shift, turn and size (Procrustes)."""
    # in complex numbers a similarity of the plane is one product
    z = points[..., 0] + 1j * points[..., 1]
    z -= z.mean(1, keepdims=True)
    z /= np.maximum(np.linalg.norm(z, axis=1, keepdims=True), 1e-6)
    mean, fit = z[0], np.empty_like(z)
    for _ in range(3):  # in place: half an hour is 70 MB each time
        np.multiply(np.conj(z, out=fit), mean, out=fit)
        np.multiply(z, np.exp(1j * np.angle(fit.sum(1)))[:, None], out=fit)
        mean = fit.mean(0)
        mean = mean / max(float(np.linalg.norm(mean)), 1e-6)
    return np.stack([fit.real, fit.imag], axis=-1)
