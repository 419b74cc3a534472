"""Frames that belong together, by order or by time."""

from __future__ import annotations

import numpy as np
import pytest

from mien.video.pairing import partners

T30 = np.arange(60) / 30


def test_equally_many_frames_are_paired_by_order():
    """Whatever their times: mien keeps every frame, and players round times differently."""
    shaken = T30 + np.random.default_rng(0).uniform(0, 0.5, 60).cumsum()
    assert list(partners(T30, shaken)) == list(range(60))


def test_a_clip_that_starts_later_on_its_own_clock():
    assert list(partners(T30, T30[:59] + 7.25)) == [*range(59), -1]


def test_half_the_frame_rate_shows_each_frame_twice():
    partner = partners(T30, T30[::2])
    assert (np.abs(T30[::2][partner] - T30) <= 1 / 30 + 1e-9).all()
    assert list(partner[::2]) == list(range(30))


def test_twice_the_frame_rate():
    assert list(partners(T30, np.arange(120) / 60)) == list(range(0, 120, 2))


@pytest.mark.parametrize("rate", [24, 25, 29.97, 50])
def test_another_frame_rate(rate):
    others = np.arange(round(2 * rate)) / rate
    partner = partners(T30, others)
    if len(others) != len(T30):
        assert (partner >= 0).mean() > 0.95
        assert (np.diff(partner[partner >= 0]) >= 0).all()
    known = partner >= 0
    assert np.abs(others[partner[known]] - T30[known]).max() <= 0.6 / min(rate, 30) + 1e-9


def test_frames_that_were_cut_out_have_no_partner():
    kept = np.delete(np.arange(60), slice(20, 35))
    partner = partners(T30, T30[kept])
    assert (partner[21:34] == -1).all()
    assert (kept[partner[kept]] == kept).all()


def test_a_result_that_goes_on_or_ends_early():
    assert list(partners(T30[:20], T30)) == list(range(20))
    early = partners(T30, T30[:20])
    assert list(early[:20]) == list(range(20)) and (early[20:] == -1).all()


def test_uneven_times():
    rng = np.random.default_rng(1)
    times = np.cumsum(rng.uniform(0.02, 0.05, 50))
    kept = np.sort(rng.choice(np.arange(1, 50), 40, replace=False))
    kept = np.r_[0, kept]
    partner = partners(times, times[kept])
    assert (kept[partner[kept]] == kept).all()


def test_clips_of_one_frame():
    one = np.array([3.0])
    assert list(partners(one, np.array([9.0]))) == [0]
    assert list(partners(one, T30)) == [0]
    assert list(partners(T30, one)) == [0] + [-1] * 59
