"""Blinks of synthetic eyes, and of phantoms' true landmarks."""

from __future__ import annotations

import json

import numpy as np
import pytest

from mien.fidelity import aperture, blink, closures
from mien.fidelity.reading import Reading
from mien.phantom import Script
from mien.phantom.scene import truth_of

BLINKS = (1.0, 2.3, 4.0, 5.1, 7.0, 8.0, 9.5, 11.0)
_MESH_EYES = ((33, 160, 158, 133, 153, 144), (362, 385, 387, 263, 373, 380))


def eyes(ear: np.ndarray) -> np.ndarray:
    """dlib's points of a face whose eyes have the aspect ratios (n, 2)."""
    points = np.zeros((len(ear), 68, 2))
    for k, (first, x) in enumerate(((36, 200.0), (42, 300.0))):
        half = 15 * ear[:, k]
        points[:, first : first + 6] = np.array(
            [[x, 200], [x + 10, 200], [x + 20, 200], [x + 30, 200], [x + 20, 200], [x + 10, 200]]
        )
        points[:, first + 1 : first + 3, 1] -= half[:, None]
        points[:, first + 4 : first + 6, 1] += half[:, None]
    points[~np.isfinite(ear).all(1)] = np.nan
    return points


def read(times: np.ndarray, points: np.ndarray, mesh: np.ndarray | None = None) -> Reading:
    n = len(times)
    return Reading(
        times=times,
        width=640,
        height=480,
        points=points,
        mesh=np.full((n, 478, 3), np.nan) if mesh is None else mesh,
        body=np.full((n, 18, 3), np.nan),
        skin=np.full((n, 3), np.nan),
        change=np.full(n, np.nan),
    )


def lids(times: np.ndarray, moments, *, level=0.3, shut=0.1, half_s=0.1) -> np.ndarray:
    """Aspect ratio of an eye that blinks at some moments, 200 ms long at half depth."""
    ear = np.full(len(times), float(level))
    for moment in moments:
        away = np.clip(abs(times - moment) / (2 * half_s), 0, 1)
        ear -= (level - shut) * (0.5 + 0.5 * np.cos(np.pi * away))
    return ear


def clip(times: np.ndarray, moments, seed: int = 0, **settings) -> Reading:
    noise = np.random.default_rng(seed).normal(0, 0.006, (len(times), 2))
    return read(times, eyes(lids(times, moments, **settings)[:, None] + noise))


def test_aspect_is_height_over_width_of_the_patients_right_and_left_eye():
    assert np.allclose(aperture.aspect(eyes(np.array([[0.3, 0.2]]))), [[0.3, 0.2]])
    assert np.isnan(aperture.aspect(eyes(np.array([[np.nan, 0.2]])))).all()


@pytest.mark.parametrize("frames,counted", [(1, 0), (2, 1), (20, 1), (21, 1), (22, 0)])
def test_a_blink_lasts_60_to_700_ms(frames, counted):
    times = np.arange(60) / 30
    ear = np.full(60, 0.3)
    ear[20 : 20 + frames] = 0.1
    spans = closures.phases(ear, times, 0.2)
    assert len(spans) == counted
    if counted:
        assert np.allclose(spans[0], [times[20], times[20 + frames]])


def test_a_frame_without_a_face_ends_a_blink():
    times = np.arange(30) / 30
    ear = np.full(30, 0.3)
    ear[10:16] = 0.1
    ear[13] = np.nan
    assert np.allclose(closures.phases(ear, times, 0.2), [[10 / 30, 13 / 30], [14 / 30, 16 / 30]])


def test_matching_is_one_to_one():
    long, short = np.array([[0.0, 1.0]]), np.array([[0.1, 0.2], [0.3, 0.4]])
    assert blink.match(long, short) == [(0, 0)]
    assert blink.match(short, short) == [(0, 0), (1, 1)]
    assert blink.match(short, short + 5) == []


@pytest.mark.parametrize("fps", [25, 30, 60])
@pytest.mark.parametrize("level,shut", [(0.3, 0.1), (0.2, 0.08), (0.38, 0.15)])
def test_own_count_is_exact_whatever_the_open_level(fps, level, shut):
    times = np.arange(12 * fps) / fps
    found = blink.measure(*[clip(times, BLINKS, level=level, shut=shut)] * 2)
    assert [round(b.moment, 1) for b in found.original.blinks] == pytest.approx(BLINKS, abs=0.11)
    assert found.original.rate == pytest.approx(40)


def test_own_count_stands_a_squint_uneven_times_and_slips_of_the_tracker():
    rng = np.random.default_rng(1)
    times = np.cumsum(rng.uniform(0.65, 1.35, 300) / 25)
    ear = lids(times, BLINKS)
    ear *= 1 - 0.3 * ((times > 3.2) & (times < 6.3))  # a smile narrows the eyes
    ear[[20, 130, 131 + 50]] = 0.45  # the tracker takes the brow for the lid
    ear[[75, 220]] = 0.08
    points = eyes(ear[:, None] + rng.normal(0, 0.006, (300, 2)))
    assert len(blink.measure(*[read(times, points)] * 2).original.blinks) == len(BLINKS)


def test_nobody_blinks_in_noise_and_squints():
    times = np.arange(300) / 25
    rng = np.random.default_rng(2)
    ear = 0.3 - 0.06 * np.sin(times) + rng.normal(0, 0.01, 300)
    found = blink.measure(*[read(times, eyes(np.stack([ear, ear], 1)))] * 2).as_dict()
    assert found["count_original"] == 0
    assert found["own_f1"] is None


@pytest.mark.parametrize(
    "seed,fps,settings",
    [
        (3, 25, {"smile": (3, 6), "speech": (6.5, 10), "asymmetry": 1.0}),
        (4, 30, {"smile": (3, 6), "head_motion": 1.2}),
        (8, 25, {"variable_frame_rate": True, "asymmetry": 0.6}),
    ],
)
def test_blinks_of_phantoms_are_counted_where_only_one_tracker_sees_them(seed, fps, settings):
    truth = truth_of(Script(seconds=12, fps=fps, seed=seed, blinks=BLINKS, **settings))
    mesh = truth.people[0].landmarks.astype(float)
    blind = eyes(np.random.default_rng(seed).normal(0.3, 0.006, (len(mesh), 2)))
    found = blink.measure(*[read(truth.time, blind, mesh)] * 2).as_dict()
    assert found["count_original"] == found["second_opinion"]["count_original"] == len(BLINKS)
    assert found["dlib_only"]["count_original"] == 0


def test_the_mesh_has_the_same_six_points():
    mesh = np.random.default_rng(3).normal(size=(2, 478, 3))
    points = np.zeros((2, 68, 2))
    for first, ring in zip((36, 42), _MESH_EYES, strict=True):
        points[:, first : first + 6] = mesh[:, ring, :2]
    assert np.allclose(aperture.mesh_aspect(mesh), aperture.aspect(points))


def test_the_same_clip_agrees_wholly():
    times = np.arange(300) / 25
    found = blink.measure(*[clip(times, BLINKS)] * 2).as_dict()
    assert all(found[key] == 1 for key in blink.RATIO)
    for key in ("ear_error_right", "ear_error_left", "completeness_error", "duration_error_s"):
        assert found[key] == 0
    assert found["count_original"] == found["count_other"] == len(BLINKS)
    assert found["count_matched"] == len(BLINKS)
    # at every threshold; of equal ones the one with most events is named
    assert {row["f1"] for row in found["curve"]} == {1}
    assert found["n_original"] == max(row["n_original"] for row in found["curve"])
    assert found["interval"]["own_f1"] == [1, 1]


def test_missing_and_invented_blinks_cost_recall_and_precision():
    times = np.arange(300) / 25
    found = blink.measure(clip(times, BLINKS), clip(times, (*BLINKS[:6], 6.1), 1)).as_dict()
    assert found["own_recall"] == pytest.approx(6 / 8)
    assert found["own_precision"] == pytest.approx(6 / 7, abs=1e-4)
    assert found["recall"] == pytest.approx(6 / 8)
    low, high = found["interval"]["own_recall"]
    assert low < 6 / 8 < high
    assert found["rate_original"] == pytest.approx(40)
    assert found["rate_other"] == pytest.approx(35)


def test_removed_blinks_show():
    times = np.arange(300) / 25
    found = blink.measure(clip(times, BLINKS), clip(times, ())).as_dict()
    assert (found["count_original"], found["count_other"]) == (len(BLINKS), 0)
    assert found["own_recall"] == 0
    assert found["own_precision"] is None
    assert found["ear_error_in_blinks_right"] > 3 * found["ear_error_right"]


def test_shallow_and_long_blinks_show():
    times = np.arange(720) / 60
    still = {"level": 0.3, "shut": 0.06}
    whole = read(times, eyes(np.tile(lids(times, BLINKS, **still)[:, None], 2)))
    half = read(times, eyes(np.tile(lids(times, BLINKS, level=0.3, shut=0.15)[:, None], 2)))
    slow = read(times, eyes(np.tile(lids(times, BLINKS, half_s=0.15, **still)[:, None], 2)))
    found = blink.measure(whole, half).as_dict()
    assert found["completeness_original"] == pytest.approx(0.8, abs=0.01)
    assert found["completeness_other"] == pytest.approx(0.5, abs=0.01)
    assert found["completeness_error"] == pytest.approx(0.3, abs=0.01)
    assert blink.measure(whole, slow).as_dict()["duration_difference_s"] == pytest.approx(
        0.1, abs=0.01
    )


def test_one_sided_lids_show():
    times = np.arange(300) / 25
    right = lids(times, BLINKS)
    left = lids(times, BLINKS, level=0.24, shut=0.18)
    reading = read(times, eyes(np.stack([right, left], 1)))
    found = blink.measure(reading, reading).as_dict()
    assert found["open_difference_original"] == pytest.approx(0.06, abs=0.005)
    assert found["completeness_difference_original"] == pytest.approx(2 / 3 - 1 / 4, abs=0.05)


def test_time_without_a_face_is_no_time_to_blink_in():
    times = np.arange(600) / 25
    ear = np.tile(lids(times, BLINKS)[:, None], 2)
    ear[300:] = np.nan
    assert blink.measure(*[read(times, eyes(ear))] * 2).original.rate == pytest.approx(40)


@pytest.mark.parametrize("n", [0, 1, 2, 5, 40])
@pytest.mark.parametrize("seen", ["all", "none", "some"])
def test_any_clip_gives_json(n, seen):
    ear = np.random.default_rng(n).uniform(0.1, 0.4, (n, 2))
    ear[{"all": slice(0, 0), "none": slice(None), "some": slice(None, None, 3)}[seen]] = np.nan
    reading = read(np.arange(n) / 25, eyes(ear))
    found = blink.measure(reading, reading.take(np.where(np.arange(n) % 4, np.arange(n), -1)))
    json.dumps(found.as_dict(), allow_nan=False)
