"""Pictures that are stored otherwise than they are shown: fields, wide pixels, HDR, other sizes."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from av.video.reformatter import Colorspace
from video_clips import difference, patches

from mien.video import Reader, Writer, probe
from mien.video.hdr import WHITE_NITS, ToStandardRange

WIDTH, HEIGHT = 96, 64


def write(
    path: Path,
    pictures,
    codec="libx264",
    fmt="yuv420p",
    options=None,
    dress=None,
    space=Colorspace.ITU709,
):
    """Store RGB pictures, 25 a second, as they are."""
    rate = 25
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=rate, options=options or {"crf": "4"})
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = fmt
        stream.codec_context.time_base = Fraction(1, rate)
        if dress:
            dress(stream.codec_context)
        for index, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            frame = frame.reformat(format=fmt, dst_colorspace=space)
            frame.pts, frame.time_base = index, Fraction(1, rate)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def bar(at: float) -> np.ndarray:
    """A white bar at a place from left to right, grey levels."""
    picture = np.full((HEIGHT, WIDTH, 3), 40, np.uint8)
    left = round(at)
    picture[:, left : left + 12] = 220
    return picture


def place(picture: np.ndarray) -> float:
    """Where the bar's left edge is, pixels."""
    bright = np.flatnonzero(picture[HEIGHT // 4 : -HEIGHT // 4].mean((0, 2)) > 130)
    return float(bright.min())


@pytest.mark.parametrize("first", [0, 1], ids=["even rows first", "odd rows first"])
def test_both_moments_of_an_interlaced_picture_are_kept(tmp_path, first):
    moments = [bar(4 + k) for k in range(40)]
    woven = []
    for one, other in zip(moments[::2], moments[1::2], strict=True):
        picture = one.copy()
        picture[1 - first :: 2] = other[1 - first :: 2]
        woven.append(picture)
    order = "tff=1" if first == 0 else "bff=1"
    clip = write(tmp_path / "a.mov", woven, options={"crf": "4", "x264-params": order})
    with Reader(clip) as reader:
        frames = list(reader)
        assert reader.losses == [] and reader.missing.lost == 0
        assert reader.info.average_rate == 50 and reader.info.frame_estimate == len(frames) == 40
        assert [note.kind for note in reader.info.notes] == ["interlaced"]
        assert [frame.index for frame in reader.selected(lambda time: time > 0.5)][:1] == [26]
    assert np.allclose(np.diff([frame.time for frame in frames]), 0.02)
    assert max(abs(place(f.image) - place(m)) for f, m in zip(frames, moments, strict=True)) <= 1


def test_pictures_that_become_interlaced_on_the_way_are_whole_pictures(tmp_path):
    plain = [bar(4 + 2 * k) for k in range(12)]
    whole = write(tmp_path / "a.ts", plain)
    moments = [bar(28 + k) for k in range(24)]
    woven = []
    for one, other in zip(moments[::2], moments[1::2], strict=True):
        picture = one.copy()
        picture[1::2] = other[1::2]
        woven.append(picture)
    combed = write(tmp_path / "b.ts", woven, options={"crf": "4", "x264-params": "tff=1"})
    joined = tmp_path / "c.ts"
    joined.write_bytes(whole.read_bytes() + combed.read_bytes())
    with Reader(joined) as reader:
        frames = list(reader)
        assert any("interlaced" in loss.reason for loss in reader.losses)
    assert len(frames) == 24
    for frame in frames:
        rows = frame.image[HEIGHT // 4 : -HEIGHT // 4].astype(int).mean(2)
        assert (
            np.abs(rows[::2] - rows[1::2]).mean() < 6
        )  # a comb would differ in 200 over two pixels


@pytest.mark.parametrize("ending", [".avi"])
@pytest.mark.parametrize("options", [{"bf": "2"}, {"bf": "8", "b-adapt": "0"}, {"bf": "0"}])
def test_pictures_of_an_avi_are_evenly_spaced(tmp_path, ending, options):
    pictures = [bar(4 + 2 * k) for k in range(30)]
    clip = write(tmp_path / f"a{ending}", pictures, options={"crf": "4"} | options)
    with Reader(clip) as reader:
        frames = list(reader)
        assert reader.losses == [] and reader.missing.lost == 0
        assert list(reader.timestamps()) == [frame.time for frame in frames]
    assert np.allclose(np.diff([frame.time for frame in frames]), 0.04)
    assert [place(frame.image) for frame in frames] == [place(picture) for picture in pictures]


def test_a_damaged_packet_of_an_avi_moves_no_other_picture(tmp_path):
    pictures = [patches(k) for k in range(60)]
    clip = write(tmp_path / "a.avi", pictures, options={"crf": "4", "bf": "2", "g": "10"})
    data = bytearray(clip.read_bytes())
    with av.open(str(clip)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
        hurt = packets[33]
        at = data.index(bytes(hurt)[:64])
        data[at : at + hurt.size] = bytes(hurt.size)
    clip.write_bytes(data)
    with Reader(clip) as reader:
        frames = list(reader)
        assert reader.losses
    times = {round(frame.time * 25): frame.image for frame in frames}
    first = min(times)
    for k in [*range(25), *range(50, 60)]:  # groups that hold no damage, and are far from it
        assert np.abs(times[first + k].astype(int) - pictures[k]).mean() < 12


@pytest.mark.parametrize("aspect", [Fraction(64, 45), Fraction(16, 15), Fraction(9, 16)])
def test_pixels_become_square(tmp_path, aspect):
    def widen(context):
        context.sample_aspect_ratio = aspect

    picture = np.full((HEIGHT, WIDTH, 3), 40, np.uint8)
    picture[16:48, 24:72] = 220
    clip = write(tmp_path / "a.mp4", [picture] * 3, dress=widen)
    with Reader(clip) as reader:
        (image, *_) = [frame.image for frame in reader]
        info = reader.info
    assert info.sample_aspect_ratio == 1 and info.notes
    assert abs(info.width / info.height - WIDTH * aspect / HEIGHT) < 0.04
    assert info.width >= WIDTH and info.height >= HEIGHT  # nothing is thrown away
    bright = image.mean(2) > 130
    wide, tall = bright.any(0).sum(), bright.any(1).sum()
    assert abs(wide / tall - 48 * aspect / 32) < 0.06


def test_an_aspect_that_no_camera_has_is_left_alone(tmp_path):
    def lie(context):
        context.sample_aspect_ratio = Fraction(1, 400)

    info = probe(write(tmp_path / "a.mp4", [patches(0)] * 3, dress=lie))
    assert (info.width, info.height) == (WIDTH, HEIGHT)


@pytest.mark.parametrize("size", [(64, 96), (192, 128), (40, 64), (96, 32)])
def test_pictures_of_another_size_keep_their_shape(tmp_path, size):
    """A telephone that is turned, a call whose other side changes its camera."""
    width, height = size
    disc = np.full((height, width, 3), 40, np.uint8)
    cv2.circle(disc, (width // 2, height // 2), min(size) // 3, (220,) * 3, -1)
    first = write(tmp_path / "a.ts", [patches(0)] * 12)
    second = write(tmp_path / "b.ts", [disc] * 12)
    joined = tmp_path / "c.ts"
    joined.write_bytes(first.read_bytes() + second.read_bytes())
    with Reader(joined) as reader:
        frames = list(reader)
        assert any("size changes" in loss.reason for loss in reader.losses)
    assert {frame.image.shape for frame in frames} == {(HEIGHT, WIDTH, 3)}
    bright = frames[-1].image.mean(2) > 130
    wide, tall = bright.any(0).sum(), bright.any(1).sum()
    assert abs(wide - tall) <= 2
    assert wide >= 2 * min(size) // 3 * min(WIDTH / width, HEIGHT / height) - 3
    rows, columns = np.flatnonzero(bright.any(1)), np.flatnonzero(bright.any(0))
    assert abs(rows.mean() - HEIGHT / 2) < 2 and abs(columns.mean() - WIDTH / 2) < 2


def greys(steps: int = 1024) -> np.ndarray:
    """A ramp of a coded signal, the same in all colours [shape=(1, steps, 3), uint16]."""
    ramp = np.linspace(0, 65535, steps).astype(np.uint16)
    return np.repeat(ramp[None, :, None], 3, axis=2)


@pytest.mark.parametrize("transfer", ["arib-std-b67", "smpte2084"])
def test_greys_of_hdr_stay_grey_and_in_order(transfer):
    out = ToStandardRange(transfer)(greys())[0].astype(int)
    assert np.ptp(out, axis=1).max() <= 1
    assert (np.diff(out[:, 0]) >= 0).all() and out[0, 0] == 0 and out[-1, 0] >= 254


def test_white_and_skin_have_the_light_that_standards_give_them():
    """ITU-R BT.2408: white is at .75 of an HLG signal and .58 of a PQ one, both 203 cd/m²."""
    for transfer, white in (("arib-std-b67", 0.75), ("smpte2084", 0.58)):
        convert = ToStandardRange(transfer)
        shown = convert(np.full((1, 1, 3), round(white * 65535), np.uint16))
        assert 220 <= shown.min() <= shown.max() <= 245
    # what is not near white keeps its light: a PQ signal of 50 cd/m² is .44
    shown = ToStandardRange("smpte2084")(np.full((1, 1, 3), round(0.4401 * 65535), np.uint16))
    assert abs((shown[0, 0, 0] / 255) ** 2.4 * WHITE_NITS - 50) < 2


def test_colours_outside_the_smaller_range_are_clipped_not_wrapped():
    pure = np.array([[[50000, 0, 0], [0, 50000, 0], [0, 0, 50000]]], np.uint16)
    out = ToStandardRange("smpte2084")(pure)[0]
    assert (out.argmax(1) == [0, 1, 2]).all() and (np.sort(out, axis=1)[:, 0] == 0).all()


def test_a_clip_in_hdr_becomes_one_that_says_so_and_is_ordinary(tmp_path):
    def hlg(context):
        context.color_primaries, context.color_trc, context.colorspace = 9, 18, 9

    options = {
        "crf": "4",
        "x265-params": "log-level=none:colorprim=bt2020:transfer=arib-std-b67:colormatrix=bt2020nc",
    }
    pictures = [patches(k) for k in range(4)]
    form = {"codec": "libx265", "fmt": "yuv420p10le", "space": Colorspace.BT2020}
    clip = write(tmp_path / "a.mov", pictures, options=options, dress=hlg, **form)
    with Reader(clip) as reader, Writer(tmp_path / "b.mp4", reader.info) as out:
        assert any("HLG" in note.words for note in reader.info.notes)
        for frame in reader:
            assert frame.image.dtype == np.uint8
            coded = patches(frame.index).astype(np.uint16) * 257
            expected = ToStandardRange("arib-std-b67")(coded)
            # a picture in other colours would differ by 100
            assert difference(frame.image, expected) < 25
            out.write(frame)
        out.commit()
    info = probe(tmp_path / "b.mp4")
    assert (info.primaries, info.transfer, info.colorspace) == ("bt709", "bt709", "bt709")
    assert not info.notes
