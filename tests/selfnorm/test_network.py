"""The compiled network gives what the formulas say, in any size, and survives its file."""

from __future__ import annotations

import numpy as np
import pytest
from blobs import blobs
from drawn import network

from mien.blendshapes.names import NAMES
from mien.errors import FormatError, OutputError, ParameterError
from mien.selfnorm.features import Features
from mien.selfnorm.lanes import ALPHA, SCALE
from mien.selfnorm.network import SelfNorm


def by_formula(net: SelfNorm, x: np.ndarray) -> np.ndarray:
    """Plain numpy in double precision."""
    x = (x.astype(np.float64) - net.mean) / net.scale
    for k, (weight, bias) in enumerate(net.weights):
        x = x @ weight.astype(np.float64) + bias
        if k < len(net.weights) - 1:
            x = SCALE * np.where(x > 0, x, ALPHA * np.expm1(np.minimum(x, 0)))
    x = np.exp((x - x.max(1, keepdims=True)) / net.temperature)
    return x / x.sum(1, keepdims=True)


@pytest.mark.parametrize(
    ("widths", "classes"), [((64,) * 10, 5), ((24, 17, 33), 7), ((5,), 2), ((130, 3), 17)]
)
@pytest.mark.parametrize("rows", [0, 1, 5, 6, 7, 96, 97, 300])
def test_every_size_gives_what_the_formula_gives(widths, classes, rows):
    net = network(widths, classes, temperature=1.7)
    x = np.random.default_rng(rows).random((rows, len(NAMES)), dtype=np.float32)
    found = net.predict_proba(x)
    assert found.shape == (rows, classes) and found.dtype == np.float32
    assert np.abs(found - by_formula(net, x)).max(initial=0) < 1e-5
    for k in range(min(rows, 7)):
        assert np.abs(net.score_one(x[k]) - found[k]).max() < 1e-5


def test_large_and_small_activations():
    net = network((16, 16), 3)
    x = np.float32([[-200.0], [-20], [0], [20], [200]]) * np.ones((1, len(NAMES)), np.float32)
    assert np.abs(net.predict_proba(x) - by_formula(net, x)).max() < 1e-4


def test_unknown_inputs_give_nothing_and_touch_no_neighbour():
    net = network()
    x = np.random.default_rng(0).random((9, len(NAMES)), dtype=np.float32)
    whole = net.predict_proba(x)
    x[3, 7] = np.nan
    x[5, 0] = np.inf
    found = net.predict_proba(x)
    assert np.isnan(found[[3, 5]]).all() and np.isnan(net.score_one(x[3])).all()
    others = [0, 1, 2, 4, 6, 7, 8]
    assert np.array_equal(found[others], whole[others])
    assert (net.decide(found)[[3, 5]] == -1).all()


def test_columns_are_matched_by_name():
    net = network()
    x = np.random.default_rng(0).random((4, len(NAMES)), dtype=np.float32)
    names = ("tongueOut", *NAMES[::-1])
    shuffled = np.concatenate([np.ones((4, 1)), x[:, ::-1]], 1)
    assert np.array_equal(net.predict_proba(shuffled, names), net.predict_proba(x))
    with pytest.raises(ParameterError, match="needs browDownLeft"):
        net.predict_proba(x[:, 1:], NAMES[1:])
    with pytest.raises(ParameterError, match="51 inputs"):
        net.predict_proba(x[:, 1:])
    with pytest.raises(ParameterError, match="51 inputs"):
        net.score_one(x[0, 1:])


def test_snapshots_are_classified_with_their_windows():
    made = blobs(2, 6)
    net = network(features=Features(window=3, baseline=True))
    backwards = made.aligned(NAMES[::-1])
    assert np.allclose(net.classify(backwards), net.classify(made), atol=1e-6)
    assert net.classify(made).shape == (len(made), 5)


def test_abstention():
    net = network((4,), 3, threshold=0.6)
    given = np.float32([[0.7, 0.2, 0.1], [0.5, 0.4, 0.1], [0, 0.4, 0.6]])
    assert net.decide(given).tolist() == [0, -1, 2]
    assert net.calibrated(1.0, 0.0).decide(given).tolist() == [0, 0, 2]


def test_a_file_keeps_everything(tmp_path):
    net = network((8, 9), 3, temperature=2.5, threshold=0.4, notes={"epoch": 3})
    net.save(tmp_path / "n.npz")
    back = SelfNorm.load(tmp_path / "n.npz")
    x = np.random.default_rng(0).random((4, len(NAMES)), dtype=np.float32)
    assert np.array_equal(back.predict_proba(x), net.predict_proba(x))
    for name in ("names", "expressions", "config", "temperature", "threshold", "notes"):
        assert getattr(back, name) == getattr(net, name)
    with pytest.raises(OutputError, match="--overwrite"):
        net.save(tmp_path / "n.npz")
    with pytest.raises(OutputError, match="a name that ends in"):
        net.save(tmp_path / "n.txt")
    assert [found.name for found in tmp_path.iterdir()] == ["n.npz"]


def test_what_is_no_network_is_refused(tmp_path):
    with pytest.raises(FormatError, match="no network at"):
        SelfNorm.load(tmp_path / "none.npz")
    (tmp_path / "a.npz").write_bytes(b"something else")
    np.savez(tmp_path / "b.npz", kind=np.array("other"))
    network((4,), 2).save(tmp_path / "c.npz")
    data = (tmp_path / "c.npz").read_bytes()
    (tmp_path / "c.npz").write_bytes(data[: len(data) // 2])
    for name in "abc":
        with pytest.raises(FormatError) as error:
            SelfNorm.load(tmp_path / f"{name}.npz")
        assert f"{name}.npz" in str(error.value)
