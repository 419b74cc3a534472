"""Block bootstrap: it covers the truth, knows about time, and says nothing about too little."""

from __future__ import annotations

import numpy as np
import pytest

from mien.statistics import blocks, interval, intervals, mean_interval

FPS = 30


def steady(n: int, seed: int) -> np.ndarray:
    return 2 + np.random.default_rng(seed).normal(0, 1, n)


def test_blocks_are_seconds():
    number = blocks(np.arange(90) / FPS)
    assert list(np.bincount(number)) == [30, 30, 30]
    assert list(blocks(np.arange(90) / FPS + 5.5)) == list(number)
    assert list(np.bincount(blocks(np.arange(90) / FPS, seconds=0.5))) == [15] * 6


def test_blocks_without_frames_are_left_out():
    times = np.r_[np.arange(30), np.arange(300, 330)] / FPS
    assert set(blocks(times)) == {0, 1}


def test_long_clips_have_longer_blocks():
    number = blocks(np.arange(0, 7200, 0.5))
    assert number.max() <= 400 and np.bincount(number).min() >= 1


def test_no_frames_and_one_frame():
    assert blocks(np.zeros(0)).shape == (0,)
    assert list(blocks(np.array([4.0]))) == [0]
    for n in (0, 1, 2, 30):
        assert mean_interval(np.ones(n), np.arange(n) / FPS) is None


def test_the_interval_holds_the_mean():
    """Near the nominal 95 %, of clips of 20 blocks with independent frames."""
    times = np.arange(600) / FPS
    inside = 0
    for seed in range(100):
        ends = mean_interval(steady(600, seed), times)
        assert ends is not None and ends[0] < ends[1]
        inside += ends[0] <= 2 <= ends[1]
    assert 85 <= inside <= 100


def test_it_is_as_wide_as_theory_says():
    ends = mean_interval(steady(1800, 1), np.arange(1800) / FPS)
    assert ends is not None
    assert ends[1] - ends[0] == pytest.approx(2 * 1.96 / np.sqrt(1800), rel=0.3)


def test_what_frames_share_widens_it():
    """Frames that repeat each other for half a second tell less than as many new ones."""
    times = np.arange(1800) / FPS
    held = np.repeat(steady(120, 2), 15)
    one, two = mean_interval(steady(1800, 2), times), mean_interval(held, times)
    assert one is not None and two is not None
    assert two[1] - two[0] > 2.5 * (one[1] - one[0])


def test_unknown_frames_are_left_out():
    times = np.arange(300) / FPS
    values = np.full(300, 3.0)
    values[::4] = np.nan
    assert mean_interval(values, times) == pytest.approx((3, 3))
    assert mean_interval(np.full(300, np.nan), times) is None


def test_the_same_clip_has_the_same_interval():
    values, times = steady(300, 3), np.arange(300) / FPS
    assert mean_interval(values, times) == mean_interval(values, times)


def test_fewer_than_four_blocks_say_nothing():
    sums = np.stack([np.arange(6.0), np.ones(6)], 1)

    def mean(s: np.ndarray) -> float:
        return s[0] / s[1]

    assert interval(sums[:3], mean) is None
    assert interval(sums[:4], mean) is not None
    narrow, wide = interval(sums, mean, confidence=0.5), interval(sums, mean, confidence=0.99)
    assert narrow is not None and wide is not None
    assert wide[0] < narrow[0] < 2.5 < narrow[1] < wide[1]


def test_statistics_that_are_undefined():
    sums = np.stack([np.arange(6.0), np.zeros(6)], 1)
    both = intervals(sums, lambda s: np.array([s[0], s[0] / s[1]]))
    assert both[0] is not None and both[1] is None


def test_sums_of_any_shape():
    sums = np.random.default_rng(0).normal(size=(8, 3, 2))
    (found,) = intervals(sums, lambda s: np.array([s.sum()]))
    assert found is not None and found[0] < sums.sum() < found[1]
