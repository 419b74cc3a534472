"""What is not touched stays bit for bit, what is touched is changed, and time never moves."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from video_clips import audio_packets, make_clip

from mien.errors import OutputError, ParameterError, VideoError
from mien.video import Reader, VideoInfo, Writer
from mien.video.index import frame_times
from mien.video.splice import splice

GREY = 118


def scene(index: int, width: int, height: int) -> np.ndarray:
    """A soft pattern that moves and changes colour, as cameras give them."""
    rng = np.random.default_rng(7)
    small = rng.uniform(40, 210, (6, 8, 3)).astype(np.float32)
    image = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.roll(image, 2 * index, axis=1).clip(0, 255).astype(np.uint8)


def grey(number: int, image: np.ndarray) -> np.ndarray:
    return np.full_like(image, GREY)


def written(
    path: Path, *, size=(96, 64), stamps=None, gop=10, cuts=(), rate=25, **settings
) -> Path:
    """A clip by `Writer`: 60 frames, of which `cuts` begin another scene."""
    stamps = range(0, 2400, 40) if stamps is None else stamps
    settings.setdefault("crf", 8)
    colours = {key: settings.pop(key) for key in ("color_range", "colorspace") if key in settings}
    info = VideoInfo(*size, Fraction(1, 1000), average_rate=Fraction(rate), **colours)
    with Writer(path, info, gop=gop, comment="made by a test", **settings) as out:
        for index, pts in enumerate(stamps):
            scenes = sum(index >= cut for cut in cuts)
            out.write(np.roll(scene(index, *size), scenes, axis=2) ^ (255 * (scenes % 2)), pts)
        out.commit()
    return path


def stored(path: Path) -> list[tuple[int, int, bool, bytes]]:
    """Time, duration, whether a group begins, and bytes of each frame."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return [
            (packet.pts, packet.duration, packet.is_keyframe, bytes(packet))
            for packet in container.demux(stream)
            if packet.size
        ]


def decoded(path: Path):
    with Reader(path) as reader:
        frames = list(reader)
        assert reader.losses == []
    return reader.info, frames


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    return cv2.PSNR(a, b)


def check(source: Path, output: Path, wanted: set[int], made) -> None:
    """Everything that has to hold of a splice in which only some groups were touched."""
    (info, before), (other, after) = decoded(source), decoded(output)
    assert other == info
    assert [(f.pts, f.duration) for f in after] == [(f.pts, f.duration) for f in before]
    old, new = stored(source), stored(output)
    assert [packet[:3] for packet in new] == [packet[:3] for packet in old]
    same = [a == b for a, b in zip(old, new, strict=True)]
    # whole groups were encoded again, at least those of the frames that were asked for
    group = np.cumsum([key for _, _, key, _ in old])
    assert not any(same[number] for number in wanted)
    assert made.reason is None
    assert (made.frames, made.encoded + made.copied) == (len(old), len(old))
    assert made.copied <= sum(same)
    for number, (was, now) in enumerate(zip(before, after, strict=True)):
        if number in wanted:
            assert np.abs(now.image.astype(int) - GREY).max() <= 3, number
        elif group[number] in {group[k] for k in wanted}:
            assert psnr(was.image, now.image) > 40, number
        elif same[number]:
            assert np.array_equal(was.image, now.image), number
    with av.open(str(source)) as a, av.open(str(output)) as b:
        assert b.metadata == a.metadata and b.duration == a.duration
        assert b.start_time == a.start_time
    assert not list(output.parent.glob(".*"))


@pytest.mark.parametrize(
    ("wanted", "encoded"),
    [
        ({0}, 10),
        ({59}, 10),
        ({14, 15, 16}, 10),
        ({19, 20}, 20),
        ({5, 35}, 20),
        (set(range(60)), 60),
    ],
)
def test_only_groups_with_a_changed_frame_are_touched(tmp_path, wanted, encoded):
    source, output = written(tmp_path / "in.mp4"), tmp_path / "out.mp4"
    assert [key for _, _, key, _ in stored(source)] == [k % 10 == 0 for k in range(60)]
    with splice(source, output, wanted, grey) as made:
        made.commit()
    assert made.encoded == encoded
    check(source, output, wanted, made)


def test_nothing_to_change_gives_the_same_file(tmp_path):
    sound = make_clip(tmp_path / "sound.mp4", audio="aac")
    source = written(tmp_path / "in.mp4", audio_from=sound)
    with splice(source, tmp_path / "out.mp4", (), grey) as made:
        made.commit()
    assert (made.encoded, made.copied) == (0, 60)
    assert (tmp_path / "out.mp4").read_bytes() == source.read_bytes()


@pytest.mark.parametrize(
    "settings",
    [
        {"stamps": [7 + 40 * k + (k * k) % 23 for k in range(60)]},
        {"stamps": range(5000, 7400, 40)},
        {"size": (97, 63)},
        {"color_range": "pc", "colorspace": "smpte170m"},
        {"crf": 11},
        {"gop": None},
        {"size": (320, 180), "gop": 12},
        {"size": (320, 180), "rate": 240},
    ],
    ids=[
        "uneven",
        "late",
        "odd",
        "full-range",
        "other-quality",
        "usual-groups",
        "side-by-side",
        "announced-rate",
    ],
)
def test_kinds_of_clips(tmp_path, settings):
    source, output = written(tmp_path / "in.mp4", **settings), tmp_path / "out.mp4"
    with splice(source, output, range(27, 31), grey) as made:
        made.commit()
    check(source, output, {27, 28, 29, 30}, made)


@pytest.mark.parametrize("codec", ["aac", "libmp3lame"])
def test_sound_is_the_same(tmp_path, codec):
    sound = make_clip(tmp_path / "sound.mp4", audio=codec)
    source = written(tmp_path / "in.mp4", audio_from=sound, stamps=range(-80, 2320, 40))
    with splice(source, tmp_path / "out.mp4", {30}, grey) as made:
        made.commit()
    check(source, tmp_path / "out.mp4", {30}, made)
    assert len(audio_packets(source)) > 5
    assert audio_packets(tmp_path / "out.mp4") == audio_packets(source)


def test_a_second_time_touches_what_it_must(tmp_path):
    source = written(tmp_path / "in.mp4")
    for number, (before, after) in enumerate([("in", "a"), ("a", "b"), ("b", "c")]):
        wanted = {4 + 20 * number}
        with splice(tmp_path / f"{before}.mp4", tmp_path / f"{after}.mp4", wanted, grey) as made:
            made.commit()
        assert made.encoded == 10
        check(tmp_path / f"{before}.mp4", tmp_path / f"{after}.mp4", wanted, made)
    last = decoded(tmp_path / "c.mp4")[1]
    assert [f.index for f in last if np.ptp(f.image) < 8] == [4, 24, 44]
    assert source.is_file()


def test_pictures_that_begin_groups_next_to_each_other_differ_in_their_number(tmp_path):
    source = written(tmp_path / "in.mp4", cuts=(23, 24, 25))
    starts = [k for k, (_, _, key, _) in enumerate(stored(source)) if key]
    assert {23, 24, 25} <= set(starts)  # groups of one frame beside longer ones
    for wanted in ({22}, {12}, {23}, {24}, {25}, {40}):
        output = tmp_path / f"{min(wanted)}.mp4"
        with splice(source, output, wanted, grey) as made:
            made.commit()
        assert 0 < made.encoded < 60
        check(source, output, wanted, made)
        packets = stored(output)
        again = [k for k, (a, b) in enumerate(zip(stored(source), packets, strict=True)) if a != b]
        # what was encoded again neither follows a group of one frame nor ends with one
        assert min(again) - 1 not in starts and max(again) not in starts
        assert len(again) == made.encoded


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"preset": "slow"}, "headers"),
        ({}, "order"),
        ({"bf": "0", "x264-params": "open-gop=1:intra-refresh=1:keyint=5"}, "depend"),
    ],
)
def test_a_file_of_something_else_is_encoded_as_a_whole(tmp_path, options, reason):
    source, output = tmp_path / "in.mp4", tmp_path / "out.mp4"
    if "preset" in options:
        written(source, **options)
    else:
        make_clip(source, options=options, stamps=tuple(range(30)))
    with splice(source, output, {5}, grey) as made:
        made.commit()
    assert reason in made.reason
    assert (made.encoded, made.copied) == (made.frames, 0)
    before, after = decoded(source)[1], decoded(output)[1]
    assert [f.time for f in after] == [f.time for f in before]
    assert np.ptp(after[5].image) < 8 < np.ptp(after[4].image)


def test_times_are_those_of_the_frames(tmp_path):
    stamps = [7 + 40 * k + (k * k) % 23 for k in range(60)]
    source = written(tmp_path / "in.mp4", stamps=stamps)
    times = frame_times(source)
    assert times[:-1] == pytest.approx([f.time for f in decoded(source)[1]])
    assert times[-1] == pytest.approx(stamps[-1] / 1000 + (stamps[-1] - stamps[-2]) / 1000)


def test_a_last_frame_is_shown_as_long_as_before(tmp_path):
    source, output = tmp_path / "in.mp4", tmp_path / "out.mp4"
    with Writer(source, VideoInfo(96, 64, Fraction(1, 1000)), gop=10) as out:
        for index in range(20):
            out.write(scene(index, 96, 64), 40 * index, duration=40 if index < 19 else 700)
        out.commit()
    with splice(source, output, {19}, grey) as made:
        made.commit()
    assert stored(output)[-1][1] == 700
    check(source, output, {19}, made)
    assert frame_times(output)[-1] == pytest.approx(0.76 + 0.7)


def test_each_frame_is_edited_once_as_it_was(tmp_path):
    source, seen = written(tmp_path / "in.mp4"), {}

    def keep(number, image):
        assert number not in seen
        seen[number] = image.copy()
        return image

    with splice(source, tmp_path / "out.mp4", {3, 58, 59}, keep):
        pass
    frames = decoded(source)[1]
    assert sorted(seen) == [3, 58, 59]
    assert all(np.array_equal(image, frames[number].image) for number, image in seen.items())


def test_progress_reaches_the_end(tmp_path):
    said = []
    source = written(tmp_path / "in.mp4")
    with splice(source, tmp_path / "o.mp4", {9}, grey, progress=lambda *words: said.append(words)):
        pass
    assert [done for _, done, _ in said] == list(range(1, 61))
    assert {(stage, total) for stage, _, total in said} == {("covering", 60)}


def test_without_commit_nothing_is_left(tmp_path):
    source = written(tmp_path / "in.mp4")
    with splice(source, tmp_path / "out.mp4", {9}, grey) as made:
        assert made.part.is_file() and not (tmp_path / "out.mp4").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["in.mp4"]


@pytest.mark.parametrize("whole", [False, True])
def test_what_fails_leaves_nothing(tmp_path, whole):
    # with headers that are not written now, everything is encoded again
    source = written(tmp_path / "in.mp4", **({"preset": "slow"} if whole else {}))

    def fail(number, image):
        raise KeyError(number)

    with pytest.raises(KeyError):
        splice(source, tmp_path / "out.mp4", {30}, fail)
    with pytest.raises(ParameterError, match="size"):
        splice(source, tmp_path / "out.mp4", {30}, lambda number, image: image[:10])
    assert [path.name for path in tmp_path.iterdir()] == ["in.mp4"]


def test_refusals(tmp_path):
    source = written(tmp_path / "in.mp4")
    before = hashlib.sha256(source.read_bytes()).hexdigest()
    for wanted in ({60}, {-1}):
        with pytest.raises(ParameterError, match="0 to 59"):
            splice(source, tmp_path / "out.mp4", wanted, grey)
    with pytest.raises(OutputError, match="never overwritten"):
        splice(source, source, {1}, grey, overwrite=True)
    (tmp_path / "out.mp4").write_text("here")
    with pytest.raises(OutputError, match="already exists"):
        splice(source, tmp_path / "out.mp4", {1}, grey)
    (tmp_path / "text.mp4").write_text("no video")
    with pytest.raises(VideoError):
        splice(tmp_path / "text.mp4", tmp_path / "a.mp4", {1}, grey)
    assert hashlib.sha256(source.read_bytes()).hexdigest() == before


def test_a_damaged_file_is_refused(tmp_path):
    source = written(tmp_path / "in.mp4")
    data = bytearray(source.read_bytes())
    at = data.index(stored(source)[23][3])
    data[at + 4 : at + 24] = b"\xff" * 20
    source.write_bytes(bytes(data))
    with pytest.raises(VideoError, match="damaged"):
        splice(source, tmp_path / "out.mp4", {25}, grey)
    assert [path.name for path in tmp_path.iterdir()] == ["in.mp4"]
