import json
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import binom

from mien.errors import EngineError, ParameterError, PrivacyError
from mien.phantom import Phantom, Script
from mien.recognition import distractors
from mien.recognition.dlib_resnet import Dlib
from mien.recognition.verdict import audit, enforce, upper_bound


def test_the_recogniser_knows_a_person_again_and_tells_two_apart():
    recogniser = Dlib()
    found = {}
    for seed in (1, 2):
        phantom = Phantom(Script(seconds=1.0, fps=3, width=360, height=360, seed=seed))
        images = [frame.image for frame in phantom]
        landmarks = phantom.truth.people[0].landmarks
        chips = [recogniser.chip(image, p) for image, p in zip(images, landmarks, strict=True)]
        found[seed] = recogniser.describe_all(chips)
        single = recogniser.describe(images[0], landmarks[0])
        assert np.allclose(single, found[seed][0], atol=1e-3)
    same = np.linalg.norm(found[1][:, None] - found[1][None], axis=2).max()
    other = np.linalg.norm(found[1][:, None] - found[2][None], axis=2).min()
    assert same < recogniser.threshold
    assert same < other


# descriptors in these tests are made up: only the threshold of their source matters
RECOGNISER = SimpleNamespace(name="made up", threshold=0.6)


def at(*places: float) -> np.ndarray:
    """Descriptors at distances from the origin, shape (n, 128)."""
    found = np.zeros((len(places), 128))
    found[:, 0] = places
    return found


def test_audit_reports_the_nearest_of_all_originals():
    results = at(1.7, 0)
    results[1, 1] = 2.0
    found = audit(0, at(0, 1.0, 0), results, RECOGNISER)
    assert found.nearest == pytest.approx(0.7)
    assert found.mean == pytest.approx((0.7 + 2.0) / 2)
    assert found.target == found.threshold == 0.6
    assert found.passed
    enforce([found])


def test_one_frame_of_many_is_enough_to_withhold():
    results = at(*np.linspace(0.8, 1.2, 50))
    results[17, 0] = 0.59
    found = audit(1, at(0), results, RECOGNISER, frames=np.arange(50) * 3)
    assert not found.passed and found.share_under == pytest.approx(1 / 50)
    assert found.worst[0] == 51 and len(found.worst) == 8
    with pytest.raises(PrivacyError, match=r"person 2 .*2% of 50 frames.*frame 51.*--engine mask"):
        enforce([audit(0, at(0), at(2.0), RECOGNISER), found])


def test_quantiles_and_worst_describe_the_distances():
    results = at(*np.linspace(1.0, 2.0, 101)[::-1])
    found = audit(0, at(0), results, RECOGNISER)
    assert found.quantiles == pytest.approx(
        {"5": 1.05, "25": 1.25, "50": 1.5, "75": 1.75, "95": 1.95}
    )
    assert found.worst == [100, 99, 98, 97, 96, 95, 94, 93]


def test_rank_one_counts_frames_nearer_to_the_patient_than_to_anybody_else():
    others = at(2.0, 3.0)
    found = audit(0, at(0, 0.1), at(0.7, 0.9, 1.5, 2.6), RECOGNISER, others=others)
    assert found.rank1 == pytest.approx(0.5) and found.others == 2
    assert audit(0, at(0), at(0.7), RECOGNISER).rank1 is None


def test_distance_to_the_surrogate():
    found = audit(0, at(0), at(1.0, 1.4), RECOGNISER, surrogate=at(1.1)[0])
    assert found.to_surrogate == pytest.approx(0.2)
    assert audit(0, at(0), at(1.0), RECOGNISER).to_surrogate is None


def test_a_target_above_the_threshold_asks_for_more_and_none_below_is_taken():
    assert audit(0, at(0), at(0.65), RECOGNISER).passed
    strict = audit(0, at(0), at(0.65), RECOGNISER, target=0.7)
    assert not strict.passed and strict.share_under == 0
    with pytest.raises(PrivacyError, match=r"needed 0\.70"):
        enforce([strict])
    with pytest.raises(ParameterError, match="at least"):
        audit(0, at(0), at(0.65), RECOGNISER, target=0.5)


def test_what_was_not_looked_at_has_not_passed():
    with pytest.raises(PrivacyError, match="person 3"):
        audit(2, at(0), np.empty((0, 128)), RECOGNISER)
    with pytest.raises(ParameterError):
        audit(0, at(0), at(1, 2), RECOGNISER, frames=[4])


@pytest.mark.parametrize(("hits", "trials"), [(0, 24), (0, 60), (3, 60), (59, 60)])
def test_the_upper_bound_is_the_share_that_chance_just_excludes(hits, trials):
    share = upper_bound(hits, trials)
    assert binom.cdf(hits, trials, share) == pytest.approx(0.05, abs=1e-6)
    assert share > hits / trials


def test_the_rule_of_three():
    assert upper_bound(0, 300) == pytest.approx(3 / 300, rel=0.01)
    assert upper_bound(5, 5) == 1
    assert audit(0, at(0), at(*[1.0] * 60), RECOGNISER).share_upper == pytest.approx(0.0487)


def test_an_audit_is_json():
    found = audit(0, at(0), at(0.5, 1), RECOGNISER, frames=np.array([3, 9]), others=at(4))
    assert json.loads(json.dumps(found.as_dict())) == found.as_dict()
    assert found.as_dict()["passed"] is False


def test_the_distractors_are_many_people_of_the_recogniser_in_use():
    others = distractors.load(Dlib.name)
    assert others.shape[0] >= 400 and others.shape[1] == 128 and others.dtype == np.float32
    assert 1.0 < np.linalg.norm(others, axis=1).min() < np.linalg.norm(others, axis=1).max() < 2
    apart = np.linalg.norm(others[:, None] - others[None], axis=2)[np.triu_indices(len(others), 1)]
    assert (apart < Dlib.threshold).mean() < 0.03  # other people, seldom taken for each other
    assert apart.min() > 0.01  # nobody twice
    with pytest.raises(EngineError, match="no distractors for another"):
        distractors.load("another recogniser")


def test_who_is_recognised_is_said_with_a_way_out():
    good, bad = audit(0, at(0), at(2.0), RECOGNISER), audit(1, at(0), at(0.1), RECOGNISER)
    with pytest.raises(PrivacyError) as said:
        enforce([good, bad], {1: "at 430,150 after 0.6 s"}, "; parts are damaged")
    words = str(said.value)
    assert "person 2, seen at 430,150 after 0.6 s, can" in words
    assert "--cover 2" in words and words.endswith("; parts are damaged.")
    assert bad.under == [0] and good.under == [] and "under" not in bad.as_dict()
