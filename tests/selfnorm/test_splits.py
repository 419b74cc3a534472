"""Splits share nobody, and trimming takes the start."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from blobs import EXPRESSIONS, blobs

from mien.errors import ParameterError
from mien.selfnorm.snapshots import Snapshots
from mien.selfnorm.splits import LEAKING, folds, split, trim


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
        (blobs(1, 1), "snapshot", (0.0, 0.001), "two sets"),
        (blobs(1), "participant", (0.0, 0.2), "at least 2"),
        (blobs(4), "participant", (-0.1, 0.2), "0 or more"),
    ],
)
def test_impossible_splits(made, by, shares, say):
    with pytest.raises(ParameterError, match=say):
        split(made, by, validation=shares[0], test=shares[1])


def test_without_a_validation_set_the_test_takes_exactly_its_share():
    made = blobs(7, 11)
    by_row = split(made, "snapshot", validation=0, test=0.15, seed=2)
    assert len(by_row.test) == round(0.15 * len(made)) and not len(by_row.validation)
    assert np.array_equal(
        np.sort(np.concatenate([by_row.train, by_row.test])), np.arange(len(made))
    )
    people = split(made, validation=0, test=0.3)
    assert not len(people.validation)
    named = [set(made.participants[rows]) for rows in (people.train, people.test)]
    assert len(named[0]) == 5 and len(named[1]) == 2 and not named[0] & named[1]


@pytest.mark.parametrize("validation", [0.0, 0.2])
def test_in_cross_validation_everybody_tests_once_and_nobody_is_on_both_sides(validation):
    made = blobs(11, 4)
    parts = folds(made, 5, validation=validation, seed=1)
    tested = np.concatenate([part.test for part in parts])
    assert len(parts) == 5 and np.array_equal(np.sort(tested), np.arange(len(made)))
    for part in parts:
        sets = [set(made.participants[rows]) for rows in (part.train, part.validation, part.test)]
        assert len(set.union(*sets)) == sum(map(len, sets)) == 11
        assert bool(sets[1]) == bool(validation) and len(sets[2]) in (2, 3)
    with pytest.raises(ParameterError, match="cannot be made"):
        folds(made, 12)
    with pytest.raises(ParameterError, match="cannot be made"):
        folds(made, 1)


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


def test_rows_of_nobody_are_no_person():
    made = blobs(6)
    some = replace(made, participants=np.where(np.arange(len(made)) < 3, "", made.participants))
    for divide in (split, folds):
        with pytest.raises(ParameterError, match="3 snapshots name no participant"):
            divide(some, **({"count": 3} if divide is folds else {}))
