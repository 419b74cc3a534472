"""Every input that is not a clip with a face gets a sentence, a status and no output."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
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
        (folder, 3),
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
