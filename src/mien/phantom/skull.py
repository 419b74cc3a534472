"""The skull of a phantom: rings lofted from the face's oval round to the back of the head."""

from __future__ import annotations

import numpy as np

from mien.face import topology

SKULL = np.array([0.0, -0.1, 0.95])  # centre
RADII = np.array([0.87, 1.1, 1.06])
RINGS = np.array([0.0, 0.05, 0.11, 0.18, 0.26, 0.35, 0.45, 0.56, 0.68, 0.82, 1.0])
OVAL = topology.FACE_OVAL
# depth and height of the hairline, from the forehead over the temple and ear to the nape
_HAIRLINE = np.array(
    [[-0.2, -0.9], [0.1, -0.84], [0.32, -0.66], [0.5, -0.46], [0.6, -0.1], [0.78, -0.05],
     [0.9, 0.1], [1.05, 0.5], [1.4, 0.85], [2.2, 0.95]]
)  # fmt: skip
COLUMNS = 2 * len(OVAL) + 1


def loft(oval: np.ndarray, raised: np.ndarray, radii: np.ndarray) -> np.ndarray:
    """Rings from the face's oval round the skull to the back, shape (rings, 73, 3)."""
    rim = np.empty((2 * len(oval), 3))
    rim[::2] = oval
    rim[1::2] = (oval + np.roll(oval, -1, 0)) / 2
    away = (rim - SKULL) / radii
    reach = np.linalg.norm(away, axis=1)
    polar = np.arccos(np.clip(away[:, 2] / reach, -1, 1))
    across = away[:, :2] / np.maximum(np.linalg.norm(away[:, :2], axis=1, keepdims=True), 1e-9)
    t = RINGS[:, None]
    # the corners of the oval wear off behind it
    round_off = step(t, 0.0, 0.25)[..., None]
    sharp = np.column_stack([reach, polar, across])
    form = sharp * (1 - round_off) + _around(sharp) * round_off
    radius, polar, across = form[..., 0], form[..., 1], form[..., 2:]
    across = across / np.linalg.norm(across, axis=-1, keepdims=True)
    blend = step(t, 0.0, 0.45)
    radius = radius * (1 - blend) + blend
    angle = polar * (1 - t)
    shell = np.concatenate([np.sin(angle)[..., None] * across, np.cos(angle)[..., None]], -1)
    grid = radii * shell * radius[..., None]
    grid = np.concatenate([grid, grid[:, :1]], 1)
    return SKULL + grid * (1 + raised[..., None])


def hairline(y: np.ndarray, z: np.ndarray, ramp: float = 0.09) -> np.ndarray:
    """Share of hair on the skull, 0 to 1."""
    line = np.interp(z, *_HAIRLINE.T)
    return step(line - y, 0.0, ramp)


def _around(values: np.ndarray) -> np.ndarray:
    """Smooth along a closed ring, shape (n, k)."""
    kernel = np.exp(-0.5 * (np.arange(-6, 7) / 2.5) ** 2)
    turns = [np.roll(values, k, 0) for k in range(-6, 7)]
    return np.tensordot(kernel / kernel.sum(), np.array(turns), 1)


def step(x: np.ndarray, low: np.ndarray | float, high: np.ndarray | float) -> np.ndarray:
    """From 0 at `low` to 1 at `high` without a corner."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)
