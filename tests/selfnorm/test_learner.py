"""The gradient is the one that torch finds, and steps along it are those of torch's Adam."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mien.selfnorm.config import SelfNormConfig
from mien.selfnorm.learner import Learner

SMALL = {"widths": (16,) * 3, "l2_layers": (), "batch": 32}


@pytest.fixture(scope="module", autouse=True)
def torch() -> Any:
    """Loaded only where these tests run: every process reads this file."""
    return pytest.importorskip("torch", reason="torch is for training only")


@pytest.mark.parametrize("weights", [None, [0.5, 1.0, 2.0, 1.0]])
def test_the_gradient_is_autograds(torch, weights):
    config = SelfNormConfig(widths=(24, 17, 9), dropout=0, l2_layers=())
    learner = Learner(11, 4, config, None if weights is None else np.float32(weights))
    x = torch.randn(37, 11, generator=torch.Generator().manual_seed(0))
    label = torch.arange(37) % 4
    loss, hits = learner.differentiate(x, torch.eye(4)[label])
    layers, t = [], x
    for k, (weight, bias) in enumerate(learner.weights()):
        pair = [torch.from_numpy(array).requires_grad_() for array in (weight, bias)]
        layers += pair
        t = t @ pair[0] + pair[1]
        t = torch.selu(t) if k < 3 else t
    each = torch.nn.functional.cross_entropy(t, label, reduction="none")
    theirs = (each * (1 if weights is None else torch.tensor(weights)[label])).mean()
    theirs.backward()
    assert loss == pytest.approx(theirs.item(), rel=1e-5)
    assert hits == int((t.argmax(1) == label).sum())
    expected = np.concatenate([array.grad.numpy().ravel() for array in layers])
    assert np.abs(learner.gradient - expected).max() < 1e-6


def test_soft_targets_are_cross_entropy(torch):
    learner = Learner(5, 3, SelfNormConfig(**SMALL | {"dropout": 0}))
    x, y = torch.randn(8, 5), torch.softmax(torch.randn(8, 3), 1)
    loss, _ = learner.differentiate(x, y)
    t = x
    for k, (weight, bias) in enumerate(learner.weights()):
        t = t @ torch.from_numpy(weight) + torch.from_numpy(bias)
        t = torch.selu(t) if k < 3 else t
    assert loss == pytest.approx(torch.nn.functional.cross_entropy(t, y).item(), rel=1e-5)


def test_steps_are_those_of_torchs_adam_with_l2_in_the_gradient(torch):
    config = SelfNormConfig(**SMALL | {"l2_layers": (2,), "dropout": 0})
    learner = Learner(6, 3, config)
    x, y = torch.randn(32, 6), torch.eye(3)[torch.arange(32) % 3]
    dense = [torch.nn.Linear(*weight.shape) for weight, _ in learner.weights()]
    for layer, (weight, bias) in zip(dense, learner.weights(), strict=True):
        layer.weight.data, layer.bias.data = torch.tensor(weight.T), torch.tensor(bias)
    others = [p for layer in dense for p in layer.parameters() if p is not dense[1].weight]
    groups = [{"params": others}, {"params": [dense[1].weight], "weight_decay": 2 * config.l2}]
    optimiser = torch.optim.Adam(groups, lr=config.learning_rate, eps=1e-7)
    selu = torch.nn.SELU()
    model = torch.nn.Sequential(dense[0], selu, dense[1], selu, dense[2], selu, dense[3])
    for _ in range(20):
        optimiser.zero_grad()
        theirs = torch.nn.functional.cross_entropy(model(x), y)
        theirs.backward()
        optimiser.step()
        assert learner.descend(x, y)[0] == pytest.approx(theirs.item(), rel=1e-4)
    for layer, (weight, bias) in zip(dense, learner.weights(), strict=True):
        assert weight == pytest.approx(layer.weight.detach().numpy().T, abs=1e-5)
        assert bias == pytest.approx(layer.bias.detach().numpy(), abs=1e-5)


def test_the_least_loss_is_found_where_it_is_known():
    # whatever goes in, the shares are the same: the loss is least, and their entropy, at the shares
    learner = Learner(5, 3, SelfNormConfig(**SMALL | {"dropout": 0}, learning_rate=0.01))
    shares = np.float32([0.6, 0.3, 0.1])
    x = np.random.default_rng(0).standard_normal((64, 5)).astype(np.float32)
    y = np.tile(shares, (64, 1))
    for _ in range(200):
        loss, _ = learner.epoch(x, y)
    assert loss == pytest.approx(-(shares * np.log(shares)).sum(), abs=1e-3)
