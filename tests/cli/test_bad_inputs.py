"""Every input that is not a clip with a face gets a sentence, a status and no output."""

from __future__ import annotations

import json
import struct
import zipfile
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from mien.video import VideoInfo, Writer


def missing(path: Path, whole: Path) -> None:
    """Nothing there."""


def folder(path: Path, whole: Path) -> None:
    path.mkdir()


def empty(path: Path, whole: Path) -> None:
    path.touch()


def text(path: Path, whole: Path) -> None:
    path.write_text("Dear colleague, please find the video attached.\n" * 50)


def cut_short(path: Path, whole: Path) -> None:
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])


def sound_only(path: Path, whole: Path) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=48000)
        samples = np.zeros((1, 1024), np.float32)
        for block in range(20):
            frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 48000, 1024 * block
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def picture(path: Path, side: int) -> None:
    with Writer(path, VideoInfo(side, side, Fraction(1, 15))) as out:
        for pts in range(4):
            out.write(np.full((side, side, 3), 120, np.uint8), pts)
        out.commit()


def two_by_two(path: Path, whole: Path) -> None:
    picture(path, 2)


def wall(path: Path, whole: Path) -> None:
    picture(path, 128)


@pytest.mark.parametrize(
    ("make", "status"),
    [
        (missing, 3),
        (folder, 2),  # one without clips
        (empty, 3),
        (text, 3),
        (cut_short, 3),
        (sound_only, 3),
        (two_by_two, 4),
        (wall, 4),
    ],
)
def test_bad_input(mien, brief, tmp_path, make, status):
    source = tmp_path / "visit.mp4"
    make(source, brief.path)
    before = source.read_bytes() if source.is_file() else None
    (tmp_path / "out").mkdir()
    result = mien("deidentify", source, "-o", tmp_path / "out")
    assert result.exit_code == status, result.output
    (sentence,) = [line for line in result.stderr.splitlines() if line.startswith("mien: ")]
    assert source.name in sentence and len(sentence) < 300
    assert not result.stdout and "Traceback" not in result.stderr
    assert not list((tmp_path / "out").iterdir())
    assert before is None or source.read_bytes() == before


def large_picture(path: Path) -> Path:
    """A picture of 30,000 by 30,000 pixels, of which there is but the header."""
    cv2.imwrite(str(path), np.zeros((8, 8, 3), np.uint8))
    data = bytearray(path.read_bytes())
    data[16:24] = (30_000).to_bytes(4, "big") * 2
    path.write_bytes(data)
    return path


def bank(folder: Path, **card) -> Path:
    folder.mkdir()
    entry = {"id": "one", "k": 12, "alpha": [0.0] * 40, **card}
    (folder / "cards.json").write_text(json.dumps([entry]))
    return folder


def own_face(folder: Path) -> list:
    large = large_picture(folder / "face.png")
    return ["--surrogate", large, "--consent", "They agreed to this today"]


def one_persons_bank(folder: Path) -> list:
    return ["--bank", bank(folder / "bank", k=1)]


def endless_bank(folder: Path) -> list:
    (folder / "bank").mkdir()
    (folder / "bank" / "cards.json").write_text("[" * 100_000)
    return ["--bank", folder / "bank"]


def bank_of_large_faces(folder: Path) -> list:
    large = large_picture(bank(folder / "bank") / "one.png")
    large.rename(folder / "bank" / "one.jpg")
    return ["--bank", folder / "bank", "--surrogate", "one"]


def left_by_picture(folder: Path) -> list:
    return ["--leave", large_picture(folder / "face.png")]


def landmarker(folder: Path) -> list:
    (folder / "face.task").write_bytes(b"PK" + bytes(5000))
    return ["--landmarker", folder / "face.task"]


@pytest.mark.parametrize(
    "make",
    [
        own_face,
        one_persons_bank,
        endless_bank,
        bank_of_large_faces,
        left_by_picture,
        landmarker,
    ],
)
def test_bad_material(mien, brief, tmp_path, fewer_checks, make):
    words = make(tmp_path)
    (tmp_path / "out").mkdir()
    result = mien("deidentify", brief.path, "-o", tmp_path / "out", *words)
    assert result.exit_code == 3, result.output
    (sentence,) = [line for line in result.stderr.splitlines() if line.startswith("mien: ")]
    assert len(sentence) < 400 and str(tmp_path) in sentence
    assert not result.stdout and "Traceback" not in result.stderr
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize(
    "words",
    [
        ("surrogates", "--bank", "bank"),
        ("surrogates", "build", "pictures", "-o", "new"),
        ("audit", "clip.mp4", "clip.mp4", "--gallery", "pictures"),
        ("evaluate", "clip.mp4", "clip.mp4", "-o", "report", "--profile", "deep.toml"),
        ("people", "large.avi"),
        ("expression", "predict", "terabyte.npz", "scores.csv", "-o", "out.csv"),
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_bad_material_of_other_commands(mien, brief, tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    brief.copy(tmp_path)
    bank(tmp_path / "bank", k=1)
    (tmp_path / "pictures").mkdir()
    large_picture(tmp_path / "pictures" / "a.png")
    (tmp_path / "deep.toml").write_text("a = " + "[" * 100_000)
    (tmp_path / "scores.csv").write_text("time,jawOpen\n0,0.5\n")
    header = "{'descr': '<f8', 'fortran_order': False, 'shape': (137438953472,), }\n"
    with zipfile.ZipFile(tmp_path / "terabyte.npz", "w") as archive:
        content = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode()
        archive.writestr("kind.npy", content)
    with av.open(str(tmp_path / "large.avi"), "w") as container:
        stream = container.add_stream("mjpeg", rate=25)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuvj420p"
        frame = av.VideoFrame.from_ndarray(np.zeros((64, 96, 3), np.uint8), format="rgb24")
        container.mux(stream.encode(frame.reformat(format="yuvj420p")))
        container.mux(stream.encode(None))
    data = (tmp_path / "large.avi").read_bytes()
    data = data.replace(struct.pack("<II", 96, 64), struct.pack("<II", 15_000, 15_000))
    data = data.replace(struct.pack(">HH", 64, 96), struct.pack(">HH", 15_000, 15_000))
    (tmp_path / "large.avi").write_bytes(data)
    before = {path.name for path in tmp_path.iterdir()}
    result = mien(*words)
    assert result.exit_code == 3, result.output
    (sentence,) = [line for line in result.stderr.splitlines() if line.startswith("mien: ")]
    assert len(sentence) < 400 and "Traceback" not in result.output
    assert {path.name for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize(
    "command",
    [
        ("deidentify", "{long}.mp4", "-o", "out.mp4", "--engine", "mask"),
        ("deidentify", "{clip}", "-o", "{long}.mp4"),
        ("deidentify", "{clip}", "-o", "a" * 251 + ".mp4", "--engine", "mask"),  # and its manifest
        ("audit", "{long}.mp4", "{clip}"),
        ("people", "{clip}", "-o", "{long}.png"),
        ("evaluate", "{clip}", "{long}.mp4"),
        ("release", "{long}", "-o", "out.zip"),
        ("expression", "predict", "{long}.csv"),
    ],
    ids=lambda command: " ".join(command)[:24],
)
def test_a_name_that_is_too_long_is_one_sentence(mien, brief, tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    result = mien(*(word.format(long="a" * 300, clip=brief.path) for word in command))
    assert result.exit_code in (2, 3, 6) and "unexpected" not in result.output
    assert list(tmp_path.iterdir()) == []
