"""Synchrony: a planted lag is found, and independent signals are not called synchronous."""

from __future__ import annotations

import numpy as np
import pytest
from observed import observed
from scipy.ndimage import gaussian_filter1d

from mien.encounter.synchrony import SIGNALS, signal_of, synchrony, synchrony_of_timelines
from mien.encounter.timeline import Timeline
from mien.errors import ParameterError

STEP = 0.2


def slow(seed: int, count: int = 600) -> np.ndarray:
    noise = np.random.default_rng(seed).standard_normal(count)
    return gaussian_filter1d(noise, 4) * 3


@pytest.mark.parametrize("lag", [-1.4, 0.0, 2.0])
def test_a_planted_lag_is_found(lag):
    first = slow(1)
    second = np.roll(first, round(lag / STEP)) + 0.5 * slow(2)
    second[100:160] = np.nan
    found = synchrony(first, second, STEP, surrogates=99)
    assert found.lag == pytest.approx(lag, abs=STEP / 2)
    assert found.peak > 0.6 and found.p == pytest.approx(0.01)


def test_independent_signals_are_not_synchronous():
    p = [synchrony(slow(10 + k), slow(50 + k), STEP, surrogates=39, max_lag=3).p for k in range(20)]
    # by chance one in twenty; five or more of twenty happen once in four hundred tries
    assert sum(value <= 0.05 for value in p) < 5
    assert 0.25 < np.mean(p) < 0.75


def test_too_little_says_nothing():
    short = synchrony(slow(1, 40), slow(2, 40), STEP)
    assert short.p is None and np.isnan(short.peak)
    still = synchrony(np.zeros(600), slow(2), STEP, surrogates=19)
    assert np.isnan(still.peak) and still.as_dict()["peak"] is None
    gone = synchrony(np.full(600, np.nan), slow(2), STEP, surrogates=19)
    assert np.isnan(gone.peak) and gone.windows == 0
    with pytest.raises(ParameterError, match="cannot be correlated"):
        synchrony(slow(1, 50), slow(2, 60), STEP)


def test_of_timelines_the_patient_follows():
    starts = (4.0, 13.0, 21.5, 33.0, 40.0, 52.5, 61.0, 70.0, 83.0)
    pair = [
        Timeline.of(
            observed(role, 100, [(s + late, s + late + 2.5, "happiness") for s in starts]),
            role,
            resolution=0.2,
        )
        for role, late in (("doctor", 0.0), ("patient", 1.0))
    ]
    found = {entry.signal: entry for entry in synchrony_of_timelines(*pair, surrogates=59)}
    assert tuple(found) == SIGNALS
    assert found["happiness"].lag == pytest.approx(1.0) and found["happiness"].peak > 0.95
    assert found["happiness"].p < 0.05 <= 3 * found["happiness"].p_holm
    assert np.isnan(found["movement"].peak)  # the scripted scores never change
    with pytest.raises(ParameterError, match="no signal"):
        signal_of(pair[0], "warmth")
