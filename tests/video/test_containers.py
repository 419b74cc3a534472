"""What every kind of file that is taken for a clip has to do, whatever its container."""

from __future__ import annotations

from fractions import Fraction

import cv2
import numpy as np
import pytest
from video_clips import difference, make_clip, patches

from mien.video import Reader, Writer, probe
from mien.video.clips import ENDINGS

CODECS = {  # where H.264 is unusual, or not stored as it should be
    "webm": "libvpx-vp9",
    "ogv": "libvpx",
    "avi": "mpeg4",
    "dv": "dvvideo",
    **dict.fromkeys(("wmv", "asf"), "msmpeg4v3"),
    **dict.fromkeys(("mpg", "mpeg", "vob", "mxf"), "mpeg2video"),
}
OPTIONS = {"libx264": {"crf": "4"}, "libvpx-vp9": {"crf": "4"}}
SIZES = {"dv": (720, 576)}
SQUARE = {"dv": (768, 576)}
MOMENTS = {"dv": 2}
"""In a picture: DV is interlaced."""
TICK = Fraction(1, 25)


@pytest.fixture(scope="module", params=sorted(ENDINGS))
def clip(request, tmp_path_factory):
    """Twelve pictures, 25 a second."""
    name = request.param[1:]
    codec = CODECS.get(name, "libx264")
    width, height = SIZES.get(name, (96, 64))
    return make_clip(
        tmp_path_factory.mktemp("containers") / f"a{request.param}",
        codec=codec,
        width=width,
        height=height,
        matrix="smpte170m",  # what is assumed of small pictures where a file cannot say
        options=OPTIONS.get(codec, {"b": "8000000"}),
    )


def as_stored(image, size):
    """A picture whose pixels were made square, as it was before."""
    return cv2.resize(image, size, interpolation=cv2.INTER_NEAREST)


def test_every_frame_is_read_as_it_was_and_when_it_was(clip):
    with Reader(clip) as reader:
        frames = list(reader)
        info = reader.info
        assert reader.losses == [] and not reader.missing.much
    name = clip.suffix[1:]
    stored, moments = SIZES.get(name, (96, 64)), MOMENTS.get(name, 1)
    assert (info.width, info.height) == SQUARE.get(name, stored) and info.codec
    assert probe(clip) == info
    assert [frame.index for frame in frames] == list(range(12 * moments))
    rounded = max(info.time_base, Fraction(1, 1000))  # ASF, FLV and Matroska count milliseconds
    for frame in frames:
        since = frame.pts * frame.time_base - frames[0].pts * frames[0].time_base
        assert abs(since - frame.index * TICK / moments) <= rounded
        truth = patches(frame.index // moments, *stored)
        assert difference(as_stored(frame.image, stored), truth) < 15


def test_every_pass_gives_the_same(clip):
    with Reader(clip) as reader:
        first = list(reader)
        assert list(reader.timestamps()) == [frame.time for frame in first]
        for one, other in zip(first, reader, strict=True):
            assert one.pts == other.pts and np.array_equal(one.image, other.image)
        (chosen,) = reader.selected(lambda time: time == first[7].time)
        assert chosen.index == 7 and np.array_equal(chosen.image, first[7].image)


def test_what_is_written_of_it_has_its_times_and_pictures(clip, tmp_path):
    with Reader(clip) as reader, Writer(tmp_path / "b.mp4", reader.info, crf=12) as out:
        before = list(reader)
        for frame in before:
            out.write(frame)
        out.commit()
    with Reader(tmp_path / "b.mp4") as reader:
        after = list(reader)
    assert [frame.pts * frame.time_base for frame in after] == [
        frame.pts * frame.time_base + out.time_shift for frame in before
    ]
    pairs = zip(before, after, strict=True)
    size = SIZES.get(clip.suffix[1:], (96, 64))
    for one, other in pairs:
        assert difference(as_stored(one.image, size), as_stored(other.image, size)) < 15
