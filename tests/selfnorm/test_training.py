"""Training learns what can be learnt, the same for the same seed."""

from __future__ import annotations

import sys
from importlib.util import find_spec

import numpy as np
import pytest
from blobs import blobs

from mien.errors import ParameterError
from mien.selfnorm.config import SelfNormConfig
from mien.selfnorm.features import Features
from mien.selfnorm.splits import Split, split
from mien.selfnorm.training import mirrored_order, train

SMALL = {"widths": (16,) * 3, "l2_layers": (), "batch": 32}
needs_torch = pytest.mark.skipif(find_spec("torch") is None, reason="torch is for training only")


@needs_torch
def test_separable_classes_are_learnt_by_the_published_network():
    made = blobs()
    parts = split(made, seed=1)
    seen = []
    found = train(
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


@needs_torch
def test_a_fresh_network_normalises_itself():
    found = train(
        blobs(noise=0.3), split(blobs()), SelfNormConfig(epochs=1, l2_layers=(), widths=(256,) * 6)
    )
    assert np.abs(found.first_moments[:, 0]).max() < 0.25
    assert np.abs(found.first_moments[:, 1] - 1).max() < 0.35


@needs_torch
def test_the_same_seed_gives_the_same_network():
    made = blobs(6, 10)
    parts = split(made)
    config = SelfNormConfig(**SMALL, epochs=2, mirror=True, noise=0.02, balanced=True)
    import torch

    threads = torch.get_num_threads()
    one, two = (train(made, parts, config).network for _ in range(2))
    other = train(made, parts, SelfNormConfig(**SMALL, epochs=2, seed=1)).network
    assert np.array_equal(one.classify(made), two.classify(made))
    assert not np.array_equal(one.classify(made), other.classify(made))
    assert torch.get_num_threads() == threads


@needs_torch
def test_without_a_validation_set_the_last_epoch_is_kept_and_inputs_may_stay_as_they_are():
    made = blobs(6, 10)
    everything = np.arange(len(made))
    parts = Split("mine", everything, everything[:0], everything)
    found = train(made, parts, SelfNormConfig(**SMALL, epochs=4, standardise=False))
    assert found.best == len(found.history) == 4
    assert all(np.isnan(entry.validation_loss) for entry in found.history)
    assert not found.network.mean.any() and (found.network.scale == 1).all()
    assert np.isfinite(found.last_moments).all()


@needs_torch
def test_patience_stops_early():
    rng = np.random.default_rng(0)
    made = blobs(6, 10)
    object.__setattr__(made, "labels", rng.permutation(made.labels))  # nothing can be learnt
    config = SelfNormConfig(**SMALL, epochs=60, patience=3, learning_rate=0.01)
    found = train(made, split(made), config)
    assert len(found.history) == found.best + 3 < 60


@needs_torch
def test_l2_shrinks_the_layers_it_holds_for():
    made = blobs(6, 20)
    parts = split(made)
    sizes = []
    for layers in ((), (2,)):
        config = SelfNormConfig(**SMALL | {"l2_layers": layers, "dropout": 0}, epochs=15)
        kept = train(made, parts, config).network
        sizes.append([float((weight**2).sum()) for weight, _ in kept.weights])
    assert sizes[1][1] < 0.6 * sizes[0][1] and sizes[1][2] > 0.7 * sizes[0][2]


@needs_torch
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
        given = train(made, parts, config).network.classify(made)
        right.append((given.argmax(1) == made.labels)[parts.test].mean())
    assert right[0] < 0.75 and right[1] > 0.85


@needs_torch
def test_what_cannot_be_taught_is_refused():
    made = blobs(4, 5)
    with pytest.raises(ParameterError, match="at least two"):
        train(made.relabelled(("neutral",)), split(made.relabelled(("neutral",))))
    with pytest.raises(ParameterError, match="shows contempt"):
        wider = made.relabelled((*made.expressions, "contempt"))
        train(wider, split(wider))
    everything = np.arange(len(made))
    with pytest.raises(ParameterError, match="at least two"):
        train(made, Split("mine", everything[:0], everything, everything))
    with pytest.raises(ParameterError, match="shape"):
        train(made, split(made), targets=np.ones((3, 3)))


def test_sides_are_exchanged_by_name():
    names = ("eyeBlinkLeft", "jawOpen", "eyeBlinkRight", "jawLeft", "jawRight", "eyeBlinkLeft:sd")
    assert mirrored_order(names).tolist() == [2, 1, 0, 4, 3, 5]


def test_without_torch_a_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ParameterError, match=r"torch: .*train"):
        train(blobs(4, 5), split(blobs(4, 5)))
