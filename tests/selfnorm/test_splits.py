"""Splits share nobody, trimming takes the start, windows and baselines are what they say."""

from __future__ import annotations

import numpy as np
import pytest
from blobs import EXPRESSIONS, blobs

from mien.errors import ParameterError
from mien.selfnorm.features import Features, baselines, windows
from mien.selfnorm.snapshots import Snapshots
from mien.selfnorm.splits import LEAKING, split, trim


@pytest.mark.parametrize("by", ["participant", "snapshot"])
def test_three_sets_without_a_common_one(by):
    made = blobs(20, 10)
    found = split(made, by, validation=0.1, test=0.2, seed=3)
    sets = [found.train, found.validation, found.test]
    together = np.concatenate(sets)
    assert np.array_equal(np.sort(together), np.arange(len(made)))
    assert [len(part) for part in sets] == [420, 60, 120]
    people = [set(made.participants[part]) for part in sets]
    shared = (people[0] & people[1]) | (people[0] & people[2]) | (people[1] & people[2])
    assert found.leaking == bool(shared) == (by == "snapshot")
    assert (LEAKING in found.words) == found.leaking
    again, other = (split(made, by, seed=seed) for seed in (3, 4))
    assert np.array_equal(again.test, found.test) and not np.array_equal(other.test, found.test)


def test_unlabelled_snapshots_are_in_no_set():
    made = blobs(4, 5)
    made = made.relabelled(EXPRESSIONS[:2])
    found = split(made)
    used = np.concatenate([found.train, found.validation, found.test])
    assert len(used) == 40 and (made.labels[used] >= 0).all()


@pytest.mark.parametrize(
    ("made", "by", "shares", "say"),
    [
        (blobs(2), "participant", (0.1, 0.2), "at least 3"),
        (blobs(4), "sex", (0.1, 0.2), "not by 'sex'"),
        (blobs(4), "participant", (0.5, 0.5), "below 1"),
        (blobs(4).relabelled(()), "participant", (0.1, 0.2), "No snapshot says"),
        (blobs(1, 1), "snapshot", (0.1, 0.2), "too few"),
    ],
)
def test_impossible_splits(made, by, shares, say):
    with pytest.raises(ParameterError, match=say):
        split(made, by, validation=shares[0], test=shares[1])


def test_nobody_named_says_what_to_do():
    made = blobs(4)
    made = Snapshots(
        made.scores, made.names, made.labels, made.expressions, [""] * len(made), made.times
    )
    with pytest.raises(ParameterError, match="leaks"):
        split(made)


def test_trimming_takes_the_start_of_every_recording():
    made = blobs(3, 20)  # 2 s each
    kept = trim(made, 0.5)
    assert len(kept) == len(made) * 15 // 20 and kept.times.min() == 0.5
    assert (np.bincount(kept.recordings()) == 15).all()
    assert trim(made, 0) is made
    with pytest.raises(ParameterError, match="Nothing is left"):
        trim(made, 2)
    with pytest.raises(ParameterError, match="not -1"):
        trim(made, -1)


def test_windows_look_back_within_their_recording():
    made = blobs(3, 9)
    mixed = made.take(np.random.default_rng(0).permutation(len(made)))
    length, c = 4, len(made.names)
    found = windows(mixed, mixed.scores, length)
    recordings = mixed.recordings()
    for k in range(len(mixed)):
        before = np.flatnonzero((recordings == recordings[k]) & (mixed.times <= mixed.times[k]))
        before = before[np.argsort(mixed.times[before])][-length:]
        part = mixed.scores[before].astype(float)
        assert np.allclose(found[k, :c], part.mean(0), atol=1e-5)
        assert np.allclose(found[k, c : 2 * c], part.std(0), atol=1e-4)
        slope = np.polyfit(np.arange(len(part)), part, 1)[0] if len(part) > 1 else np.zeros(c)
        assert np.allclose(found[k, 2 * c :], slope, atol=1e-5)


def test_inputs_are_named():
    made = blobs(2, 3)
    features = Features(window=3)
    assert features.of(made).shape == (len(made), len(features.names(made.names)))
    assert features.names(("jawOpen",)) == (
        "jawOpen", "jawOpen:mean", "jawOpen:sd", "jawOpen:slope",
    )  # fmt: skip
    assert np.array_equal(Features().of(made), made.scores)
    with pytest.raises(ParameterError, match="window"):
        Features(window=1)


def test_the_baseline_is_the_persons_own_neutral_face():
    made = blobs(4, 7)
    found = baselines(made)
    for name in np.unique(made.participants):
        own = made.participants == name
        neutral = np.median(made.scores[own & (made.labels == 0)], 0)
        assert np.allclose(found[own], neutral)
    less = Features(baseline=True).of(made)
    assert (
        np.abs(np.median(less[(made.labels == 0) & (made.participants == "P02")], 0)).max() < 1e-6
    )
    # somebody without a neutral face: the median of everything
    others = made.take(made.labels != 0)
    everything = np.median(others.scores[others.participants == "P01"], 0)
    assert np.allclose(baselines(others)[others.participants == "P01"], everything)
