"""What gives a drawn face away is measured: an edge, another grain, a flicker."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mien.face.topology import FACE_OVAL, SIXTY_EIGHT
from mien.fidelity import looks
from mien.fidelity.reading import Reading
from mien.fidelity.surface import GRAIN, STILL, WIDTH, surface
from mien.phantom import Phantom, Script


@pytest.fixture(scope="module")
def still():
    """Frames of somebody who keeps still, and where the face is."""
    phantom = Phantom(
        Script(seconds=1, fps=12, width=400, height=400, blinks=(), head_motion=0.0, seed=3)
    )
    frames = [frame.image for frame in phantom]
    return frames, phantom.truth.people[0].landmarks.astype(float)


def reading(frames, landmarks, labels=None):
    n = len(frames)
    points = landmarks[:, SIXTY_EIGHT, :2]
    rows = [surface(*one) for one in zip(frames, points, landmarks, strict=True)]
    return Reading(
        np.arange(n) / 12,
        400,
        400,
        points=points,
        mesh=landmarks,
        body=np.full((n, 18, 3), np.nan),
        skin=np.full((n, 3), np.nan),
        change=np.full(n, np.nan),
        labels=labels,
        surface=np.array(rows),
    )


def face(landmarks, grow=0):
    """The inside of the outline, shape (400, 400), float32."""
    mask = np.zeros((400, 400), np.uint8)
    cv2.fillPoly(mask, [landmarks[FACE_OVAL, :2].round().astype(np.int32)], (1,))
    return mask.astype(np.float32)[..., None]


def changed(frames, landmarks, change):
    """The same clip with its face changed by `change(face, number)`."""
    return [
        (face(points) * change(frame.astype(np.float32), k) + (1 - face(points)) * frame)
        .clip(0, 255)
        .round()
        .astype(np.uint8)
        for k, (frame, points) in enumerate(zip(frames, landmarks, strict=True))
    ]


def test_the_same_pictures_differ_in_nothing(still):
    found = looks.measure(reading(*still), reading(*still))
    assert found.frames == 12 and found.seam == 0 and found.flicker == 0
    assert found.grain == pytest.approx(1)


@pytest.mark.parametrize("darker", [0.1, 0.2])
def test_an_edge_is_as_high_as_it_was_made(still, darker):
    frames, landmarks = still
    drawn = changed(frames, landmarks, lambda frame, _: (frame + 6) * np.exp(-darker) - 6)
    found = looks.measure(reading(frames, landmarks), reading(drawn, landmarks))
    assert found.seam == pytest.approx(100 * darker, rel=0.25)
    assert found.flicker == pytest.approx(0, abs=0.1)


def test_skin_that_is_smoother_or_noisier_than_the_necks_is_found(still):
    frames, landmarks = still
    rng = np.random.default_rng(0)
    before = reading(frames, landmarks)
    smooth = changed(frames, landmarks, lambda frame, _: cv2.GaussianBlur(frame, (0, 0), 2))
    noisy = changed(frames, landmarks, lambda frame, _: frame + rng.normal(0, 6, frame.shape))
    assert looks.measure(before, reading(smooth, landmarks)).grain < 0.7
    assert looks.measure(before, reading(noisy, landmarks)).grain > 1.5
    # a picture that is smoother everywhere is a camera's or a codec's
    soft = [cv2.GaussianBlur(frame, (0, 0), 2) for frame in frames]
    assert looks.measure(before, reading(soft, landmarks)).grain == pytest.approx(1, abs=0.2)


def test_skin_that_swims_flickers_and_a_lamp_does_not(still):
    frames, landmarks = still
    rng = np.random.default_rng(1)
    waves = [cv2.resize(rng.normal(0, 9, (25, 25)), (400, 400))[..., None] for _ in frames]
    lights = rng.normal(0, 9, len(frames))
    before = reading(frames, landmarks)
    swims = changed(frames, landmarks, lambda frame, k: frame + waves[k])
    lamp = changed(frames, landmarks, lambda frame, k: frame + lights[k])
    assert looks.measure(before, reading(swims, landmarks)).flicker > 3
    assert looks.measure(before, reading(lamp, landmarks)).flicker == pytest.approx(0, abs=0.6)


def test_an_expression_that_cannot_be_read_any_more_is_counted(still):
    sure, unsure = np.full((12, 7), 0.05), np.full((12, 7), 1 / 7)
    sure[:, 2] = 0.7
    mixed = np.concatenate([sure[:9], unsure[9:]])
    found = looks.measure(reading(*still, labels=sure), reading(*still, labels=mixed))
    assert found.as_sure == pytest.approx(9 / 12)


def test_a_face_that_is_not_seen_or_leaves_the_picture_is_unknown(still):
    frames, landmarks = still
    points = landmarks[0][SIXTY_EIGHT, :2]
    assert np.isnan(surface(frames[0], np.full((68, 2), np.nan), landmarks[0])).all()
    far = surface(frames[0], points + [900, 0], landmarks[0] + [900, 0, 0])
    assert far.shape == (WIDTH,) and np.isnan(far).all()
    below = surface(frames[0], points + [0, 150], landmarks[0] + [0, 150, 0])
    assert np.isnan(below[GRAIN][1]) and np.isfinite(below[STILL]).any()
    nobody = looks.measure(reading(*still).take(np.full(12, -1)), reading(*still))
    assert nobody.frames == 0 and nobody.seam is None and nobody.flicker is None
