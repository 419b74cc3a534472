"""Streams that state their level and keep to it."""

from __future__ import annotations

import av
import numpy as np
import pytest

from dicom_images import video
from mien.dicom.coding import at_level, level_for
from mien.dicom.stored import open_image
from mien.dicom.syntaxes import LEVELS
from mien.errors import ParameterError
from mien.video import Reader, VideoInfo, Writer
from mien.video.h264 import parameters


@pytest.fixture
def clip(pictures, tmp_path):
    from fractions import Fraction

    info = VideoInfo(96, 64, Fraction(1, 90_000), Fraction(15))
    with Writer(tmp_path / "clip.mp4", info) as writer:
        for k, picture in enumerate(pictures):
            writer.write(picture, k * 6000 + 17 * (k % 2))
        return writer.commit()


@pytest.mark.parametrize("level", LEVELS, ids=lambda level: level.name)
def test_a_level_is_stated_and_no_picture_changes(clip, tmp_path, level):
    made = at_level(clip, tmp_path / "out.mp4", level)
    with av.open(str(made.path)) as out:
        header = bytes(out.streams.video[0].codec_context.extradata)
    assert [(u[1], u[3]) for u in parameters(header) if u[0] & 31 == 7] == [(100, level.idc)]
    with Reader(clip) as before, Reader(made.path) as after:
        for one, other in zip(before, after, strict=True):
            assert one.pts == other.pts and one.time_base == other.time_base
            assert np.array_equal(one.image, other.image)


def test_a_stream_of_another_profile_is_refused(pictures, tmp_path):
    from fractions import Fraction

    with Writer(tmp_path / "clip.mp4", VideoInfo(96, 64, Fraction(1, 15)), crf=0) as writer:
        writer.write(pictures[0], 0)
        path = writer.commit()
    with pytest.raises(ParameterError, match="High Profile"):
        at_level(path, tmp_path / "out.mp4", LEVELS[0])


def test_levels(pictures, tmp_path):
    stored = open_image(video(tmp_path / "a.dcm", pictures))
    assert level_for(stored, 1920, 1080, 30).name == "4.1"
    assert level_for(stored, 1920, 1080, 60).name == "4.2"
    for size in ((1920, 1080, 120), (3840, 2160, 25)):
        with pytest.raises(ParameterError, match=r"level 4\.2"):
            level_for(stored, *size)
    other = open_image(video(tmp_path / "b.dcm", pictures, "h264-42"))
    assert level_for(other, 640, 480, 30).name == "4.2"
