"""The networks draw what the authors' own drew, and hold what their checkpoints hold."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is for learned engines only")

from mien.engines.motion.blocks import grid  # noqa: E402
from mien.engines.motion.checkpoint import Networks  # noqa: E402
from mien.engines.motion.configuration import MotionConfig  # noqa: E402
from mien.engines.motion.keypoints import Keypoints, relative  # noqa: E402
from networks import SMALL, fresh  # noqa: E402

NUMBERS = Path(__file__).parents[4] / "shared" / "fomm"
there = pytest.mark.skipif(
    not NUMBERS.is_dir(), reason="the numbers of the authors' model are not in ../shared/fomm"
)


@pytest.fixture(scope="module")
def golden():
    with np.load(NUMBERS / "golden.npz") as numbers:
        return {name: torch.from_numpy(numbers[name]) for name in numbers}


@there
@pytest.mark.parametrize("mode", ["absolute", "relative"])
def test_every_output_is_that_of_the_authors_model(golden, mode):
    networks = Networks.open(NUMBERS / "golden.pth.tar", NUMBERS / "golden.json")
    portrait, driving = golden["source"], golden["driving"]
    with torch.no_grad():
        source, first = networks.detector(portrait), networks.detector(driving[:1])
        for name, values in (("value", source.value), ("jacobian", source.jacobian)):
            close(values, golden[f"source_{name}"], f"source_{name}")
        for k in range(len(driving)):  # a frame at a time, as clips are drawn
            found = networks.detector(driving[k : k + 1])
            if mode == "relative":
                found = relative(source, found, first, adapt=True)
            drawn = networks.generator(portrait, source, found)
            for name, values in (
                ("value", found.value),
                ("jacobian", found.jacobian),
                ("prediction", drawn.picture),
                ("occlusion", drawn.motion.occlusion),
            ):
                close(values, golden[f"{mode}_{name}"][k : k + 1], f"{mode}_{name}, frame {k}")
            # what is read off the portrait is as steep as its noise: processors that round places
            # otherwise differ by 9e-5 there, and so do these numbers from double precision
            apart = (drawn.moved - golden[f"{mode}_deformed"][k : k + 1]).abs()
            assert apart.max() < 2e-4 and (apart > 1e-5).float().mean() < 0.005


def close(values, wanted, what):
    assert values.shape == wanted.shape
    np.testing.assert_allclose(values, wanted, atol=1e-5, rtol=0, err_msg=what)


@there
def test_every_key_of_the_published_model_is_found_with_its_shape():
    published = json.loads((NUMBERS / "vox-adv-256.keys.json").read_text())
    config = MotionConfig.of(published["config"], "published")
    assert config == MotionConfig()
    with torch.device("meta"):
        networks = Networks.fresh(config)
    for key, network in (("generator", networks.generator), ("kp_detector", networks.detector)):
        assert {k: list(v.shape) for k, v in network.state_dict().items()} == published[key]


@pytest.fixture(scope="module")
def picture():
    return torch.rand((1, 3, 32, 32), generator=torch.Generator().manual_seed(1))


def test_a_face_that_does_not_move_is_read_where_it_is(picture):
    """With equal keypoints every pixel comes from its own place, whatever the network shares."""
    networks = fresh()
    with torch.no_grad():
        points = networks.detector(picture)
        places = networks.generator(picture, points, points).motion.places
    np.testing.assert_allclose(places[0], grid(16, 16, picture), atol=1e-5)


def test_relative_driving_moves_the_portrait_as_much_as_its_size_asks():
    square = torch.tensor([[[0.0, 0], [0.2, 0], [0.2, 0.2], [0, 0.2]]])
    shift = torch.tensor([0.1, -0.05])
    one = torch.eye(2).expand(1, 4, 2, 2)
    turn = torch.tensor([[0.0, -1], [1, 0]])
    source = Keypoints(3 * square + 0.1, 2 * one)
    first, driving = Keypoints(square, one), Keypoints(square + shift, turn @ one)
    moved = relative(source, driving, first, adapt=True)
    torch.testing.assert_close(moved.value, source.value + 3 * shift)
    torch.testing.assert_close(moved.jacobian, 2 * turn.expand(1, 4, 2, 2))
    plain = relative(source, driving, first, adapt=False)
    torch.testing.assert_close(plain.value, source.value + shift)


def test_keypoints_in_one_line_have_no_size_to_adapt_to():
    line = torch.tensor([[[0.0, 0], [0.1, 0], [0.2, 0], [0.3, 0]]])
    moved = relative(Keypoints(line, None), Keypoints(line + 0.1, None), Keypoints(line, None),
                     adapt=True)  # fmt: skip
    torch.testing.assert_close(moved.value, line + 0.1)
    assert moved.jacobian is None


def test_fresh_keypoints_only_shift(picture):
    with torch.no_grad():
        found = fresh().detector(picture)
    torch.testing.assert_close(found.jacobian, torch.eye(2).expand(1, 4, 2, 2))
    assert found.value.shape == (1, SMALL.common_params.num_kp, 2)
    assert found.value.abs().max() < 1
