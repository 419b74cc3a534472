"""Detectors that answer for a grid of places: MediaPipe's, for faces and for bodies.

References
----------
.. [1] Bazarevsky et al., "BlazeFace: sub-millisecond neural face detection on mobile GPUs",
   arXiv:1907.05047, 2019.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from mien.models.onnx_network import OnnxNetwork
from mien.models.squares import cut, placed, whole

_ONE = 0.3  # intersection over union from which on two boxes are of one thing


@dataclass(frozen=True)
class Boxed:
    """Something that was found; pixels of the picture."""

    low: np.ndarray
    """Upper left corner, shape (2,)."""
    high: np.ndarray
    """Lower right corner, shape (2,)."""
    points: np.ndarray
    """Shape (n, 2)."""
    score: float
    """0 to 1."""


class AnchoredDetector:
    """One such network; safe to share between threads.

    Parameters
    ----------
    network : OnnxNetwork
        With outputs ``boxes`` and ``scores``.
    side : int
        Pixels of the square that it is given.
    grids : sequence of (int, int)
        Its grids, in order: pixels between two places, answers for each.
    score : float
        Certainty from which on something counts, 0 to 1.
    signed : bool
        Whether its pixels go from -1 to 1; otherwise from 0 to 1.
    """

    def __init__(
        self,
        network: OnnxNetwork,
        side: int,
        grids: Sequence[tuple[int, int]],
        score: float = 0.5,
        signed: bool = True,
    ) -> None:
        self._net = network
        self._side, self._score, self._signed = side, score, signed
        self._places = np.concatenate([_places(side // apart, many) for apart, many in grids])

    def find(self, image: np.ndarray) -> list[Boxed]:
        """Everything that is seen in a picture, the surest first.

        Parameters
        ----------
        image : np.ndarray [shape=(height, width, 3), dtype=uint8]
            RGB; it is shrunk whole into the square.
        """
        square = whole(image)
        part = cut(image, square, self._side, bare=True)[None].astype(np.float32)
        given = part / 127.5 - 1 if self._signed else part / 255
        boxes, scores = self._net.run(given, ("boxes", "scores"))
        sure = expit(scores[0, :, 0].astype(np.float64))
        some = np.flatnonzero(sure >= self._score)
        some = some[np.argsort(-sure[some], kind="stable")]
        # centre, width and height, then points: shares of the side, from the place
        answers = boxes[0, some].astype(np.float64) / self._side
        answers[:, :2] += self._places[some]
        answers[:, 4:] += np.tile(self._places[some], (1, (answers.shape[1] - 4) // 2))
        corners = np.hstack(
            [answers[:, :2] - answers[:, 2:4] / 2, answers[:, :2] + answers[:, 2:4] / 2]
        )
        found = np.hstack([corners, answers[:, 4:]])
        return [
            Boxed(points[0], points[1], points[2:], score)
            for row, score in _merged(found, sure[some])
            for points in [placed(row.reshape(-1, 2), square)]
        ]


def _places(across: int, many: int) -> np.ndarray:
    """Middles of a grid's places, rows first, shape (across² · many, 2), shares of the side."""
    at = (np.arange(across) + 0.5) / across
    grid = np.stack(np.meshgrid(at, at), -1).reshape(-1, 2)
    return np.repeat(grid, many, axis=0)


def _merged(found: np.ndarray, scores: np.ndarray) -> list[tuple[np.ndarray, float]]:
    """Answers about one thing as their mean, weighted by how sure they are; surest first."""
    made = []
    while len(found):
        same = _overlap(found[0], found) > _ONE
        same[0] = True
        weights = scores[same] / scores[same].sum()
        made.append((weights @ found[same], float(scores[0])))
        found, scores = found[~same], scores[~same]
    return made


def _overlap(one: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Intersection over union of a box with others; left, top, right, bottom come first."""
    low, high = np.maximum(one[:2], others[:, :2]), np.minimum(one[2:4], others[:, 2:4])
    both = np.prod(np.maximum(high - low, 0), axis=1)
    areas = np.prod(np.maximum(others[:, 2:4] - others[:, :2], 0), axis=1)
    union = np.prod(np.maximum(one[2:4] - one[:2], 0)) + areas - both
    return np.asarray(both / np.maximum(union, 1e-12))
