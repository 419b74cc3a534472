"""Frames that are stored with the time of the one before: all of a clip's, or some."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from video_clips import difference, make_clip, patches

from mien.errors import VideoError
from mien.shortfall import Shortfall
from mien.video import Reader, probe

COUNT = 35


def stored_again(path: Path, time: Callable[[int], int]) -> Path:
    """The same packets under other times, ticks, by those they had."""
    other = path.with_stem("again")
    with av.open(str(path)) as source, av.open(str(other), "w") as out:
        stream = source.streams.video[0]
        copy = out.add_stream_from_template(stream)
        for packet in source.demux(stream):
            if packet.size:
                packet.pts = packet.dts = time(packet.pts)
                packet.stream = copy
                out.mux(packet)
    return other


@pytest.mark.parametrize(
    ("name", "codec"), [("a.mp4", "libx264"), ("a.mkv", "libx264"), ("a.mkv", "mpeg4")]
)
def test_one_time_for_all_is_read_as_no_times_are(tmp_path, name, codec):
    """Every picture, in the order they are seen (x264 stores them in another), evenly spaced."""
    path = make_clip(tmp_path / name, codec=codec, stamps=tuple(range(COUNT)))
    path = stored_again(path, lambda pts: 0)
    with Reader(path) as clip:
        frames = list(clip)
        assert clip.missing == Shortfall(0, COUNT) and clip.losses == []
        assert [note.kind for note in clip.info.notes] == ["times"]
        assert "25 a second" in clip.info.notes[0].words
        assert list(clip.timestamps()) == [frame.time for frame in frames]
    assert [frame.time for frame in frames] == pytest.approx(np.arange(COUNT) / 25, abs=1e-3)
    for frame in frames:
        assert difference(frame.image, patches(frame.index)) < 40
    info = probe(path)
    assert (info.average_rate, info.frame_estimate) == (25, COUNT)
    assert info.duration_s == pytest.approx(COUNT / 25)


def test_one_time_for_all_and_no_rate_is_refused(tmp_path):
    path = stored_again(make_clip(tmp_path / "a.webm", codec="libvpx"), lambda pts: 0)
    with pytest.raises(VideoError, match=r"one and the same time.*store it again") as error:
        Reader(path)
    assert "\n" not in str(error.value)


def test_some_of_one_time_are_not_called_unreadable(tmp_path):
    path = make_clip(tmp_path / "a.mkv", codec="mpeg4", stamps=tuple(range(24)))
    path = stored_again(path, lambda pts: pts // 80 * 80)  # ms: two at a time
    with Reader(path) as clip:
        assert len(list(clip)) == 12
        assert clip.missing is not None and clip.missing.same_time == clip.missing.lost == 12
        said = clip.missing.sentence("visit.mkv")
    assert "12 of its 24 frames have the time of the frame before" in said
    assert "cannot be read" not in said and "store it again" in said


def test_both_faults_are_said():
    said = Shortfall(7, 20, 0.0, 3).sentence("visit.mp4")
    assert "4 of its 20 frames cannot be read and 3 of its 20 frames have the time" in said
    assert "copy or download it again, or store it again" in said


def test_a_single_frame_is_no_fault(tmp_path):
    path = make_clip(tmp_path / "a.mp4", stamps=(0,), tick=Fraction(1, 25))
    with Reader(path) as clip:
        assert len(list(clip)) == 1 and not clip.info.notes
