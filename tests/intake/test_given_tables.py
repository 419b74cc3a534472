"""Tables in Parquet are counted before they are read."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mien.blendshapes.formats import read as read_scores
from mien.encounter.timeline_files import load_timelines
from mien.errors import FormatError
from mien.intake import tables
from mien.intake.tables import read_table
from mien.selfnorm.snapshot_files import read_snapshots

READERS = [read_table, read_scores, read_snapshots, load_timelines]


def test_a_table_is_read(tmp_path):
    table = pa.table({"time": [0.0, 0.1], "jawOpen": [0.5, 1.0]})
    pq.write_table(table, tmp_path / "a.parquet")
    assert read_table(tmp_path / "a.parquet").equals(table)


@pytest.mark.parametrize("read", READERS)
def test_rows_without_end(tmp_path, monkeypatch, read):
    monkeypatch.setattr(tables, "TABLE_CELLS", 1000)
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"time": np.zeros(501), "jawOpen": np.zeros(501)}), path)
    assert path.stat().st_size < 1500  # a few bytes for all rows, as they are equal
    with pytest.raises(FormatError, match=r"501 rows and 2 columns is too large"):
        read(path)


@pytest.mark.parametrize("read", READERS)
def test_damage(tmp_path, read):
    pq.write_table(pa.table({"time": np.arange(50.0), "role": ["x"] * 50}), tmp_path / "a.parquet")
    data = (tmp_path / "a.parquet").read_bytes()
    for content in (b"", b"PAR1", data[:-20], data[20:], data[:4] + bytes(60) + data[64:]):
        (tmp_path / "b.parquet").write_bytes(content)
        with pytest.raises(FormatError):
            read(tmp_path / "b.parquet")
