"""What is read, and what is refused in one sentence."""

from __future__ import annotations

import pytest
from pydicom import dcmread

from dicom_images import frames, video
from mien.dicom.fragments import copy_stream, items
from mien.dicom.stored import open_image
from mien.errors import VideoError


def test_what_a_header_says(pictures, tmp_path):
    stored = open_image(video(tmp_path / "a.dcm", pictures))
    assert (stored.frames, stored.width, stored.height, stored.grey) == (6, 96, 64, False)
    assert stored.syntax.codec == "h264" and "PixelData" not in stored.header


def test_fragments_are_joined(pictures, tmp_path):
    one = open_image(video(tmp_path / "a.dcm", pictures))
    three = open_image(video(tmp_path / "b.dcm", pictures, fragments=3))
    assert (copy_stream(one, tmp_path / "a"), copy_stream(three, tmp_path / "b")) == (1, 3)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def cut(path, share):
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    return path


def test_a_truncated_image(pictures, tmp_path):
    with pytest.raises(VideoError, match="cut short"):
        items(open_image(cut(video(tmp_path / "a.dcm", pictures), 0.8)))
    with pytest.raises(VideoError, match="cut short"):
        open_image(cut(frames(tmp_path / "b.dcm", pictures), 0.8))
    with pytest.raises(VideoError, match=r"cut short|damaged|does not say"):
        open_image(cut(frames(tmp_path / "c.dcm", pictures), 0.002))


def test_no_dicom(tmp_path):
    for content in (b"", b"hello", b"\0" * 200, b"\0" * 128 + b"DICM", b"\xff" * 4096):
        path = tmp_path / "odd.dcm"
        path.write_bytes(content)
        with pytest.raises(VideoError) as told:
            open_image(path)
        assert str(told.value).count("\n") == 0 and str(path) in str(told.value)
    with pytest.raises(VideoError, match="No such file"):
        open_image(tmp_path / "none.dcm")


def test_no_pixel_data(pictures, tmp_path):
    path = frames(tmp_path / "a.dcm", pictures)
    image = dcmread(path)
    del image.PixelData
    image.save_as(path, overwrite=True)
    with pytest.raises(VideoError, match="no pixel data"):
        open_image(path)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"NumberOfFrames": 0}, "no frames"),
        ({"Rows": 65535, "Columns": 65535, "NumberOfFrames": 2_000_000_000}, "claims"),
        ({"NumberOfFrames": 9_000_000}, "cut short"),
        ({"BitsAllocated": 16}, "16 bits"),
        ({"PhotometricInterpretation": "PALETTE COLOR"}, "PALETTE COLOR"),
        ({"Rows": 0}, "claims"),
    ],
)
def test_sizes_that_cannot_be(pictures, tmp_path, values, words):
    with pytest.raises(VideoError, match=words):
        open_image(frames(tmp_path / "a.dcm", pictures, **values))


def test_a_wrong_syntax(pictures, tmp_path):
    path = video(tmp_path / "a.dcm", pictures)
    begins = b"\xe0\x7f\x10\x00OB\0\0"
    path.write_bytes(path.read_bytes().replace(begins + b"\xff" * 4, begins + b"\x64\0\0\0"))
    with pytest.raises(VideoError, match="as if they were not"):
        items(open_image(path))
    path = frames(tmp_path / "b.dcm", pictures)
    plain, other = b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.5\0"
    path.write_bytes(path.read_bytes().replace(plain, other, 1))
    with pytest.raises(VideoError, match="RLE"):
        open_image(path)
