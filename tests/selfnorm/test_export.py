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


@pytest.mark.parametrize("widths", [(64,) * 10, (8, 9)])
def test_litert_gives_the_same(tmp_path, widths):
    """The file is run by LiteRT's own interpreter, where that is installed."""
    runtime = pytest.importorskip(
        "ai_edge_litert.interpreter", reason="ai-edge-litert, which runs such files, is not there"
    )
    net = network(widths, 3, temperature=1.5)
    export(net, tmp_path / "n.tflite")
    reader = runtime.Interpreter(model_path=str(tmp_path / "n.tflite"))
    (given,), (made,) = reader.get_input_details(), reader.get_output_details()
    assert (given["name"], made["name"]) == ("scores", "probabilities")
    for rows in (1, 10):
        x = np.random.default_rng(rows).random((rows, len(NAMES)), dtype=np.float32)
        reader.resize_tensor_input(given["index"], x.shape)
        reader.allocate_tensors()
        reader.set_tensor(given["index"], x)
        reader.invoke()
        theirs = reader.get_tensor(made["index"])
        assert np.abs(theirs - net.predict_proba(x)).max() < 1e-5


def test_litert_is_a_file_of_its_kind_and_holds_every_weight(tmp_path):
    net = network((8, 9), 3)
    export(net, tmp_path / "n.tflite")
    held = (tmp_path / "n.tflite").read_bytes()
    assert held[4:8] == b"TFL3"
    for weight, bias in net.folded()[:1]:
        for array in (weight.T, bias):
            at = held.find(np.ascontiguousarray(array, "<f4").tobytes())
            assert at > 0 and at % 16 == 0
