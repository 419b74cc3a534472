"""Correlations of a cohort: over clips first, then over pairs."""

from __future__ import annotations

import json

import numpy as np
import pytest

from mien.evidence.matrices import KEYS, PARTS, over_clips
from mien.fidelity.dynamics import FIRST, SECOND
from mien.report.evidence.matrices import drawn_matrices, pairs_table, parts_table

PAIRS = len(FIRST)


def clip(value: float | np.ndarray) -> dict[str, np.ndarray]:
    return {key: np.full(PAIRS, value, float) for key in KEYS}


def test_pairs_are_averaged_over_the_clips_that_know_them():
    one, two = clip(0.8), clip(0.4)
    two["r_x"][:10] = np.nan
    found = over_clips([one, two, clip(np.nan)])
    assert found is not None
    assert found.pairs["r_x"][:10] == pytest.approx(0.8)
    assert found.pairs["r_x"][10:] == pytest.approx(0.6)
    # pairs that one clip alone knows weigh as much as the others
    assert found.mean("r_x") == pytest.approx((10 * 0.8 + (PAIRS - 10) * 0.6) / PAIRS, abs=1e-5)
    assert found.as_dict()["clips"] == 2
    json.dumps(found.as_dict(), allow_nan=False)


def test_each_pair_belongs_to_two_parts():
    values = np.zeros(PAIRS)
    lips = (FIRST >= 31) & (SECOND >= 31)
    values[lips] = 0.95
    found = over_clips([clip(values)])
    assert found is not None
    rows = {tuple(row["parts"]): row for row in found.as_dict()["parts"]}
    assert len(rows) == len(PARTS) * (len(PARTS) + 1) // 2
    assert rows["lips", "lips"]["r_y"] == 0.95 and rows["lips", "lips"]["r_y_over_90"] == 1
    assert rows["eyes", "lips"]["r_y"] == 0 and rows["brows", "brows"]["r_y_over_90"] == 0
    counted = sum(
        len(found.between(one, other, "r_x"))
        for k, (one, _, _) in enumerate(PARTS)
        for other, _, _ in PARTS[k:]
    )
    assert counted == PAIRS


def test_what_nobody_knows_is_no_matrix():
    assert over_clips([]) is None and over_clips([clip(np.nan)]) is None


def test_picture_and_tables():
    found = over_clips([clip(0.8), clip(0.9)])
    assert found is not None
    drawing = drawn_matrices(found)
    assert drawing is not None and drawing.png[:4] == b"\x89PNG" and "2 clips" in drawing.caption
    assert parts_table(found)[0] == ["brows", *["0.850 (0.0 %)"] * 3]
    header, first, *_ = pairs_table(found).splitlines()
    assert header == "landmark_1,landmark_2,r_x,r_y,r_cca,clips"
    assert first.startswith("17,18,0.85") and first.endswith(",2")
