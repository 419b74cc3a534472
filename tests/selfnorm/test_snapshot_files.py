"""Snapshots come back as they were, and files that are none are refused in one sentence."""

from __future__ import annotations

import numpy as np
import pytest
from blobs import EXPRESSIONS, blobs

from mien.blendshapes.formats import write
from mien.blendshapes.names import ARKIT, NAMES, ROTATIONS
from mien.blendshapes.recording import Recording
from mien.errors import FormatError, OutputError
from mien.selfnorm.predictions import read_frames
from mien.selfnorm.snapshot_files import read_rows, read_snapshots, write_snapshots
from mien.selfnorm.snapshots import Snapshots


def same(one: Snapshots, two: Snapshots) -> bool:
    return (
        one.names == two.names
        and one.expressions == two.expressions
        and all(
            np.array_equal(getattr(one, name), getattr(two, name))
            for name in ("scores", "labels", "participants", "times")
        )
    )


def test_parquet_keeps_everything(tmp_path):
    made = blobs(3, 4)
    made = Snapshots(
        made.scores,
        made.names,
        np.where(np.arange(len(made)) % 5 == 0, -1, made.labels),
        ("never", *EXPRESSIONS),  # a class that nobody shows keeps its place
        made.participants,
        made.times,
        np.full(len(made), "iPhone"),
    )
    write_snapshots(made, tmp_path / "a.parquet")
    back = read_snapshots(tmp_path / "a.parquet")
    assert same(made, back) and back.devices is not None
    assert back.devices.tolist() == ["iPhone"] * len(made)
    with pytest.raises(OutputError, match="--overwrite"):
        write_snapshots(made, tmp_path / "a.parquet")
    write_snapshots(made.take(np.arange(3)), tmp_path / "a.parquet", overwrite=True)
    assert len(read_snapshots(tmp_path / "a.parquet")) == 3
    assert [found.name for found in tmp_path.iterdir()] == ["a.parquet"]


def test_csv_and_folders(tmp_path):
    made = blobs(2, 3)
    rows = ["participant,expression,time,device," + ",".join(NAMES[::-1])]
    for k in range(len(made)):
        scores = ",".join(repr(float(v)) for v in made.scores[k, ::-1])
        word = made.expressions[made.labels[k]]
        rows.append(f"{made.participants[k]},{word},{made.times[k]},d,{scores}")
    rows.append("P09,happiness,0.5,d," + "," * (len(NAMES) - 1))  # no face
    (tmp_path / "a.csv").write_text("\n".join(rows))
    back = read_snapshots(tmp_path / "a.csv")
    assert back.names == NAMES[::-1] and len(back) == len(made)
    assert back.expressions == tuple(sorted(EXPRESSIONS))
    assert np.array_equal(back.aligned(NAMES).scores, made.scores)
    assert same(back.aligned(NAMES).relabelled(EXPRESSIONS), made)
    write_snapshots(made, tmp_path / "b.parquet")
    both = read_snapshots(tmp_path)
    assert len(both) == 2 * len(made) and set(both.expressions) == set(EXPRESSIONS)
    assert both.names == back.names


def test_a_recording_loses_its_rotations_and_lost_faces(tmp_path):
    rng = np.random.default_rng(0)
    scores = rng.random((6, len(ARKIT) + len(ROTATIONS))).astype(np.float32)
    scores[2] = np.nan
    recording = Recording(ARKIT + ROTATIONS, scores, np.arange(6) / 60)
    write(tmp_path / "live.csv", recording, live_link=True)
    for found in (Snapshots.of(recording), read_snapshots(tmp_path / "live.csv")):
        assert found.names == ARKIT and len(found) == 5
        assert (found.labels == -1).all() and (found.participants == "").all()
        assert np.allclose(found.scores, np.delete(scores, 2, 0)[:, : len(ARKIT)], atol=1e-6)
    text = (tmp_path / "live.csv").read_text()
    (tmp_path / "cut.csv").write_text(text[:-9].rpartition(",")[0].replace(",", ";"))
    found = read_snapshots(tmp_path / "cut.csv")
    assert len(found) == 4 and "broke off" in found.notes[0]


@pytest.mark.parametrize(
    ("name", "text", "say"),
    [
        ("a.csv", "participant,time,jawOpn\nP,0,1\n", "jawOpn"),
        ("a.csv", "participant,time,jawOpen\nP,0,wide\n", "line 2"),
        ("a.csv", "participant,time,jawOpen\nP,0\n", "line 2"),
        ("a.csv", "participant,time\nP,0\n", "holds no scores"),
        ("a.csv", "", "empty"),
        ("a.parquet", "x", "not Parquet"),
        ("a.xlsx", "x", "no known kind"),
        (None, None, "no such file"),
        ("other/a.txt", "x", "holds no .parquet or .csv"),
    ],
)
def test_bad_files_are_refused_in_one_sentence(name, text, say, tmp_path):
    path = tmp_path / (name or "none.parquet")
    path.parent.mkdir(exist_ok=True)
    if text is not None:
        path.write_text(text)
    if "/" in (name or ""):
        path = path.parent
    with pytest.raises(FormatError) as error:
        read_snapshots(path)
    words = str(error.value)
    assert say in words and "\n" not in words and words.endswith((".", "?"))


HEADER = "participant,expression,time,jawOpen,mouthSmileLeft\n"


@pytest.mark.parametrize(
    ("text", "say"),
    [
        (HEADER + "P1,joy,0,0.2,0.1\nP1,joy,1,37.5,0.1\n", "row 2: jawOpen is 37.5"),
        (HEADER + "P1,joy,0,inf,0.1\n", "row 1: jawOpen is inf"),
        (HEADER + "P1,joy,0,0.2\n", "line 2: 4 fields where line 1 names 5"),
        (HEADER.replace("\n", ",device\n") + "P1,joy,0,wide,0.1,x\n", "line 2: jawOpen is 'wide'"),
        (HEADER.replace("time,", "") + "P1,joy,wide,0.1\n", "line 2: jawOpen is 'wide'"),
        (HEADER.replace(",", ";") + "P1;joy;0,1;0,2;x\n", "line 2: mouthSmileLeft is 'x'"),
        (HEADER.replace("participant", "Participant"), "write participant"),
        (HEADER.replace("time", "participant") + "P1,joy,0,0.2,0.1\n", "two columns 'participant'"),
        (HEADER.replace("jawOpen", "mouthSmileLeft"), "two columns 'mouthSmileLeft'"),
        (HEADER, "holds no row"),
        (HEADER + "P1,joy,0,0.2,\nP1,joy,1,,0.1\n", "no row holds all scores"),
        (HEADER.replace("jawOpen", "jaw_open") + "P1,joy,0,0.2,0.1\n", "write jawOpen"),
        (HEADER.replace("jawOpen", "age") + "P1,joy,0,0.2,0.1\n", "leave that column out"),
    ],
)
def test_scores_that_are_none_are_refused(text, say, tmp_path):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(FormatError, match=say):
        read_snapshots(tmp_path / "a.csv")


def test_what_is_left_out_is_said(tmp_path):
    (tmp_path / "a.csv").write_text(
        HEADER.replace("\n", ",cheekPuff\n")
        + "P1, joy ,0,0.2,0.1,\nP1,joy,1,,0.1,\nP1,joy,2,,,\nP1,joy,3,0.3,0.1,\n"
    )
    found = read_snapshots(tmp_path / "a.csv")
    assert len(found) == 2 and found.expressions == ("joy",)  # one class, spaces or not
    assert found.names == ("jawOpen", "mouthSmileLeft")
    assert "1 row lacks a score" in found.notes[0] and "cheekPuff" in found.notes[1]


ROWS = [("P1", "joy", 0.0, 0.25, 0.125), ("P2", "Ärger", 0.5, 0.0, 1.0)]


@pytest.mark.parametrize("begin", ["", "\ufeff"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("comma", [False, True])
def test_spreadsheets_of_all_countries_are_read(mark, comma, begin, tmp_path):
    if comma and mark == ",":
        pytest.skip("a comma cannot be both")
    lines = [HEADER.strip().split(","), *([str(v) for v in row] for row in ROWS)]
    text = "\n".join(mark.join(line) for line in lines)
    text = text.replace(".", ",") if comma else text
    (tmp_path / "a.csv").write_text(begin + text, encoding="utf-8")
    found = read_snapshots(tmp_path / "a.csv")
    assert found.scores.tolist() == [[0.25, 0.125], [0, 1]] and found.times.tolist() == [0, 0.5]
    assert found.participants.tolist() == ["P1", "P2"] and found.expressions == ("joy", "Ärger")


def test_commas_and_points_in_one_table_are_both_decimal(tmp_path):
    text = HEADER.replace(",", ";") + "P1;joy;0;0,25;0.125\nP1;joy;1;1;NA\nP1;joy;2;0.5;0,5\n"
    (tmp_path / "a.csv").write_text(text)
    assert read_snapshots(tmp_path / "a.csv").scores.tolist() == [[0.25, 0.125], [0.5, 0.5]]


def test_a_table_without_times_says_so_and_stays_so(tmp_path):
    (tmp_path / "a.csv").write_text("participant,expression,jawOpen\nP1,joy,0.5\n")
    (tmp_path / "b.csv").write_text("participant,expression,time,jawOpen\nP1,joy,,0.5\n")
    (tmp_path / "c.csv").write_text("participant,expression,time,jawOpen\nP1,joy,0,0.5\n")
    known = {name: read_snapshots(tmp_path / f"{name}.csv") for name in "abc"}
    assert [known[name].timed for name in "abc"] == [False, False, True]
    assert not Snapshots.join([known["c"], known["a"]]).timed
    write_snapshots(known["a"], tmp_path / "a.parquet")
    assert not read_snapshots(tmp_path / "a.parquet").timed


def test_words_for_nothing_are_no_expression(tmp_path):
    (tmp_path / "a.csv").write_text(HEADER + "P1,joy,0,0.5,0.5\nNA,NA,1,0.5,0.5\n")
    found = read_snapshots(tmp_path / "a.csv")
    assert found.expressions == ("joy",) and found.labels.tolist() == [0, -1]
    assert found.participants.tolist() == ["P1", "NA"]  # may be somebody's initials


def test_the_index_of_a_filtered_table_is_no_score(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table({"time": [0.0], "jawOpen": [0.5], "__index_level_0__": [7]})
    pq.write_table(table, tmp_path / "a.parquet")
    assert read_snapshots(tmp_path / "a.parquet").names == ("jawOpen",)


def test_excels_line_on_what_separates_is_no_row(tmp_path):
    text = HEADER.replace(",", ";") + "P1;joy;0,5;0,25;0,125\n"
    (tmp_path / "a.csv").write_text("\ufeffsep=;\r\n" + text, "utf-8")
    found = read_snapshots(tmp_path / "a.csv")
    assert found.scores.tolist() == [[0.25, 0.125]] and found.times.tolist() == [0.5]


def test_hidden_files_of_other_systems_are_no_part_of_a_study(tmp_path):
    (tmp_path / "a.csv").write_text(HEADER + "P1,joy,0,0.5,0.5\n")
    (tmp_path / "._a.csv").write_bytes(b"\0\5\26\7 Mac OS X")
    assert len(read_snapshots(tmp_path)) == 1


def test_rows_that_are_left_out_keep_their_place(tmp_path):
    text = HEADER + "P1,joy,0,0.5,0.5\nP1,joy,,0.5,0.5\nP1,joy,2,0.5,0.5\n"
    for name in "ab":
        (tmp_path / f"{name}.csv").write_text(text)
    found = read_rows(tmp_path / "a.csv")
    assert found.rows.tolist() == [0, 2] and found.total == 3
    assert read_rows(tmp_path).rows.tolist() == [0, 2, 3, 5]


@pytest.mark.parametrize("read", [read_snapshots, lambda path: read_frames(path).snapshots])
def test_parquet_that_is_odd_is_understood_or_says_why(read, tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    nano = pa.array([0, 500_000_000, None])
    given = {"participant": ["P"] * 3, "expression": ["joy"] * 3, "jawOpen": [0.5] * 3}
    for kind in (pa.timestamp("ns"), pa.duration("ns"), pa.timestamp("ms"), pa.duration("us")):
        times = nano.cast(pa.timestamp("ns") if pa.types.is_timestamp(kind) else pa.duration("ns"))
        table = pa.table(given | {"time_s": times.cast(kind)})
        pq.write_table(table, tmp_path / "a.parquet")
        assert read(tmp_path / "a.parquet").times.tolist() == [0, 0.5]
    table = pa.table(given | {"time_s": [0.0] * 3})
    for name, said in (("time_s", "two columns 'time_s'"), ("time", "leave one out")):
        twice = pa.Table.from_arrays([*table.columns, table["time_s"]], [*table.column_names, name])
        pq.write_table(twice, tmp_path / "a.parquet")
        with pytest.raises(FormatError, match=said):
            read(tmp_path / "a.parquet")
