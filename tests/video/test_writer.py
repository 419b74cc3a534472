from __future__ import annotations

import errno
import gc
import os
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from video_clips import audio_packets, make_clip, patches

from mien.errors import OutputError, ParameterError
from mien.video import Frame, Reader, VideoInfo, Writer, probe, writer
from systems import without_renameat2

CLIPS = Path(__file__).resolve().parents[3] / "shared" / "clips"
INFO = VideoInfo(width=96, height=64, time_base=Fraction(1, 1000))


def write(path: Path, info: VideoInfo, stamps, **settings) -> Writer:
    with Writer(path, info, **settings) as out:
        for index, pts in enumerate(stamps):
            out.write(patches(index, info.width, info.height), pts)
        out.commit()
    return out


def copy(source: Path, target: Path, **settings) -> None:
    with Reader(source) as clip, Writer(target, clip.info, **settings) as out:
        for frame in clip:
            out.write(frame)
        out.commit()


def times(path: Path) -> list[Fraction]:
    with Reader(path) as clip:
        return [frame.pts * frame.time_base for frame in clip]


@pytest.mark.parametrize(
    "tick",
    [
        Fraction(1, 1000),
        Fraction(1, 90000),
        Fraction(1001, 30000),
        Fraction(1, 30),
        Fraction(1, 1_000_000_000),
    ],
)
@pytest.mark.parametrize("start", [0, 5, 1000])
def test_timestamps_are_exact(tmp_path, tick, start):
    stamps = [start + step for step in (0, 1, 3, 10, 11, 12, 20, 33)]
    path = tmp_path / "a.mp4"
    out = write(path, VideoInfo(96, 64, tick), stamps)
    assert times(path) == [pts * tick for pts in stamps]
    assert out.time_shift == 0


def test_negative_start_moves_picture_and_sound_together(tmp_path):
    source = make_clip(tmp_path / "in.mp4", audio="aac")
    path = tmp_path / "a.mp4"
    out = write(path, INFO, [-40, 0, 33], audio_from=source)
    assert out.time_shift == Fraction(40, 1000)
    assert times(path) == [0, Fraction(40, 1000), Fraction(73, 1000)]
    # what the source hides before zero would be heard once it is moved to after it
    before, after = audio_packets(source)[1:], audio_packets(path)
    assert [b for b, _ in before] == [b for b, _ in after]
    assert [t - s for (_, s), (_, t) in zip(before, after, strict=True)] == [
        Fraction(40, 1000)
    ] * len(before)


@pytest.mark.parametrize("step", [1, 7])
@pytest.mark.parametrize("rate", [12, 25, 1000, 90_000])
def test_no_frame_is_lost_whose_duration_is_not_said(tmp_path, rate, step):
    stamps = [step * number for number in range(10)]
    write(tmp_path / "a.mp4", VideoInfo(64, 64, Fraction(1, rate)), stamps)
    assert times(tmp_path / "a.mp4") == [Fraction(pts, rate) for pts in stamps]


def test_last_duration_is_kept(tmp_path):
    path = tmp_path / "a.mp4"
    with Writer(path, INFO) as out:
        out.write(patches(0), 0)
        out.write(patches(1), 40, duration=500)
        out.commit()
    with Reader(path) as clip:
        assert [frame.duration for frame in clip] == [40, 500]


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("matrix", ["bt709", "smpte170m", "bt2020nc"])
def test_colours_survive(tmp_path, full, matrix):
    info = VideoInfo(
        96,
        64,
        Fraction(1, 25),
        color_range="pc" if full else "tv",
        colorspace=matrix,
        primaries="bt709",
        transfer="iec61966-2-1",
    )
    path = tmp_path / "a.mp4"
    write(path, info, range(4), crf=1)
    with Reader(path) as clip:
        for name in ("color_range", "colorspace", "primaries", "transfer"):
            assert getattr(clip.info, name) == getattr(info, name)
        for frame in clip:
            error = np.abs(
                frame.image[8::16, 8::16].astype(int) - patches(frame.index)[8::16, 8::16]
            )
            assert error.max() <= 4
            assert error.mean() <= 1


@pytest.mark.parametrize("size", [(97, 63), (96, 63), (97, 64), (96, 64)])
def test_odd_sizes_keep_every_pixel(tmp_path, size):
    path = tmp_path / "a.mp4"
    write(path, VideoInfo(*size, Fraction(1, 25)), range(3), crf=4)
    with Reader(path) as clip:
        assert (clip.info.width, clip.info.height) == size
        image = next(iter(clip)).image
    assert image.shape == (size[1], size[0], 3)
    assert np.abs(image[8::16, 8::16].astype(int) - patches(0, *size)[8::16, 8::16]).max() <= 6


def test_pixel_shape_is_kept(tmp_path):
    info = VideoInfo(96, 64, Fraction(1, 25), sample_aspect_ratio=Fraction(4, 3))
    write(tmp_path / "a.mp4", info, range(2))
    with av.open(str(tmp_path / "a.mp4")) as container:
        assert container.streams.video[0].sample_aspect_ratio == Fraction(4, 3)


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("in.mp4", "aac"),
        ("in.mov", "aac"),
        ("in.mkv", "aac"),
        ("in.mkv", "ac3"),
        ("in.mp4", "libmp3lame"),
        ("in.avi", "libmp3lame"),
        ("in.mkv", "libopus"),
        ("in.mkv", "flac"),
    ],
)
def test_sound_is_copied_bit_for_bit(tmp_path, name, codec):
    source = make_clip(tmp_path / name, audio=codec)
    copy(source, tmp_path / "out.mp4", audio_from=source)
    before, after = audio_packets(source), audio_packets(tmp_path / "out.mp4")
    assert [data for data, _ in before] == [data for data, _ in after]
    assert all(abs(s - t) <= Fraction(1, 800) for (_, s), (_, t) in zip(before, after, strict=True))
    assert times(tmp_path / "out.mp4") == times(source)


def test_sound_times_are_exact_from_mp4(tmp_path):
    source = make_clip(tmp_path / "in.mp4", audio="aac", audio_rate=44100)
    copy(source, tmp_path / "out.mp4", audio_from=source)
    assert audio_packets(tmp_path / "out.mp4") == audio_packets(source)


def test_mute_and_no_sound(tmp_path):
    source = make_clip(tmp_path / "in.mp4", audio="aac")
    copy(source, tmp_path / "mute.mp4", audio_from=source, voice="mute")
    silent = make_clip(tmp_path / "silent.mp4")
    copy(silent, tmp_path / "none.mp4", audio_from=silent)
    assert not probe(tmp_path / "mute.mp4").has_audio
    assert not probe(tmp_path / "none.mp4").has_audio


@pytest.mark.parametrize("name", ["in.mov", "in.mkv"])
def test_nothing_else_passes(tmp_path, name):
    secret = "SECRET"

    def dress(out):
        out.metadata.update(
            title=secret,
            artist=secret,
            comment=secret,
            location=f"+51.5-0.1/{secret}",
            creation_time="2020-02-03T04:05:06Z",
            make=secret,
            model=secret,
        )
        for stream in out.streams:
            stream.metadata.update(language="deu", handler_name=secret, title=secret)
        out.set_chapters(
            [
                {
                    "id": 1,
                    "start": 0,
                    "end": 200,
                    "time_base": Fraction(1, 1000),
                    "metadata": {"title": secret},
                }
            ]
        )
        if name.endswith("mkv"):
            out.add_attachment(f"{secret}.txt", "text/plain", secret.encode())

    source = make_clip(
        tmp_path / name,
        audio="aac",
        dress=dress,
        container_options={"movflags": "use_metadata_tags"} if name.endswith("mov") else None,
    )
    assert source.read_bytes().count(secret.encode()) >= 4
    path = tmp_path / "out.mp4"
    copy(source, path, audio_from=source, comment="faces are synthetic")
    data = path.read_bytes()
    for trace in (secret.encode(), b"51.5", b"Lavf", b"2020"):
        assert trace not in data
    with av.open(str(path)) as container:
        brands = {"major_brand", "minor_version", "compatible_brands"}
        assert set(container.metadata) - brands == {"comment"}
        assert container.metadata["comment"] == "faces are synthetic"
        assert container.chapters() == []
        assert [stream.type for stream in container.streams] == ["video", "audio"]
        for stream in container.streams:
            assert stream.language == "und"
            assert stream.metadata["handler_name"] in ("VideoHandler", "SoundHandler")
    without = tmp_path / "plain.mp4"
    copy(source, without, audio_from=source)
    with av.open(str(without)) as container:
        assert set(container.metadata) == brands


def test_output_is_deterministic(tmp_path):
    source = make_clip(tmp_path / "in.mp4", audio="aac")
    for name in ("a.mp4", "b.mp4"):
        copy(source, tmp_path / name, audio_from=source, comment="c")
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_a_name_may_be_as_long_as_the_system_allows(tmp_path):
    name = "a" * 251 + ".mp4"
    write(tmp_path / name, INFO, [0, 40])
    assert os.listdir(tmp_path) == [name]


def test_leaving_without_commit_leaves_nothing(tmp_path):
    with Writer(tmp_path / "a.mp4", INFO) as out:
        for index in range(30):
            out.write(patches(index), index * 40)
        hidden = os.listdir(tmp_path)
        assert len(hidden) == 1
        assert hidden[0].startswith(".mien-")
        assert hidden[0].endswith(".part")
    assert os.listdir(tmp_path) == []
    with pytest.raises(KeyError), Writer(tmp_path / "a.mp4", INFO) as out:
        out.write(patches(0), 0)
        raise KeyError
    assert os.listdir(tmp_path) == []


def test_killed_process_leaves_no_output(tmp_path):
    child = os.fork() if hasattr(os, "fork") else pytest.skip("no fork here")
    if child == 0:
        out = Writer(tmp_path / "a.mp4", INFO)
        out.write(patches(0), 0)
        os._exit(9)
    os.waitpid(child, 0)
    assert not (tmp_path / "a.mp4").exists()


def test_existing_file_is_left_alone(tmp_path):
    path = tmp_path / "a.mp4"
    path.write_bytes(b"mine")
    with pytest.raises(OutputError, match="already exists"):
        Writer(path, INFO)
    assert path.read_bytes() == b"mine"
    write(path, INFO, [0, 40], overwrite=True)
    assert len(times(path)) == 2
    assert os.listdir(tmp_path) == ["a.mp4"]


@pytest.mark.parametrize("links", [True, False])
def test_file_that_appears_meanwhile_is_left_alone(tmp_path, monkeypatch, links):
    def refuse(*_):
        raise OSError(errno.EPERM, "no links here")

    if not links:
        without_renameat2(monkeypatch)
        monkeypatch.setattr(os, "link", refuse)
        write(tmp_path / "free.mp4", INFO, [0, 40])
        assert len(times(tmp_path / "free.mp4")) == 2
        (tmp_path / "free.mp4").unlink()
    path = tmp_path / "a.mp4"
    with Writer(path, INFO) as out:
        out.write(patches(0), 0)
        path.write_bytes(b"mine")
        with pytest.raises(OutputError, match="appeared"):
            out.commit()
    assert path.read_bytes() == b"mine"
    assert os.listdir(tmp_path) == ["a.mp4"]


class FullDisk:
    """A file that has room for some bytes only."""

    def __init__(self, file, room: int) -> None:
        self._file, self._room = file, room

    def write(self, data) -> int:
        self._room -= len(data)
        if self._room < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return self._file.write(data)

    def __getattr__(self, name):
        return getattr(self._file, name)


def test_interrupted_as_the_hidden_file_appears(tmp_path, monkeypatch):
    real = writer.create

    def interrupted(part):
        real(part).close()
        raise KeyboardInterrupt

    monkeypatch.setattr(writer, "create", interrupted)
    with pytest.raises(KeyboardInterrupt):
        Writer(tmp_path / "a.mp4", INFO)
    assert os.listdir(tmp_path) == []


def test_a_writer_that_nobody_holds_leaves_nothing(tmp_path):
    out = Writer(tmp_path / "a.mp4", INFO)
    assert len(os.listdir(tmp_path)) == 1
    del out
    gc.collect()
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("room", [0, 2000, 100_000])
def test_full_disk(tmp_path, monkeypatch, room):
    real = writer.create

    def small(part):
        return FullDisk(real(part), room)

    monkeypatch.setattr(writer, "create", small)
    noise = np.random.default_rng(0)
    info = VideoInfo(256, 256, Fraction(1, 25))
    with (
        pytest.raises(OutputError, match="disk is full") as caught,
        Writer(tmp_path / "a.mp4", info) as out,
    ):
        for pts in range(30):
            out.write(noise.integers(0, 256, (256, 256, 3), dtype=np.uint8), pts)
        out.commit()
    assert "\n" not in str(caught.value)
    assert os.listdir(tmp_path) == []


def test_places_that_cannot_be_written(tmp_path):
    source = make_clip(tmp_path / "in.mp4", stamps=(0, 1))
    (tmp_path / "folder.mp4").mkdir()
    (tmp_path / "link.mp4").symlink_to(source)
    for path, words in (
        (tmp_path / "nowhere" / "a.mp4", "does not exist"),
        (source / "a.mp4", "is not a folder"),
        (tmp_path / "folder.mp4", "is a folder"),
        (tmp_path / "a.avi", "ends in .mp4"),
        (source, "source itself"),
        (tmp_path / "link.mp4", "source itself"),
    ):
        with pytest.raises(OutputError, match=words) as caught:
            Writer(path, INFO, audio_from=source, overwrite=True)
        assert caught.value.exit_status == 6


def test_folder_without_permission(tmp_path, monkeypatch):
    monkeypatch.setattr(writer.os, "access", lambda *_: False)
    with pytest.raises(OutputError, match="cannot be written to"):
        Writer(tmp_path / "a.mp4", INFO)


@pytest.mark.parametrize(
    "settings", [{"voice": "loud"}, {"crf": 60}, {"preset": "quick"}], ids=lambda s: next(iter(s))
)
def test_settings_out_of_range(tmp_path, settings):
    with pytest.raises(ParameterError):
        Writer(tmp_path / "a.mp4", INFO, **settings)
    assert os.listdir(tmp_path) == []


def test_frames_that_do_not_fit(tmp_path):
    with Writer(tmp_path / "a.mp4", INFO) as out:
        out.write(patches(0), 5)
        with pytest.raises(ParameterError, match="must increase"):
            out.write(patches(0), 5)
        with pytest.raises(ParameterError, match="uint8"):
            out.write(patches(0, 64, 64), 9)
        with pytest.raises(ParameterError, match="tick"):
            out.write(Frame(patches(0), 1, Fraction(1, 30), 0))
        out.write(Frame(patches(0), 1, Fraction(1, 25), 0))
        out.commit()
        with pytest.raises(OutputError, match="already finished"):
            out.commit()
    assert times(tmp_path / "a.mp4") == [Fraction(5, 1000), Fraction(40, 1000)]


def test_no_frame_no_file(tmp_path):
    with Writer(tmp_path / "a.mp4", INFO) as out, pytest.raises(OutputError, match="no frame"):
        out.commit()
    assert os.listdir(tmp_path) == []


def test_real_clip(tmp_path):
    source = CLIPS / "d18.mp4"
    if not source.exists():
        pytest.skip("no d18.mp4 here: the real clips are not part of the repository")
    copy(source, tmp_path / "a.mp4", audio_from=source)
    assert times(tmp_path / "a.mp4") == times(source)
    assert audio_packets(tmp_path / "a.mp4") == audio_packets(source)
