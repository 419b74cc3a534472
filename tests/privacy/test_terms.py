"""Frames against their own originals, and parts of pictures: what was planted comes out."""

from __future__ import annotations

import numpy as np
import pytest

from mien.privacy.audit.terms import one_part, own_frames


def turned(cosine: float, count: int = 40, size: int = 64) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of unit vectors that have one cosine."""
    rng = np.random.default_rng(5)
    a = rng.normal(size=(count, size))
    a /= np.linalg.norm(a, axis=1, keepdims=True)
    b = rng.normal(size=(count, size))
    b -= (a * b).sum(1, keepdims=True) * a
    b /= np.linalg.norm(b, axis=1, keepdims=True)
    return a, cosine * a + np.sqrt(1 - cosine**2) * b


@pytest.mark.parametrize("cosine", [-0.2, 0.13, 0.6, 1.0])
def test_the_cosine_is_found_and_the_threshold_divides(cosine):
    originals, results = turned(cosine)
    apart = np.sqrt(max(0.0, 2 - 2 * cosine))
    found = own_frames(originals, 3 * results / 3, apart + 0.01)
    assert found.cosine_mean == pytest.approx(cosine, abs=1e-4)
    assert found.cosine_sd == pytest.approx(0, abs=1e-4)
    assert found.share_recognised == 1 and found.frames == 40
    assert own_frames(originals, results, apart - 0.01).share_recognised == 0
    assert found.to_surrogate_mean is None and "paired_t" not in found.as_dict()


def test_the_length_of_a_descriptor_does_not_matter_for_cosines():
    originals, results = turned(0.4)
    assert own_frames(2 * originals, 0.5 * results, 0.1).cosine_mean == pytest.approx(0.4, abs=1e-4)


def test_the_nearer_of_original_and_given_face_is_told():
    originals, results = turned(0.3)
    given = np.random.default_rng(9).normal(size=64)
    given /= np.linalg.norm(given)
    drawn = 0.8 * given + 0.6 * results
    found = own_frames(originals, drawn, 0.9, given)
    assert found.to_surrogate_mean is not None and found.to_surrogate_mean > 0.7
    assert found.to_surrogate_share == 1 and found.share_nearer_original == 0
    assert found.paired_t is not None and found.paired_t < 0
    assert found.paired_p is not None and found.paired_p < 0.001
    other = own_frames(originals, originals, 0.9, given)
    assert other.share_nearer_original == 1 and other.paired_t > 0


def test_one_frame_has_no_paired_test():
    originals, results = turned(0.3, 1)
    assert own_frames(originals, results, 0.9, results[0]).paired_t is None


def test_a_part_that_gives_a_person_away_is_told_from_one_that_does_not():
    rng = np.random.default_rng(2)
    others = rng.normal(size=(300, 32))
    person = rng.normal(size=32)
    gallery = person + 0.02 * rng.normal(size=(20, 32))
    same = person + 0.02 * rng.normal(size=(30, 32))
    stranger = rng.normal(size=32) + 0.02 * rng.normal(size=(30, 32))
    known = one_part("surroundings", gallery, same, same, others)
    assert known.rank1 == known.share_recognised == 1 and known.others == 300
    hidden = one_part("inner", gallery, stranger, same, others)
    assert hidden.share_recognised == 0 and hidden.rank1 in (0, 1)
    assert hidden.cosine_mean < 0.6 < known.cosine_mean


def test_without_others_a_part_has_no_rank():
    rng = np.random.default_rng(2)
    found = one_part("inner", *rng.normal(size=(3, 5, 8)), None)
    assert found.rank1 is None and found.share_recognised is None and found.others == 0
