from __future__ import annotations

import itertools
import shutil
import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from video_clips import difference, make_clip, patches, set_matrix

from mien.errors import VideoError
from mien.phantom import Script, render_phantom
from mien.video import Reader, container, probe
from mien.workers import WAITING, ahead

CLIPS = Path(__file__).resolve().parents[3] / "shared" / "clips"


def read(path: Path):
    with Reader(path) as clip:
        return list(clip), clip.losses


@pytest.mark.parametrize(
    ("name", "codec", "pix_fmt", "options"),
    [
        ("a.mp4", "libx264", "yuv420p", {"crf": "4"}),
        ("a.mov", "libx264", "yuv420p", {"crf": "4"}),
        ("a.mkv", "libx264", "yuv420p10le", {"crf": "4"}),
        ("a.mp4", "libx265", "yuv420p", {"crf": "4", "x265-params": "log-level=none"}),
        ("a.mkv", "libx265", "yuv420p10le", {"crf": "4", "x265-params": "log-level=none"}),
        ("a.webm", "libvpx-vp9", "yuv420p", {"crf": "4", "b": "0", "deadline": "realtime"}),
        ("a.webm", "libvpx", "yuv420p", {"crf": "4", "b": "9M"}),
        ("a.avi", "mjpeg", "yuvj420p", {"qmin": "1", "qmax": "2"}),
        ("a.avi", "mpeg4", "yuv420p", {"qmin": "1", "qmax": "2"}),
        ("a.mkv", "ffv1", "yuv444p", {}),
    ],
)
def test_containers_and_codecs(tmp_path, name, codec, pix_fmt, options):
    full = pix_fmt.startswith("yuvj")
    matrix = "smpte170m" if codec in ("mjpeg", "mpeg4", "libvpx") else "bt709"
    path = make_clip(
        tmp_path / name, codec=codec, pix_fmt=pix_fmt, options=options, full=full, matrix=matrix
    )
    frames, losses = read(path)
    assert losses == []
    assert len(frames) == 12
    assert [frame.index for frame in frames] == list(range(12))
    assert np.allclose(np.diff([frame.time for frame in frames]), 0.04, atol=0.0011)
    for frame in frames:
        assert frame.image.dtype == np.uint8
        assert frame.image.flags.c_contiguous
        assert difference(frame.image, patches(frame.index)) <= (12 if codec != "ffv1" else 2)


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("matrix", ["bt709", "smpte170m"])
def test_range_and_matrix(tmp_path, full, matrix):
    path = make_clip(tmp_path / "a.mp4", matrix=matrix, full=full, options={"crf": "1"})
    info = probe(path)
    assert (info.color_range, info.colorspace) == ("pc" if full else "tv", matrix)
    frames, _ = read(path)
    assert max(difference(frame.image, patches(frame.index)) for frame in frames) <= 4


def test_matrix_is_chosen_by_size_when_unspecified(tmp_path):
    for height, expected in ((480, "smpte170m"), (720, "bt709")):
        path = tmp_path / f"{height}.mp4"
        with av.open(str(path), "w") as out:
            stream = out.add_stream("libx264", rate=25, width=320, height=height)
            out.mux(stream.encode(av.VideoFrame(320, height, "yuv420p")))
            out.mux(stream.encode(None))
        assert probe(path).colorspace == expected


@pytest.mark.parametrize(
    ("matrix", "rotation", "mirrored", "shown"),
    [
        ((0, 1, -1, 0), 90, False, lambda image: np.rot90(image, -1)),  # a phone held upright
        ((-1, 0, 0, -1), 180, False, lambda image: np.rot90(image, 2)),
        ((0, -1, 1, 0), 270, False, lambda image: np.rot90(image, 1)),
        ((-1, 0, 0, 1), 0, True, lambda image: image[:, ::-1]),  # a mirrored front camera
    ],
)
def test_rotation_shows_what_a_player_shows(tmp_path, matrix, rotation, mirrored, shown):
    path = make_clip(tmp_path / "a.mp4", stamps=(0, 1), options={"crf": "4"})
    set_matrix(path, matrix)
    with Reader(path) as clip:
        frames = list(clip)
        truth = shown(patches(0))
        assert (clip.info.rotation, clip.info.mirrored) == (rotation, mirrored)
        assert (clip.info.height, clip.info.width) == truth.shape[:2] == frames[0].image.shape[:2]
    assert difference(frames[0].image, truth) <= 8


@pytest.mark.parametrize("stamps", [(0, 1, 7, 8, 30, 31), (50, 52, 90)])
def test_variable_frame_rate(tmp_path, stamps):
    path = make_clip(tmp_path / "a.mkv", stamps=stamps, tick=Fraction(1, 1000))
    frames, _ = read(path)
    assert [frame.pts * frame.time_base for frame in frames] == [Fraction(s, 1000) for s in stamps]


@pytest.mark.parametrize("size", [(97, 63), (96, 63), (97, 64)])
def test_odd_sizes(tmp_path, size):
    path = make_clip(
        tmp_path / "a.webm", codec="libvpx-vp9", width=size[0], height=size[1], stamps=(0, 1)
    )
    frames, _ = read(path)
    assert frames[0].image.shape == (size[1], size[0], 3)


def test_two_passes_are_identical(tmp_path):
    path = make_clip(tmp_path / "a.mp4")
    with Reader(path) as clip:
        first, second = list(clip), list(clip)
    assert len(first) == len(second) == 12
    for a, b in zip(first, second, strict=True):
        assert a.pts == b.pts
        assert np.array_equal(a.image, b.image)


def test_probe(tmp_path):
    info = probe(make_clip(tmp_path / "a.mp4", audio="aac"))
    assert (info.width, info.height, info.codec, info.has_audio) == (96, 64, "h264", True)
    assert (info.average_rate, info.frame_estimate) == (25, 12)
    assert info.duration_s == pytest.approx(12 / 25, abs=0.05)


def test_flipped_bytes_are_reported(tmp_path):
    path = make_clip(tmp_path / "a.mp4", stamps=tuple(range(40)), options={"g": "10"})
    with av.open(str(path)) as container:
        places = [(p.pos, p.size) for p in container.demux(video=0) if p.size]
    data = bytearray(path.read_bytes())
    for pos, size in places[12:15]:
        data[pos + 4 : pos + size] = bytes(255 - b for b in data[pos + 4 : pos + size])
    path.write_bytes(data)
    frames, losses = read(path)
    assert losses
    assert len(frames) >= 30
    assert len(frames) + sum(loss.packets for loss in losses) >= 40
    assert any(loss.time_s is not None and 0.3 < loss.time_s < 0.9 for loss in losses)
    assert all(a.pts < b.pts for a, b in itertools.pairwise(frames))
    again, losses_again = read(path)
    assert losses_again == losses
    assert all(np.array_equal(a.image, b.image) for a, b in zip(frames, again, strict=True))


def test_truncated_end_is_reported(tmp_path):
    path = make_clip(
        tmp_path / "a.mp4",
        stamps=tuple(range(40)),
        container_options={"movflags": "+faststart"},
    )
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    path.write_bytes(data[: int(len(data) * 0.7)])
    frames, losses = read(path)
    assert 5 < len(frames) < 40
    assert any("ends after" in loss.reason for loss in losses)


def make_bad(kind: str, folder: Path) -> Path:
    path = folder / "a.mp4"
    if kind == "empty":
        path.write_bytes(b"")
    elif kind == "text":
        path.write_text("these are notes, not a video\n" * 50)
    elif kind == "playlist":
        make_clip(folder / "real.mp4", stamps=(0, 1))
        path.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nreal.mp4\n#EXT-X-ENDLIST\n")
    elif kind == "audio only":
        with av.open(str(path), "w") as out:
            stream = out.add_stream("aac", rate=48000)
            noise = av.AudioFrame.from_ndarray(
                np.zeros((2, 1024), np.float32), format="fltp", layout="stereo"
            )
            noise.sample_rate = 48000
            out.mux(stream.encode(noise))
            out.mux(stream.encode(None))
    elif kind == "no moov":
        data = make_clip(path).read_bytes()
        path.write_bytes(data[: data.index(b"moov") - 4])
    elif kind == "folder":
        path.mkdir()
    return path


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("missing", "There is no file"),
        ("empty", "There is nothing in"),
        ("text", "No video can be"),
        ("playlist", "No video can be"),
        ("audio only", "There is no video in"),
        ("no moov", "cut short"),
        ("folder", "not a file"),
    ],
)
def test_errors_are_one_sentence(tmp_path, kind, words):
    path = make_bad(kind, tmp_path)
    with pytest.raises(VideoError, match=words) as caught:
        Reader(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value) and str(caught.value).endswith(".")


def test_nothing_decodable(tmp_path):
    path = make_clip(tmp_path / "a.mp4")
    with av.open(str(path)) as container:
        places = [(p.pos, p.size) for p in container.demux(video=0) if p.size]
    data = bytearray(path.read_bytes())
    for pos, size in places:
        data[pos : pos + size] = bytes(size)
    path.write_bytes(data)
    with pytest.raises(VideoError, match="No frame"), Reader(path) as clip:
        list(clip)


def test_cover_picture_is_not_the_video(tmp_path):
    def dress(out):
        cover = out.add_stream("mjpeg", rate=1)
        cover.width = cover.height = 512
        cover.pix_fmt = "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        return lambda: out.mux(cover.encode(av.VideoFrame(512, 512, "yuvj420p")))

    info = probe(make_clip(tmp_path / "a.mp4", dress=dress))
    assert (info.width, info.height) == (96, 64)


@pytest.mark.parametrize("name", ["d18.mp4", "s32.mp4"])
def test_real_clips(tmp_path, name):
    if not (CLIPS / name).exists():
        pytest.skip(f"no {name} here: the real clips are not part of the repository")
    path = Path(shutil.copy(CLIPS / name, tmp_path))
    with Reader(path) as clip:
        count = 0
        last = None
        for frame in clip:
            assert last is None or frame.pts > last
            last, count = frame.pts, count + 1
    assert count == clip.info.frame_estimate
    assert clip.losses == []


def test_closing_while_another_thread_decodes(tmp_path):
    """A loop that fails leaves the thread that reads ahead for it decoding: nothing may break."""
    path = render_long(tmp_path)
    for count in range(1, 9):
        with pytest.raises(ZeroDivisionError), Reader(path) as reader:
            frames = ahead(reader)
            for frame in frames:
                if frame.index == count:
                    raise ZeroDivisionError
        assert len(list(frames)) <= WAITING + 1


def test_selected_frames_are_those_of_the_clip(tmp_path):
    path = make_clip(tmp_path / "a.mp4")
    with Reader(path) as reader:
        every = list(reader)
        asked = []

        def wanted(time: float) -> bool:
            asked.append(time)
            return len(asked) % 3 == 1

        chosen = list(reader.selected(wanted))
    assert asked == [frame.time for frame in every]
    assert [frame.index for frame in chosen] == [frame.index for frame in every[::3]]
    for one, other in zip(chosen, every[::3], strict=True):
        assert one.pts == other.pts and np.array_equal(one.image, other.image)


def test_timestamps_are_those_of_the_frames(tmp_path):
    path = render_long(tmp_path)
    with Reader(path) as reader:
        assert list(reader.timestamps()) == [frame.time for frame in reader]


def render_long(folder):
    script = Script(seconds=2, fps=15, width=320, height=240, variable_frame_rate=True)
    render_phantom(script, folder / "long.mp4")
    return folder / "long.mp4"


@pytest.mark.parametrize("name", ["a.avi", "a.mp4", "a.mkv"])
def test_pictures_larger_than_any_cameras_are_not_decoded(tmp_path, name):
    path = make_clip(tmp_path / name, codec="mjpeg", pix_fmt="yuvj420p")
    data = path.read_bytes()
    for small, large in (  # of an AVI, of an MP4, of each picture
        (struct.pack("<II", 96, 64), struct.pack("<II", 15_000, 15_000)),
        (struct.pack(">HH", 96, 64), struct.pack(">HH", 15_000, 15_000)),
        (struct.pack(">HH", 64, 96), struct.pack(">HH", 15_000, 15_000)),
    ):
        data = data.replace(small, large)
    path.write_bytes(data)
    # Matroska says another size than its pictures, each of which is then refused
    words = "could be decoded" if name == "a.mkv" else "8192 by 4352"
    with pytest.raises(VideoError, match=words) as caught:
        list(Reader(path))
    assert caught.value.exit_status == 3


def test_a_size_that_is_known_is_said(tmp_path):
    with pytest.raises(VideoError, match=r"15000 by 9000 pixels.*35\.7 megapixels"):
        container.check_size(15_000, 9_000, tmp_path / "a.mp4")
    container.check_size(8192, 4352, tmp_path / "a.mp4")
    container.check_size(4320, 7680, tmp_path / "a.mp4")


def test_a_picture_that_grows_on_the_way_is_not_decoded(tmp_path):
    pieces = []
    for name, size, frames in (("a", (96, 96), 9), ("b", (8208, 4368), 1), ("c", (96, 96), 9)):
        clip = make_clip(
            tmp_path / f"{name}.h264",
            width=size[0],
            height=size[1],
            options={"bf": "0", "preset": "ultrafast", "threads": "1"},
            stamps=tuple(range(frames)),
        )
        pieces.append(clip.read_bytes())
    path = tmp_path / "d.h264"
    path.write_bytes(b"".join(pieces))
    with Reader(path) as clip:
        frames = list(clip)
        assert frames and {frame.image.shape for frame in frames} == {(96, 96, 3)}
        assert difference(frames[0].image, patches(0, 96, 96)) < 20
        assert clip.losses
