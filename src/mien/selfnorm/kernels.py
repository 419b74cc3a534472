"""What lies between the matrix products of a training step, as compiled loops.

References
----------
.. [1] Klambauer, Unterthiner, Mayr & Hochreiter, "Self-Normalizing Neural Networks", NeurIPS 2017.
.. [2] Kingma & Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015.
"""

from __future__ import annotations

import math

import numba
import numpy as np

from mien.selfnorm.lanes import ALPHA, SCALE, load, selu, store

BETAS = (0.9, 0.999)
"""Of Adam: how slowly its two running means forget."""
EPSILON = 1e-7
"""Of Adam: what the root of the second mean is at least, nearly; Keras's."""
DROPPED = -SCALE * ALPHA
"""What alpha dropout sets a value to: SELU's lowest."""


@numba.njit(nogil=True, cache=True, error_model="numpy")
def selu_dropout(values, slopes, key, share):
    """SELU and alpha dropout [1]_ in place, and their derivative.

    Parameters
    ----------
    values, slopes : np.ndarray [shape=(n,), dtype=float32]
        What goes in and comes out, and the derivative of the one to the other. `n` is a multiple
        of `lanes.WIDTH`.
    key : np.uint32
        Decides what is dropped.
    share : float
        What part is dropped, 0 to below 1.
    """
    for at in range(0, len(values), 8):
        store(values, at, selu(load(values, at)))
    # what is left is stretched and moved, so that mean and variance stay
    stretch = 1 / math.sqrt((1 - share) * (1 + share * DROPPED**2))
    a, b, dropped = np.float32(stretch), np.float32(-stretch * share * DROPPED), np.float32(DROPPED)
    limit = np.uint32(min(share * 2.0**32, 2.0**32 - 1))
    one, edge, nothing = np.float32(SCALE), np.float32(SCALE * ALPHA), np.float32(0)
    for at in range(len(values)):
        # a hash of place and step: the same seed drops the same
        h = np.uint32(at) * np.uint32(0x9E3779B1) + key * np.uint32(0x85EBCA77)
        h = (h ^ (h >> np.uint32(16))) * np.uint32(0x21F0AAAD)
        h = np.uint32(h)
        h = np.uint32((h ^ (h >> np.uint32(15))) * np.uint32(0x735A2D97))
        h = np.uint32(h ^ (h >> np.uint32(15)))
        keep = h >= limit
        value = values[at]
        steep = one if value > nothing else value + edge
        slopes[at] = a * steep if keep else nothing
        values[at] = a * (value if keep else dropped) + b


@numba.njit(nogil=True, cache=True)
def cross_entropy(z, targets, weights):
    """Mean cross-entropy of logits, and how many are right; `z` becomes the gradient.

    Parameters
    ----------
    z : np.ndarray [shape=(rows, classes), dtype=float32]
        Logits.
    targets : np.ndarray [shape=(rows, classes), dtype=float32]
        Share of each class.
    weights : np.ndarray [shape=(classes,), dtype=float32]
        What each class counts for.
    """
    rows, classes = z.shape
    total = np.float64(0)
    hits = 0
    for r in range(rows):
        best, label = 0, 0
        share, weight = np.float64(0), np.float64(0)
        for k in range(classes):
            best = k if z[r, k] > z[r, best] else best
            label = k if targets[r, k] > targets[r, label] else label
            share += targets[r, k]
            weight += weights[k] * targets[r, k]
        weight = weight / share if share > 0 else weight
        hits += best == label
        top = np.float64(z[r, best])
        mass = np.float64(0)
        for k in range(classes):
            mass += math.exp(z[r, k] - top)
        for k in range(classes):
            total += weight * targets[r, k] * (math.log(mass) - (z[r, k] - top))
            likely = math.exp(z[r, k] - top) / mass
            z[r, k] = weight * (likely * share - targets[r, k]) / rows
    return total / rows, hits


@numba.njit(nogil=True, cache=True, fastmath=True)
def adam(parameters, gradient, moments, decay, rate, step):
    """One step of Adam [2]_ in place; L2 is part of the gradient, as in Keras.

    Parameters
    ----------
    parameters, gradient : np.ndarray [shape=(n,), dtype=float32]
    moments : np.ndarray [shape=(2, n), dtype=float32]
        Running means of the gradient and of its square; 0 before the first step.
    decay : np.ndarray [shape=(n,), dtype=float32]
        What each parameter adds to its own gradient, times itself.
    rate : float
        Learning rate.
    step : int
        Counted from 1.
    """
    one, two = np.float32(BETAS[0]), np.float32(BETAS[1])
    rest_one, rest_two = np.float32(1) - one, np.float32(1) - two
    # the running means begin at 0: rate and epsilon make up for it
    certain = math.sqrt(1 - BETAS[1] ** step)
    rate = np.float32(rate * (certain / (1 - BETAS[0] ** step)))
    epsilon = np.float32(EPSILON * certain)
    for k in range(len(parameters)):
        g = gradient[k] + decay[k] * parameters[k]
        m = one * moments[0, k] + rest_one * g
        v = two * moments[1, k] + rest_two * g * g
        moments[0, k], moments[1, k] = m, v
        parameters[k] -= rate * m / (np.sqrt(v) + epsilon)
