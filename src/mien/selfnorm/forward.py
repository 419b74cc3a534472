"""What a snapshot passes through: dense layers with SELU, then a softmax, as compiled loops.

They are written by hand because nothing that is there is as fast: ``benchmarks/expression.py``
times them beside ONNX Runtime and numpy, and docs/expression.md has the figures.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numba
import numpy as np

from mien.selfnorm.lanes import add, fma, load, selu, spread, store, zero

_PANEL = 16  # outputs that are computed at once
_TILE = 6  # snapshots that are computed at once: 6 x 16 sums fill the registers
_BLOCK = 16 * _TILE  # snapshots that pass through all layers together: they stay in the cache


def packed(pairs: Sequence[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """All layers in the order of the loops: panels of 16 outputs, bias first.

    Parameters
    ----------
    pairs : sequence of tuple
        Weights (n_in, n_out) and bias (n_out,) of each dense layer.

    Returns
    -------
    layers : np.ndarray [shape=(n_layers, 3), dtype=int64]
        Where each begins, its inputs and its panels.
    numbers : np.ndarray [shape=(n,), dtype=float32]
    """
    layers, parts, at = [], [], 0
    for weight, bias in pairs:
        panels = -(-weight.shape[1] // _PANEL)
        rows = np.zeros((1 + len(weight), panels * _PANEL), np.float32)
        rows[0, : len(bias)] = bias
        rows[1:, : len(bias)] = weight
        parts.append(rows.reshape(-1, panels, _PANEL).transpose(1, 0, 2).ravel())
        layers.append((at, len(weight), panels))
        at += len(parts[-1])
    return np.array(layers, np.int64), np.concatenate(parts)


@numba.njit(nogil=True, cache=True)
def forward_many(scores, layers, packed, out):
    """Probabilities of many snapshots, into `out`: all layers block by block, then the softmax."""
    n, inputs = scores.shape
    stride = inputs
    for layer in range(len(layers)):
        stride = max(stride, layers[layer, 2] * _PANEL)
    x = np.zeros(_BLOCK * stride, np.float32)
    y = np.zeros(_BLOCK * stride, np.float32)
    for start in range(0, n, _BLOCK):
        rows = min(_BLOCK, n - start)
        for r in range(rows):
            for k in range(inputs):
                x[r * stride + k] = scores[start + r, k]
        for layer in range(len(layers)):
            at, depth, panels = layers[layer]
            hidden = layer < len(layers) - 1
            for panel in range(panels):
                column, w = panel * _PANEL, packed[at:]
                # rows past the last one of a tile hold what was there before, and are not read
                for r in range(0, rows, _TILE):
                    _tile(x, r * stride, stride, w, depth, y, r * stride + column, hidden)
                at += (1 + depth) * _PANEL
            x, y = y, x
        for r in range(rows):
            finite = np.float32(0)
            for k in range(inputs):
                finite += scores[start + r, k] * np.float32(0)
            _softmax(x, r * stride, finite, out[start + r])


@numba.njit(nogil=True, cache=True)
def forward_one(scores, layers, packed, out):
    """Probabilities of one snapshot, into `out`."""
    stride = len(scores)
    for layer in range(len(layers)):
        stride = max(stride, layers[layer, 2] * _PANEL)
    x, y = np.empty(stride, np.float32), np.empty(stride, np.float32)
    finite = np.float32(0)
    for k in range(len(scores)):
        x[k] = scores[k]
        finite += scores[k] * np.float32(0)
    for layer in range(len(layers)):
        at, depth, panels = layers[layer]
        for panel in range(panels):
            _row(x, packed[at:], depth, y, panel * _PANEL, layer < len(layers) - 1)
            at += (1 + depth) * _PANEL
        x, y = y, x
    _softmax(x, 0, finite, out)


@numba.njit(nogil=True, cache=True)
def _softmax(x, at, finite, out):
    top = x[at]
    for k in range(1, len(out)):
        top = max(top, x[at + k])
    total = np.float32(0)
    for k in range(len(out)):
        out[k] = math.exp(x[at + k] - top)
        total += out[k]
    for k in range(len(out)):
        out[k] = out[k] / total + finite


@numba.njit(nogil=True, cache=True)
def _tile(x, xo, stride, w, depth, y, yo, hidden):
    """Sixteen outputs of six snapshots, all sums in registers."""
    one, two = load(w, 0), load(w, 8)
    a0, a1, b0, b1, c0, c1 = one, two, one, two, one, two
    d0, d1, e0, e1, f0, f1 = one, two, one, two, one, two
    at = 0
    for k in range(depth):
        at += 16
        one, two = load(w, at), load(w, at + 8)
        v = spread(x, xo + k)
        a0, a1 = fma(v, one, a0), fma(v, two, a1)
        v = spread(x, xo + stride + k)
        b0, b1 = fma(v, one, b0), fma(v, two, b1)
        v = spread(x, xo + 2 * stride + k)
        c0, c1 = fma(v, one, c0), fma(v, two, c1)
        v = spread(x, xo + 3 * stride + k)
        d0, d1 = fma(v, one, d0), fma(v, two, d1)
        v = spread(x, xo + 4 * stride + k)
        e0, e1 = fma(v, one, e0), fma(v, two, e1)
        v = spread(x, xo + 5 * stride + k)
        f0, f1 = fma(v, one, f0), fma(v, two, f1)
    if hidden:
        a0, a1, b0, b1, c0, c1 = selu(a0), selu(a1), selu(b0), selu(b1), selu(c0), selu(c1)
        d0, d1, e0, e1, f0, f1 = selu(d0), selu(d1), selu(e0), selu(e1), selu(f0), selu(f1)
    store(y, yo, a0)
    store(y, yo + 8, a1)
    store(y, yo + stride, b0)
    store(y, yo + stride + 8, b1)
    store(y, yo + 2 * stride, c0)
    store(y, yo + 2 * stride + 8, c1)
    store(y, yo + 3 * stride, d0)
    store(y, yo + 3 * stride + 8, d1)
    store(y, yo + 4 * stride, e0)
    store(y, yo + 4 * stride + 8, e1)
    store(y, yo + 5 * stride, f0)
    store(y, yo + 5 * stride + 8, f1)


@numba.njit(nogil=True, cache=True)
def _row(x, w, depth, y, yo, hidden):
    """Sixteen outputs of one snapshot; four sums each, so that none waits for the one before."""
    a0, a1 = load(w, 0), load(w, 8)
    at = 16
    b0, b1, c0, c1, d0, d1 = zero(), zero(), zero(), zero(), zero(), zero()
    for k in range(0, depth - 3, 4):
        v = spread(x, k)
        a0, a1 = fma(v, load(w, at), a0), fma(v, load(w, at + 8), a1)
        v = spread(x, k + 1)
        b0, b1 = fma(v, load(w, at + 16), b0), fma(v, load(w, at + 24), b1)
        v = spread(x, k + 2)
        c0, c1 = fma(v, load(w, at + 32), c0), fma(v, load(w, at + 40), c1)
        v = spread(x, k + 3)
        d0, d1 = fma(v, load(w, at + 48), d0), fma(v, load(w, at + 56), d1)
        at += 64
    for k in range(depth - depth % 4, depth):
        v = spread(x, k)
        a0, a1 = fma(v, load(w, at), a0), fma(v, load(w, at + 8), a1)
        at += 16
    a0, a1 = add(add(a0, b0), add(c0, d0)), add(add(a1, b1), add(c1, d1))
    if hidden:
        a0, a1 = selu(a0), selu(a1)
    store(y, yo, a0)
    store(y, yo + 8, a1)
