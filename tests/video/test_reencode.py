"""Encoding in memory: same frames, same times, pixels that a player would show."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from video_clips import make_clip

from mien.errors import VideoError
from mien.video import Frame, Reader, VideoInfo, Writer, quality_of, reencoded

BASE = Fraction(1, 600)
UNEVEN = (0, 20, 41, 59, 85, 100, 121, 139, 164, 180, 201, 225)
INFO = VideoInfo(128, 96, BASE, average_rate=Fraction(30))


def frames(
    width: int = 128, height: int = 96, stamps: tuple[int, ...] = UNEVEN, noise: float = 6.0
) -> list[Frame]:
    """A picture with texture that moves."""
    rng = np.random.default_rng(3)
    y, x = np.mgrid[:height, :width]
    made = []
    for index, pts in enumerate(stamps):
        waves = [np.sin((x + (2 + k) * index) / (5 + k)) + np.cos(y / (4 + k)) for k in range(3)]
        image = 120 + 35 * np.stack(waves, 2) + rng.normal(0, noise, (height, width, 3))
        made.append(Frame(image.clip(0, 255).astype(np.uint8), pts, BASE, index, 20))
    return made


def write(path: Path, shown: list[Frame], crf: float) -> Path:
    height, width = shown[0].image.shape[:2]
    with Writer(path, replace(INFO, width=width, height=height), crf=crf) as out:
        for frame in shown:
            out.write(frame)
        out.commit()
    return path


def as_mpeg4(path: Path, shown: list[Frame], scale: int) -> Path:
    """Encoded by something that does not say how, at a fixed quantiser of 1 (best) to 31."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mpeg4", rate=30)
        stream.codec_context.qmin = stream.codec_context.qmax = scale
        stream.height, stream.width = shown[0].image.shape[:2]
        for index, frame in enumerate(shown):
            picture = av.VideoFrame.from_ndarray(frame.image, format="rgb24")
            picture.pts = index
            out.mux(stream.encode(picture))
        out.mux(stream.encode(None))
    return path


def error(one: list[Frame], two: list[Frame]) -> float:
    """Mean absolute difference, grey levels."""
    return float(
        np.mean(
            [np.abs(a.image.astype(int) - b.image).mean() for a, b in zip(one, two, strict=True)]
        )
    )


def test_frames_keep_their_number_order_and_time():
    shown = frames()
    again = list(reencoded(iter(shown), INFO, 23))
    for one, two in zip(shown, again, strict=True):
        assert (two.pts, two.time_base, two.index, two.duration) == (
            one.pts, one.time_base, one.index, one.duration,
        )  # fmt: skip
        assert two.image.shape == one.image.shape and two.image.dtype == np.uint8
        assert two.image.flags.c_contiguous
        # every frame is itself again and not a neighbour
        apart = [np.abs(two.image.astype(int) - other.image).mean() for other in shown]
        assert int(np.argmin(apart)) == one.index


def test_a_worse_quality_loses_more():
    shown = frames()
    lost = [error(shown, list(reencoded(shown, INFO, crf))) for crf in (0, 12, 23, 34, 45)]
    assert lost == sorted(lost) and lost[-1] > 2 * lost[0]


def test_it_is_what_writing_and_reading_gives(tmp_path):
    shown = frames()
    path = write(tmp_path / "out.mp4", shown, crf=26)
    with Reader(path) as reader:
        stored = list(reader)
    again = list(reencoded(shown, INFO, 26))
    assert error(stored, again) < 0.3 * error(shown, again)


@pytest.mark.parametrize("size", [(127, 95), (128, 95), (16, 16), (2, 2)])
def test_any_size(size):
    shown = frames(*size)
    again = list(reencoded(shown, replace(INFO, width=size[0], height=size[1]), 17))
    assert [frame.image.shape for frame in again] == [(size[1], size[0], 3)] * len(shown)
    assert error(shown, again) < 20


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_few_frames(count):
    assert len(list(reencoded(frames(stamps=UNEVEN[:count]), INFO, 20))) == count


@pytest.mark.parametrize("rate", [None, Fraction(90000), Fraction(1, 3), Fraction(30000, 1001)])
def test_whatever_rate_the_file_states(rate):
    shown = frames()
    again = list(reencoded(shown, replace(INFO, average_rate=rate), 20))
    assert [frame.pts for frame in again] == list(UNEVEN)


def test_frames_are_asked_for_one_by_one_and_let_go():
    """Memory does not grow with the length of a clip: x264 looks ahead a fixed number of frames."""
    given = 0

    def source():
        nonlocal given
        still = frames(stamps=tuple(range(0, 4000, 20)), width=32, height=32)
        for frame in still:
            given += 1
            yield frame

    info = replace(INFO, width=32, height=32)
    ahead = [given - taken for taken, _ in enumerate(reencoded(source(), info, 20), 1)]
    assert len(ahead) == 200 and max(ahead) < 80


@pytest.mark.skipif(not Path("/proc/self/io").exists(), reason="only Linux counts bytes written")
def test_nothing_is_written(tmp_path, monkeypatch):
    """These are pictures of the patient."""
    shown = frames()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    before = written()
    again = list(reencoded(shown, INFO, 1))
    after = written()
    assert len(again) == len(UNEVEN) and not list(tmp_path.iterdir())
    assert after - before < again[0].image.nbytes / 4  # not even to a file without a name


def written() -> int:
    """Bytes that this process has handed to the system for writing."""
    lines = Path("/proc/self/io").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("wchar")).split()[1])


@pytest.mark.parametrize("crf", [14, 23.5, 31])
def test_the_quality_that_x264_states_is_read(tmp_path, crf):
    source = write(tmp_path / "source.mp4", frames(), crf=10)
    result = write(tmp_path / "result.mp4", frames(), crf=crf)
    found = quality_of(result, source)
    assert found.crf == crf and found.source == "stated"


def test_a_clip_that_states_nothing_is_matched_by_its_size(tmp_path):
    """The original, encoded so, needs as many bytes a pixel as the result."""
    shown = frames(stamps=tuple(range(0, 1200, 20)))
    source = write(tmp_path / "source.mp4", shown, crf=8)
    fine = quality_of(as_mpeg4(tmp_path / "fine.mp4", shown, 3), source)
    coarse = quality_of(as_mpeg4(tmp_path / "coarse.mp4", shown, 24), source)
    assert fine.source == coarse.source == "size"
    assert fine.crf < coarse.crf - 6
    # and it is so: encoded at that factor, the frames take as many bytes
    twin = write(tmp_path / "twin.mp4", shown, crf=coarse.crf)
    assert twin.stat().st_size == pytest.approx((tmp_path / "coarse.mp4").stat().st_size, rel=0.25)
    # the same frames, once stated and once matched, agree
    stripped = tmp_path / "stripped.mp4"
    data = write(tmp_path / "same.mp4", shown, crf=24).read_bytes()
    stripped.write_bytes(data.replace(b"x264 - core", b"xxxx - core"))
    matched = quality_of(stripped, source)
    assert matched.source == "size" and matched.crf == pytest.approx(24, abs=2)


def test_a_single_frame_has_some_quality(tmp_path):
    one = make_clip(tmp_path / "one.mp4", codec="mpeg4", stamps=(0,))
    found = quality_of(one, one)
    assert found.source == "size" and 1 <= found.crf <= 45


def test_what_is_no_clip_is_refused(tmp_path):
    whole = write(tmp_path / "whole.mp4", frames(), crf=20)
    letter = tmp_path / "letter.mp4"
    letter.write_text("Dear colleague,\n" * 99)
    with pytest.raises(VideoError, match="letter"):
        quality_of(letter, whole)
    with pytest.raises(VideoError, match="nowhere"):
        quality_of(tmp_path / "nowhere.mp4", whole)
