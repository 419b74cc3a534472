"""What is missing of a clip is counted, and much of it is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from video_clips import make_clip

from mien.shortfall import Shortfall, listening
from mien.video import Reader

CONTAINERS = {
    "a.mp4": {"container_options": {"movflags": "faststart"}, "audio": "aac"},
    "a.mov": {"container_options": {"movflags": "faststart"}},
    "a.mkv": {"audio": "aac"},
    "a.webm": {"codec": "libvpx", "audio": "libopus"},
    "a.avi": {"codec": "mpeg4"},
}


def clip(folder: Path, name: str, **settings) -> Path:
    return make_clip(
        folder / name,
        **{"stamps": tuple(range(150)), "blocks": 280, **CONTAINERS[name], **settings},
    )


def missing(path: Path) -> Shortfall:
    with Reader(path) as reader:
        for _ in reader:
            assert reader.missing is None  # not known before the end
        assert reader.missing is not None
        return reader.missing


@pytest.mark.parametrize("name", list(CONTAINERS))
def test_a_whole_clip_misses_nothing(tmp_path, name):
    told = []
    with listening(lambda path, found: told.append(path)):
        found = missing(clip(tmp_path, name))
    assert found.lost <= 1 and not found.much and not told


@pytest.mark.parametrize("name", list(CONTAINERS))
def test_half_a_clip_is_told(tmp_path, name):
    path = clip(tmp_path, name)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    told = []
    with listening(lambda where, found: told.append((where, found))):
        found = missing(path)
    assert found.much and 0.3 < found.share < 0.7
    assert found.of == pytest.approx(150, abs=8)  # by duration where no frames are counted
    assert 2 < found.cut_short_s < 4
    assert told == [(path, found)]
    assert f"{found.lost} of its {found.of} frames" in found.sentence("visit.mp4")


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_sound_that_is_longer_is_no_loss(tmp_path, name):
    found = missing(clip(tmp_path, name, stamps=tuple(range(50))))
    assert found == Shortfall(0, 50, 0.0)


def test_timestamps_alone_count_as_well(tmp_path):
    path = clip(tmp_path, "a.mp4")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with Reader(path) as reader:
        assert len(list(reader.timestamps())) < 100
        assert reader.missing is not None and reader.missing.much


@pytest.mark.parametrize(
    ("found", "much"),
    [
        (Shortfall(5, 100), False),
        (Shortfall(6, 100), True),
        (Shortfall(30, 3000, 1.0), False),
        (Shortfall(33, 3000, 1.1), True),
        (Shortfall(), False),
    ],
)
def test_what_is_much(found, much):
    assert found.much is much


def test_who_has_stopped_listening_is_not_told(tmp_path):
    path = clip(tmp_path, "a.avi")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    told = []
    with pytest.raises(KeyError), listening(lambda *found: told.append(found)):
        raise KeyError
    missing(path)
    assert not told
