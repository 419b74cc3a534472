"""Live Link Face's files as people have them: from the app, cut off, through spreadsheets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mien.blendshapes.formats import read, write
from mien.blendshapes.names import ARKIT, ROTATIONS
from mien.blendshapes.recording import Recording
from mien.errors import FormatError

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "expression"
RNG = np.random.default_rng(5)
HEAD = "Timecode,BlendShapeCount,JawOpen,TongueOut\n10:00:00:01.0,2,0.1,0.2\n"
NEXT = "10:00:00:03.0,2,0.3,0.4\n"


def recording() -> Recording:
    names = ARKIT + ROTATIONS
    scores = RNG.random((130, len(names))).astype(np.float32)
    scores[[3, 50]] = np.nan
    return Recording(names, scores, np.arange(130) / 60)


def same(one: np.ndarray, two: np.ndarray) -> bool:
    return np.allclose(one, two, rtol=0, atol=1e-6, equal_nan=True)


def read_text(text: str, tmp_path: Path) -> Recording:
    path = tmp_path / "a.csv"
    path.write_text(text)
    return read(path)


def test_live_link_comes_back_to_the_letter(tmp_path):
    kept = recording()
    losses = write(tmp_path / "a.csv", kept, live_link=True)
    assert losses == ("Timecodes are made up: they count from 0 at 60 frames a second.",)
    lines = (tmp_path / "a.csv").read_text().splitlines()
    assert len(lines[0].split(",")) == 63 and lines[0].startswith("Timecode,BlendShapeCount,EyeB")
    assert lines[4].count(",") == 1 and lines[4].endswith(",0")
    assert lines[1 + 65].startswith("00:00:01:05.000,61,")
    back = read(tmp_path / "a.csv")
    assert back.rate == 60 and same(back.times, kept.times) and same(back.scores, kept.scores)
    assert write(tmp_path / "b.csv", back, live_link=True) == ()
    assert (tmp_path / "b.csv").read_bytes() == (tmp_path / "a.csv").read_bytes()


def test_columns_are_found_by_name(tmp_path):
    write(tmp_path / "a.csv", recording(), live_link=True)
    rows = [line.split(",") for line in (tmp_path / "a.csv").read_text().splitlines()]
    order = [0, 1, *(2 + RNG.permutation(61))]
    mixed = [[row[k] for k in order] if len(row) > 2 else row for row in rows]
    text = "\r\n".join(",".join(row) for row in mixed).replace("BlendShapeCount", "BlendshapeCount")
    (tmp_path / "b.csv").write_bytes(b"\xef\xbb\xbf" + text.encode() + b"\r\n\r\n")
    one, two = (read(tmp_path / name) for name in ("a.csv", "b.csv"))
    assert one.names != two.names
    assert same(one.scores, two.select(one.names).scores)
    assert same(one.column("jawOpen"), two.column("jawOpen"))


def test_any_column_may_stand_anywhere(tmp_path):
    back = read_text(
        "JawOpen,BlendShapeCount,TongueOut,Timecode\n0.1,2,0.2,10:00:00:01.0\n0,10:00:00:02.0",
        tmp_path,
    )
    assert back.names == ("jawOpen", "tongueOut")
    assert same(back.scores, np.array([[0.1, 0.2], [np.nan, np.nan]]))
    assert back.timecodes == ("10:00:00:01.0", "10:00:00:02.0")


def test_what_is_not_there_is_unknown(tmp_path):
    whole = HEAD + "10:00:00:02.0,2,nan,0.4\n10:00:00:03.0,2,,\n10:00:00:04.0,0,,\n"
    back = read_text(whole, tmp_path)
    unknown = np.full(2, np.nan)
    assert same(back.scores, np.array([[0.1, 0.2], [np.nan, 0.4], unknown, unknown]))
    assert back.found.tolist() == [True, True, False, False] and back.notes == ()
    taken_out = "Timecode,BlendShapeCount,JawOpen,HeadYaw\n10:00:00:01.0,61,0.1,0.2\n"
    assert np.isnan(read_text(taken_out, tmp_path).select(ARKIT).scores[0]).sum() == 51
    without_count = "Timecode,JawOpen,TongueOut\n10:00:00:01.0,0.1,0.2\n10:00:00:02.0,,\n"
    assert read_text(without_count, tmp_path).found.tolist() == [True, False]


def test_a_spreadsheet_of_a_country_with_decimal_commas(tmp_path):
    write(tmp_path / "b.csv", recording(), live_link=True)
    text = (tmp_path / "b.csv").read_text().replace(",", ";").replace(".", ",")
    back, there = read_text("\ufeff" + text, tmp_path), read(tmp_path / "b.csv")
    assert back.names == there.names and same(back.scores, there.scores)
    assert same(back.times, there.times)


@pytest.mark.parametrize("rest", ["10:00", "10:00:00:05.0,2", "10:00:00:05.0,2,0.12"])
def test_a_last_line_that_was_cut_off_is_left_out_and_said(rest, tmp_path):
    back = read_text(HEAD + NEXT + rest, tmp_path)
    assert same(back.scores, np.array([[0.1, 0.2], [0.3, 0.4]]))
    assert back.notes == (
        "a.csv, line 4: the recording broke off here, and this frame is left out.",
    )


def test_lines_that_stand_twice_are_one_frame(tmp_path):
    back = read_text(HEAD + NEXT + NEXT + "10:00:00:05.0,0\n" * 2, tmp_path)
    assert same(back.times, np.array([0, 2, 4]) / 60) and len(back.scores) == 3
    assert back.notes == ("a.csv, line 4: from here on, 2 lines repeat the one before them.",)


@pytest.mark.parametrize(
    ("text", "say"),
    [
        (HEAD.splitlines()[0], "holds no frames"),
        (HEAD.splitlines()[0] + "\n10:00", "holds no frames"),
        ("Timecode,BlendShapeCount\n10:00:00:01.0,0", "line 1: there is no column of a score"),
        (HEAD + "10:00:00:02.0,2,0.1\n" + NEXT, "line 3: 3 fields where line 1 names 4"),
        (HEAD + "10:00:00:02.0,2\n" + NEXT, "line 3: 2 fields"),
        (HEAD + "10:00:00:02.0,2,0.1,0.2,0.3\n", "line 3: 5 fields"),
        (HEAD + "\n10:00:00:02.0,2,0.1,oh", "line 4: tongueOut is 'oh'"),
        (HEAD + "10:00:00:02.0,2,inf,0.1", "line 3: jawOpen is 'inf'"),
        (HEAD + "10:00:00:02.0,2,1e39,0.1", "line 3: jawOpen is '1e39'"),
        (HEAD + "10:61:00:02.0,2,0.1,0.1", "line 3: '10:61:00:02.0' is no timecode"),
        (HEAD + "10:00:00:02.0,1,0.1,0.1", "line 3: BlendShapeCount says 1, and 2 values"),
        (HEAD + "10:00:00:02.0,0,0.1,0.1", "line 3: BlendShapeCount says 0, and 2 values"),
        (HEAD + "10:00:00:02.0,two,0.1,0.1", "line 3: BlendShapeCount is 'two'"),
        (HEAD + "09:59:59:59.0,2,0.1,0.1", "line 3: 09:59:59:59.0 is earlier"),
        (HEAD.replace("JawOpen", "JawOpn"), "line 1: 'JawOpn'"),
        (HEAD.replace("JawOpen", "TongueOut"), "line 1: TongueOut is there twice"),
        (HEAD.replace("JawOpen", "Timecode"), "line 1: Timecode is there twice"),
    ],
)
def test_everything_else_is_refused_in_one_sentence(text, say, tmp_path):
    with pytest.raises(FormatError) as error:
        read_text(text, tmp_path)
    words = str(error.value)
    assert say in words and "a.csv" in words and "\n" not in words and words.endswith(".")
    assert error.value.exit_status == 3


@pytest.mark.parametrize(("name", "lost"), [("alex_rom_3.csv", 0), ("apfel.csv", 35)])
def test_real_recordings(name, lost, tmp_path):
    if not (SAMPLES / name).is_file():
        pytest.skip("the recordings in ../shared are not there")
    back = read(SAMPLES / name)
    assert back.names == ARKIT + ROTATIONS and back.rate == 60
    assert (~back.found).sum() == lost
    assert (np.diff(back.times) > 0).all() and np.median(np.diff(back.times)) == pytest.approx(
        1 / 30, abs=1e-3
    )
    assert write(tmp_path / "a.csv", back, live_link=True) == ()
    again = read(tmp_path / "a.csv")
    assert again.timecodes == back.timecodes
    assert np.array_equal(again.scores, back.scores, equal_nan=True)
