"""Tables in Parquet are counted before they are read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mien.blendshapes.formats import read as read_scores
from mien.encounter.timeline_files import load_timelines
from mien.errors import FormatError
from mien.intake.amounts import TABLE_CELLS
from mien.intake.tables import read_table, time_column
from mien.selfnorm.snapshot_files import read_snapshots

READERS = [read_table, read_scores, read_snapshots, load_timelines]


def test_a_table_is_read(tmp_path):
    table = pa.table({"time": [0.0, 0.1], "jawOpen": [0.5, 1.0]})
    pq.write_table(table, tmp_path / "a.parquet")
    assert read_table(tmp_path / "a.parquet").equals(table)


def in_footer(number: int) -> bytes:
    """A number as Parquet's footer has it: Thrift's compact protocol, zigzag and varint."""
    number, found = 2 * number, bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    return bytes(found + bytearray([number]))


@pytest.fixture(scope="module")
def endless(tmp_path_factory) -> Path:
    """A few bytes whose footer says that they are more cells than are read."""
    path = tmp_path_factory.mktemp("endless") / "a.parquet"
    rows, said = 1 << 20, TABLE_CELLS // 2 + 1
    pq.write_table(pa.table({"time": pa.nulls(rows), "jawOpen": pa.nulls(rows)}), path)
    data = path.read_bytes()
    assert len(in_footer(rows)) == len(in_footer(said)) and len(data) < 10_000
    path.write_bytes(data.replace(in_footer(rows), in_footer(said)))
    return path


@pytest.mark.parametrize("read", READERS)
def test_rows_without_end(endless, read):
    with pytest.raises(FormatError, match=r"125,000,001 rows and 2 columns is too large"):
        read(endless)


def test_how_many_cells_are_too_many(tmp_path):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"time": np.zeros(501), "jawOpen": np.zeros(501)}), path)
    assert read_table(path, 1002).num_rows == 501
    with pytest.raises(FormatError, match=r"501 rows and 2 columns is too large"):
        read_table(path, 1001)


@pytest.mark.parametrize("read", READERS)
def test_damage(tmp_path, read):
    pq.write_table(pa.table({"time": np.arange(50.0), "role": ["x"] * 50}), tmp_path / "a.parquet")
    data = (tmp_path / "a.parquet").read_bytes()
    for content in (b"", b"PAR1", data[:-20], data[20:], data[:4] + bytes(60) + data[64:]):
        (tmp_path / "b.parquet").write_bytes(content)
        with pytest.raises(FormatError):
            read(tmp_path / "b.parquet")


def test_the_time_has_one_name_and_an_older_one():
    assert time_column(["frame", "time_s", "jawOpen"], "a.csv") == "time_s"
    assert time_column(["frame", "time", "jawOpen"], "a.csv") == "time"
    for names, says in ((["frame"], "no column named time_s"), (["time", "time_s"], "leave one")):
        with pytest.raises(FormatError, match=says):
            time_column(names, "a.csv")
