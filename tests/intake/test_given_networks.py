"""Networks that somebody gave."""

from __future__ import annotations

import zipfile

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from mien.emotion.classifier import EmotionClassifier
from mien.errors import FormatError, MienError
from mien.intake.networks import check_task, read_onnx
from mien.models.landmarker import open_backend
from mien.recognition.arcface import ArcFace


def network(weights, nodes=None, outputs=(1, 8)):
    nodes = nodes or [
        helper.make_node("ReduceMean", ["x"], ["m"], axes=[2, 3], keepdims=0),
        helper.make_node("MatMul", ["m", "w"], ["y"]),
    ]
    return helper.make_model(
        helper.make_graph(
            nodes,
            "g",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, (1, 3, 112, 112))],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, outputs)],
            weights,
        ),
        opset_imports=[helper.make_opsetid("", 13)],
    )


def usual():
    return numpy_helper.from_array(np.ones((3, 8), np.float32), "w")


def saved(path, model):
    path.write_bytes(model.SerializeToString())
    return path


def test_a_network_is_read(tmp_path):
    path = saved(tmp_path / "a.onnx", network([usual()]))
    assert read_onnx(path, "a recogniser") == path.read_bytes()
    assert ArcFace(path).describe_all([np.full((112, 112, 3), 200, np.uint8)]).shape == (1, 8)


def bad(name):
    if name == "a terabyte":
        tensor = usual()
        tensor.dims[0] = 1 << 35
        return network([tensor])
    if name == "less than nothing":
        tensor = usual()
        tensor.dims[0] = -3
        return network([tensor])
    if name == "values elsewhere":
        tensor = usual()
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value="/etc/passwd")
        return network([tensor])
    if name == "out of nothing":
        shape = numpy_helper.from_array(np.array([1 << 20, 1 << 20]), "s")
        return network([shape], [helper.make_node("ConstantOfShape", ["s"], ["y"])])
    return helper.make_model(helper.make_graph([], "g", [], []))


@pytest.mark.parametrize(
    "load", [lambda p: read_onnx(p, "a network"), ArcFace, EmotionClassifier.load]
)
@pytest.mark.parametrize(
    "name", ["a terabyte", "less than nothing", "values elsewhere", "out of nothing", "empty"]
)
def test_what_is_no_network(tmp_path, name, load):
    path = saved(tmp_path / "a.onnx", bad(name))
    with pytest.raises(FormatError, match=r"a\.onnx") as caught:
        load(path)
    assert caught.value.exit_status == 3


@pytest.mark.parametrize("load", [ArcFace, EmotionClassifier.load])
def test_garbage(tmp_path, load):
    rng = np.random.default_rng(1)
    whole = network([usual()]).SerializeToString()
    for content in (b"", b"words", rng.bytes(5000), whole[: len(whole) // 2]):
        (tmp_path / "a.onnx").write_bytes(content)
        with pytest.raises(MienError):
            load(tmp_path / "a.onnx")


def test_tasks(tmp_path):
    path = tmp_path / "a.task"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("face_landmarks_detector.tflite", bytes(1000))
    assert check_task(path, "a model") == path
    data = path.read_bytes()
    for content in (b"", data[:-30], data[:100], bytes(3000), data[:60] + b"x" + data[61:]):
        path.write_bytes(content)
        with pytest.raises(FormatError, match="copy it again"):
            open_backend(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("words.txt", "words")
    with pytest.raises(FormatError, match="a Face Landmarker model"):
        open_backend(path)
