"""Two clocks made one by sound: planted offsets are found, and silence is refused."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import signal

from mien.encounter.clocks import Offset, align, align_files
from mien.encounter.soundtrack import RATE, Soundtrack, read_soundtrack
from mien.errors import ParameterError


def speech(seconds: float, seed: int) -> np.ndarray:
    """Noise in speech's band, in bursts."""
    rng = np.random.default_rng(seed)
    count = int(seconds * RATE)
    sos = signal.butter(2, [200, 2500], "bandpass", fs=RATE, output="sos")
    noise = signal.sosfilt(sos, rng.standard_normal(count))
    envelope, at = np.zeros(count), 0.3
    while at < seconds:
        length = rng.uniform(0.1, 0.3)
        burst = rng.uniform(0.4, 1) * np.hanning(round(2 * length * RATE))
        first = int(at * RATE)
        envelope[first : first + len(burst)] += burst[: count - first]
        at += length * (1 if rng.random() < 0.85 else 4)
    return noise * envelope


def recorded(sound: np.ndarray, start: float, seconds: float, gain: float, snr: float, seed: int):
    """What a microphone hears from a moment on, with an echo and noise of its own (dB)."""
    rng = np.random.default_rng(seed)
    heard = sound[int(start * RATE) : int((start + seconds) * RATE)]
    heard = heard + 0.3 * np.roll(heard, round(0.004 * RATE))
    heard = heard + rng.standard_normal(len(heard)) * heard.std() * 10 ** (-snr / 20)
    return Soundtrack((gain * heard).astype(np.float32))


@pytest.mark.parametrize(
    ("offset", "seconds", "snr"),
    [(0.0, 20, 20), (4.321, 14, 6), (-7.5, 30, 0), (11.037, 12, 3)],
)
def test_a_planted_offset_is_found_within_40_ms(offset, seconds, snr):
    sound = speech(60, seed=1)
    first = recorded(sound, 15, 24, gain=0.5, snr=snr, seed=2)
    second = recorded(sound, 15 + offset, seconds, gain=0.02, snr=snr, seed=3)
    found = align(first, second)
    assert abs(found.seconds - offset) < 0.04
    assert found.confidence > 0.7


def test_the_starts_of_the_sound_tracks_count():
    sound = speech(40, seed=4)
    first = recorded(sound, 5, 20, gain=0.5, snr=10, seed=5)
    second = recorded(sound, 8, 20, gain=0.5, snr=10, seed=6)
    later = Soundtrack(second.samples, RATE, start=0.5)
    assert abs(align(first, second).seconds - 3.0) < 0.01
    assert abs(align(first, later).seconds - 2.5) < 0.01


@pytest.mark.parametrize("seed", range(3))
def test_other_peoples_talk_is_no_common_sound(seed):
    first = Soundtrack(speech(20, seed=100 + seed).astype(np.float32))
    second = Soundtrack(speech(18, seed=200 + seed).astype(np.float32))
    with pytest.raises(ParameterError, match="no sound in common"):
        align(first, second)


def test_silence_is_refused():
    sound = Soundtrack(speech(10, seed=7).astype(np.float32))
    with pytest.raises(ParameterError, match="second recording is silent"):
        align(sound, Soundtrack(np.zeros(10 * RATE, np.float32)))
    with pytest.raises(ParameterError, match="shorter than"):
        align(sound, Soundtrack(sound.samples[:RATE]))


def test_a_clip_without_sound_is_refused(brief):
    assert read_soundtrack(brief.path) is None
    with pytest.raises(ParameterError, match=r"clip\.mp4 has no sound track"):
        align_files(brief.path, brief.path)


def test_given_offsets():
    assert Offset.given(-2).as_dict() == {"seconds": -2.0, "confidence": 1.0, "source": "given"}
    for wrong in (float("nan"), "soon"):
        with pytest.raises(ParameterError, match="number of seconds"):
            Offset.given(wrong)


def test_loudness_is_missing_where_nothing_was_recorded():
    tone = np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE).astype(np.float32)
    level = Soundtrack(tone, start=2.0).loudness(np.array([0.0, 2.0, 2.5, 3.0]), 0.5)
    assert np.isnan(level[[0, 3]]).all()
    assert np.allclose(level[[1, 2]], -3.01, atol=0.05)
