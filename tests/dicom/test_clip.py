"""Pictures of DICOM images as clips: the same pictures at the header's times."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import cv2
import numpy as np
import pytest

from dicom_images import frames, video
from mien.dicom.clip import as_clip
from mien.dicom.stored import open_image
from mien.dicom.timing import timing_of
from mien.errors import ParameterError, VideoError
from mien.video import Reader


def read(clip):
    with Reader(clip) as reader:
        found = list(reader)
    return np.stack([frame.image for frame in found]), [f.pts * f.time_base for f in found]


@pytest.mark.parametrize(
    ("kind", "form"),
    [("h264", "mp4"), ("h264", "mpegts"), ("h264", "h264"), ("hevc", "mp4"), ("mpeg2", "mpegts")],
)
def test_streams(pictures, tmp_path, kind, form):
    stored = open_image(video(tmp_path / "a.dcm", pictures, kind, form=form))
    made = as_clip(stored, tmp_path)
    images, times = read(made.clip)
    assert made.frames == 6 and not made.uneven and not made.text
    assert np.abs(images.astype(int) - pictures).mean() < 4
    step = Fraction("66.667") / 1000 if form == "h264" else Fraction(1, 15)
    for earlier, later in pairwise(times):
        assert abs(later - earlier - step) < Fraction(1, 50_000)


@pytest.mark.parametrize("jpeg", [False, True])
def test_frames(pictures, tmp_path, jpeg):
    images, times = read(as_clip(open_image(frames(tmp_path / "a.dcm", pictures, jpeg=jpeg)),
                                 tmp_path).clip)  # fmt: skip
    assert np.abs(images.astype(int) - pictures).mean() < 4
    assert times == [round(k * 66667) * Fraction(1, 10**6) for k in range(6)]


def test_uneven_frames(pictures, tmp_path):
    ticks = [0, 60, 100, 230, 300, 400]
    made = as_clip(open_image(video(tmp_path / "a.dcm", pictures, ticks=ticks)), tmp_path)
    assert made.uneven and [round(1000 * time) for time in read(made.clip)[1]] == ticks
    vector = {"FrameTimeVector": ["0", "60", "40", "130", "70", "100"],
              "FrameIncrementPointer": 0x00181065}  # fmt: skip
    (tmp_path / "other").mkdir()
    stored = open_image(frames(tmp_path / "b.dcm", pictures, **vector))
    made = as_clip(stored, tmp_path / "other")
    assert made.uneven and [round(1000 * time) for time in read(made.clip)[1]] == ticks


def test_what_says_nothing_of_time_is_refused(pictures, tmp_path):
    stored = open_image(frames(tmp_path / "a.dcm", pictures, FrameTime=None))
    assert timing_of(stored) is None
    with pytest.raises(VideoError, match="Frame Time"):
        as_clip(stored, tmp_path)
    for values in ({"FrameTime": "0"}, {"FrameTime": "-1"}):
        with pytest.raises(VideoError, match="cannot be"):
            timing_of(open_image(frames(tmp_path / "b.dcm", pictures, **values)))
    wrong = {"FrameTimeVector": ["0", "40"], "FrameIncrementPointer": 0x00181065}
    with pytest.raises(VideoError, match="2 entries for 6 frames"):
        timing_of(open_image(frames(tmp_path / "c.dcm", pictures, **wrong)))


@pytest.mark.parametrize(
    ("values", "words"), [({"Rows": 128}, "96 by 128"), ({"Columns": 48}, "48 by 64")]
)
def test_a_header_that_is_not_of_its_stream(pictures, tmp_path, values, words):
    with pytest.raises(VideoError, match=words):
        as_clip(open_image(video(tmp_path / "a.dcm", pictures, **values)), tmp_path)


def test_a_stream_of_another_kind(pictures, tmp_path, monkeypatch):
    from dicom_images import VIDEO

    monkeypatch.setitem(VIDEO, "hevc", (VIDEO["hevc"][0], *VIDEO["h264"][1:]))
    with pytest.raises(VideoError, match="says that it holds hevc and holds h264"):
        as_clip(open_image(video(tmp_path / "a.dcm", pictures, "hevc")), tmp_path)


def test_burned_in_text(pictures, tmp_path):
    large = np.repeat(np.repeat(pictures, 4, 1), 4, 2).copy()
    for picture in large:
        cv2.putText(picture, "MUSTER ANNA 1951", (20, 40), 0, 0.7, (255, 255, 255), 2, cv2.LINE_AA)
    stored = open_image(frames(tmp_path / "a.dcm", large))
    made = as_clip(stored, tmp_path)
    images, _ = read(made.clip)
    assert images[:, 24:44, 24:200].max() < 20  # black, whatever was there
    assert np.abs(images[:, 120:].astype(int) - large[:, 120:]).mean() < 4
    with pytest.raises(ParameterError, match="--text cover"):
        as_clip(stored, tmp_path / "b", text="refuse")


def test_areas_by_hand(pictures, tmp_path):
    stored = open_image(frames(tmp_path / "a.dcm", pictures))
    images, _ = read(as_clip(stored, tmp_path, text="checked", boxes=((0, 0, 32, 16),)).clip)
    assert images[:, :16, :32].max() < 10 and images[:, 20:].min() > 20
    with pytest.raises(ParameterError, match="not in the picture"):
        as_clip(stored, tmp_path, boxes=((0, 0, 97, 16),))


def test_text_that_is_announced_and_not_seen(pictures, tmp_path):
    stored = open_image(frames(tmp_path / "a.dcm", pictures, BurnedInAnnotation="YES"))
    with pytest.raises(ParameterError, match="--cover-box"):
        as_clip(stored, tmp_path)
