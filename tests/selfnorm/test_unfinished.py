"""A training that was killed goes on, and ends as one that was not."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest
from blobs import blobs

from mien.errors import FormatError, ParameterError
from mien.selfnorm.config import SelfNormConfig
from mien.selfnorm.splits import Split, split
from mien.selfnorm.training import train
from mien.selfnorm.unfinished import State

pytestmark = pytest.mark.skipif(find_spec("torch") is None, reason="torch is for training only")
CONFIG = SelfNormConfig(
    widths=(16,) * 3, l2_layers=(2,), batch=32, epochs=7, mirror=True, noise=0.02
)


class Killed(BaseException):
    """Nothing that anything catches."""


def killed_after(epoch):
    def progress(entry, total):
        if entry.epoch == epoch:
            raise Killed

    return progress


def weights(training):
    return np.concatenate([part.ravel() for pair in training.network.weights for part in pair])


@pytest.mark.parametrize("validated", [True, False])
def test_a_killed_run_that_goes_on_equals_one_that_was_not(tmp_path, validated):
    made = blobs(6, 10)
    everything = np.arange(len(made))
    parts = split(made) if validated else Split("all", everything, everything[:0], everything)
    whole = train(made, parts, CONFIG)
    state = State(tmp_path / "state.npz", every=2)
    with pytest.raises(Killed):
        train(made, parts, CONFIG, state=state, progress=killed_after(5))
    seen = []
    again = train(made, parts, CONFIG, state=state, progress=lambda entry, _: seen.append(entry))
    assert seen[0].epoch == 5  # four were written down
    assert np.array_equal(weights(again), weights(whole)) and again.best == whole.best
    kept = [replace(entry, seconds=0.0) for entry in again.history]
    same = [replace(entry, seconds=0.0) for entry in whole.history]
    assert repr(kept) == repr(same)
    assert all(np.diff([entry.seconds for entry in again.history]) > 0)
    assert np.array_equal(again.first_moments, whole.first_moments)


def test_a_run_that_ended_is_there_at_once_and_more_epochs_go_on_from_it(tmp_path):
    made, state = blobs(6, 10), State(tmp_path / "state.npz", every=4)
    parts = split(made)
    ended = train(made, parts, CONFIG, state=state)
    at_once = train(made, parts, CONFIG, state=state, progress=killed_after(1))
    assert np.array_equal(weights(ended), weights(at_once))
    longer = train(made, parts, replace(CONFIG, epochs=9), state=state)
    assert np.array_equal(weights(longer), weights(train(made, parts, replace(CONFIG, epochs=9))))


def test_patience_that_had_run_out_has_run_out(tmp_path):
    rng = np.random.default_rng(0)
    made = blobs(6, 10)
    made = replace(made, labels=rng.integers(0, len(made.expressions), len(made)).astype(np.int16))
    config, state = replace(CONFIG, epochs=60, patience=3), State(tmp_path / "state.npz", every=1)
    first = train(made, split(made), config, state=state)
    again = train(made, split(made), config, state=state, progress=killed_after(len(first.history)))
    assert len(first.history) == len(again.history) < 60 and first.best == again.best


def test_another_training_and_a_damaged_file_are_refused(tmp_path):
    made, state = blobs(6, 10), State(tmp_path / "state.npz")
    train(made, split(made), replace(CONFIG, epochs=1), state=state)
    with pytest.raises(ParameterError, match="of another training"):
        train(made, split(made), replace(CONFIG, dropout=0.2), state=state)
    with pytest.raises(ParameterError, match="of another training"):
        train(made, split(made, seed=3), CONFIG, state=state)
    state.path.write_bytes(state.path.read_bytes()[:300])
    with pytest.raises(FormatError, match=r"state\.npz"):
        train(made, split(made), CONFIG, state=state)
