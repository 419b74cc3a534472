"""Files of scores: what is written comes back, by name, and bad files are refused by line."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from mien.blendshapes import formats
from mien.blendshapes.conversion import to_arkit, to_mediapipe
from mien.blendshapes.names import ARKIT, MEDIAPIPE, NAMES, ROTATIONS
from mien.blendshapes.recording import Recording
from mien.errors import FormatError, OutputError, ParameterError

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


def test_tables_call_the_time_time_s_and_are_read_by_the_older_name(tmp_path):
    kept = recording()
    formats.write(tmp_path / "a.csv", kept)
    text = (tmp_path / "a.csv").read_text()
    assert text.startswith("frame,time_s,")
    (tmp_path / "old.csv").write_text(text.replace("time_s", "time", 1))
    back = formats.read(tmp_path / "old.csv")
    assert back.names == kept.names and same(back.times, kept.times)
    both = text.replace("time_s", "time_s,time", 1)
    (tmp_path / "both.csv").write_text(both)
    with pytest.raises(FormatError, match="leave one out"):
        formats.read(tmp_path / "both.csv")


def test_categories_come_back(tmp_path):
    kept = recording(MEDIAPIPE)
    assert formats.write(tmp_path / "a.jsonl", kept) == ()
    back = formats.read(tmp_path / "a.jsonl")
    assert back.names == MEDIAPIPE and same(back.scores, kept.scores)
    assert same(back.times, kept.times)


def test_conversions_say_what_is_lost(tmp_path):
    device = recording()
    converted, losses = to_mediapipe(device)
    assert converted.names == MEDIAPIPE
    assert "tongueOut" in losses[0] and "6 others" in losses[0] and "_neutral" in losses[1]
    assert np.isnan(converted.column("_neutral")).all()
    assert same(converted.column("jawOpen"), device.column("jawOpen"))
    converted, losses = to_arkit(recording(MEDIAPIPE))
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


@pytest.mark.parametrize(
    ("name", "text", "say"),
    [
        ("a.csv", "", "empty"),
        ("a.csv", "frame,time,jawOpen", "holds no frames"),
        ("a.csv", "frame,jawOpen\n0,1", "line 1: there is no column named time_s"),
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
    path.write_bytes(b"frame,time,jawOpen\n0,0,1\n" + b"\xff\xfe")
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
