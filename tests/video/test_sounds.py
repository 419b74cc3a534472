"""Sound tracks that an MP4 cannot hold as they are, and several of them."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest
from video_clips import audio_packets, make_clip

from mien.errors import ParameterError
from mien.video import Reader, Writer
from mien.video.tracks import check_sound


def kept(source, path, **settings):
    with Reader(source) as clip, Writer(path, clip.info, audio_from=source, **settings) as out:
        for frame in clip:
            out.write(frame)
        out.commit()
        assert out.losses == []
    return path


def heard(path, track=0):
    """When a track begins, seconds, and its samples [shape=(channels, n)]."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[track]
        frames = list(container.decode(stream))
        planar = stream.codec_context.format.is_planar
        channels = stream.codec_context.channels
    blocks = [frame.to_ndarray() for frame in frames]
    if not planar:
        blocks = [block.reshape(-1, channels).T for block in blocks]
    return float(frames[0].pts * frames[0].time_base), np.concatenate(blocks, axis=1)


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("in.mov", "pcm_s16be"),
        ("in.mov", "pcm_s24le"),
        ("in.avi", "pcm_s16le"),
        ("in.mkv", "pcm_s16le"),
        ("in.wmv", "adpcm_ms"),
    ],
)
def test_sound_that_an_mp4_cannot_hold_loses_no_sample(tmp_path, name, codec):
    source = make_clip(tmp_path / name, audio=codec)
    assert [codec in note.words for note in check_sound(source)] == [True]
    began, before = heard(source)
    begins, after = heard(kept(source, tmp_path / "out.mp4"))
    assert abs(begins - began) <= 0.001
    assert np.array_equal(before, after)


def test_sound_of_floating_numbers_keeps_24_bits(tmp_path):
    source = make_clip(tmp_path / "in.mov", audio="pcm_f32le")
    _, before = heard(source)
    _, after = heard(kept(source, tmp_path / "out.mp4"))
    assert np.abs(before - after / 2**31).max() < 2**-22


def two_tracks(path, codecs, delays=(0, 0)):
    """A clip with a tone in each of two tracks, the second an octave higher."""
    with av.open(str(path), "w") as out:
        pictures = out.add_stream("libx264", rate=25)
        pictures.width, pictures.height, pictures.pix_fmt = 96, 64, "yuv420p"
        sounds = [out.add_stream(codec, rate=48000, layout="mono") for codec in codecs]
        for k in range(25):
            frame = av.VideoFrame.from_ndarray(np.full((64, 96, 3), 90, np.uint8), format="rgb24")
            frame.pts, frame.time_base = k, Fraction(1, 25)
            out.mux(pictures.encode(frame))
        out.mux(pictures.encode(None))
        for number, (sound, delay) in enumerate(zip(sounds, delays, strict=True)):
            convert = av.AudioResampler(sound.codec_context.format, "mono", 48000)
            size = sound.codec_context.frame_size or 1024
            for block in range(48000 // size):
                t = (np.arange(size) + block * size) / 48000
                tone = (8000 * np.sin(2 * np.pi * 400 * (1 + number) * t)).astype(np.int16)[None]
                frame = av.AudioFrame.from_ndarray(tone, format="s16", layout="mono")
                frame.sample_rate, frame.time_base = 48000, Fraction(1, 48000)
                frame.pts = block * size + delay
                for part in convert.resample(frame):
                    out.mux(sound.encode(part))
            out.mux(sound.encode(None))
    return path


@pytest.mark.parametrize(
    ("name", "codecs"),
    [
        ("in.mkv", ("aac", "libopus")),
        ("in.mov", ("pcm_s16le", "pcm_s16le")),
        ("in.mkv", ("aac", "flac")),
    ],
)
def test_all_tracks_are_kept(tmp_path, name, codecs):
    source = two_tracks(tmp_path / name, codecs)
    out = kept(source, tmp_path / "out.mp4")
    with av.open(str(out)) as container:
        assert len(container.streams.audio) == 2
    for track in range(2):
        _, samples = heard(out, track)
        spectrum = np.abs(np.fft.rfft(samples[0, 4800:43200]))
        assert abs(np.argmax(spectrum) / 0.8 - 400 * (1 + track)) < 3


def test_mute_leaves_all_tracks_out(tmp_path):
    source = two_tracks(tmp_path / "in.mov", ("pcm_s16le", "aac"))
    with av.open(str(kept(source, tmp_path / "out.mp4", voice="mute"))) as container:
        assert not container.streams.audio


def with_gap(path, seconds):
    """Two seconds of pictures, half a second of sound at once and half a second later on."""
    with av.open(str(path), "w") as out:
        pictures = out.add_stream("libx264", rate=25)
        pictures.width, pictures.height, pictures.pix_fmt = 96, 64, "yuv420p"
        sound = out.add_stream("pcm_s16le", rate=48000, layout="mono")
        for k in range(50):
            frame = av.VideoFrame.from_ndarray(np.full((64, 96, 3), 90, np.uint8), format="rgb24")
            frame.pts, frame.time_base = k, Fraction(1, 25)
            out.mux(pictures.encode(frame))
        out.mux(pictures.encode(None))
        for begins in (0, 48000 * seconds):
            tone = np.full((1, 24000), 5000, np.int16)
            frame = av.AudioFrame.from_ndarray(tone, format="s16", layout="mono")
            frame.sample_rate, frame.time_base, frame.pts = 48000, Fraction(1, 48000), begins
            out.mux(sound.encode(frame))
    return path


def test_a_gap_is_silent_and_what_follows_is_in_time(tmp_path):
    source = with_gap(tmp_path / "in.mkv", 1)
    _, samples = heard(kept(source, tmp_path / "out.mp4"))
    loud = np.abs(samples[0]) > 100
    assert loud[:23900].all() and not loud[24100:47900].any() and loud[48100:71900].all()


def test_a_clock_that_jumps_by_hours_ends_the_sound_and_is_said(tmp_path):
    source = with_gap(tmp_path / "in.mkv", 10 * 3600)
    with Reader(source) as clip, Writer(tmp_path / "out.mp4", clip.info, audio_from=source) as out:
        for frame in clip:
            out.write(frame)
        out.commit()
    assert any("jumps ahead" in loss.reason for loss in out.losses)
    _, samples = heard(tmp_path / "out.mp4")
    assert 23900 <= samples.shape[1] <= 24100


def test_sound_with_more_channels_than_can_be_stored_is_refused_before_anything_is_written(
    tmp_path,
):
    source = tmp_path / "in.mov"
    with av.open(str(source), "w") as out:
        pictures = out.add_stream("libx264", rate=25)
        pictures.width, pictures.height, pictures.pix_fmt = 96, 64, "yuv420p"
        sound = out.add_stream("pcm_s16le", rate=48000, layout="hexadecagonal")
        frame = av.VideoFrame.from_ndarray(np.full((64, 96, 3), 90, np.uint8), format="rgb24")
        frame.pts, frame.time_base = 0, Fraction(1, 25)
        out.mux(pictures.encode(frame))
        out.mux(pictures.encode(None))
        noise = np.zeros((1, 16 * 1024), np.int16)
        frame = av.AudioFrame.from_ndarray(noise, format="s16", layout="hexadecagonal")
        frame.sample_rate, frame.time_base, frame.pts = 48000, Fraction(1, 48000), 0
        out.mux(sound.encode(frame))
    with Reader(source) as clip, pytest.raises(ParameterError, match="mute"):
        Writer(tmp_path / "out.mp4", clip.info, audio_from=source)
    assert [path.name for path in tmp_path.iterdir()] == ["in.mov"]


def test_copied_and_stored_tracks_stand_side_by_side(tmp_path):
    source = two_tracks(tmp_path / "in.mov", ("aac", "pcm_s16le"))
    out = kept(source, tmp_path / "out.mp4")
    assert [data for data, _ in audio_packets(out)] == [data for data, _ in audio_packets(source)]
    with av.open(str(out)) as container:
        assert [track.codec_context.name for track in container.streams.audio] == ["aac", "alac"]
