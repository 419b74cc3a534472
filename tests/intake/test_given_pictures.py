"""How large a picture is, is known before it is decoded."""

from __future__ import annotations

import struct
from pathlib import Path

import cv2
import numpy as np
import pytest

from mien.errors import FormatError
from mien.intake.pictures import picture_size, read_picture

KINDS = [".png", ".jpg", ".webp", ".bmp", ".tif"]
WIDE, TALL = 84, 52


def picture(path: Path) -> Path:
    image = np.zeros((TALL, WIDE, 3), np.uint8)
    image[:, : WIDE // 2] = (200, 40, 10)  # red on the left
    cv2.imwrite(str(path), image[..., ::-1])
    return path


def enlarged(path: Path, side: int) -> Path:
    """The same file with another width and height in its header."""
    data = bytearray(path.read_bytes())
    if path.suffix == ".png":
        data[16:24] = struct.pack(">II", side, side)
    elif path.suffix == ".jpg":
        at = data.index(b"\xff\xc0") + 5
        data[at : at + 4] = struct.pack(">HH", side, side)
    elif path.suffix == ".webp":
        head = b"VP8X" + struct.pack("<II", 10, 0) + 2 * (side - 1).to_bytes(3, "little")
        data[12:12] = head
    elif path.suffix == ".bmp":
        data[18:26] = struct.pack("<ii", side, side)
    else:
        at = struct.unpack_from("<I", data, 4)[0]
        for k in range(struct.unpack_from("<H", data, at)[0]):
            if struct.unpack_from("<H", data, at + 2 + 12 * k)[0] in (256, 257):
                struct.pack_into("<HII", data, at + 4 + 12 * k, 4, 1, side)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_camera_writes_is_read(tmp_path, kind):
    path = picture(tmp_path / f"a{kind}")
    assert picture_size(path) == (WIDE, TALL)
    image = read_picture(path)
    assert image is not None and image.shape == (TALL, WIDE, 3) and image.flags.c_contiguous
    assert np.abs(image[20, 10].astype(int) - [200, 40, 10]).max() < 30
    assert image[20, -10].max() < 30


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_too_large_is_never_decoded(tmp_path, monkeypatch, kind):
    path = enlarged(picture(tmp_path / f"a{kind}"), 30_000)
    monkeypatch.setattr(cv2, "imdecode", None)
    with pytest.raises(FormatError, match=r"30000 by 30000 pixels.*64 megapixels") as caught:
        read_picture(path)
    assert str(path) in str(caught.value) and caught.value.exit_status == 3


def test_a_side_has_a_limit_of_its_own(tmp_path):
    path = enlarged(picture(tmp_path / "a.png"), 5000)
    with pytest.raises(FormatError, match="4096 pixels along a side"):
        read_picture(path, side=4096)


@pytest.mark.parametrize("kind", KINDS)
def test_a_header_that_lies_gives_no_picture(tmp_path, kind):
    path = enlarged(picture(tmp_path / f"a{kind}"), 31)
    image = read_picture(path)
    assert image is None or image.shape == (31, 31, 3)


@pytest.mark.parametrize("kind", KINDS)
def test_any_piece_of_a_picture_is_answered(tmp_path, kind):
    data = picture(tmp_path / f"a{kind}").read_bytes()
    rng = np.random.default_rng(1)
    for length in [*range(40), *rng.integers(40, len(data), 20)]:
        (tmp_path / "b").write_bytes(data[:length])
        assert picture_size(tmp_path / "b") in (None, (WIDE, TALL))
        image = read_picture(tmp_path / "b")
        assert image is None or image.shape == (TALL, WIDE, 3)
    for _ in range(60):
        broken = bytearray(data)
        broken[rng.integers(min(len(data), 64))] = rng.integers(256)
        (tmp_path / "b").write_bytes(broken)
        try:
            read_picture(tmp_path / "b", side=1000)  # none is so large that it takes long
        except FormatError:
            pass


def test_other_files_are_no_pictures(tmp_path):
    for name, content in (("empty", b""), ("text", b"a picture"), ("pgm", b"P5 1 1 255 x")):
        (tmp_path / name).write_bytes(content)
        assert read_picture(tmp_path / name) is None
    with pytest.raises(FileNotFoundError):
        read_picture(tmp_path / "missing")


def test_a_picture_that_lies_on_its_side_is_turned(tmp_path):
    data = picture(tmp_path / "a.jpg").read_bytes()
    entry = b"MM\0*\0\0\0\x08\0\x01" + struct.pack(">HHIHH", 0x112, 3, 1, 6, 0) + b"\0\0\0\0"
    exif = b"Exif\0\0" + entry
    turned = data[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + data[2:]
    (tmp_path / "b.jpg").write_bytes(turned)
    image = read_picture(tmp_path / "b.jpg")
    assert picture_size(tmp_path / "b.jpg") == (WIDE, TALL)
    assert image is not None and image.shape == (WIDE, TALL, 3)


def test_a_png_whose_chunk_is_longer_than_the_file_is_no_picture(tmp_path, monkeypatch):
    """A decoder would first make room for gigabytes."""
    path = tmp_path / "a.png"
    cv2.imwrite(str(path), np.full((40, 30, 3), 90, np.uint8))
    assert picture_size(path) == (30, 40)
    data = bytearray(path.read_bytes())
    at = data.index(b"IDAT") - 4
    data[at : at + 4] = (0x7FFFFFFF).to_bytes(4, "big")
    path.write_bytes(data)
    monkeypatch.delattr(cv2, "imdecode")
    assert read_picture(path) is None
