"""A motion model learns, and a run that was ended goes on as if it had not been."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is for training only")

from mien.engines.motion.checkpoint import Networks  # noqa: E402
from mien.errors import EngineError, FormatError, ParameterError  # noqa: E402
from mien.training.course import run  # noqa: E402
from mien.training.faces import Faces  # noqa: E402
from mien.training.motion import MotionSettings, MotionTraining  # noqa: E402
from mien.training.motion_losses import LossWeights  # noqa: E402
from mien.training.pairs import pairs  # noqa: E402
from mien.training.perceptual import Perceptual  # noqa: E402
from networks import SMALL, same  # noqa: E402


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def faces():
    """Discs that wander over a shaded ground: all that a keypoint needs."""
    rows, columns = np.mgrid[:64, :64]
    clips = []
    for k in range(3):
        rng = np.random.default_rng(k)
        colour, ground = rng.integers(60, 255, 3), rng.integers(0, 120, 3)
        frames = []
        for x, y in rng.uniform(20, 44, (6, 2)):
            inside = (columns - x) ** 2 + (rows - y) ** 2 < 150
            shade = ground + 0.8 * columns[..., None]
            frames.append(np.where(inside[..., None], colour, shade).clip(0, 255))
        clips.append(np.stack(frames).astype(np.uint8))
    return Faces(tuple(clips), ("a", "b", "c"))


def settings(**changes):
    return MotionSettings(SMALL, batch=2, **changes)


class Ended(Exception):
    """What ends a run in the middle."""


@pytest.mark.parametrize("adversarial", [0.0, 1.0])
def test_a_run_that_was_ended_is_the_one_that_was_not(faces, tmp_path, adversarial):
    told = settings(weights=LossWeights(adversarial=adversarial))
    whole, broken = tmp_path / "whole.pt", tmp_path / "broken.pt"
    run(MotionTraining(faces, told), whole, 5, 2, lambda made: None)

    def end(made):
        if made.step == 3:  # a step after the last checkpoint
            raise Ended

    with pytest.raises(Ended):
        run(MotionTraining(faces, told), broken, 5, 2, end)
    resumed = MotionTraining(faces, told)
    resumed.go_on(broken)
    assert resumed.step == 2
    run(resumed, broken, 5, 2, lambda made: None)
    one, other = (torch.load(path, weights_only=True) for path in (whole, broken))
    assert set(one) == set(other) and ("discriminator" in one) == bool(adversarial)
    same(one, other)


def test_it_learns(faces):
    training = MotionTraining(faces, settings(learning_rate=2e-3))
    first = training.judge()
    for _ in range(40):
        training.teach()
    last = training.judge()
    assert last.error < 0.6 * first.error
    assert (last.step, last.unmoved) == (40, first.unmoved)


def test_a_checkpoint_is_what_the_engine_reads(faces, tmp_path):
    training = MotionTraining(faces, settings())
    training.teach()
    training.save(tmp_path / "a.pt")
    networks = Networks.open(tmp_path / "a.pt")
    assert networks.config == SMALL
    for name, value in training.networks.generator.state_dict().items():
        assert torch.equal(value, networks.generator.state_dict()[name])
    assert [path.name for path in tmp_path.iterdir()] == ["a.pt"]
    assert training.sheet(2).shape == (4 * 64, 2 * 64, 3)


def test_going_on_with_anything_else_is_refused(faces, tmp_path):
    path = tmp_path / "a.pt"
    MotionTraining(faces, settings()).save(path)
    less = Faces(faces.clips[:2], faces.names[:2])
    larger = dataclasses.replace(SMALL, side=128)
    for other, told, words in (
        (faces, settings(seed=1), "another seed"),
        (faces, settings(learning_rate=1e-3), "another learning_rate"),
        (faces, settings(weights=LossWeights(adversarial=1.0)), "another weights"),
        (less, settings(), "other faces"),
    ):
        with pytest.raises(ParameterError, match=words):
            MotionTraining(other, told).go_on(path)
    with pytest.raises(ParameterError, match="cut the faces out again"):
        MotionTraining(faces, MotionSettings(larger))
    torch.save({"generator": {}}, path)
    with pytest.raises(FormatError, match="no training that can go on"):
        MotionTraining(faces, settings()).go_on(path)


def test_a_checkpoint_that_is_incomplete_is_said(faces, tmp_path):
    path = tmp_path / "a.pt"
    MotionTraining(faces, settings()).save(path)
    held = torch.load(path, weights_only=True)
    del held["optimizer_generator"]
    torch.save(held, path)
    with pytest.raises(FormatError, match="begin the training anew"):
        MotionTraining(faces, settings()).go_on(path)


def test_a_loss_that_is_no_number_ends_it(faces):
    training = MotionTraining(faces, settings(learning_rate=1.0))
    with pytest.raises(EngineError, match=r"no longer a number in step \d+"):
        for _ in range(60):
            training.teach()
            for value in training.networks.detector.parameters():
                value.data *= 50.0


def test_what_a_step_sees_follows_from_its_number(faces):
    one, other, next_ = (
        pairs(faces.taught, 4, np.random.default_rng([0, step])) for step in (7, 7, 8)
    )
    assert torch.equal(one[0], other[0]) and torch.equal(one[1], other[1])
    assert not torch.equal(one[0], next_[0])
    assert not torch.equal(one[0], one[1])
    assert one[0].min() >= 0 and one[0].max() <= 1


def test_some_of_many_clips_only_judge(faces):
    many = Faces(faces.clips * 3, tuple("abcdefghi"))
    assert (len(many.taught), len(many.judging)) == (8, 1)
    assert (len(faces.taught), len(faces.judging)) == (3, 3)


def test_the_perceptual_loss_tells_how_different_pictures_are():
    look = Perceptual()
    picture = torch.rand((1, 3, 64, 64), generator=torch.Generator().manual_seed(0))
    noise = torch.rand((1, 3, 64, 64), generator=torch.Generator().manual_seed(1)) - 0.5
    assert look(picture, picture) == 0
    near, far = (float(look(picture + size * noise, picture)) for size in (0.05, 0.3))
    assert 0 < near < far
    assert not any(p.requires_grad for p in look.parameters())
    assert all(
        torch.equal(a, b) for a, b in zip(look.parameters(), Perceptual().parameters(), strict=True)
    )
