"""Training learns what can be learnt, with the gradient torch finds, the same for the same seed."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from blobs import blobs

from mien.errors import ParameterError
from mien.selfnorm.features import Features
from mien.selfnorm.network import SelfNormConfig
from mien.selfnorm.splits import Split, split

torch = pytest.importorskip("torch", reason="torch is for training only")

from mien.selfnorm import training  # noqa: E402

SMALL = {"widths": (16,) * 3, "l2_layers": (), "batch": 32}


def test_separable_classes_are_learnt_by_the_published_network():
    made = blobs()
    parts = split(made, seed=1)
    seen = []
    found = training.train(
        made, parts, SelfNormConfig(epochs=12), progress=lambda *entry: seen.append(entry)
    )
    predicted = found.network.classify(made.take(parts.test)).argmax(1)
    assert (predicted == made.labels[parts.test]).mean() > 0.95
    assert [entry.epoch for entry, total in seen] == list(range(1, 13)) and seen[0][1] == 12
    assert tuple(entry for entry, _ in seen) == found.history
    losses = [entry.validation_loss for entry in found.history]
    assert found.best == 1 + int(np.argmin(losses))
    # what is kept is the network of that epoch
    held = made.take(parts.validation)
    p = found.network.classify(held)[np.arange(len(held)), held.labels]
    assert -np.log(p).mean() == pytest.approx(min(losses), rel=1e-4)


def test_a_fresh_network_normalises_itself():
    found = training.train(
        blobs(noise=0.3), split(blobs()), SelfNormConfig(epochs=1, l2_layers=(), widths=(256,) * 6)
    )
    assert np.abs(found.first_moments[:, 0]).max() < 0.25
    assert np.abs(found.first_moments[:, 1] - 1).max() < 0.35


@pytest.mark.parametrize("weights", [None, [0.5, 1.0, 2.0, 1.0]])
def test_the_gradient_is_autograds(weights):
    config = SelfNormConfig(widths=(24, 17, 9), dropout=0, l2_layers=())
    learner = training.Learner(11, 4, config, None if weights is None else np.float32(weights))
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


def test_soft_targets_are_cross_entropy():
    learner = training.Learner(5, 3, SelfNormConfig(**SMALL | {"dropout": 0}))
    x, y = torch.randn(8, 5), torch.softmax(torch.randn(8, 3), 1)
    loss, _ = learner.differentiate(x, y)
    t = x
    for k, (weight, bias) in enumerate(learner.weights()):
        t = t @ torch.from_numpy(weight) + torch.from_numpy(bias)
        t = torch.selu(t) if k < 3 else t
    assert loss == pytest.approx(torch.nn.functional.cross_entropy(t, y).item(), rel=1e-5)


def test_alpha_dropout_keeps_mean_and_variance():
    p = 0.1
    z = np.random.default_rng(0).standard_normal(1 << 18).astype(np.float32)
    y, slope = z.copy(), np.zeros_like(z)
    dropped = training._DROPPED
    a = 1 / np.sqrt((1 - p) * (1 + p * dropped**2))
    b = -a * p * dropped
    training._activate(y, slope, np.uint32(7), np.uint32(p * 2**32), a, b, dropped)
    assert abs(y.mean()) < 0.01 and abs(y.var() - 1) < 0.02
    gone = slope == 0
    assert gone.mean() == pytest.approx(p, abs=0.005)
    assert np.allclose(y[gone], a * dropped + b)
    kept = torch.selu(torch.from_numpy(z[~gone])).numpy()
    assert np.allclose(y[~gone], a * kept + b, atol=1e-5)
    again, other = z.copy(), z.copy()
    training._activate(again, slope, np.uint32(7), np.uint32(p * 2**32), a, b, dropped)
    training._activate(other, slope, np.uint32(8), np.uint32(p * 2**32), a, b, dropped)
    assert np.array_equal(again, y) and (other != y).mean() > 0.1


def test_steps_are_adams_with_l2_in_the_gradient():
    learner = training.Learner(6, 3, SelfNormConfig(**SMALL | {"l2_layers": (2,), "dropout": 0}))
    x = torch.randn(32, 6)
    y = torch.eye(3)[torch.arange(32) % 3]
    held = np.zeros(len(learner.parameters))
    first = 6 * 16 + 16
    held[first : first + 16 * 16] = 0.5  # derivative of 0.25 w^2, over w
    parameters = learner.parameters.astype(np.float64)
    m = v = np.zeros(len(parameters))
    for step in range(1, 6):
        learner.differentiate(x, y)
        gradient = learner.gradient + held * parameters
        m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
        up, down = m / (1 - 0.9**step), np.sqrt(v / (1 - 0.999**step))
        parameters = parameters - 0.001 * up / (down + 1e-7)
        learner.descend(x, y)
    assert np.abs(learner.parameters - parameters).max() < 1e-5


def test_the_same_seed_gives_the_same_network():
    made = blobs(6, 10)
    parts = split(made)
    config = SelfNormConfig(**SMALL, epochs=2, mirror=True, noise=0.02, balanced=True)
    threads = torch.get_num_threads()
    one, two = (training.train(made, parts, config).network for _ in range(2))
    other = training.train(made, parts, SelfNormConfig(**SMALL, epochs=2, seed=1)).network
    assert np.array_equal(one.classify(made), two.classify(made))
    assert not np.array_equal(one.classify(made), other.classify(made))
    assert torch.get_num_threads() == threads


def test_patience_stops_early():
    rng = np.random.default_rng(0)
    made = blobs(6, 10)
    object.__setattr__(made, "labels", rng.permutation(made.labels))  # nothing can be learnt
    config = SelfNormConfig(**SMALL, epochs=60, patience=3, learning_rate=0.01)
    found = training.train(made, split(made), config)
    assert len(found.history) == found.best + 3 < 60


def test_l2_shrinks_the_layers_it_holds_for():
    made = blobs(6, 20)
    parts = split(made)
    sizes = []
    for layers in ((), (2,)):
        config = SelfNormConfig(**SMALL | {"l2_layers": layers, "dropout": 0}, epochs=15)
        kept = training.train(made, parts, config).network
        sizes.append([float((weight**2).sum()) for weight, _ in kept.weights])
    assert sizes[1][1] < 0.6 * sizes[0][1] and sizes[1][2] > 0.7 * sizes[0][2]


def test_windows_tell_what_single_snapshots_do_not():
    # two classes whose scores are the same, but rise in one and fall in the other
    made = blobs(10, 20)
    scores = np.full_like(made.scores, 0.5)
    ramp = made.times - made.times.mean()
    scores[:, 0] = 0.5 + np.where(made.labels == 0, 0.4, -0.4) * ramp
    object.__setattr__(made, "scores", scores.astype(np.float32))
    made = made.take(made.labels < 2).relabelled(made.expressions[:2])
    parts = split(made)
    right = []
    for window in (0, 5):
        config = SelfNormConfig(
            **SMALL | {"dropout": 0}, epochs=15, features=Features(window=window)
        )
        given = training.train(made, parts, config).network.classify(made)
        right.append((given.argmax(1) == made.labels)[parts.test].mean())
    assert right[0] < 0.75 and right[1] > 0.85


def test_sides_are_exchanged_by_name():
    names = ("eyeBlinkLeft", "jawOpen", "eyeBlinkRight", "jawLeft", "jawRight", "eyeBlinkLeft:sd")
    assert training.mirrored(names).tolist() == [2, 1, 0, 4, 3, 5]


def test_what_cannot_be_taught_is_refused():
    made = blobs(4, 5)
    with pytest.raises(ParameterError, match="at least two"):
        training.train(made.relabelled(("neutral",)), split(made.relabelled(("neutral",))))
    with pytest.raises(ParameterError, match="shows contempt"):
        wider = made.relabelled((*made.expressions, "contempt"))
        training.train(wider, split(wider))
    everything = np.arange(len(made))
    with pytest.raises(ParameterError, match="validation set is empty"):
        training.train(made, Split("mine", everything, everything[:0], everything))
    with pytest.raises(ParameterError, match="shape"):
        training.train(made, split(made), targets=np.ones((3, 3)))


def test_without_torch_a_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ParameterError, match=r"mien\[train\]"):
        training.train(blobs(4, 5), split(blobs(4, 5)))
