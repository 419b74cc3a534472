"""The generator learns what its losses say, and a run that was ended goes on."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is for training only")

from mien.errors import ParameterError  # noqa: E402
from mien.recognition.mobileface import MobileFace  # noqa: E402
from mien.training.course import run  # noqa: E402
from mien.training.critic import Critic, penalty, to_learn, weak_matching  # noqa: E402
from mien.training.faces import Faces, of_phantoms  # noqa: E402
from mien.training.gan import GanJudged, GanSettings, GanTraining, GanWeights  # noqa: E402
from mien.training.identity import Identity, places  # noqa: E402
from mien.training.landmarks import THIRTY, LandmarkNetwork, apart, astray  # noqa: E402
from mien.training.swaps import Sampler, as_tensor, closed  # noqa: E402
from networks import SMALL_GAN, same  # noqa: E402


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def faces():
    return of_phantoms(2, 32, 20, seed=2)


def settings(**changes):
    told = {"batch": 2, "first": 1, "critic": 4, **changes}
    return GanSettings(SMALL_GAN, **told)


class Ended(Exception):
    """What ends a run in the middle."""


def test_a_run_that_was_ended_is_the_one_that_was_not(faces, tmp_path):
    whole, broken = tmp_path / "whole.pt", tmp_path / "broken.pt"
    run(GanTraining(faces, settings()), whole, 5, 2, lambda made: None)

    def end(made):
        if made.step == 3:
            raise Ended

    with pytest.raises(Ended):
        run(GanTraining(faces, settings()), broken, 5, 2, end)
    resumed = GanTraining(faces, settings())
    resumed.go_on(broken)
    run(resumed, broken, 5, 2, lambda made: None)
    same(*(torch.load(path, weights_only=True) for path in (whole, broken)))


def test_each_step_has_the_losses_of_its_kind(faces):
    training = GanTraining(faces, settings())
    assert set(training.teach()) == {"landmark_network"}
    other, own = training.teach(), training.teach()
    always = {"identity", "landmarks", "adversarial", "feature_matching", "discriminator"}
    assert set(other) == always and set(own) == always | {"picture"}
    without = GanTraining(faces, settings(first=0, weights=GanWeights(landmarks=0)))
    assert "landmarks" not in without.teach()


def test_it_learns_to_draw_faces(faces):
    alone = GanWeights(identity=0.1, landmarks=0, adversarial=0, feature_matching=0)
    training = GanTraining(faces, settings(first=0, learning_rate=1e-2, weights=alone))
    losses = [training.teach().get("picture") for _ in range(60)][::2]
    assert np.mean(losses[-5:]) < 0.7 * np.mean(losses[:5])
    entry = training.judge()
    assert np.isfinite([entry.given, entry.kept, entry.dynamics, entry.alike]).all()
    assert training.sheet().shape == (3 * 32, 12 * 32, 3)


def test_a_swap_that_goes_wrong_is_said():
    fine = GanJudged(9, 1.0, 0.5, 0.4, 0.03, 0.02, 0.9, 0.3, 0.08, True)
    assert fine.warnings == []
    for field, value, word in (
        ("alike", 0.1, "collapses"),
        ("kept", 0.95, "does nothing"),
        ("fooled", 0.0, "wins"),
    ):
        (sentence,) = dataclasses.replace(fine, **{field: value}).warnings
        assert word in sentence
    assert dataclasses.replace(fine, alike=0.0, swapping=False).warnings == []


def test_the_identity_is_that_of_the_recogniser(faces):
    """But for the rounding of its chips."""
    with torch.no_grad():
        found = Identity()(as_tensor(faces.clips[0][:3]), places(faces.points[0][:3], 32))
    recogniser = MobileFace()
    for vector, picture, points in zip(found, faces.clips[0], faces.points[0], strict=False):
        assert np.linalg.norm(vector.numpy() - recogniser.describe(picture, points)) < 0.04


def test_blinks_have_their_share(faces):
    for share in (0.0, 0.08, 0.5):
        sampler = Sampler(faces, share)
        drawn = sampler.draw(1000, np.random.default_rng(0), same=True)
        assert drawn.closed / 1000 == pytest.approx(share, abs=0.05)
        shut = [closed(points) for points in faces.points]
        seen = sum(
            any(np.array_equal(points, own[k]) for own, is_ in zip(faces.points, shut, strict=True)
                for k in np.flatnonzero(is_))
            for points in drawn.points
        )  # fmt: skip
        assert seen == drawn.closed
    assert 0 < sampler.natural < 0.5


def test_others_are_others(faces):
    sampler = Sampler(faces, 0.0)
    of = [{points.tobytes() for points in clip} for clip in faces.points]
    for same_ in (True, False):
        drawn = sampler.draw(20, np.random.default_rng(1), same=same_)
        for own, donor in zip(drawn.points, drawn.donor_points, strict=True):
            alike = any(own.tobytes() in clip and donor.tobytes() in clip for clip in of)
            assert alike == same_


def test_what_cannot_be_sampled_is_refused(faces):
    with pytest.raises(ParameterError, match="two clips at least"):
        Sampler(Faces(faces.clips[:1], ("a",), faces.points[:1]))
    with pytest.raises(ParameterError, match="two clips at least"):
        Sampler(Faces(faces.clips, faces.names))
    awake = [np.flatnonzero(~closed(points))[:2] for points in faces.points]
    open_ = Faces(
        tuple(clip[a] for clip, a in zip(faces.clips, awake, strict=True)),
        faces.names,
        tuple(points[a] for points, a in zip(faces.points, awake, strict=True)),
    )
    with pytest.raises(ParameterError, match="or --blinks 0"):
        Sampler(open_)
    assert Sampler(open_, 0.0).natural == 0


def test_the_landmark_network_learns_where_landmarks_are(faces):
    network = LandmarkNetwork(8)
    pictures = as_tensor(faces.clips[0])
    true = torch.from_numpy(faces.points[0][:, THIRTY, :2])
    descent = torch.optim.Adam(network.parameters(), 4e-3)
    first = astray(network(pictures), true).item()
    for _ in range(60):
        descent.zero_grad()
        loss = astray(network(pictures), true)
        loss.backward()
        descent.step()
    assert loss.item() < 0.15 < first


def test_distances_of_pairs():
    points = torch.tensor([[[0.0, 0.0], [3.0, 4.0], [0.0, 1.0]]])
    torch.testing.assert_close(apart(points)[0], torch.tensor([5.0, 1.0, 18**0.5]))
    assert apart(torch.zeros((2, 30, 2))).shape == (2, 435)
    assert len(set(THIRTY)) == 30


def test_the_critic_wants_true_and_drawn_apart():
    critic = Critic(4)
    true = torch.rand((2, 3, 32, 32), generator=torch.Generator().manual_seed(0))
    drawn = torch.rand((2, 3, 32, 32), generator=torch.Generator().manual_seed(1)) * 0.3
    descent = torch.optim.Adam(critic.parameters(), 1e-2)
    before = to_learn(critic(true), critic(drawn)).item()
    for _ in range(10):
        descent.zero_grad()
        loss = to_learn(critic(true), critic(drawn)) + 1e-5 * penalty(critic, true)
        loss.backward()
        descent.step()
    assert to_learn(critic(true), critic(drawn)).item() < before
    assert weak_matching(critic(true), critic(true)) == 0
    assert weak_matching(critic(true), critic(drawn)) > 0
    assert penalty(critic, true) > 0
