"""Tremor of synthetic points, and what is none: noise, a moving head, speech."""

from __future__ import annotations

import json

import numpy as np
import pytest

from mien.fidelity import spectra, tremor
from mien.fidelity.reading import Reading
from mien.phantom import Script
from mien.phantom.scene import truth_of

EYES = 120.0  # outer-eye distance, pixels
# dlib's points by those of MediaPipe's mesh that lie nearest
_MESH = {36: 33, 39: 133, 42: 362, 45: 263, 27: 168, 28: 6, 29: 197, 30: 195, 66: 14, 8: 152}


def face(n: int) -> np.ndarray:
    points = np.zeros((n, 68, 2))
    places = {36: (-60, 0), 39: (-25, 1), 42: (25, 1), 45: (60, 0), 66: (0, 100), 8: (0, 150)}
    places |= {27 + k: (0, 2 + 12 * k) for k in range(4)}
    for index, place in places.items():
        points[:, index] = np.array(place) + [320, 200]
    return points


def clip(times: np.ndarray, lip: np.ndarray, noise: float = 0.002, seed: int = 0) -> Reading:
    """A face whose lip and jaw move vertically by `lip` outer-eye distances."""
    points = face(len(times))
    points[:, [66, 8], 1] += EYES * lip[:, None]
    points += np.random.default_rng(seed).normal(0, noise * EYES, points.shape)
    return read(times, points)


def read(times: np.ndarray, points: np.ndarray) -> Reading:
    n = len(times)
    return Reading(
        times=times,
        width=640,
        height=480,
        points=points,
        mesh=np.full((n, 478, 3), np.nan),
        body=np.full((n, 18, 3), np.nan),
        skin=np.full((n, 3), np.nan),
        change=np.full(n, np.nan),
    )


def sine(times: np.ndarray, hertz: float = 5.0, amplitude: float = 0.02) -> np.ndarray:
    return amplitude * np.sin(2 * np.pi * hertz * times + 0.7)


@pytest.mark.parametrize("hertz", [4.4, 5.0, 5.6])
@pytest.mark.parametrize("fps", [25, 30, 60])
def test_frequency_and_amplitude_are_found(hertz, fps):
    times = np.arange(6 * fps) / fps
    reading = clip(times, sine(times, hertz))
    found = tremor.measure(reading, reading).as_dict()
    assert found["present"] is True
    for part in (found["lip"], found["jaw"], found["lip"]["in_head"]):
        assert part["peak_hz_original"] == pytest.approx(hertz, abs=0.05)
        assert part["band_peak_hz_other"] == pytest.approx(hertz, abs=0.05)
        assert part["amplitude_original"] == pytest.approx(0.02, rel=0.05)
        assert part["ratio"] == part["coherence"] == 1
        assert part["ratio_db"] == 0


def test_uneven_times_missing_frames_and_an_interruption():
    rng = np.random.default_rng(1)
    times = np.cumsum(rng.uniform(0.7, 1.3, 600) / 30)
    reading = clip(times, sine(times))
    reading.points[40::37] = np.nan  # single frames
    reading.points[300:330] = np.nan  # a second
    found = tremor.measure(reading, reading)
    lip = found.as_dict()["lip"]
    assert lip["peak_hz_original"] == pytest.approx(5, abs=0.05)
    assert lip["amplitude_original"] == pytest.approx(0.02, rel=0.1)
    assert found.present
    pieces = spectra.series(times, reading.points[:, 66, 1], 1 / 30)
    assert len(pieces.values) == 2
    assert pieces.seconds == pytest.approx(times[-1] - times[0] - 1, abs=0.2)


def test_a_damped_tremor_shows_as_a_ratio():
    times = np.arange(300) / 30
    found = tremor.measure(
        clip(times, sine(times)), clip(times, sine(times, amplitude=0.01), 0.002, 1)
    )
    lip = found.as_dict()["lip"]
    assert lip["ratio"] == pytest.approx(0.25, abs=0.03)
    assert lip["ratio_db"] == pytest.approx(-6, abs=0.5)
    assert lip["amplitude_ratio"] == pytest.approx(0.5, abs=0.03)
    assert lip["coherence"] > 0.9


def test_noise_in_place_of_a_tremor_has_power_but_is_no_tremor():
    times = np.arange(300) / 30
    noise = np.random.default_rng(2).normal(0, 0.03, 300)
    found = tremor.measure(clip(times, sine(times)), clip(times, noise)).as_dict()["lip"]
    assert found["ratio"] > 0.2
    assert found["present_original"] and not found["present_other"]
    assert found["coherence"] < 0.5
    assert found["noise_power_other"] > 0.3 * found["power_other"]


def test_a_frozen_face_has_no_tremor():
    times = np.arange(240) / 30
    found = tremor.measure(clip(times, sine(times)), clip(times, 0 * times, noise=0.0)).as_dict()
    assert found["lip"]["ratio"] == pytest.approx(0, abs=1e-6)
    assert found["lip"]["present_other"] is False


def test_a_tremor_of_the_whole_head_is_none_of_the_lip():
    times = np.arange(240) / 30
    reading = clip(times, 0 * times)
    reading.points[..., 1] += EYES * sine(times)[:, None]
    found = tremor.measure(reading, reading).as_dict()
    assert found["lip"]["present"] is True
    assert found["lip"]["in_head"]["present"] is False
    assert found["present"] is False


def test_turning_and_nearing_heads_leave_the_lip_in_its_head():
    times = np.arange(240) / 30
    still, angle = clip(times, 0 * times, noise=0), 0.2 * np.sin(4 * times)
    turn = np.stack([np.cos(angle), -np.sin(angle), np.sin(angle), np.cos(angle)], 1)
    moved = (1 + 0.1 * np.sin(times))[:, None, None] * np.einsum(
        "nij,nkj->nki", turn.reshape(-1, 2, 2), still.points
    )
    before = tremor.place(still.points, "lip", in_head=True)
    assert np.allclose(before, tremor.place(moved, "lip", in_head=True))
    assert np.ptp(tremor.place(moved, "lip")[:, 1]) > 0.1


@pytest.mark.parametrize("seconds", [6, 12])
def test_noise_and_wandering_are_no_tremor(seconds):
    times = np.arange(30 * seconds) / 30
    found = 0
    for seed in range(12):
        rng = np.random.default_rng(seed)
        moves = (
            rng.normal(0, 0.01, len(times))
            if seed % 2
            else np.cumsum(rng.normal(0, 0.004, len(times)))
        )
        reading = clip(times, moves, seed=seed)
        found += bool(tremor.measure(reading, reading).present)
    assert found <= 1


def test_speech_is_mostly_no_tremor_and_a_tremor_is():
    found = []
    for seed in range(6):
        truth = truth_of(Script(seconds=10, seed=seed, speech=(0.1, 10), blinks=()))
        points = np.zeros((len(truth.time), 68, 2))
        points[:, list(_MESH)] = truth.people[0].landmarks[:, list(_MESH.values()), :2]
        points += np.random.default_rng(seed).normal(0, 0.3, points.shape)
        reading = read(truth.time, points)
        assert tremor.measure(reading, reading).as_dict()["lip"]["amplitude_original"] > 0.005
        found.append(tremor.measure(reading, reading).present)
    assert sum(found) <= 1
    times = np.arange(300) / 30
    wandering = 2 * np.pi * np.cumsum(5 + 0.15 * np.sin(0.9 * times)) / 30
    reading = clip(times, 0.005 * np.sin(wandering))
    assert tremor.measure(reading, reading).present


def test_the_spectrogram_says_when():
    times = np.arange(900) / 30
    lip = sine(times) * (times > 15)
    shown = spectra.spectrogram(spectra.series(times, lip, 1 / 30))
    power = shown.power[(shown.frequencies >= 4) & (shown.frequencies <= 6)].sum(0)
    assert shown.power.shape == (len(shown.frequencies), len(shown.times))
    assert power[shown.times < 10].max() < 0.01 * power[shown.times > 20].min()
    frequencies, mean = spectra.spectrum(spectra.series(times, lip, 1 / 30))
    assert frequencies[mean.argmax()] == pytest.approx(5, abs=0.05)


def test_what_is_too_short_or_too_slow_is_not_measured():
    short, slow = np.arange(55) / 30, np.arange(100) / 10
    for times in (short, slow):
        reading = clip(times, sine(times))
        found = tremor.measure(reading, reading).as_dict()
        assert found["present"] is None and found["lip"]["ratio"] is None
    times = np.arange(90) / 30  # long enough for a spectrum, not for three segments
    reading = clip(times, sine(times))
    found = tremor.measure(reading, reading).as_dict()["lip"]
    assert found["coherence"] is None and found["ratio"] == 1


def test_the_original_is_read_where_the_other_has_no_face():
    times = np.arange(240) / 30
    reading = clip(times, sine(times))
    found = tremor.measure(reading, reading.take(np.full(240, -1))).as_dict()
    assert found["present"] is True
    assert found["lip"]["ratio"] is None and found["lip"]["present_other"] is None


@pytest.mark.parametrize("n", [0, 1, 2, 5, 70])
@pytest.mark.parametrize("seen", ["all", "none", "some"])
def test_any_clip_gives_json(n, seen):
    times = np.arange(n) / 30
    reading = clip(times, sine(times))
    reading.points[{"all": slice(0, 0), "none": slice(None), "some": slice(5, 25)}[seen]] = np.nan
    json.dumps(tremor.measure(reading, reading).as_dict(), allow_nan=False)


@pytest.mark.parametrize(("gain", "sign"), [(1.0, 0), (0.7, -1), (1.3, 1)])
def test_the_spectrogram_deviates_by_what_is_lost_or_added(gain, sign):
    """A steady line: its power changes with the square of the gain, all over the band alike."""
    times = np.arange(300) / 30
    original = clip(times, sine(times), noise=0)
    found = tremor.measure(original, clip(times, gain * sine(times), noise=0)).as_dict()
    deviation = found["lip"]["deviation"]
    assert np.sign(round(deviation, 6)) == sign
    # the mean of the line over the band, in its own largest power
    trace = spectra.series(times, tremor.place(original.points, "lip")[:, 1], 1 / 30)
    seen = spectra.spectrogram(trace)
    band = (seen.frequencies >= 4) & (seen.frequencies <= 6)
    mean = float(seen.power[band].mean() / seen.power[band].max())
    assert deviation == pytest.approx((gain**2 - 1) * mean, abs=1e-4)


def test_what_is_added_at_one_time_and_lost_at_another_cancels_out():
    times = np.arange(900) / 30
    first = np.where(times < 15, 1.0, 0.0)
    found = tremor.measure(
        clip(times, first * sine(times), noise=0), clip(times, (1 - first) * sine(times), noise=0)
    ).as_dict()
    assert abs(found["lip"]["deviation"]) < 0.01
