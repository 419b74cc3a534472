"""What is planted in simulated ratings is found again, and what is missing is said."""

from __future__ import annotations

import json
import math
from dataclasses import fields, is_dataclass, replace

import numpy as np
import pytest

from mien.errors import FormatError, ParameterError
from mien.report.ratings.sections import section
from mien.report.ratings.words import short
from mien.study.analysis import analyse, analyse_item
from mien.study.deviation import deviation
from mien.study.estimate import Estimate
from mien.study.items import HYPOMIMIA, SPEECH, TREMOR, seen, shipped
from mien.study.plan import usual_repeats
from mien.study.power import power
from mien.study.raters import GUESSING
from mien.study.ratings import Rating, Ratings
from mien.study.simulated import SimulatedRater, SimulatedStudy, simulate, usual_raters


def table(*answers):
    """Ratings of (rater, clip, version, repeat, score) on hypomimia."""
    made = tuple(Rating(r, c, v, HYPOMIMIA, n, s) for r, c, v, n, s in answers)
    return Ratings(made, {HYPOMIMIA: shipped()[HYPOMIMIA]})


def numbers(content):
    if isinstance(content, dict):
        for value in content.values():
            yield from numbers(value)
    elif isinstance(content, list):
        for value in content:
            yield from numbers(value)
    elif isinstance(content, float):
        yield content


@pytest.fixture(scope="module")
def usual():
    study = SimulatedStudy(clips=150, raters=usual_raters(3), items=(HYPOMIMIA, TREMOR), seed=5)
    return analyse(simulate(study))


def test_the_planted_bias_is_found_and_only_there(usual):
    hypomimia, tremor = usual.items[HYPOMIMIA], usual.items[TREMOR]
    assert hypomimia.preserved.together.deviation.mean.holds(-0.23)
    assert hypomimia.drift.p < 1e-6 and "scored lower" in hypomimia.drift.words
    assert tremor.preserved.together.deviation.mean.holds(0.0)
    assert tremor.drift is None


def test_self_agreement_and_not_sure_are_found(usual):
    for item in usual.items.values():
        assert item.repeated.together.agreement["identical"].holds(0.8)
        assert item.not_sure.original.holds(0.05) and item.not_sure.result.holds(0.05)
        assert item.not_sure.p > 0.01


def test_equivalence_uses_what_repeats_give(usual):
    tremor = usual.items[TREMOR]
    assert tremor.equivalence.margin == pytest.approx(0.2, abs=0.05)
    assert tremor.equivalence.equivalent and "hidden repeats" in tremor.equivalence.source
    ratings = simulate(SimulatedStudy(clips=60, items=(HYPOMIMIA,), seed=1))
    strict = analyse(ratings, margin=0.05).items[HYPOMIMIA].equivalence
    assert strict.equivalent is False and strict.margin == 0.05


def test_who_guesses_and_who_answers_backwards_are_named():
    raters = (
        *usual_raters(3),
        SimulatedRater("guesser", guesses=True),
        SimulatedRater("turned", backwards=True),
    )
    study = SimulatedStudy(clips=76, raters=raters, items=(HYPOMIMIA,), seed=2)
    found = analyse(simulate(study)).items[HYPOMIMIA]
    assert "guessing" in found.checks["guesser"].words
    assert "backwards" in found.checks["turned"].words
    assert found.preserved.each["guesser"].agreement["kappa_quadratic"].holds(0.0)
    assert found.preserved.each["turned"].agreement["kappa_quadratic"].low > 0.5
    assert found.between["original"].pairs["R1, R2"].mean.value == pytest.approx(0.25, abs=0.2)


def scored(**raters):
    """The analysis of originals that each rater scored so, clip by clip."""
    answers = [
        (name, f"c{k}", "original", 0, float(score))
        for name, scores in raters.items()
        for k, score in enumerate(scores)
    ]
    return analyse_item(table(*answers).of(HYPOMIMIA))


def test_a_wide_interval_is_no_guessing():
    """Of raters who agree on most of eight clips r is high, but its interval holds 0."""
    found = scored(A=(0, 1, 1, 2, 2, 3, 3, 4), B=(0, 1, 2, 2, 1, 3, 3, 0))
    check = found.checks["A"]
    assert check.correlation.low < 0 < 0.5 < check.correlation.high
    assert check.open and check.words == ""
    notes = [note for note in section(found).notes if "Too few clips were rated to tell" in note]
    assert len(notes) == 1 and "A (" in notes[0] and "B (" in notes[0]


def test_a_strange_rater_is_named_with_the_item():
    guesses, others = [k % 5 for k in range(40)], [k // 8 for k in range(40)]
    found = scored(A=guesses, B=others)
    title = found.item.title
    assert f"on {title} no more than guessing" in found.checks["A"].words
    assert not found.checks["A"].open and found.checks["A"].correlation.high < GUESSING
    turned = [4 - score for score in others]
    for scores in (turned, [turned[k - k % 3] for k in range(40)]):  # perfectly, too
        found = scored(A=scores, B=others)
        assert f"backwards on {title}" in found.checks["A"].words
    assert not any("Too few" in note for note in section(found).notes)


def test_the_order_of_the_table_does_not_matter(usual):
    ratings = simulate(SimulatedStudy(clips=12, items=(HYPOMIMIA,), seed=3))
    turned = replace(ratings, answers=ratings.answers[::-1])
    assert analyse(ratings).to_json() == analyse(turned).to_json()


CASES = {
    "one rater": [("A", f"c{k}", v, 0, float(k % 4)) for k in range(8)
                  for v in ("original", "result")],
    "one clip": [(r, "c", v, 0, 1.0) for r in "AB" for v in ("original", "result")],
    "no results": [(r, f"c{k}", "original", 0, float((k + (r == "B")) % 4)) for k in range(8)
                   for r in "AB"],
    "no originals": [("A", f"c{k}", "result", 0, 1.0) for k in range(8)],
    "one category": [(r, f"c{k}", v, n, 2.0) for k in range(8) for r in "AB"
                     for v, n in (("original", 0), ("result", 0), ("original", 1))],
    "one not sure": [("A", f"c{k}", v, 0, None if k == 1 else float(k % 4)) for k in range(8)
                     for v in ("original", "result")],
    "only repeats": [("A", f"c{k}", "original", 1, 1.0) for k in range(8)],
    "nothing in common": [("A", "a", "original", 0, 1.0), ("B", "b", "result", 0, 2.0)],
    "all sure of one": [("A", f"c{k}", "original", 0, None) for k in range(6)]
    + [("A", f"c{k}", "result", 0, 3.0) for k in range(6)],
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_is_not_defined_is_said_and_never_nan(case):
    content = analyse(table(*CASES[case])).to_json()
    text = json.dumps(content, allow_nan=False)
    assert all(math.isfinite(value) for value in numbers(content))
    assert json.loads(text) == content
    hypomimia = content["items"][HYPOMIMIA]

    def silent(of, path=""):
        if isinstance(of, dict):
            if {"value", "why"} <= set(of):
                if of["value"] is None or of["low"] is None:
                    assert of["why"], path
                return
            for key, value in of.items():
                silent(value, f"{path}/{key}")

    silent(hypomimia)


def test_nothing_but_not_sure_is_refused():
    with pytest.raises(FormatError, match="Every answer is not sure"):
        analyse(table(("A", "c", "original", 0, None)))


@pytest.mark.parametrize("margin", [0.0, -1.0, math.nan, math.inf])
def test_a_margin_has_to_be_above_0(margin):
    with pytest.raises(ParameterError):
        analyse(table(*CASES["one rater"]), margin=margin)


def test_hand_counted():
    """Four clips, one rater: deviations -1, 0, 0, 2."""
    answers = []
    for k, (before, after) in enumerate([(2, 1), (1, 1), (3, 3), (0, 2)]):
        answers += [("A", f"c{k}", "original", 0, float(before)),
                    ("A", f"c{k}", "result", 0, float(after))]  # fmt: skip
    found = analyse_item(table(*answers).of(HYPOMIMIA)).preserved.together.deviation
    assert found.mean.value == 0.25 and found.sd == pytest.approx(1.2583, abs=1e-4)
    assert (found.identical.value, found.within_one.value) == (0.5, 0.75)
    assert found.histogram == {"-2": 0, "-1": 1, "0": 2, "1": 0, "2": 1}
    assert found.upper_limit.value == pytest.approx(0.25 + 1.96 * 1.2583, abs=1e-3)


def test_as_many_raters_as_would_take_for_ever_are_refused():
    with pytest.raises(FormatError, match="101 raters are too many"):
        analyse(table(*((f"R{k}", "c", "original", 0, 1.0) for k in range(101))))


def test_what_would_take_minutes_is_refused():
    answers = [(f"R{r}", f"c{c}", "original", 0, 1.0) for r in range(100) for c in range(410)]
    with pytest.raises(FormatError, match="100 raters, 410 clips, 1 item and 0 repeats are too"):
        analyse(table(*answers))
    some = tuple(Rating("R", "c", "original", f"item {k}", 0, 1.0) for k in range(51))
    items = {one.item: replace(shipped()[HYPOMIMIA], key=one.item) for one in some}
    with pytest.raises(FormatError, match="51 items are too many"):
        analyse(Ratings(some, items))


def test_scores_of_a_slider_are_counted_by_bands():
    rng = np.random.default_rng(0)
    scores = rng.uniform(0, 9000, 2000)
    some = tuple(Rating("R", f"c{k}", "original", "slider", 0, float(s)) for k, s in
                 enumerate(scores))  # fmt: skip
    slider = seen("slider", scores)
    counted = analyse_item(Ratings(some, {"slider": slider}).of("slider")).distribution["original"]
    assert len(counted.scores) <= 200 and sum(counted.scores.values()) == 2000
    assert counted.scores["4500"] == int((np.round(scores, -2) == 4500).sum())


def test_a_long_scale_lists_the_deviations_that_occur():
    of = deviation(np.array([-9000.0, 0.0, 0.0, 8000.0]), np.arange(4))
    assert of.histogram == {"-9000": 1, "0": 2, "8000": 1}


def test_items_that_mien_does_not_know_are_analysed():
    ratings = simulate(SimulatedStudy(clips=10, items=(SPEECH, "house-brackmann"), seed=4))
    found = analyse(ratings)
    assert found.items["house-brackmann"].published is None
    assert found.items[SPEECH].published.mean == -0.07


def test_intervals_hold_what_was_planted_in_nearly_all_studies():
    """A small version of benchmarks/ratings.py: 20 studies of 30 clips."""
    held = {"bias": 0, "self": 0, "not sure": 0}
    for seed in range(20):
        study = SimulatedStudy(30, usual_raters(3), (HYPOMIMIA,), repeats=1.0, seed=1000 + seed)
        item = analyse(simulate(study)).items[HYPOMIMIA]
        held["bias"] += item.preserved.together.deviation.mean.holds(-0.23)
        held["self"] += item.repeated.together.deviation.identical.holds(0.8)
        held["not sure"] += item.not_sure.original.holds(0.05)
    assert min(held.values()) >= 17, held


def test_a_study_that_is_too_small_for_intervals_promises_none():
    small = power(3, 2, studies=1)
    assert "no figure will have an interval" in small.words
    assert small.to_json()["mean_reach"] is None and small.clips_for_kappa >= 5
    assert [usual_repeats(clips) for clips in (0, 1, 3, 8)] == [0, 1, 1, 2]


def test_noise_of_rounding_is_printed_as_zero():
    assert short(Estimate(-3.3e-16, -1e-17, 0.5)) == "0.00 (0.00 to 0.50)"


def estimates(found):
    """Every `Estimate` within an analysis."""
    if isinstance(found, Estimate):
        yield found
    elif isinstance(found, dict):
        for value in found.values():
            yield from estimates(value)
    elif isinstance(found, tuple | list):
        for value in found:
            yield from estimates(value)
    elif is_dataclass(found):
        for one in fields(found):
            yield from estimates(getattr(found, one.name))


def test_three_clips_have_no_interval_whatever_is_asked():
    scores = {"a": (1, 1, 2), "b": (2, 3, 2), "c": (0, 1, 1)}
    answers = [
        (rater, clip, version, 0, float(value))
        for shift, rater in enumerate(("A", "B"))
        for clip, values in scores.items()
        for version, value in zip(
            ("original", "result"), (values[shift], values[shift + 1]), strict=True
        )
    ]
    found = list(estimates(analyse(table(*answers))))
    assert any(one.value is not None for one in found)
    assert [one for one in found if one.interval is not None] == []
