"""Files of scores: what is written comes back, by name, and bad files are refused by line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from mien.blendshapes import formats
from mien.blendshapes.formats import ARKIT, MEDIAPIPE, ROTATIONS, Recording
from mien.blendshapes.scores import NAMES
from mien.errors import FormatError, OutputError, ParameterError

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "expression"
RNG = np.random.default_rng(5)


def recording(names: tuple[str, ...] = ARKIT + ROTATIONS, frames: int = 130) -> Recording:
    scores = RNG.random((frames, len(names))).astype(np.float32)
    scores[[3, 50]] = np.nan
    return Recording(names, scores, np.arange(frames) / 60)


def same(one: np.ndarray, two: np.ndarray) -> bool:
    return np.allclose(one, two, rtol=0, atol=1e-6, equal_nan=True)


def test_the_two_lists_of_52_differ_in_one_name():
    assert len(set(ARKIT)) == len(set(MEDIAPIPE)) == 52
    assert set(ARKIT) - set(NAMES) == {"tongueOut"}
    assert set(MEDIAPIPE) - set(NAMES) == {"_neutral"}


@pytest.mark.parametrize("ending", ["csv", "parquet", "log", "txt"])
def test_scores_and_people_come_back(ending, tmp_path):
    kept = replace(
        recording(),
        participants=("P01",) * 129 + ("P 2, née Ö",),
        expressions=("smile",) * 130,
    )
    if ending == "parquet":
        pytest.importorskip("pyarrow")
    path = tmp_path / f"a.{ending}"
    assert formats.write(path, kept) == ()
    back = formats.read(path)
    assert set(back.names) == set(kept.names)
    assert same(back.select(kept.names).scores, kept.scores) and same(back.times, kept.times)
    assert back.participants == kept.participants and back.expressions == kept.expressions
    assert not back.found[[3, 50]].any() and back.found.sum() == 128


def test_categories_come_back(tmp_path):
    kept = recording(MEDIAPIPE)
    assert formats.write(tmp_path / "a.jsonl", kept) == ()
    back = formats.read(tmp_path / "a.jsonl")
    assert back.names == MEDIAPIPE and same(back.scores, kept.scores)
    assert same(back.times, kept.times)


def test_live_link_comes_back_to_the_letter(tmp_path):
    kept = recording()
    losses = formats.write(tmp_path / "a.csv", kept, live_link=True)
    assert losses == ("Timecodes are made up: they count from 0 at 60 frames a second.",)
    lines = (tmp_path / "a.csv").read_text().splitlines()
    assert len(lines[0].split(",")) == 63 and lines[0].startswith("Timecode,BlendShapeCount,EyeB")
    assert lines[4].count(",") == 1 and lines[4].endswith(",0")
    assert lines[1 + 65].startswith("00:00:01:05.000,61,")
    back = formats.read(tmp_path / "a.csv")
    assert back.rate == 60 and same(back.times, kept.times) and same(back.scores, kept.scores)
    assert formats.write(tmp_path / "b.csv", back, live_link=True) == ()
    assert (tmp_path / "b.csv").read_bytes() == (tmp_path / "a.csv").read_bytes()


def test_columns_are_found_by_name(tmp_path):
    formats.write(tmp_path / "a.csv", recording(), live_link=True)
    rows = [line.split(",") for line in (tmp_path / "a.csv").read_text().splitlines()]
    order = [0, 1, *(2 + RNG.permutation(61))]
    mixed = [[row[k] for k in order] if len(row) > 2 else row for row in rows]
    text = "\r\n".join(",".join(row) for row in mixed).replace("BlendShapeCount", "BlendshapeCount")
    (tmp_path / "b.csv").write_bytes(b"\xef\xbb\xbf" + text.encode() + b"\r\n\r\n")
    one, two = (formats.read(tmp_path / name) for name in ("a.csv", "b.csv"))
    assert one.names != two.names
    assert same(one.scores, two.select(one.names).scores)
    assert same(one.column("jawOpen"), two.column("jawOpen"))


def test_conversions_say_what_is_lost(tmp_path):
    device = recording()
    converted, losses = formats.to_mediapipe(device)
    assert converted.names == MEDIAPIPE
    assert "tongueOut" in losses[0] and "6 others" in losses[0] and "_neutral" in losses[1]
    assert np.isnan(converted.column("_neutral")).all()
    assert same(converted.column("jawOpen"), device.column("jawOpen"))
    converted, losses = formats.to_arkit(recording(MEDIAPIPE))
    assert "_neutral is dropped" in losses[0] and "tongueOut is left empty" in losses[1]
    assert np.isnan(converted.column("tongueOut")).all()
    losses = formats.write(tmp_path / "a.csv", recording(NAMES), live_link=True)
    assert any("tongueOut" in loss and "written as 0" in loss for loss in losses)
    assert (formats.read(tmp_path / "a.csv").column("tongueOut")[:3] == 0).all()
    timed = formats.read(tmp_path / "a.csv")
    assert "Timecodes" in formats.write(tmp_path / "b.csv", timed)[0]
    losses = formats.write(tmp_path / "c.jsonl", replace(device, expressions=("joy",) * 130))
    assert "Expressions are dropped." in losses


def test_categories_as_mediapipe_gives_them():
    objects = [
        SimpleNamespace(category_name=name, score=k / 52) for k, name in enumerate(MEDIAPIPE)
    ]
    dicts = [{"categoryName": name, "score": k / 52} for k, name in enumerate(MEDIAPIPE)][::-1]
    back = formats.from_categories([objects, None, dicts], [0, 0.1, 0.2])
    assert back.found.tolist() == [True, False, True]
    assert same(back.scores[0], back.scores[2]) and same(back.scores[0], np.arange(52) / 52)
    with pytest.raises(FormatError, match="Line 2: 'tongueOut'"):
        formats.from_categories([objects, [{"categoryName": "tongueOut", "score": 1}]], [0, 1])


def timecodes(*codes: str) -> str:
    rows = [f"{code},1,0.5" for code in codes]
    return "\n".join(["Timecode,BlendShapeCount,JawOpen", *rows])


def test_times_from_timecodes(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(timecodes("23:59:58:00.000", "23:59:59:23.500", "00:00:00:00.000"))
    back = formats.read(path)
    assert back.rate == 24 and same(back.times, np.array([0, 1 + 23.5 / 24, 2]))
    assert formats.read(path, rate=30).times[1] == pytest.approx(1 + 23.5 / 30)
    path.write_text(timecodes("10:00:00:03.000", "10:00:00:06.000"))  # too short to tell
    assert formats.read(path).times[1] == pytest.approx(3 / 60)


HEAD = "Timecode,BlendShapeCount,JawOpen,TongueOut\n10:00:00:01.0,2,0.1,0.2\n"


@pytest.mark.parametrize(
    ("name", "text", "say"),
    [
        ("a.csv", "", "empty"),
        ("a.csv", HEAD + "10:00:00:02.0,2,0.1", "line 3: 3 fields where line 1 names 4"),
        ("a.csv", HEAD + "\n10:00:00:02.0,2,0.1,oh", "line 4: tongueOut is 'oh'"),
        ("a.csv", HEAD + "10:00:00:02.0,2,nan,0.1", "line 3: jawOpen is 'nan'"),
        ("a.csv", HEAD + "10:61:00:02.0,2,0.1,0.1", "line 3: '10:61:00:02.0' is no timecode"),
        ("a.csv", HEAD + "10:00:00:02.0,1,0.1,0.1", "line 3: BlendShapeCount says 1"),
        ("a.csv", HEAD + "10:00:00:02.0,2", "line 3: BlendShapeCount says 2, and 0 values"),
        ("a.csv", HEAD.replace("JawOpen", "JawOpn"), "line 1: 'JawOpn'"),
        ("a.csv", HEAD.replace("JawOpen", "TongueOut"), "line 1: TongueOut is there twice"),
        ("a.csv", HEAD.replace("BlendShapeCount", "Count"), "line 1: the second column"),
        ("a.csv", "frame,jawOpen\n0,1", "line 1: there is no column named time"),
        ("a.csv", "frame,time,jawOpen\n0,soon,1", "line 2: time is 'soon'"),
        ("a.csv", "frame,time,jawOpen\n0,0,1\n1,0.1", "line 3: 2 fields"),
        ("a.jsonl", '{"time": 0, "categories": null}\n{"time": 1', "line 2: this is not JSON"),
        ("a.jsonl", '{"categories": []}', "line 1: there is no time"),
        ("a.jsonl", '{"time": 0, "categories": [{"score": 1}]}', "line 1: None is no category"),
        ("a.log", "# mien\ntime=1\tjawOpen=0.1\tjawOpen=1", "line 2: jawOpen is there twice"),
        ("a.log", "time=1\njawOpen=0.1", "line 2: there is no time"),
        ("a.log", "time=1\tjawOpn=0.1", "line 1: 'jawOpn'"),
        ("a.log", "time=1\tsmile", "line 1: 'smile' is not name=value"),
        ("a.xlsx", "x", "no known kind"),
        ("a.parquet", "x", "not Parquet"),
    ],
)
def test_bad_files_are_refused_in_one_sentence(name, text, say, tmp_path):
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow")
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(FormatError) as error:
        formats.read(path)
    words = str(error.value)
    assert say in words and name in words and "\n" not in words and words.endswith(".")
    assert error.value.exit_status == 3


def test_what_is_no_text_is_refused(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(HEAD.encode() + b"\xff\xfe")
    with pytest.raises(FormatError, match="line 3"):
        formats.read(path)
    with pytest.raises(FormatError, match="cannot be read"):
        formats.read(tmp_path / "none.csv")


def test_nothing_is_overwritten_unasked(tmp_path):
    path = tmp_path / "a.csv"
    formats.write(path, recording(NAMES, 60))
    before = path.read_bytes()
    with pytest.raises(OutputError, match="--overwrite"):
        formats.write(path, recording(NAMES, 70))
    assert path.read_bytes() == before
    formats.write(path, recording(NAMES, 70), overwrite=True)
    assert len(formats.read(path).times) == 70
    with pytest.raises(OutputError, match="does not exist"):
        formats.write(tmp_path / "no" / "a.csv", recording())
    with pytest.raises(ParameterError, match="Live Link"):
        formats.write(tmp_path / "a.log", recording(), live_link=True)
    assert [found.name for found in tmp_path.iterdir()] == ["a.csv"]


def test_recordings_hold_together():
    with pytest.raises(ParameterError, match="shape"):
        Recording(("jawOpen",), np.zeros((3, 2)), np.zeros(3))
    with pytest.raises(ParameterError, match="no score"):
        Recording(("jaw",), np.zeros((3, 1)), np.zeros(3))
    with pytest.raises(ParameterError, match="holds no tongueOut"):
        recording(NAMES).column("tongueOut")


@pytest.mark.parametrize(("name", "lost"), [("alex_rom_3.csv", 0), ("apfel.csv", 35)])
def test_real_recordings(name, lost, tmp_path):
    if not (SAMPLES / name).is_file():
        pytest.skip("the recordings in ../shared are not there")
    back = formats.read(SAMPLES / name)
    assert back.names == ARKIT + ROTATIONS and back.rate == 60
    assert (~back.found).sum() == lost
    assert (np.diff(back.times) > 0).all() and np.median(np.diff(back.times)) == pytest.approx(
        1 / 30, abs=1e-3
    )
    assert formats.write(tmp_path / "a.csv", back, live_link=True) == ()
    again = formats.read(tmp_path / "a.csv")
    assert again.timecodes == back.timecodes
    assert np.array_equal(again.scores, back.scores, equal_nan=True)
