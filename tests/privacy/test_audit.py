import numpy as np
import pytest

from mien.errors import PrivacyError
from mien.phantom import Phantom, Script
from mien.privacy import Dlib
from mien.privacy.audit import audit, enforce


def test_the_recogniser_knows_a_person_again_and_tells_two_apart():
    recogniser = Dlib()
    found = {}
    for seed in (1, 2):
        phantom = Phantom(Script(seconds=1.0, fps=3, width=360, height=360, seed=seed))
        landmarks = phantom.truth.people[0].landmarks
        chips = [recogniser.chip(f.image, p) for f, p in zip(phantom, landmarks, strict=True)]
        found[seed] = recogniser.describe_all(chips)
        single = recogniser.describe_chip(chips[0])
        assert np.allclose(single, found[seed][0], atol=1e-4)
    same = np.linalg.norm(found[1][:, None] - found[1][None], axis=2).max()
    other = np.linalg.norm(found[1][:, None] - found[2][None], axis=2).min()
    assert same < recogniser.threshold
    assert same < other


def test_audit_reports_the_nearest_of_all_originals():
    recogniser = Dlib()
    originals = np.zeros((3, 128))
    originals[1, 0] = 1.0
    results = np.zeros((2, 128))
    results[0, 0] = 1.7
    results[1, 1] = 2.0
    found = audit(0, originals, results, recogniser)
    assert found.nearest == pytest.approx(0.7)
    assert found.mean == pytest.approx((0.7 + 2.0) / 2)
    assert found.passed
    enforce([found])


def test_a_recognised_person_is_withheld():
    recogniser = Dlib()
    found = audit(1, np.zeros((1, 128)), np.full((1, 128), 0.01), recogniser)
    assert not found.passed
    with pytest.raises(PrivacyError, match="person 2"):
        enforce([found])
