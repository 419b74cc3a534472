"""Sequences are of one recording, and read what a single snapshot cannot say."""

from __future__ import annotations

import numpy as np
import pytest

from mien.errors import ParameterError
from mien.selfnorm.sequence import SequenceConfig, history, read_sequences
from mien.selfnorm.snapshots import Snapshots
from mien.selfnorm.splits import split


def course(people: int = 12, length: int = 30) -> Snapshots:
    """One score that rises or falls: no single value tells which."""
    rng = np.random.default_rng(0)
    labels = np.tile(np.repeat([0, 1], length), people)
    phase = np.tile(np.arange(length) / 10, 2 * people)
    saw = phase % 1
    score = np.where(labels == 0, saw, 1 - saw) + 0.01 * rng.standard_normal(len(labels))
    who = np.repeat([f"P{k:02d}" for k in range(people)], 2 * length)
    return Snapshots(
        score[:, None].clip(0, 1), ("jawOpen",), labels, ("rising", "falling"), who, phase
    )


def test_what_came_before_is_of_the_same_recording_whatever_the_order_of_the_rows():
    made = course(3, 8)
    mixed = made.take(np.random.default_rng(1).permutation(len(made)))
    rows = history(mixed, 3)
    assert np.array_equal(rows[:, -1], np.arange(len(mixed)))
    kind = mixed.recordings()
    assert (kind[rows] == kind[:, None]).all()
    steps = np.diff(mixed.times[rows], axis=1)
    early = mixed.times < 0.15  # the first snapshot stands in for those before it
    assert np.allclose(steps[~early], 0.1) and (steps >= 0).all()


def test_a_sequence_tells_what_a_single_snapshot_cannot():
    pytest.importorskip("torch", reason="torch is for training only")
    made = course()
    found = read_sequences(
        made, split(made, seed=1), SequenceConfig(length=5, epochs=25, batch=16, learning_rate=0.01)
    )
    assert found.matrix.sum() == 2 * 2 * 30 and found.measures.accuracy > 0.85


def test_impossible_sequences_are_refused():
    with pytest.raises(ParameterError, match="2 to 300"):
        SequenceConfig(length=1)
