"""Registration measures the skin: it takes jitter out and leaves motion in."""

import numpy as np
import pytest

from mien.face.topology import LEFT_EYE_RING, RIGHT_EYE_RING
from mien.phantom import Phantom, Script, Tremor
from mien.tracking import Registration, Sample

JITTER = 0.7  # pixels


@pytest.fixture(scope="module")
def clip():
    phantom = Phantom(
        Script(
            seconds=1.6, fps=15, width=480, height=480, noise=1.0, blinks=(), head_motion=0.5,
            tremor=Tremor(hertz=5, amplitude=0.03), seed=4,
        )
    )  # fmt: skip
    return [frame.image for frame in phantom], phantom.truth.people[0].landmarks.astype(float)


def jittered(landmarks, seed):
    """What a landmark model does: neighbouring points err together."""
    rng = np.random.default_rng(seed)
    noise = np.zeros((478, 3))
    for _ in range(6):
        centre, move = landmarks[rng.integers(468)], rng.normal(size=2) * JITTER
        near = np.exp(-((landmarks - centre)[:, :2] ** 2).sum(1) / (2 * 40**2))
        noise[:, :2] += near[:, None] * move
    return landmarks + noise


@pytest.mark.parametrize("quick", [False, True])
def test_jitter_goes_and_motion_stays(clip, quick):
    frames, truth = clip
    noisy = np.stack([jittered(points, i) for i, points in enumerate(truth)])
    samples = [Sample(f, p) for f, p in zip(frames, noisy, strict=True)]
    registration = Registration(samples, quick=quick)
    refined = np.stack([registration.refine(f, p) for f, p in zip(frames, noisy, strict=True)])
    # places with structure: brows, nose, lips
    where = [105, 66, 334, 296, 1, 4, 98, 327, 61, 291, 0, 17]

    def jitter(points):
        error = (points - truth)[:, where, :2]
        return (error - error.mean(0)).std()

    assert jitter(refined) < 0.75 * jitter(noisy)
    lip = truth[:, 17, 1] - truth[:, 4, 1]
    kept = refined[:, 17, 1] - refined[:, 4, 1]
    slope = np.polyfit(lip - lip.mean(), kept - kept.mean(), 1)[0]
    assert slope == pytest.approx(1, abs=0.2)


def test_the_input_is_left_alone(clip):
    frames, truth = clip
    registration = Registration([Sample(f, p) for f, p in zip(frames[:8], truth[:8], strict=True)])
    before = truth[3].copy()
    registration.refine(frames[3], truth[3])
    assert (truth[3] == before).all()


def test_where_the_eyes_look_does_not_move_their_lids():
    # the head turns from side to side, and the eyes stay on the camera
    phantom = Phantom(
        Script(seconds=2, fps=15, width=480, height=480, blinks=(), head_motion=1.0, seed=2)
    )
    frames = [frame.image for frame in phantom]
    truth = phantom.truth.people[0].landmarks.astype(float)
    every = [Sample(frame, points) for frame, points in zip(frames, truth, strict=True)]
    registration = Registration(every[::2])
    refined = np.stack([registration.refine(one.image, one.landmarks) for one in every])
    lids = np.concatenate([RIGHT_EYE_RING, LEFT_EYE_RING])
    error = (refined - truth)[:, lids, 0]
    eyes = np.linalg.norm(truth[:, 33] - truth[:, 263], axis=1).mean()
    drag = (error - error.mean(0)).std(0).mean() / eyes
    assert drag < 0.0004
