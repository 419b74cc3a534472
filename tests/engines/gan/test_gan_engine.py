"""A generator of identities is read from its checkpoint, draws, and covers what it cannot."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is for learned engines only")

from mien.engines import ENGINES, Weights  # noqa: E402
from mien.engines.gan.configuration import GanConfig  # noqa: E402
from mien.engines.gan.generator import Generator  # noqa: E402
from mien.errors import FormatError, ParameterError  # noqa: E402
from mien.face.model import FaceModel  # noqa: E402
from mien.surrogates import cards, load  # noqa: E402
from mien.tracking import Sample  # noqa: E402
from networks import SMALL_GAN, saved_gan  # noqa: E402

NAMES = sorted(cards())[:2]


@pytest.fixture(scope="module")
def sample():
    rng = np.random.default_rng(0)
    image = rng.integers(60, 200, (160, 160, 3)).astype(np.uint8)
    return Sample(image, FaceModel.load().neutral * 40 + [80.0, 75.0, 0.0])


@pytest.fixture(scope="module")
def fitted(sample, tmp_path_factory):
    path = saved_gan(tmp_path_factory.mktemp("gan") / "a.pt")
    kind = ENGINES["gan"].open(Weights(str(path)))
    return kind.calibrate([sample], sample.landmarks[None])


def test_another_identity_is_another_picture(fitted, sample):
    one, other = (
        fitted.wearing(load(name)).render(sample.image, sample.landmarks) for name in NAMES
    )
    assert not np.array_equal(one.picture, other.picture)
    np.testing.assert_array_equal(one.landmarks, sample.landmarks)
    assert not one.covered


def test_a_face_from_the_side_is_covered(fitted, sample):
    engine = fitted.wearing(load(NAMES[0]))
    middle = sample.landmarks.mean(0)
    c, s = np.cos(np.radians(75)), np.sin(np.radians(75))
    turned = (sample.landmarks - middle) @ np.array([[c, 0, -s], [0, 1, 0], [s, 0, c]]) + middle
    rendering = engine.render(sample.image, turned)
    assert rendering.covered and rendering.picture.std() == 0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"config": None}, "does not say the sizes"),
        ({"config": {**SMALL_GAN.to_json(), "side": 33}}, "unevenly"),
        ({"config": {**SMALL_GAN.to_json(), "blocks": 99}}, "from 1 to 18"),
        ({"config": {**SMALL_GAN.to_json(), "blocks": 2}}, "lacks blocks.1"),
        ({"generator": 3}, "has no generator"),
    ],
)
def test_what_does_not_fit_is_one_sentence(tmp_path, changes, words):
    path = saved_gan(tmp_path / "a.pt", **changes)
    with pytest.raises(FormatError, match=words):
        ENGINES["gan"].open(Weights(str(path)))


def test_its_sizes_are_in_the_checkpoint(tmp_path):
    path = saved_gan(tmp_path / "a.pt")
    with pytest.raises(ParameterError, match="leave out --config"):
        ENGINES["gan"].open(Weights(str(path), config="a.json"))


def test_the_published_size_has_its_parts():
    with torch.device("meta"):
        made = Generator(GanConfig())
        drawn = made(torch.zeros((1, 3, 224, 224)), torch.zeros((1, 256)))
    assert drawn.shape == (1, 3, 224, 224)
    assert len(made.blocks) == 9 and made.blocks[0].conv1.weight.shape == (512, 512, 3, 3)


def test_exported_it_draws_the_same(sample, tmp_path):
    from mien.training.export import export

    path, onnx = saved_gan(tmp_path / "a.pt", seed=3), tmp_path / "a.onnx"
    export(path, onnx)
    drawn = []
    for weights in (path, onnx):
        kind = ENGINES["gan"].open(Weights(str(weights)))
        assert kind.config == SMALL_GAN
        engine = kind.calibrate([sample], sample.landmarks[None]).wearing(load(NAMES[0]))
        drawn.append(engine.render(sample.image, sample.landmarks).picture.astype(int))
    assert np.abs(drawn[0] - drawn[1]).max() <= 1


def test_what_is_no_exported_generator_is_one_sentence(tmp_path):
    from importlib.resources import files

    path = tmp_path / "a.onnx"
    other = (files("mien") / "assets" / "mobileface" / "mobileface.onnx").read_bytes()
    for content, words in ((b"no", "not a generator"), (other, "does not say the sizes")):
        path.write_bytes(content)
        with pytest.raises(FormatError, match=words):
            ENGINES["gan"].open(Weights(str(path)))
    with pytest.raises(ParameterError, match="cannot be read"):
        ENGINES["gan"].open(Weights(str(tmp_path / "none.onnx")))


def test_a_recogniser_that_says_sizes_is_no_generator(tmp_path):
    import json
    from importlib.resources import files

    import onnx

    other = (files("mien") / "assets" / "mobileface" / "mobileface.onnx").read_bytes()
    model = onnx.load_model_from_string(other)
    model.metadata_props.add(key="mien", value=json.dumps(SMALL_GAN.to_json()))
    (tmp_path / "a.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(FormatError, match="not a generator of identities"):
        ENGINES["gan"].open(Weights(str(tmp_path / "a.onnx")))


def test_own_eyes_and_mouth_are_left_when_asked(fitted, sample, tmp_path):
    path = saved_gan(tmp_path / "a.pt")
    kind = ENGINES["gan"].open(Weights(str(path), own_openings=True))
    own = kind.calibrate([sample], sample.landmarks[None]).wearing(load(NAMES[0]))
    left = own.render(sample.image, sample.landmarks)
    whole = fitted.wearing(load(NAMES[0])).render(sample.image, sample.landmarks)
    assert np.array_equal(left.picture, whole.picture)
    for landmark, opening in ((468, True), (473, True), (50, False), (4, False)):
        column, row = (sample.landmarks[landmark, :2] - [left.left, left.top]).astype(int)
        assert whole.opacity[row, column] == 1
        assert left.opacity[row, column] == (0 if opening else 1)
    with pytest.raises(ParameterError, match="leave out --own-openings"):
        ENGINES["motion"].open(Weights(str(path), own_openings=True))
