"""A network in other formats gives the same answers."""

from __future__ import annotations

import numpy as np
import pytest
from drawn import network

from mien.blendshapes.names import NAMES
from mien.errors import OutputError
from mien.selfnorm.export import export, to_onnx, to_torch
from mien.selfnorm.network import SelfNorm


def test_outputs_equal_torchs():
    torch = pytest.importorskip("torch", reason="torch is for training only")
    net = network(temperature=1.3)
    x = np.random.default_rng(0).random((500, len(NAMES)), dtype=np.float32)
    with torch.no_grad():
        theirs = torch.softmax(to_torch(net)(torch.from_numpy(x)), 1).numpy()
    assert np.abs(net.predict_proba(x) - theirs).max() < 1e-5


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
