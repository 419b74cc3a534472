"""Sequences are read where a single snapshot cannot say what is shown."""

from __future__ import annotations

import numpy as np
import pytest
from courses import course

from mien.errors import ParameterError
from mien.selfnorm.evaluation import evaluate
from mien.selfnorm.recurrent import SequenceConfig
from mien.selfnorm.sequence import read_sequences
from mien.selfnorm.splits import split

FAST = SequenceConfig(length=5, epochs=25, batch=16, learning_rate=0.01)


def test_a_sequence_tells_what_a_single_snapshot_cannot():
    pytest.importorskip("torch", reason="torch is for training only")
    made = course()
    parts = split(made, seed=1)
    found = read_sequences(made, parts, FAST)
    assert found.evaluation.matrix.sum() == 2 * 2 * 30 and found.measures.accuracy > 0.85
    assert found.network.step_s == pytest.approx(0.1)
    again = evaluate(found.network, made, parts.test)
    assert np.array_equal(again.matrix, found.evaluation.matrix)
    assert found.network.temperature != 1


def test_what_was_taught_gives_torchs_answers():
    torch = pytest.importorskip("torch", reason="torch is for training only")
    made = course(6)
    net = read_sequences(made, split(made, seed=1), SequenceConfig(length=4, width=5, epochs=1))
    net = net.network
    unit, head = torch.nn.GRU(1, 5, batch_first=True), torch.nn.Linear(5, 2)
    with torch.no_grad():
        for layer, arrays in (
            (unit, (net.seen.T, net.remembered.T, *net.biases)),
            (head, (net.head[0].T, net.head[1])),
        ):
            for parameter, values in zip(layer.parameters(), arrays, strict=True):
                parameter.copy_(torch.from_numpy(np.ascontiguousarray(values)))
        x = np.random.default_rng(0).random((50, 4, 1), dtype=np.float32)
        seen = torch.from_numpy((x - net.mean) / net.scale)
        theirs = torch.softmax(head(unit(seen)[0][:, -1]) / net.temperature, 1).numpy()
    assert np.abs(net.predict_proba(x) - theirs).max() < 1e-5


def test_impossible_sequences_are_refused():
    with pytest.raises(ParameterError, match="2 to 300"):
        SequenceConfig(length=1)
