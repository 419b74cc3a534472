"""Reports of rating studies and of searches for the patient, in German to the last word."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from mien.report.language import entries, untold
from mien.report.ratings import page, trials_page
from mien.study.analysis import analyse
from mien.study.items import shipped
from mien.study.power import power
from mien.study.published import SOURCE
from mien.study.reidentification import analyse_trials
from mien.study.simulated import SimulatedRater, SimulatedStudy, simulate
from mien.study.simulated_judges import SimulatedTrials, simulate_trials
from mien.study.trials import INNER, Trial

DESIGN = (
    "Raters saw copies of the recordings that were alike in size, length, coding and number of "
    "bytes, under random names, without sound, each rater in an order of their own that was drawn "
    "from the seed 3. No recording came twice within a round; 14 days passed between rounds. "
    "1 original came a second time without notice. Before that, raters saw 2 recordings with "
    "reference ratings."
)
NAMES = re.compile(
    rf"(?:{SOURCE}|Ada|Ben|Cleo|J\d+|r\d+)(?:, | and |-)?.*|MDS-UPDRS.*|GRRAS|p|ICC.*"
)
"""People, publications, scales."""


def named(left: set[str]) -> set[str]:
    return {one for one in left if not NAMES.fullmatch(one)}


@pytest.mark.parametrize(("people", "clips"), [(1, 1), (3, 4), (2, 8)])
def test_a_rating_study(tmp_path, people, clips):
    raters = (
        SimulatedRater("Ada", guesses=True),
        SimulatedRater("Ben", {"mds-updrs-3-2": 1.0}, self_agreement=1.0),
        SimulatedRater("Cleo", backwards=True),
    )[:people]
    ratings = simulate(SimulatedStudy(clips, raters, repeats=0.0 if clips == 1 else 0.5))
    ratings = replace(
        ratings,
        design=DESIGN,
        power=power(clips, people, repeats=0.3, studies=5).words,
        notes=("The study is not over: Ada (1 of 4).",),
    )
    found = analyse(ratings)
    with untold() as left:
        page.write(found, ratings, tmp_path / "de", language="de")
    page.write(found, ratings, tmp_path / "en")
    assert named(left) == set()
    text = (tmp_path / "de" / "report.html").read_text("utf-8")
    assert '<html lang="de">' in text and "Methoden, zum Übernehmen" in text
    assert "aus dem Startwert 3" in text or "aus dem Startwert" in text
    english, german = ((tmp_path / one / "methods.txt").read_text() for one in ("en", "de"))
    assert english != german and "statsmodels" in german
    for name in ("statistics.json", "ratings.csv"):
        assert (tmp_path / "de" / name).read_bytes() == (tmp_path / "en" / name).read_bytes()


@pytest.mark.parametrize("judges", [1, 3])
def test_a_search_for_the_patient(tmp_path, judges):
    trials = simulate_trials(SimulatedTrials(judges=judges, clips=6))
    trials += tuple(
        Trial(f"J{judge}", f"{judge}-{clip}", arm, f"c{clip}", 1, answer)
        for arm, answer in (("acquaintances", "wrong"), ("covered", "none"))
        for judge in range(judges)
        for clip in range(3)
    )
    found = analyse_trials(trials)
    with untold() as left:
        trials_page.write(found, trials, tmp_path / "de", language="de")
    assert named(left) == set()
    assert "Die aufgenommene Person wurde in" in (tmp_path / "de/report.html").read_text("utf-8")
    assert INNER in found.arms


def test_items_are_called_as_raters_read_them():
    known = entries("de")
    for item in shipped().values():
        assert known[item.title] == item.translations["de"].title
