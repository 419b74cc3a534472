"""Tables of answers, read back with pandas."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pandas as pd
import pytest

from mien.report.ratings.answers import as_csv, as_parquet
from mien.study import export, lineup_export

AT = datetime(2026, 3, 4, 5, 6, 7, 891_000, UTC)
RATED = {
    "rater": "Ada", "clip": "p1", "version": "original", "item": "smile", "repeat": 0,
    "score": 1234.5678, "remark": "", "round": 1, "position": 2, "at": AT.timestamp(),
}  # fmt: skip
JUDGED = {
    "judge": "Ada", "trial": "p1 inner", "arm": "inner", "clip": "p1", "faces": 6,
    "answer": "none", "position": 1, "said": "", "at": AT.timestamp(),
}  # fmt: skip


@pytest.mark.parametrize(
    "columns, rows",
    [
        (export.COLUMNS, [RATED, RATED | {"score": None, "remark": "half a smile"},
                          RATED | {"score": -0.00001, "repeat": 1}]),
        (lineup_export.COLUMNS, [JUDGED, JUDGED | {"said": "Doe"}]),
    ],
    ids=["ratings", "trials"],
)  # fmt: skip
def test_both_tables_hold_what_was_given(columns, rows):
    """Scores to the last digit, times to the millisecond, the same cells missing."""
    text = pd.read_csv(io.StringIO(as_csv(columns, rows)), parse_dates=["at"])
    stored = pd.read_parquet(io.BytesIO(as_parquet(columns, rows)))
    for table in (text, stored):
        assert tuple(table.columns) == columns
        assert [one.to_pydatetime() for one in table["at"]] == [AT] * len(rows)
        for name in columns:
            given = [None if row[name] == "" else row[name] for row in rows]
            if name != "at":
                cells = [None if pd.isna(cell) else cell for cell in table[name]]
                assert cells == given, name
    assert stored.dtypes["position"] == "int32"


def test_a_table_without_answers_keeps_its_columns():
    stored = pd.read_parquet(io.BytesIO(as_parquet(export.COLUMNS, [])))
    assert tuple(stored.columns) == export.COLUMNS and stored["score"].dtype == float
    assert as_csv(export.COLUMNS, []) == ",".join(export.COLUMNS) + "\n"
