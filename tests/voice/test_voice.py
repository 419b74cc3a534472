"""A changed voice: as long, as loud, with the same pitch and pauses, and other formants."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest
from scipy.signal import lfilter

from mien.video import VideoInfo, Writer
from mien.voice.mcadams import Changer, moved
from mien.voice.pitch import Pitch, kept

FORMANTS = ((700, 80), (1200, 100), (2600, 150))
"""Of an open vowel: Hz, and their widths."""


def spoken(rate: int, seconds: float = 3.0, pitch: float = 130.0) -> np.ndarray:
    """Harmonics that tremble and fall, through a throat, with breath and two pauses."""
    t = np.arange(int(rate * seconds)) / rate
    hertz = pitch * (1 + 0.15 * np.sin(2 * np.pi * 0.7 * t) + 0.03 * np.sin(2 * np.pi * 5 * t))
    phase = 2 * np.pi * np.cumsum(hertz) / rate
    source = sum(np.cos(k * phase) for k in range(1, int(min(5000, rate / 2.5) / pitch / 1.2)))
    source += 0.05 * np.random.default_rng(3).normal(size=len(t))
    for centre, width in FORMANTS:
        r = np.exp(-np.pi * width / rate)
        source = lfilter([1], [1, -2 * r * np.cos(2 * np.pi * centre / rate), r * r], source)
    source[(t > 1.0) & (t < 1.3)] = 0
    source[(t > 2.2) & (t < 2.5)] *= 0.25
    return 0.4 * source / np.abs(source).max()


def change(samples: np.ndarray, rate: int, step: int | None = None, **options) -> np.ndarray:
    changer = Changer(rate, len(samples), **options)
    step = step or max(samples.shape[1], 1)
    parts = [changer.push(samples[:, k : k + step]) for k in range(0, samples.shape[1], step)]
    return np.concatenate([*parts, changer.flush()], axis=1)


@pytest.mark.parametrize("count", [0, 1, 79, 159, 160, 161, 1234, 16000])
def test_as_long_as_before(count):
    noise = np.random.default_rng(0).normal(0, 0.1, (2, count))
    assert change(noise, 16000).shape == (2, count)


def test_pieces_make_no_difference():
    voice = spoken(16000, 0.5)[None]
    np.testing.assert_allclose(change(voice, 16000), change(voice, 16000, 37), atol=1e-9)


def test_a_power_of_one_gives_the_voice_back():
    voice = spoken(16000, 0.5)[None]
    assert np.abs(change(voice, 16000, alpha=1.0) - voice).max() < 0.04


def test_channels_do_not_hear_each_other():
    both = np.stack([spoken(8000, 0.5), np.zeros(4000)])
    changed = change(both, 8000)
    assert np.abs(changed[1]).max() == 0 < np.abs(changed[0]).max()


@pytest.mark.parametrize("rate", [8000, 16000, 22050, 44100, 48000])
def test_pitch_pauses_and_loudness_stay(rate):
    voice = spoken(rate)
    changed = change(voice[None], rate)[0]
    tracks = [Pitch(rate), Pitch(rate)]
    for track, samples in zip(tracks, (voice, changed), strict=True):
        for k in range(0, len(samples), 1000):
            track.push(samples[k : k + 1000])
    found = kept(*(track.hertz() for track in tracks))
    assert found.f0_correlation is not None and found.f0_correlation > 0.95
    assert found.voiced_agreement is not None and found.voiced_agreement > 0.95
    assert found.voiced_s > 2
    block = rate // 10
    loud = [
        np.sqrt((s[: len(s) // block * block].reshape(-1, block) ** 2).mean(1))
        for s in (voice, changed)
    ]
    assert np.corrcoef(*loud)[0, 1] > 0.95
    assert np.abs(changed[int(1.05 * rate) : int(1.25 * rate)]).max() < 1e-3


@pytest.mark.parametrize("hertz", [80.0, 130.0, 220.0, 350.0])
def test_pitch_is_measured_to_half_a_percent(hertz):
    t = np.arange(32000) / 16000
    track = Pitch(16000)
    track.push(0.3 * sum(np.sin(2 * np.pi * hertz * k * t) / k for k in (1, 2, 3)))
    assert np.nanmedian(track.hertz()) == pytest.approx(hertz, rel=0.005)
    silent = Pitch(16000)
    silent.push(np.random.default_rng(1).normal(0, 0.1, 16000))
    assert np.isnan(silent.hertz()).mean() > 0.9


def test_formants_move_as_the_paper_says_at_any_rate():
    for rate in (16000, 48000):
        zeros = [0.98 * np.exp(2j * np.pi * f / rate) for f in (700.0, 1200.0)]
        filter_ = np.poly([z for zero in zeros for z in (zero, zero.conjugate())]).real
        found = np.roots(moved(filter_, rate, 0.8))
        hertz = sorted(np.angle(found)[found.imag > 0] * rate / (2 * np.pi))
        fixed = 16000 / (2 * np.pi)
        expected = [fixed * (f / fixed) ** 0.8 for f in (700.0, 1200.0)]
        np.testing.assert_allclose(hertz, expected, rtol=1e-3)


def with_sound(path, codec: str, rate: int, layout: str, voice: np.ndarray):
    """A clip of a second whose sound is this voice in every channel."""
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=10)
        video.width = video.height = 64
        video.pix_fmt = "yuv420p"
        sound = out.add_stream(codec, rate=rate, layout=layout)
        for _ in range(round(10 * len(voice) / rate)):
            picture = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8))
            out.mux(video.encode(picture))
        out.mux(video.encode(None))
        resampler = av.AudioResampler(sound.codec_context.format, layout, rate)
        data = np.repeat((voice * 32767).astype(np.int16)[:, None], sound.channels, 1)
        frame = av.AudioFrame.from_ndarray(data.reshape(1, -1), format="s16", layout=layout)
        frame.sample_rate = rate
        frame.pts = 0
        for part in (*resampler.resample(frame), *resampler.resample(None)):
            out.mux(sound.encode(part))
        out.mux(sound.encode(None))
    return path


def heard(path) -> np.ndarray:
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        parts = [frame.to_ndarray() for frame in container.decode(stream)]
        data = np.concatenate(parts, axis=1).astype(float)
        return data.reshape(-1, stream.channels).T if len(data) == 1 < stream.channels else data


@pytest.mark.parametrize(
    ("name", "codec", "rate", "layout"),
    [
        ("a.mov", "pcm_s16le", 48000, "stereo"),
        ("a.mkv", "pcm_s16le", 8000, "mono"),
        ("a.mkv", "flac", 22050, "mono"),
        ("a.mp4", "aac", 44100, "mono"),
    ],
)
def test_in_a_clip_every_kind_of_sound_is_changed(tmp_path, name, codec, rate, layout):
    voice = spoken(rate, 1.5)
    source = with_sound(tmp_path / name, codec, rate, layout, voice)
    for how in ("keep", "change"):
        info = VideoInfo(64, 64, Fraction(1, 10))
        with Writer(tmp_path / f"{how}.mp4", info, audio_from=source, voice=how) as out:
            for pts in range(15):
                out.write(np.zeros((64, 64, 3), np.uint8), pts)
            out.commit()
            voices = out.voices
    (found,) = voices
    assert found.f0_correlation is not None and found.f0_correlation > 0.9
    assert found.voiced_agreement is not None and found.voiced_agreement > 0.93
    before, after = heard(tmp_path / "keep.mp4"), heard(tmp_path / "change.mp4")
    assert len(before) == len(after)
    # a codec that pads its last packet may be heard a little longer than what was put in
    assert abs(before.shape[1] - after.shape[1]) <= (1024 if codec == "aac" else 0)
    scaled = [x[0, : len(voice) - 2000] / np.abs(x).max() for x in (before, after)]
    assert np.corrcoef(*scaled)[0, 1] < 0.9
