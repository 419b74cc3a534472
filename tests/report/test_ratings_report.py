"""What the report of a rating study says first, and how far its axes go."""

from __future__ import annotations

from dataclasses import replace

import pytest
from matplotlib.figure import Figure

from mien.report.drawing import at_most
from mien.report.ratings.figures import _draw_deviations
from mien.report.ratings.page import _title
from mien.study.analysis import Analysis, analyse_item
from mien.study.items import HYPOMIMIA, shipped
from mien.study.ratings import Rating, Ratings


@pytest.fixture(scope="module")
def item():
    """Six clips whose results are rated exactly as their originals."""
    answers = tuple(
        Rating("A", f"c{k}", version, HYPOMIMIA, 0, float(k % 4))
        for k in range(6)
        for version in ("original", "result")
    )
    return analyse_item(Ratings(answers, {HYPOMIMIA: shipped()[HYPOMIMIA]}).of(HYPOMIMIA))


@pytest.mark.parametrize(
    ("chances", "title"),
    [
        ((0.01, None), "1 of 2 items is rated alike within the margin; 1 cannot be judged."),
        ((0.01, 0.02, 0.5), "2 of 3 items are rated alike within the margin."),
        ((0.5, None, None), "0 of 3 items are rated alike within the margin; 2 cannot be judged."),
        ((0.5,), "0 of 1 item is rated alike within the margin."),
        ((None, None), "Ratings of originals and results"),
    ],
)
def test_the_title_counts_every_item(item, chances, title):
    items = {
        str(k): replace(item, equivalence=replace(item.equivalence, p=p))
        for k, p in enumerate(chances)
    }
    assert _title(Analysis(12, ("A",), 6, items, ())) == title


def test_no_axis_of_per_cent_goes_beyond_a_hundred(item):
    axis = Figure().subplots()
    _draw_deviations(axis, item)
    assert max(bar.get_height() for bar in axis.patches) == 100
    assert axis.get_ylim() == (0, 100)


def test_an_axis_that_ends_sooner_is_left():
    axis = Figure().subplots()
    axis.plot([0, 1], [0.2, 0.6])
    before = axis.get_ylim()
    at_most(axis, 1)
    assert axis.get_ylim() == before
