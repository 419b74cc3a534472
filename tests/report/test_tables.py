"""The tables: every frame, pair, blink and line, as numbers that a program reads back."""

from __future__ import annotations

import csv
from io import StringIO

import numpy as np
import pytest
from evidence_of import blind, evidence, reading

from mien.report.evidence.curves import Curves
from mien.report.evidence.tables import tables
from mien.report.spreadsheet import to_csv


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text)))


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    return evidence(tmp_path_factory.mktemp("tables"))


@pytest.fixture(scope="module")
def found(one):
    return {name: read(text) for name, text in tables(one, Curves.of(one))}


def test_a_row_for_every_frame(one, found):
    rows = found["frames.csv"]
    times = one.readings.original.times
    assert [float(row["time_s"]) for row in rows] == pytest.approx(times, abs=1e-5)
    assert [int(row["frame"]) for row in rows] == list(range(len(times)))


def test_blinks_show_in_the_eye_aspect_ratio(found):
    ear = np.array([float(row["ear_right_original"]) for row in found["frames.csv"]])
    times = np.array([float(row["time_s"]) for row in found["frames.csv"]])
    for moment in (0.7, 2.1):
        assert ear[np.abs(times - moment).argmin()] < 0.6 * np.median(ear)


def test_a_row_for_every_pair(one, found):
    rows = found["pairs.csv"]
    assert len(rows) == 1275
    assert len({(row["landmark_1"], row["landmark_2"]) for row in rows}) == 1275
    mean = np.mean([float(row["r_x"]) for row in rows if row["r_x"]])
    assert mean == pytest.approx(one.metrics.measures["dynamics"]["r_x"], abs=1e-4)


def test_a_row_for_every_blink(one, found):
    rows = found["blinks.csv"]
    blink = one.measures["blink"]
    assert len(rows) == len(blink.original.blinks) + len(blink.other.blinks)
    assert sum(bool(row["matched"]) for row in rows) == 2 * len(blink.matched)


def test_a_row_for_every_line(one, found):
    rows = found["lines.csv"]
    assert [row["key"] for row in rows] == [line.ask.key for line in one.lines]
    words = {True: "holds", False: "does not hold", None: "does not apply"}
    assert [row["answer"] for row in rows] == [words[line.passed] for line in one.lines]


def test_distances_are_those_of_the_verdict(one, found):
    distances = [float(row["distance"]) for row in found["distances.csv"]]
    wanted = [pair.distance for pair in one.verdict.findings[0].pairs]
    assert distances == pytest.approx(wanted, abs=1e-6)


def test_unknown_is_an_empty_cell(tmp_path):
    one = evidence(tmp_path, seconds=1, other=blind(reading(1)))
    rows = {name: read(text) for name, text in tables(one, Curves.of(one))}["frames.csv"]
    assert all(row["ear_right_result"] == "" for row in rows)
    assert all(row["ear_right_original"] for row in rows)
    assert {row["face_found_result"] for row in rows} == {"0"}


def test_privacy_alone_has_no_curves(tmp_path):
    one = evidence(tmp_path, seconds=1, only="privacy")
    assert Curves.of(one) is None
    assert {name for name, _ in tables(one, None)} == {"lines.csv", "moments.csv", "distances.csv"}


def test_cells_cannot_be_formulas():
    assert to_csv(["a"], [["=1+1"], [-1.5], [float("nan")], [None]]).splitlines() == [
        "a", "'=1+1", "-1.5", '""', '""',
    ]  # fmt: skip
