"""A new face has as much grain as the patient's skin, and another in every frame."""

from __future__ import annotations

import numpy as np
import pytest

from mien.engines.laying import composite
from mien.engines.mesh.appearance import MAP, inside, logarithm
from mien.engines.mesh.engine import Mesh
from mien.engines.mesh.grain import grain_of, offset, pattern
from mien.face.uv import unwrap
from mien.phantom import Phantom, Script
from mien.surrogates.bank import Bank
from mien.tracking.track import Sample


@pytest.fixture(scope="module", params=[0.5, 2.0, 5.0])
def patient(request):
    """Frames by a camera of so many grey levels of noise."""
    phantom = Phantom(
        Script(seconds=1, fps=8, width=480, height=480, noise=request.param, blinks=(), seed=5)
    )
    frames = [frame.image for frame in phantom]
    truth = phantom.truth.people[0].landmarks.astype(float)
    return [Sample(frame, points) for frame, points in zip(frames, truth, strict=True)]


def test_the_new_skin_is_as_noisy_as_the_old(patient):
    person = Mesh.calibrate(patient, np.stack([one.landmarks for one in patient]))
    engine = person.wearing(Bank.open().load("man-fair-3"))
    before, after = [], []
    for one in patient[:3]:
        picture = one.image.copy()
        drawn = engine.render(one.image, one.landmarks)
        composite(picture, drawn)
        face = drawn.face(one.landmarks)
        before.append(grain_of(logarithm(unwrap(one.image, one.landmarks, MAP)), inside()))
        after.append(grain_of(logarithm(unwrap(picture, face, MAP)), inside()))
    assert np.mean(after) == pytest.approx(np.mean(before), rel=0.35)


def test_the_pattern_is_noise_that_goes_on_at_its_edges():
    noise = pattern()
    assert noise.std() == pytest.approx(1, abs=1e-3) and abs(noise.mean()) < 0.02
    inner = np.abs(np.diff(noise, axis=0)).mean()
    assert np.abs(noise[0] - noise[-1]).mean() == pytest.approx(inner, rel=0.2)


def test_each_frame_has_another_and_the_same_frame_the_same(patient):
    places = [offset(one.image) for one in patient]
    assert len(set(places)) == len(places)
    assert places == [offset(one.image.copy()) for one in patient]
