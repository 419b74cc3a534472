"""The compiled network gives what the formulas say, in any size, and survives its file."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from blobs import blobs

from mien.blendshapes.scores import NAMES
from mien.errors import FormatError, OutputError, ParameterError
from mien.selfnorm.export import export, to_onnx
from mien.selfnorm.features import Features
from mien.selfnorm.lanes import ALPHA, SCALE
from mien.selfnorm.network import SelfNorm, SelfNormConfig


def network(
    widths: tuple[int, ...] = (64,) * 10, classes: int = 5, seed: int = 0, **more: object
) -> SelfNorm:
    rng = np.random.default_rng(seed)
    features = more.pop("features", Features())
    config = SelfNormConfig(widths=widths, l2_layers=(), features=features)  # type: ignore[arg-type]
    inputs = len(features.names(NAMES))  # type: ignore[attr-defined]
    sizes = [inputs, *widths, classes]
    weights = tuple(
        (rng.standard_normal((a, b)) / np.sqrt(a), 0.1 * rng.standard_normal(b))
        for a, b in pairwise(sizes)
    )
    return SelfNorm(
        NAMES,
        tuple(f"c{k}" for k in range(classes)),
        weights,
        0.3 * rng.random(inputs),
        0.05 + 0.2 * rng.random(inputs),
        config,
        **more,  # type: ignore[arg-type]
    )


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


def test_22_layers_as_published():
    assert SelfNormConfig().layers == 22 and SelfNormConfig().epochs == 400


def test_large_and_small_activations():
    net = network((16, 16), 3)
    x = np.float32([[-200.0], [-20], [0], [20], [200]]) * np.ones((1, len(NAMES)), np.float32)
    assert np.abs(net.predict_proba(x) - by_formula(net, x)).max() < 1e-4


def test_outputs_equal_torchs():
    torch = pytest.importorskip("torch", reason="torch is for training only")
    from mien.selfnorm.training import to_torch

    net = network(temperature=1.3)
    x = np.random.default_rng(0).random((500, len(NAMES)), dtype=np.float32)
    with torch.no_grad():
        theirs = torch.softmax(to_torch(net)(torch.from_numpy(x)), 1).numpy()
    assert np.abs(net.predict_proba(x) - theirs).max() < 1e-5


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


@pytest.mark.parametrize(
    "values",
    [
        {"widths": ()},
        {"dropout": 1.0},
        {"l2": -1},
        {"l2_layers": (11,)},
        {"learning_rate": 0},
        {"batch": 1},
        {"patience": 0},
        {"noise": 2},
    ],
)
def test_settings_out_of_range(values):
    with pytest.raises(ParameterError):
        SelfNormConfig(**values)


def test_settings_survive_json():
    config = SelfNormConfig(widths=(3, 4), l2_layers=(1,), features=Features(window=5))
    import json

    assert SelfNormConfig.from_dict(json.loads(json.dumps(config.as_dict()))) == config
    with pytest.raises(ParameterError, match="'depth'"):
        SelfNormConfig.from_dict({"depth": 3})


def test_onnx_gives_the_same(tmp_path):
    import onnx
    from onnx.reference import ReferenceEvaluator

    net = network((8, 9), 3, temperature=1.5)
    x = np.random.default_rng(0).random((10, len(NAMES)), dtype=np.float32)
    (theirs,) = ReferenceEvaluator(to_onnx(net)).run(None, {"scores": x})
    assert np.abs(theirs - net.predict_proba(x)).max() < 1e-5
    export(net, tmp_path / "n.onnx")
    held = {entry.key: entry.value for entry in onnx.load(tmp_path / "n.onnx").metadata_props}
    assert '"jawOpen"' in held["inputs"] and '"c2"' in held["expressions"]
    export(net, tmp_path / "n.npz")
    assert np.array_equal(SelfNorm.load(tmp_path / "n.npz").predict_proba(x), net.predict_proba(x))
    with pytest.raises(OutputError, match="--overwrite"):
        export(net, tmp_path / "n.onnx")
    with pytest.raises(OutputError, match="a name that ends in"):
        export(net, tmp_path / "n.h5")
