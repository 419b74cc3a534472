"""Recognisers give one person one place and agree with the libraries that they come from."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest

from mien.errors import EngineError, FormatError, ParameterError
from mien.face.model import FaceModel
from mien.models.dlib_file import weights
from mien.models.dlib_network import Network
from mien.recognition.arcface import ArcFace
from mien.recognition.dlib_resnet import Dlib
from mien.recognition.recogniser import GLIMPSE, Recogniser, distances
from mien.recognition.registry import ALSO_STEER, STEERS, chooses, recogniser
from mien.surrogates.bank import Bank
from mien.surrogates.portrait import likeness


@pytest.fixture(scope="module")
def dlib_recogniser() -> Dlib:
    return Dlib()


@pytest.fixture(scope="module")
def chips() -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, (5, 150, 150, 3), dtype=np.uint8)


@pytest.fixture(scope="module", params=["dlib", "mobileface", "faceres", "arcface"])
def each(request, tmp_path_factory) -> Recogniser:
    """Every recogniser: what follows holds for all of them."""
    if request.param != "arcface":
        return recogniser(request.param)
    return ArcFace(_average_model(tmp_path_factory.mktemp("recogniser")))


def test_a_chip_is_a_square_picture_however_it_is_cut(each):
    picture, landmarks = _marked_eyes()
    first, *others = each.views(picture, landmarks)
    assert (first == each.chip(picture, landmarks)).all()
    for chip in (first, *others, each.glimpse(np.full((540, 540, 3), 90, np.uint8))):
        assert chip.dtype == np.uint8 and chip.shape == (len(chip), len(chip), 3)
        assert chip.shape == first.shape


def test_a_descriptor_is_of_its_chip_alone(each):
    picture, landmarks = _marked_eyes()
    chip = each.chip(picture, landmarks)
    found = each.describe_all([255 - chip, chip, chip // 2])
    assert found.ndim == 2 and len(found) == 3
    one = each.describe(picture, landmarks)
    assert np.abs(found[1] - one).max() < 1e-5
    assert np.linalg.norm(found[0] - one) > 1e-3
    np.testing.assert_allclose(
        found[::-1], each.describe_all([chip // 2, chip, 255 - chip]), atol=1e-5
    )
    assert np.isfinite(found).all()


def test_descriptors_are_numbers_of_one_size_however_the_face_is_cut(each):
    picture, landmarks = _marked_eyes()
    size = each.describe(picture, landmarks).shape
    assert len(size) == 1
    glimpse = each.glimpse(np.full((540, 540, 3), 90, np.uint8))
    for chips in ([glimpse], [*each.views(picture, landmarks), glimpse], [np.zeros_like(glimpse)]):
        found = each.describe_all(chips)
        assert found.shape == (len(chips), *size) and np.issubdtype(found.dtype, np.floating)
        assert np.isfinite(found).all()


def test_a_recogniser_says_who_it_is_and_when_two_are_one(each):
    assert each.name and each.source and 0 < each.threshold < 2


def test_the_numbers_are_dlibs(dlib_recogniser, chips):
    dlib = pytest.importorskip("dlib")
    path = weights(f"{Dlib.name}.dat")
    theirs = dlib.face_recognition_model_v1(str(path)).compute_face_descriptor(list(chips))
    assert np.abs(dlib_recogniser.describe_all(list(chips)) - np.array(theirs)).max() < 1e-5


def test_threads_do_not_disturb_each_other(dlib_recogniser, chips):
    expected = dlib_recogniser.describe_all(list(chips))
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda k: dlib_recogniser.describe_all([chips[k % 5]])[0], range(40)))
    np.testing.assert_allclose(found, expected[np.arange(40) % 5], atol=1e-5)


def test_nothing_to_describe_gives_nothing(each):
    picture, landmarks = _marked_eyes()
    assert each.describe_all([]).shape == (0, len(each.describe(picture, landmarks)))


def test_a_damaged_file_is_named(tmp_path):
    data = weights(f"{Dlib.name}.dat").read_bytes()
    path = tmp_path / "weights.dat"
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(EngineError, match=r"weights\.dat is damaged"):
        Network(path)


def test_where_dlibs_points_are_lost_the_landmarks_align(dlib_recogniser):
    landmarks = 60 * FaceModel.load().neutral + [100, 100, 0]
    flat = np.full((200, 200, 3), 128, np.uint8)
    flat[20:30] = 255
    assert dlib_recogniser.chip(flat, landmarks).shape == (150, 150, 3)


def test_arcface_stands_upright_and_has_length_one(tmp_path):
    picture, landmarks = _marked_eyes()
    arcface = ArcFace(_average_model(tmp_path))
    chip = arcface.chip(picture, landmarks)
    for x, y in ((38, 52), (73, 52)):  # InsightFace's places for the eyes
        assert chip[y - 2 : y + 3, x - 2 : x + 3].mean() > 200
    found = arcface.describe(picture, landmarks)
    assert np.linalg.norm(found) == pytest.approx(1)
    assert found.shape == arcface.describe_all([chip, chip])[1].shape


def test_recognisers_by_name(tmp_path):
    assert recogniser("dlib").name == Dlib.name
    assert recogniser(str(_average_model(tmp_path))).name == "average"
    with pytest.raises(ParameterError, match="no recogniser called 'nobody'"):
        recogniser("nobody")
    (tmp_path / "text.onnx").write_text("not a model")
    with pytest.raises(FormatError, match=r"text\.onnx is not"):
        recogniser(str(tmp_path / "text.onnx"))


def test_distances_are_euclidean():
    assert distances(np.eye(2), np.zeros((3, 2))).tolist() == [[1.0] * 3] * 2


def _marked_eyes() -> tuple[np.ndarray, np.ndarray]:
    """A grey face with white eyes, tilted by 20 degrees, and its landmarks."""
    import cv2

    angle = np.radians(20)
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0]])
    landmarks = np.zeros((478, 3))
    landmarks[:, :2] = 70 * FaceModel.load().neutral @ turn.T + [150, 160]
    picture = np.full((320, 320, 3), 60, np.uint8)
    for corners in ([33, 133], [362, 263]):
        x, y = landmarks[corners, :2].mean(0)
        cv2.circle(picture, (round(x), round(y)), 20, (255, 255, 255), -1)
    return picture, landmarks


def _average_model(folder: Path) -> Path:
    """A network of the right format that returns the mean of each colour."""
    from onnx import TensorProto, helper, save

    shapes = [[1, 3, 112, 112], [1, 3]]
    values = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        for name, shape in zip(("picture", "descriptor"), shapes, strict=True)
    ]
    nodes = [
        helper.make_node("GlobalAveragePool", ["picture"], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["descriptor"]),
    ]
    graph = helper.make_graph(nodes, "average", values[:1], values[1:])
    path = folder / "average.onnx"
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
    return path


def test_who_chooses_is_known_by_the_models_name():
    for key in ("dlib", "mobileface", "faceres"):
        assert chooses(recogniser(key).name) == (key in (STEERS, *ALSO_STEER))


def test_without_landmarks_a_face_is_still_the_same_person(each):
    """A close-up as a detector gives it, off its middle, against the face cut out by landmarks."""
    if each.name == "average":
        pytest.skip("a mean colour knows nobody")
    picture, landmarks = likeness(Bank.open().load("man-fair-1"))
    known = each.describe(picture, landmarks)
    low, high = landmarks[:, :2].min(0), landmarks[:, :2].max(0)
    for shift in (0.0, 0.08):
        scale = GLIMPSE / (high - low).max()
        middle = (low + high) / 2 + shift * (high - low)
        matrix = np.hstack([scale * np.eye(2), (270 - scale * middle)[:, None]])
        close = cv2.warpAffine(picture, matrix, (540, 540), borderMode=cv2.BORDER_REPLICATE)
        seen = each.describe_all([each.glimpse(close)])[0]
        assert np.linalg.norm(seen - known) < 0.75 * each.threshold, shift
