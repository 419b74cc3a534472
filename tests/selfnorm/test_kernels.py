"""Loops of a training step: dropout keeps what it promises, Adam finds what is least."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import log_softmax

from mien.selfnorm.kernels import DROPPED, adam, cross_entropy, selu_dropout
from mien.selfnorm.lanes import ALPHA, SCALE


def by_formula(z: np.ndarray) -> np.ndarray:
    """SELU."""
    return SCALE * np.where(z > 0, z, ALPHA * np.expm1(np.minimum(z, 0)))


def test_alpha_dropout_keeps_mean_and_variance():
    p = 0.1
    z = np.random.default_rng(0).standard_normal(1 << 18).astype(np.float32)
    y, slope = z.copy(), np.zeros_like(z)
    selu_dropout(y, slope, np.uint32(7), p)
    assert abs(y.mean()) < 0.01 and abs(y.var() - 1) < 0.02
    gone = slope == 0
    assert gone.mean() == pytest.approx(p, abs=0.005)
    # what is kept is SELU, stretched and moved; what is dropped, its lowest value likewise
    selu = by_formula(z)
    stretch, move = np.polyfit(selu[~gone], y[~gone], 1)
    assert np.allclose(y, stretch * np.where(gone, DROPPED, selu) + move, atol=1e-5)
    assert np.allclose(slope[~gone & (z > 0)], stretch * SCALE, atol=1e-5)


def test_the_key_decides_what_is_dropped():
    z = np.random.default_rng(0).standard_normal(1 << 12).astype(np.float32)
    one, again, other = z.copy(), z.copy(), z.copy()
    for values, key in ((one, 7), (again, 7), (other, 8)):
        selu_dropout(values, np.zeros_like(z), np.uint32(key), 0.1)
    assert np.array_equal(again, one) and (other != one).mean() > 0.1


def test_without_dropout_it_is_selu_and_its_slope():
    z = np.linspace(-4, 4, 1600, dtype=np.float32)
    y, slope = z.copy(), np.zeros_like(z)
    selu_dropout(y, slope, np.uint32(0), 0.0)
    assert np.allclose(y, by_formula(z), atol=1e-6)
    between = np.abs(z) > 0.01  # at 0 the slope jumps
    assert np.allclose(np.gradient(y, z)[between], slope[between], atol=0.01)


@pytest.mark.parametrize("weights", [[1, 1, 1, 1], [0.5, 1, 2, 1]])
def test_cross_entropy_and_its_gradient(weights):
    rng = np.random.default_rng(0)
    z = rng.standard_normal((20, 4)).astype(np.float32)
    label = rng.integers(0, 4, 20)
    weights = np.float32(weights)

    def expected(logits: np.ndarray) -> float:
        return -np.mean(weights[label] * log_softmax(logits, 1)[np.arange(20), label])

    gradient = z.copy()
    loss, hits = cross_entropy(gradient, np.eye(4, dtype=np.float32)[label], weights)
    assert loss == pytest.approx(expected(z), rel=1e-6)
    assert hits == (z.argmax(1) == label).sum()
    direction = rng.standard_normal(z.shape)
    ahead, behind = (expected(z + step * direction) for step in (1e-4, -1e-4))
    assert (gradient * direction).sum() == pytest.approx((ahead - behind) / 2e-4, rel=1e-3)


def descended(target: np.ndarray, decay: np.ndarray, rate: float, steps: int) -> np.ndarray:
    """Where Adam is after steps from 0 on half the squared distance to a target."""
    at, moments = np.zeros_like(target), np.zeros((2, len(target)), np.float32)
    for step in range(1, steps + 1):
        adam(at, at - target, moments, decay, rate, step)
    return at


def test_adam_finds_the_least_with_l2_and_without():
    target = np.float32([1.0, -0.2, 0.0, 3.0])
    decay = np.float32([0, 0, 0, 0.5])
    # half of (w - 3) squared, and a quarter of w squared, are least at 2
    assert descended(target, decay, 0.01, 3000) == pytest.approx([1.0, -0.2, 0.0, 2.0], abs=1e-3)


def test_the_first_step_is_as_long_as_the_rate_whatever_the_gradient():
    first = descended(np.float32([1e-3, -50.0]), np.zeros(2, np.float32), 0.01, 1)
    assert first == pytest.approx([0.01, -0.01], rel=1e-3)


def test_steps_are_those_of_torchs_adam():
    torch = pytest.importorskip("torch", reason="torch is for training only")
    target, decay = torch.tensor([1.0, -0.2, 0.0, 3.0]), 0.5
    theirs = torch.zeros(4, requires_grad=True)
    optimiser = torch.optim.Adam([theirs], lr=0.01, eps=1e-7, weight_decay=decay)
    for _ in range(50):
        optimiser.zero_grad()
        (0.5 * (theirs - target) ** 2).sum().backward()
        optimiser.step()
    ours = descended(target.numpy(), np.full(4, decay, np.float32), 0.01, 50)
    assert ours == pytest.approx(theirs.detach().numpy(), abs=1e-5)
