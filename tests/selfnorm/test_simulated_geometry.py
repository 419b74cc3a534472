"""Faces of a simulated study are measured faces: scores follow from the landmarks alone."""

from __future__ import annotations

import numpy as np
import pytest

from mien.blendshapes.names import NAMES
from mien.selfnorm.geometry import GEOMETRY, normalised
from mien.selfnorm.simulated_geometry import measured
from mien.selfnorm.simulated_study import simulate


@pytest.fixture(scope="module")
def pair():
    meant = simulate(participants=8, snapshots=800, seed=3, noise=0.0, rate_hz=4.0)
    return meant, measured(meant, seed=1)


def test_each_snapshot_has_scores_and_a_face_and_is_the_same_moment(pair):
    meant, found = pair
    assert found.names == (*NAMES, *GEOMETRY) and len(found) == len(meant)
    for column in ("labels", "participants", "times"):
        assert np.array_equal(getattr(found, column), getattr(meant, column))
    faces = found.scores[:, len(NAMES) :]
    assert np.allclose(normalised(faces), faces, atol=1e-5)


def test_what_is_meant_is_seen(pair):
    _meant, _found = pair
    for name in ("jawOpen", "mouthSmileLeft", "eyeBlinkRight"):
        one, two = (made.scores[:, made.names.index(name)] for made in pair)
        assert np.corrcoef(one, two)[0, 1] > 0.6, name


def test_people_differ_in_their_faces_and_errors_are_as_large_as_asked_for(pair):
    meant, found = pair
    own = found.scores[:, len(NAMES) :].reshape(len(found), 478, 3)
    people = found.participants
    means = np.stack([own[people == who].mean(0) for who in np.unique(people)])
    assert means.std(0).mean() > 0.01
    rough = measured(meant, seed=1, noise=0.05).scores
    still = measured(meant, seed=1, noise=0.0).scores
    assert np.abs(rough - still).mean() > 3 * np.abs(found.scores - still).mean() > 0


def test_the_same_seed_gives_the_same_faces(pair):
    meant, found = pair
    assert np.array_equal(measured(meant, seed=1).scores, found.scores)
    assert not np.array_equal(measured(meant, seed=2).scores, found.scores)
