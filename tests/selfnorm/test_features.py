"""Windows and baselines are what they say."""

from __future__ import annotations

import numpy as np
import pytest
from blobs import blobs

from mien.errors import ParameterError
from mien.selfnorm.features import Features, baselines, windows


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


def test_a_baseline_needs_a_resting_face():
    made = blobs(3, 4)
    with pytest.raises(ParameterError, match="--neutral"):
        Features(baseline=True, neutral="nosuch").check(made)
    Features(baseline=True, neutral=made.expressions[0]).check(made)
    Features().check(made)
