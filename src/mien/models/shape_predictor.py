"""dlib's shape predictor, computed from dlib's file: unrounded, and several boxes at a time.

dlib rounds its points to whole pixels. Here they keep their fractions, and several boxes around a
face take a third of the time of as many calls into dlib. Rounded, the points are dlib's own.

References
----------
.. [1] Kazemi & Sullivan, "One millisecond face alignment with an ensemble of regression trees",
   CVPR 2014.
"""

from __future__ import annotations

from pathlib import Path

import numba
import numpy as np

from mien.errors import EngineError

_LARGEST = 200_000_000  # bytes of a file that is read


class ShapePredictor:
    """An ensemble of regression trees; safe to share between threads.

    Parameters
    ----------
    path : Path
        A file of dlib's `shape_predictor`.

    Raises
    ------
    EngineError
        If the file is damaged or something else.
    """

    def __init__(self, path: Path) -> None:
        data = np.fromfile(path, np.uint8, _LARGEST)
        sizes = np.zeros(6, np.int64)
        if not _measure(data, sizes):
            raise EngineError(f"{path.name} is damaged: reinstall face_recognition_models.")
        points, stages, trees, splits, leaves, pixels = (int(size) for size in sizes)
        self._mean = np.zeros(2 * points, np.float32)
        self._pairs = np.zeros((stages, trees, splits, 2), np.int32)
        self._cuts = np.zeros((stages, trees, splits), np.float32)
        self._leaves = np.zeros((stages, trees, leaves, 2 * points), np.float32)
        self._anchors = np.zeros((stages, pixels), np.int64)
        self._deltas = np.zeros((stages, pixels, 2), np.float32)
        end = _load(
            data, self._mean, self._pairs, self._cuts, self._leaves, self._anchors, self._deltas
        )
        if end != len(data):
            raise EngineError(f"{path.name} is damaged: reinstall face_recognition_models.")

    def fit(self, image: np.ndarray, boxes: np.ndarray) -> np.ndarray:
        """Fit the points in boxes as dlib's detector draws them.

        Parameters
        ----------
        image : np.ndarray [shape=(height, width, 3), dtype=uint8]
            RGB.
        boxes : np.ndarray [shape=(n, 4)]
            Left, top, right and bottom, pixels, the last row and column included.

        Returns
        -------
        points : np.ndarray [shape=(n, n_points, 2)]
            Pixels; the middle of the first pixel is (0, 0).
        """
        return _fit(
            image,
            np.asarray(boxes, np.float64),
            self._mean,
            self._pairs,
            self._cuts,
            self._leaves,
            self._anchors,
            self._deltas,
        )


@numba.njit(nogil=True, cache=True)
def _integer(data, at):
    """dlib's packed integer: a byte with its length and sign, then little-endian bytes."""
    control = data[at]
    length = np.int64(control & 0x0F)
    value = np.int64(0)
    for k in range(length):
        value |= np.int64(data[at + 1 + k]) << (8 * k)
    return (-value if control & 0x80 else value), at + 1 + length


@numba.njit(nogil=True, cache=True)
def _float(data, at):
    """dlib's number: mantissa and exponent of two."""
    mantissa, at = _integer(data, at)
    exponent, at = _integer(data, at)
    return mantissa * 2.0**exponent, at


@numba.njit(nogil=True, cache=True)
def _measure(data, sizes):
    """Sizes of what the file holds, by its first tree; False if it is no shape predictor."""
    if len(data) < 1000:
        return False
    version, at = _integer(data, 0)
    rows, at = _integer(data, at)
    columns, at = _integer(data, at)
    if version != 1 or columns != -1 or not -2000 < rows < 0:
        return False
    for _ in range(-rows):
        _, at = _float(data, at)
    stages, at = _integer(data, at)
    trees, at = _integer(data, at)
    splits, at = _integer(data, at)
    if not (0 < stages < 100 and 0 < trees < 5000 and 0 < splits < 1024):
        return False
    for _ in range(splits):
        _, at = _integer(data, at)
        _, at = _integer(data, at)
        _, at = _float(data, at)
    leaves, at = _integer(data, at)
    if leaves != splits + 1:
        return False
    sizes[:] = (-rows // 2, stages, trees, splits, leaves, 0)
    # the pixels that are looked at stand behind all trees
    for stage in range(stages):
        if stage:
            _, at = _integer(data, at)
        for tree in range(trees):
            if stage or tree:
                count, at = _integer(data, at)
                if count != splits:
                    return False
                for _ in range(splits):
                    _, at = _integer(data, at)
                    _, at = _integer(data, at)
                    _, at = _float(data, at)
                _, at = _integer(data, at)
            for _ in range(leaves):
                _, at = _integer(data, at)
                _, at = _integer(data, at)
                for _ in range(-rows):
                    at += 1 + np.int64(data[at] & 0x0F)
                    at += 1 + np.int64(data[at] & 0x0F)
                if at >= len(data):
                    return False
    _, at = _integer(data, at)
    sizes[5], at = _integer(data, at)
    return sizes[5] > 0


@numba.njit(nogil=True, cache=True)
def _load(data, mean, pairs, cuts, leaves, anchors, deltas):
    """Read everything; the place after it."""
    _, at = _integer(data, 0)
    at = _matrix(data, at, mean)
    _, at = _integer(data, at)
    for stage in range(pairs.shape[0]):
        _, at = _integer(data, at)
        for tree in range(pairs.shape[1]):
            _, at = _integer(data, at)
            for split in range(pairs.shape[2]):
                pairs[stage, tree, split, 0], at = _integer(data, at)
                pairs[stage, tree, split, 1], at = _integer(data, at)
                cuts[stage, tree, split], at = _float(data, at)
            _, at = _integer(data, at)
            for leaf in range(leaves.shape[2]):
                at = _matrix(data, at, leaves[stage, tree, leaf])
    _, at = _integer(data, at)
    for stage in range(anchors.shape[0]):
        _, at = _integer(data, at)
        for k in range(anchors.shape[1]):
            anchors[stage, k], at = _integer(data, at)
    _, at = _integer(data, at)
    for stage in range(anchors.shape[0]):
        _, at = _integer(data, at)
        for k in range(anchors.shape[1]):
            deltas[stage, k, 0], at = _float(data, at)
            deltas[stage, k, 1], at = _float(data, at)
    return at


@numba.njit(nogil=True, cache=True)
def _matrix(data, at, values):
    _, at = _integer(data, at)
    _, at = _integer(data, at)
    for k in range(len(values)):
        values[k], at = _float(data, at)
    return at


@numba.njit(nogil=True, cache=True, fastmath=False)
def _fit(image, boxes, mean, pairs, cuts, leaves, anchors, deltas):
    count = len(mean) // 2
    shapes = np.empty((len(boxes), len(mean)), np.float32)
    shapes[:] = mean
    levels = np.zeros((len(boxes), anchors.shape[1]), np.float32)
    reached = np.empty((pairs.shape[1], len(boxes)), np.int64)
    for stage in range(pairs.shape[0]):
        for n in range(len(boxes)):
            _look(image, boxes[n], shapes[n], mean, anchors[stage], deltas[stage], levels[n])
        # leaves are fetched from all over a large table: where all of them lie is found out first,
        # so that the processor can fetch the next ones while it adds
        for tree in range(pairs.shape[1]):
            for n in range(len(boxes)):
                node = 0
                while node < pairs.shape[2]:
                    one = pairs[stage, tree, node, 0]
                    two = pairs[stage, tree, node, 1]
                    above = levels[n, one] - levels[n, two] > cuts[stage, tree, node]
                    node = 2 * node + 2 - int(above)
                reached[tree, n] = node - pairs.shape[2]
        # box by box within a tree: its leaves are then still at hand
        for tree in range(pairs.shape[1]):
            for n in range(len(boxes)):
                shape, leaf = shapes[n], leaves[stage, tree, reached[tree, n]]
                for k in range(len(leaf)):
                    shape[k] += leaf[k]
    points = np.empty((len(boxes), count, 2))
    for n in range(len(boxes)):
        across, down = boxes[n, 2] - boxes[n, 0], boxes[n, 3] - boxes[n, 1]
        for k in range(count):
            points[n, k, 0] = boxes[n, 0] + across * shapes[n, 2 * k]
            points[n, k, 1] = boxes[n, 1] + down * shapes[n, 2 * k + 1]
    return points


@numba.njit(nogil=True, cache=True)
def _look(image, box, shape, mean, anchors, deltas, levels):
    """Grey levels of the pixels that a stage compares, at the places they have on the shape."""
    height, width = image.shape[:2]
    across, down = box[2] - box[0], box[3] - box[1]
    a, b = _turn(mean, shape, len(mean) // 2)
    a, b = np.float32(a), np.float32(b)
    for k in range(len(anchors)):
        dx, dy = deltas[k]
        anchor = anchors[k]
        x = box[0] + across * np.float64(a * dx - b * dy + shape[2 * anchor])
        y = box[1] + down * np.float64(b * dx + a * dy + shape[2 * anchor + 1])
        column, row = int(np.floor(x + 0.5)), int(np.floor(y + 0.5))
        levels[k] = 0
        if 0 <= column < width and 0 <= row < height:
            red, green, blue = image[row, column]
            levels[k] = (np.int32(red) + np.int32(green) + np.int32(blue)) // 3


@numba.njit(nogil=True, cache=True)
def _turn(mean, shape, count):
    """Turn and scale (a + bi) of the similarity that takes the mean shape to another."""
    mx = my = sx = sy = np.float64(0)
    for k in range(count):
        mx += mean[2 * k]
        my += mean[2 * k + 1]
        sx += shape[2 * k]
        sy += shape[2 * k + 1]
    mx, my, sx, sy = mx / count, my / count, sx / count, sy / count
    dot = cross = size = 0.0
    for k in range(count):
        x, y = mean[2 * k] - mx, mean[2 * k + 1] - my
        u, v = shape[2 * k] - sx, shape[2 * k + 1] - sy
        dot += x * u + y * v
        cross += x * v - y * u
        size += x * x + y * y
    return dot / size, cross / size
