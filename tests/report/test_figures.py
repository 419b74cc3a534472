"""The still figures, and the chart that follows the video."""

from __future__ import annotations

import json
from dataclasses import replace
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest
from evidence_of import blind, evidence, reading
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from mien.evidence.measuring import measure
from mien.report.drawing import canvas, finish
from mien.report.evidence import charts
from mien.report.evidence.curves import Curves, trembling
from mien.report.evidence.figures import figures
from mien.report.evidence.sections import sections
from mien.report.numbers import UNKNOWN, between, number, share


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    return evidence(tmp_path_factory.mktemp("figures"))


@pytest.fixture(scope="module")
def drawings(one):
    return {drawing.name: drawing for drawing in figures(one, Curves.of(one))}


def test_every_measure_has_its_figure(drawings):
    asked = {"curves", "dynamics", "gains", "blinks", "spectrograms", "spectra", "resting", "body"}
    assert asked | {"continuity", "privacy"} <= set(drawings)


def test_both_formats_can_be_opened_and_carry_no_date(drawings):
    for drawing in drawings.values():
        image = cv2.imdecode(np.frombuffer(drawing.png, np.uint8), cv2.IMREAD_COLOR)
        assert image is not None and image.std() > 1
        assert ElementTree.fromstring(drawing.svg).tag.endswith("svg")
        assert b"<dc:date>" not in drawing.svg
        assert drawing.caption.endswith(".")


def test_nobody_in_the_result(one):
    nobody = blind(one.readings.other)
    readings = replace(one.readings, other=nobody)
    measures, merged = measure(readings)
    other = replace(
        one,
        readings=readings,
        measures=measures,
        metrics=replace(one.metrics, measures={**one.metrics.measures, **merged}),
    )
    names = {drawing.name for drawing in figures(other, Curves.of(other))}
    assert "continuity" in names and "dynamics" not in names and "spectrograms" not in names


def test_chart_holds_the_curves(one):
    curves = Curves.of(one)
    figure = json.loads(charts.chart(curves))
    rows = [axis for axis in figure["layout"] if axis.startswith("xaxis")]
    assert len(rows) == 7
    matched = {figure["layout"][axis].get("matches", axis) for axis in rows}
    assert len(matched) == 2  # the last row's, and what the others follow
    assert [trace["name"] for trace in figure["data"]].count("original") == 5


def test_chart_cannot_end_its_element(one):
    assert "<" not in charts.chart(Curves.of(one))
    assert "</script" not in charts.plotly_script().lower()


def test_chart_of_a_long_clip_is_thinned(one):
    whole = json.loads(charts.chart(Curves.of(one)))
    thinned = json.loads(charts.chart(Curves.of(one), most=20))

    def size(figure):
        return len(figure["data"][0]["y"]["bdata"])

    assert size(thinned) < size(whole) / 2


def test_no_chart_without_anybody(one):
    nobody = blind(one.readings.original)
    readings = replace(one.readings, original=nobody, other=nobody)
    assert charts.chart(Curves.of(replace(one, readings=readings))) is None


def test_trembling_is_seen_in_the_curve():
    trace, _ = trembling(reading(4), reading(4, 1), "lip")
    power = np.abs(np.fft.rfft(trace.values[0])) ** 2
    hertz = np.fft.rfftfreq(len(trace.values[0]), trace.step)
    assert hertz[power.argmax()] == pytest.approx(5, abs=0.3)


def test_sections_say_each_measure_once(one):
    found = sections(one.metrics)
    assert [part.key for part in found] == [
        "dynamics", "blink", "tremor", "resting", "body", "pulse", "expression", "looks",
        "continuity", "privacy",
    ]  # fmt: skip
    for part in found:
        assert part.meaning.endswith(".") and part.citation
        for table in part.tables:
            assert all(len(row) == len(table.header) for row in table.rows), table.caption


def test_figures_as_printed():
    assert number(0.80031) == "0.800" and number(None) == UNKNOWN and number(True) == "yes"
    assert number(-154.97, 0) == "−155" and number(0.00036) == "0.00036" and number(3) == "3"
    assert share(0.87202) == "87.2 %" and share(None) == "–"
    assert between([0.1, 0.25]) == "0.100 to 0.250" and between(None) == "–"


def test_a_figure_is_laid_out_once_and_drawn_once_for_each_file(monkeypatch):
    drawn_times, laid_out = [], []
    draw, lay_out = Figure.draw, ConstrainedLayoutEngine.execute
    monkeypatch.setattr(Figure, "draw", lambda *own: drawn_times.append(1) or draw(*own))
    monkeypatch.setattr(
        ConstrainedLayoutEngine, "execute", lambda *own: laid_out.append(1) or lay_out(*own)
    )
    figure = canvas(2.0)
    figure.subplots().set(xlabel="s", ylabel="degrees")
    found = finish("one", "A figure.", figure)
    assert (len(drawn_times), len(laid_out)) == (2, 1)
    assert found.png.startswith(b"\x89PNG") and b"<svg" in found.svg
