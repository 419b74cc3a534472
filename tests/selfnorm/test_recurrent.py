"""The network of sequences gives what the formulas say, and survives its file."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from blobs import blobs
from courses import recurrent
from drawn import network

from mien.blendshapes.names import NAMES
from mien.errors import FormatError, OutputError, ParameterError
from mien.selfnorm.calibration import calibrate
from mien.selfnorm.drift import drift_of
from mien.selfnorm.evaluation import evaluate
from mien.selfnorm.export import export
from mien.selfnorm.following import Following
from mien.selfnorm.histories import history
from mien.selfnorm.network import SelfNorm
from mien.selfnorm.opened import open_network
from mien.selfnorm.recurrent import Recurrent


def by_formula(net: Recurrent, sequence: np.ndarray) -> np.ndarray:
    """Plain loops in double precision, of one sequence."""
    width, state = net.config.width, np.zeros(net.config.width)
    for x in (sequence.astype(np.float64) - net.mean) / net.scale:
        a = x @ net.seen.astype(np.float64) + net.biases[0]
        b = state @ net.remembered.astype(np.float64) + net.biases[1]
        r, z = (1 / (1 + np.exp(-(a + b)[k * width : (k + 1) * width])) for k in (0, 1))
        n = np.tanh(a[2 * width :] + r * b[2 * width :])
        state = (1 - z) * n + z * state
    odds = np.exp((state @ net.head[0] + net.head[1]) / net.temperature)
    return odds / odds.sum()


def random_sequences(n: int = 9, length: int = 4) -> np.ndarray:
    return np.random.default_rng(1).random((n, length, len(NAMES)), dtype=np.float32)


@pytest.mark.parametrize("length", [1, 4, 7])
def test_it_gives_what_the_formula_gives(length):
    net = recurrent(temperature=1.7)
    x = random_sequences(length=length)
    found = net.predict_proba(x)
    assert found.dtype == np.float32
    assert np.abs(found - [by_formula(net, one) for one in x]).max() < 1e-5


def test_unknown_inputs_give_nothing_and_touch_no_neighbour():
    net, x = recurrent(), random_sequences()
    whole = net.predict_proba(x)
    x[3, 1, 7] = np.nan
    found = net.predict_proba(x)
    assert np.isnan(found[3]).all() and net.decide(found)[3] == -1
    assert np.array_equal(np.delete(found, 3, 0), np.delete(whole, 3, 0))


def test_wrong_shapes_are_refused():
    net = recurrent()
    for x in (random_sequences()[:, :, 1:], random_sequences()[0], random_sequences()[:, :0]):
        with pytest.raises(ParameterError, match="sequences of 51 scores"):
            net.predict_proba(x)
    for wrong in ({"mean": np.zeros(3)}, {"scale": np.zeros(len(NAMES))}, {"step_s": 0.0}):
        with pytest.raises(ParameterError):
            replace(net, **wrong)


def test_recordings_are_classified_by_name_and_in_any_order():
    made, net = blobs(2, 6), recurrent()
    found = net.classify(made)
    rows = history(made, 4, 0.1)
    assert np.abs(found - net.predict_proba(made.scores[rows])).max() < 1e-6
    assert np.allclose(net.classify(made.aligned(NAMES[::-1])), found, atol=1e-6)
    mixed = np.random.default_rng(0).permutation(len(made))
    assert np.allclose(net.classify(made.take(mixed)), found[mixed], atol=1e-6)


def test_snapshots_that_come_one_by_one_are_read_as_the_whole_recording_is():
    made, net = blobs(1, 40).take(slice(0, 40)), recurrent()
    kept = np.delete(np.arange(40), [11, 12, *range(20, 32)])  # two lost, then a gap
    made = made.take(kept)
    live = Following(net)
    found = [live.add(float(t), row) for t, row in zip(made.times, made.scores, strict=True)]
    assert np.abs(np.array(found) - net.classify(made)).max() < 1e-6


def test_it_is_calibrated_judged_and_compared_as_the_other_kind():
    made = blobs(4, 10)
    net = replace(recurrent(), expressions=made.expressions)
    set_ = calibrate(net, made)
    assert set_.temperature != 1 and isinstance(set_, Recurrent)
    assert evaluate(set_, made).matrix.sum() == len(made)
    fitting = replace(net, mean=made.scores.mean(0), scale=made.scores.std(0))
    drift = drift_of(fitting, made)
    assert drift is not None and drift.distance == pytest.approx(1, abs=0.01)


def test_a_file_keeps_everything_and_is_opened_as_its_kind(tmp_path):
    net = recurrent(temperature=2.5, threshold=0.4, notes={"epoch": 3})
    net.save(tmp_path / "n.npz")
    back = open_network(tmp_path / "n.npz")
    assert isinstance(back, Recurrent)
    assert np.array_equal(
        back.predict_proba(random_sequences()), net.predict_proba(random_sequences())
    )
    for name in ("names", "expressions", "config", "temperature", "threshold", "notes", "step_s"):
        assert getattr(back, name) == getattr(net, name)
    with pytest.raises(OutputError, match="--overwrite"):
        net.save(tmp_path / "n.npz")
    with pytest.raises(FormatError, match="reads sequences"):
        SelfNorm.load(tmp_path / "n.npz")
    network((4,), 2).save(tmp_path / "single.npz")
    assert isinstance(open_network(tmp_path / "single.npz"), SelfNorm)


def test_what_is_no_network_is_refused(tmp_path):
    net = recurrent()
    net.save(tmp_path / "c.npz")
    data = (tmp_path / "c.npz").read_bytes()
    (tmp_path / "c.npz").write_bytes(data[: len(data) // 2])
    (tmp_path / "a.npz").write_bytes(b"something else")
    np.savez(tmp_path / "b.npz", kind=np.array("mien recurrent network 1"), names=np.array(["a"]))
    for name in ("a.npz", "b.npz", "c.npz", "none.npz"):
        for read in (open_network, Recurrent.load):
            with pytest.raises(FormatError) as error:
                read(tmp_path / name)
            assert name in str(error.value)


def test_onnx_gives_the_same(tmp_path):
    import onnx
    import onnxruntime

    net = recurrent(temperature=1.5)
    export(net, tmp_path / "n.onnx")
    run = onnxruntime.InferenceSession(str(tmp_path / "n.onnx"), providers=["CPUExecutionProvider"])
    (theirs,) = run.run(["probabilities"], {"scores": random_sequences()})
    assert np.abs(theirs - net.predict_proba(random_sequences())).max() < 1e-5
    held = {entry.key: entry.value for entry in onnx.load(tmp_path / "n.onnx").metadata_props}
    assert '"jawOpen"' in held["inputs"] and held["step_s"] == "0.1"
    export(net, tmp_path / "n.npz")
    assert isinstance(open_network(tmp_path / "n.npz"), Recurrent)


@pytest.mark.parametrize("length", [2, 15])
def test_litert_gives_the_same(tmp_path, length):
    """The file is run by LiteRT's own interpreter, where that is installed."""
    runtime = pytest.importorskip(
        "ai_edge_litert.interpreter", reason="ai-edge-litert, which runs such files, is not there"
    )
    net = recurrent(length=length, temperature=1.5)
    export(net, tmp_path / "n.tflite")
    reader = runtime.Interpreter(model_path=str(tmp_path / "n.tflite"))
    (given,), (made,) = reader.get_input_details(), reader.get_output_details()
    assert (given["name"], made["name"]) == ("scores", "probabilities")
    for rows in (1, 9):
        x = random_sequences(rows, length)
        reader.resize_tensor_input(given["index"], x.shape)
        reader.allocate_tensors()
        reader.set_tensor(given["index"], x)
        reader.invoke()
        assert np.abs(reader.get_tensor(made["index"]) - net.predict_proba(x)).max() < 1e-5


def test_litert_is_a_file_of_its_kind_and_holds_what_is_remembered(tmp_path):
    net = recurrent()
    export(net, tmp_path / "n.tflite")
    held = (tmp_path / "n.tflite").read_bytes()
    assert held[4:8] == b"TFL3"
    for part in np.split(net.remembered, 3, axis=1):
        at = held.find(np.ascontiguousarray(part.T, "<f4").tobytes())
        assert at > 0 and at % 16 == 0
