"""Skin that pulses at a known rate."""

from __future__ import annotations

import json

import numpy as np
import pytest

from mien.errors import ParameterError
from mien.fidelity import pulse, pulse_wave
from mien.fidelity.reading import Reading
from mien.fidelity.skin import skin_colour


def skin(
    seconds: float,
    bpm: float | None,
    *,
    fps: float = 30,
    noise: float = 0.2,
    seed: int = 0,
    uneven: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """Colour of lit skin with noise and slowly changing light, and its times."""
    rng = np.random.default_rng(seed)
    times = np.arange(round(seconds * fps)) / fps
    if uneven:
        times = times + rng.uniform(0, 0.3 / fps, len(times))
    colour = np.array([180.0, 130, 105]) * (1 + 0.04 * np.sin(2 * np.pi * times / 7))[:, None]
    if bpm is not None:
        phase = 2 * np.pi * bpm / 60 * times
        wave = np.sin(phase) + 0.3 * np.sin(2 * phase + 1)
        colour *= 1 + 0.005 * wave[:, None] * np.array([0.35, 1, 0.6])
    return colour + rng.normal(0, noise, colour.shape), times


def reading(colour: np.ndarray, times: np.ndarray) -> Reading:
    n = len(times)
    return Reading(
        times=times,
        width=640,
        height=480,
        points=np.full((n, 68, 2), np.nan),
        mesh=np.full((n, 478, 3), np.nan),
        body=np.full((n, 18, 3), np.nan),
        skin=colour,
        change=np.full(n, np.nan),
    )


def compare(original: np.ndarray, other: np.ndarray, times: np.ndarray) -> dict:
    found = pulse.measure(reading(original, times), reading(other, times)).as_dict()
    json.dumps(found, allow_nan=False)
    return found


@pytest.mark.parametrize("method", pulse_wave.METHODS)
@pytest.mark.parametrize("bpm", [50, 72, 95, 160])
def test_the_rate_is_found(method, bpm):
    colour, times = skin(20, bpm, noise=0.1)
    found = compare(colour, colour, times)
    assert found["windows"] == 11
    for side in ("original", "other"):
        assert found[side]["heart_rate"] == pytest.approx(bpm, abs=1)
        assert found[side]["by_method"][method] == pytest.approx(bpm, abs=1)
        assert found[side]["share_clear"] == 1
    assert found["kept"] == 1
    assert found["difference"][method] == 0
    assert found["note"] == ""


@pytest.mark.parametrize("fps", [12, 25, 60])
def test_uneven_frames_and_other_rates_are_no_trouble(fps):
    colour, times = skin(12, 72, fps=fps, noise=0.1, uneven=True)
    assert compare(colour, colour, times)["original"]["heart_rate"] == pytest.approx(72, abs=1)


@pytest.mark.parametrize("seed", range(5))
def test_noise_is_not_a_pulse(seed):
    colour, times = skin(25, None, noise=0.5, seed=seed)
    found = compare(colour, colour, times)
    assert found["original"]["heart_rate"] is None
    assert found["kept"] is None
    assert "not enough signal in the original and in the other clip" in found["note"]


def test_a_pulse_that_is_gone_shows():
    colour, times = skin(20, 72, noise=0.1)
    still, _ = skin(20, None, noise=0.3, seed=1)
    found = compare(colour, still, times)
    assert found["original"]["heart_rate"] == pytest.approx(72, abs=1)
    assert found["other"]["heart_rate"] is None
    assert found["kept"] == 0
    assert "in the other clip" in found["note"] and "original" not in found["note"]
    assert found["original"]["snr"]["pos"] > found["other"]["snr"]["pos"] + 5


def test_another_rate_shows():
    slow, times = skin(40, 66, noise=0.1)
    fast, _ = skin(40, 84, noise=0.1)
    found = compare(slow, fast, times)
    assert found["kept"] == 0
    assert found["interval"]["kept"] == [0, 0]
    for method in pulse_wave.METHODS:
        assert found["difference"][method] == pytest.approx(18, abs=1)


def test_a_face_that_is_lost_for_a_while_leaves_the_rest():
    colour, times = skin(30, 72, noise=0.1)
    colour[100:105] = np.nan  # bridged
    colour[300:420] = np.nan
    found = compare(colour, colour, times)
    assert found["original"]["heart_rate"] == pytest.approx(72, abs=1)
    assert 0 < found["original"]["share_clear"] < 1
    wave = pulse_wave.pulse_wave(colour, times, "pos")[1]
    assert np.isfinite(wave[100:105]).all()
    assert np.isnan(wave[305:415]).all()


def test_a_short_clip_has_one_window_or_none():
    colour, times = skin(7, 90, noise=0.1)
    found = compare(colour, colour, times)
    assert found["windows"] == 1 and found["window_s"] == pytest.approx(7)
    assert found["original"]["heart_rate"] == pytest.approx(90, abs=2)
    colour, times = skin(5, 90)
    found = compare(colour, colour, times)
    assert found["windows"] == 0 and found["original"]["heart_rate"] is None
    assert "the clip lasts 5.0 s" in found["note"]


def test_too_few_frames_per_second_are_said():
    colour, times = skin(20, 72, fps=5)
    assert "5.0 frames per second are too few" in compare(colour, colour, times)["note"]


@pytest.mark.parametrize("frames", [0, 1, 2])
def test_few_frames_are_no_trouble(frames):
    colour, times = skin(frames / 30, 72)
    assert compare(colour, colour, times)["windows"] == 0


def test_no_face_has_no_pulse():
    colour, times = skin(12, 72)
    found = compare(colour * np.nan, colour * np.nan, times)
    assert found["original"]["heart_rate"] is None and found["original"]["snr"]["pos"] is None
    assert found["original"]["share_clear"] == 0


def test_methods_are_named():
    with pytest.raises(ParameterError, match="pos"):
        pulse_wave.pulse_wave(*skin(8, 72), "green")


def face(centre: tuple[float, float] = (160, 120)) -> np.ndarray:
    """68 points of a drawn face 100 pixels wide, roughly where dlib puts them."""
    turn = np.linspace(np.pi, 0, 17)
    jaw = np.stack([50 * np.cos(turn), 5 + 65 * np.sin(turn)], 1)
    brow = np.stack([np.linspace(-38, -10, 5), [-22, -27, -28, -27, -24]], 1)
    bridge = np.stack([np.zeros(4), np.linspace(-10, 14, 4)], 1)
    base = np.stack([np.linspace(-9, 9, 5), [19, 21, 22, 21, 19]], 1)
    eye = np.array([(-32, -8), (-27, -12), (-20, -12), (-15, -8), (-20, -5), (-27, -5)])
    outer = np.stack([20 * np.cos(t := np.linspace(np.pi, -np.pi, 13)[:12]), 40 - 8 * np.sin(t)], 1)
    inner = np.stack([14 * np.cos(t := np.linspace(np.pi, -np.pi, 9)[:8]), 40 - 3 * np.sin(t)], 1)
    flip = [-1, 1]
    other_eye = (eye * flip)[[3, 2, 1, 0, 5, 4]]
    points = np.concatenate(
        [jaw, brow, (brow * flip)[::-1], bridge, base, eye, other_eye, outer, inner]
    )
    return points + centre


def test_skin_is_forehead_and_cheeks_only():
    import cv2

    points = face()
    image = np.full((240, 320, 3), (200, 150, 120), np.uint8)
    for part in (slice(17, 22), slice(22, 27), slice(36, 42), slice(42, 48), slice(48, 60)):
        cv2.fillConvexPoly(image, cv2.convexHull(points[part].astype(np.int32)), (0, 0, 255))
    jaw = np.zeros((240, 320), np.uint8)
    cv2.fillConvexPoly(jaw, cv2.convexHull(points[:17].astype(np.int32)), 1)
    image[130:][jaw[130:] == 0] = (0, 255, 0)  # beside the cheeks
    assert skin_colour(image, points) == pytest.approx([200, 150, 120])


def test_skin_outside_the_picture_is_left_out():
    image = np.full((240, 320, 3), (200, 150, 120), np.uint8)
    assert skin_colour(image, face((0, 10))) == pytest.approx([200, 150, 120])
    assert np.isnan(skin_colour(image, face((900, 120)))).all()
    assert np.isnan(skin_colour(image, face((160, -300)))).all()
    assert np.isnan(skin_colour(image, face() * np.nan)).all()
