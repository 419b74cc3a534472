"""A number in a corner of a picture is read back after what calls do to pictures."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mien.phantom.timecode import read, stamp


def noise(seed=1):
    return np.random.default_rng(seed).integers(0, 256, (120, 320, 3)).astype(np.uint8)


@pytest.mark.parametrize("number", [0, 1, 599, 4096, 65535])
def test_it_is_read_back_after_compression(number):
    image = noise()
    stamp(image, number)
    assert read(image) == number
    coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 40])[1]
    assert read(cv2.imdecode(coded, cv2.IMREAD_COLOR)) == number


def test_a_picture_without_one_has_none():
    assert [read(noise(seed)) for seed in range(50)] == [None] * 50
    for level in (0, 16, 128, 235, 255):
        assert read(np.full((120, 320, 3), level, np.uint8)) is None
    assert read(np.zeros((8, 8, 3), np.uint8)) is None


def test_a_misread_cell_is_noticed():
    image = np.zeros((120, 320, 3), np.uint8)
    for cell in range(24):
        stamp(image, 1234)
        image[:12, 12 * cell : 12 * cell + 12] = 255 - image[:12, 12 * cell : 12 * cell + 12]
        assert read(image) is None
