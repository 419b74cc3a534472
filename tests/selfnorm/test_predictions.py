"""What is said of each frame stands in its row, the same in both kinds of table."""

from __future__ import annotations

import csv

import numpy as np
import pyarrow.parquet as pq
import pytest
from blobs import blobs

from mien.errors import OutputError
from mien.selfnorm.network import SelfNorm
from mien.selfnorm.predictions import Predictions, read_frames
from mien.selfnorm.snapshot_files import Rows, write_snapshots
from mien.selfnorm.snapshots import Snapshots


def said(made: Snapshots, rows: list[int], total: int) -> Predictions:
    return Predictions.of(SelfNorm.seven(), Rows(made, np.array(rows, int), total))


@pytest.mark.parametrize("named", [True, False])
def test_frames_without_a_face_are_empty_in_both_tables(named, tmp_path):
    made = blobs(1, 1)
    if not named:
        object.__setattr__(made, "participants", np.array([""] * 3))
    given = said(made, [1, 2, 4], 6)
    given.write(tmp_path / "a.csv")
    given.write(tmp_path / "a.parquet")
    with (tmp_path / "a.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    table = pq.read_table(tmp_path / "a.parquet").to_pylist()
    assert [row["time_s"] != "" for row in rows] == [False, True, True, False, True, False]
    assert ("participant" in rows[0]) == named
    for row, entry in zip(rows, table, strict=True):
        assert list(row) == list(entry) and row["frame"] == str(entry["frame"])
        assert row["expression"] == (entry["expression"] or "")
        if entry["p_anger"] is None:
            assert not any(value for name, value in row.items() if name != "frame")
        else:
            assert float(row["p_anger"]) == pytest.approx(entry["p_anger"], abs=1e-6)
    with pytest.raises(OutputError, match="already exists"):
        given.write(tmp_path / "a.csv")


def test_a_file_without_a_face_gives_empty_rows(tmp_path):
    given = said(blobs(1, 1).take(slice(0, 0)), [], 2)
    given.write(tmp_path / "a.csv")
    given.write(tmp_path / "a.parquet")
    assert (tmp_path / "a.csv").read_text().splitlines()[1:] == [f"{k}{',' * 9}" for k in range(2)]
    assert pq.read_table(tmp_path / "a.parquet").column("expression").to_pylist() == [None, None]


def test_every_row_of_snapshots_is_a_frame(tmp_path):
    write_snapshots(blobs(2, 2), tmp_path / "a.parquet")
    frames = read_frames(tmp_path / "a.parquet")
    assert frames.total == len(frames.snapshots) == 12
    assert frames.rows.tolist() == list(range(12))
